// Package mapping is the entitlement engine: pure functions from a product, an
// org's settings and a person's facts to a decision, and from pools and a line
// to seats. It must not know the store, the clock or who asks.
package mapping

import (
	"fmt"
	"slices"
)

// Mode says how people come into an org.
type Mode string

// The modes.
const (
	Manual Mode = "manual"
	JIT    Mode = "jit"
	SCIM   Mode = "scim"
)

// Plan is what an org may have bought of a product.
type Plan struct {
	Name  string
	Modes []Mode
	// SCIMParentPlans, when set, opens scim only under a parent on one of
	// these plans (C-2).
	SCIMParentPlans []string
}

// Product is a catalogue entry.
type Product struct {
	Name           string
	Roles          []string // highest first
	Administrative []string
	DefaultRole    string
	Tiers          []string // highest first; empty: the product has no tiers
	Plans          []Plan
}

// Catalogue is the set of products that a deployment offers.
type Catalogue struct {
	Products []Product
	// ParentPlans are the contracts that a parent may have.
	ParentPlans []string
}

// Default is the built-in catalogue.
func Default() *Catalogue {
	return &Catalogue{
		ParentPlans: []string{"team", "enterprise", "console"},
		Products: []Product{
			{
				Name:           "claude",
				Roles:          []string{"owner", "admin", "user"},
				Administrative: []string{"owner"},
				DefaultRole:    "user",
				Tiers:          []string{"premium", "standard"},
				Plans: []Plan{
					{Name: "team", Modes: []Mode{Manual, JIT}},
					{Name: "enterprise", Modes: []Mode{Manual, JIT, SCIM}},
				},
			},
			{
				Name:           "console",
				Roles:          []string{"admin", "developer", "billing", "claude_code_user", "user"},
				Administrative: []string{"admin"},
				DefaultRole:    "user",
				Plans: []Plan{
					{Name: "console", Modes: []Mode{Manual, JIT, SCIM}, SCIMParentPlans: []string{"console", "enterprise"}},
				},
			},
		},
	}
}

// Product finds a product by name.
func (c *Catalogue) Product(name string) (Product, bool) {
	i := slices.IndexFunc(c.Products, func(p Product) bool { return p.Name == name })
	if i < 0 {
		return Product{}, false
	}
	return c.Products[i], true
}

// Plan finds a plan by name.
func (p Product) Plan(name string) (Plan, bool) {
	i := slices.IndexFunc(p.Plans, func(q Plan) bool { return q.Name == name })
	if i < 0 {
		return Plan{}, false
	}
	return p.Plans[i], true
}

// Eligible tells whether an org on plan, under a parent on parentPlan, may use
// mode (C-2). The error is a sentence for the administrator.
func (p Product) Eligible(plan, parentPlan string, mode Mode) error {
	bought, ok := p.Plan(plan)
	if !ok {
		return fmt.Errorf("product %s has no plan %q", p.Name, plan)
	}
	if !slices.Contains(bought.Modes, mode) {
		return fmt.Errorf("mode %s is not open to the %s plan of %s", mode, plan, p.Name)
	}
	if mode == SCIM && bought.SCIMParentPlans != nil && !slices.Contains(bought.SCIMParentPlans, parentPlan) {
		return fmt.Errorf("mode scim is not open to a %s org joined to a parent on plan %q", p.Name, parentPlan)
	}
	return nil
}
