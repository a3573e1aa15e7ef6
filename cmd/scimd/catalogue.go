package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"

	"scimd/mapping"
)

// catalogueFile is the catalogue as the configuration file writes it.
type catalogueFile struct {
	ParentPlans []string      `yaml:"parent_plans"`
	Products    []productFile `yaml:"products"`

	Rest map[string]any `yaml:",inline"` // Config's keys
}

type productFile struct {
	Name           string     `yaml:"name"`
	Roles          []string   `yaml:"roles"` // highest first
	Administrative []string   `yaml:"administrative"`
	DefaultRole    string     `yaml:"default_role"`
	Tiers          []string   `yaml:"tiers"` // highest first
	Plans          []planFile `yaml:"plans"`
}

type planFile struct {
	Name            string         `yaml:"name"`
	Modes           []mapping.Mode `yaml:"modes"`
	SCIMParentPlans []string       `yaml:"scim_parent_plans"`
}

// loadCatalogue reads the products of a configuration file: with yaml and not
// with viper, which folds the case of keys and cannot be strict about lists.
func loadCatalogue(file string) (*mapping.Catalogue, error) {
	c := mapping.Default()
	if file == "" {
		return c, nil
	}
	raw, err := os.ReadFile(file) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return nil, err
	}
	var in catalogueFile
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if in.ParentPlans != nil {
		c.ParentPlans = in.ParentPlans
	}
	if in.Products != nil {
		c.Products = nil
	}
	var faults []error
	for _, p := range in.Products {
		product := mapping.Product{
			Name: p.Name, Roles: p.Roles, Administrative: p.Administrative,
			DefaultRole: p.DefaultRole, Tiers: p.Tiers,
		}
		for _, plan := range p.Plans {
			product.Plans = append(product.Plans, mapping.Plan(plan))
		}
		faults = append(faults, checkProduct(product, c.ParentPlans))
		c.Products = append(c.Products, product)
	}
	return c, errors.Join(faults...)
}

func checkProduct(p mapping.Product, parentPlans []string) error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("config: product %q: "+format, append([]any{p.Name}, args...)...))
	}
	if p.Name == "" {
		fault("has no name")
	}
	for _, role := range append([]string{p.DefaultRole}, p.Administrative...) {
		if !slices.Contains(p.Roles, role) {
			fault("%q is not one of its roles", role)
		}
	}
	if len(p.Plans) == 0 {
		fault("has no plan")
	}
	for _, plan := range p.Plans {
		for _, mode := range plan.Modes {
			if mode != mapping.Manual && mode != mapping.JIT && mode != mapping.SCIM {
				fault("plan %s: %q is not one of manual, jit, scim", plan.Name, mode)
			}
		}
		for _, parent := range plan.SCIMParentPlans {
			if !slices.Contains(parentPlans, parent) {
				fault("plan %s: %q is not one of parent_plans", plan.Name, parent)
			}
		}
	}
	return errors.Join(faults...)
}
