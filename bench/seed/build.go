package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"scimd/bench/people"
	"scimd/mapping"
	"scimd/provision"
	"scimd/store"
	"scimd/store/sqlite"
)

// portion is how many people share a transaction.
const portion = 1000

var byHand = store.Cause{Kind: provision.ByAdmin, Actor: "bench/seed"}

// loader fills one directory.
type loader struct {
	*provision.Service
	options
	directory store.Directory
	groups    []store.Resource // by number
	mapped    int              // of groups, which come first
	kinds     map[string]standing
}

// build makes the folder with its database and the people.Manifest.
func build(ctx context.Context, folder string, o options) (err error) {
	file := filepath.Join(folder, "scimd.db")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s is there already", file))
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	db, err := sqlite.Open(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	clock := newClock(o.Seed)
	l := &loader{options: o, kinds: map[string]standing{}, Service: &provision.Service{
		Store: db, Catalogue: mapping.Default(), Now: clock.now, NewID: clock.id, Secret: clock.id, Log: slog.New(slog.DiscardHandler),
	}}
	m, err := l.settings(ctx)
	if err != nil {
		return err
	}
	if err := l.people(ctx); err != nil {
		return err
	}
	if o.verify {
		if err := l.check(ctx, m.Parent); err != nil {
			return err
		}
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, people.ManifestFile), append(raw, '\n'), 0o600)
}

// settings makes what an administrator makes: the parent, its directory with
// empty groups, and orgs that map them.
func (l *loader) settings(ctx context.Context) (people.Manifest, error) {
	m := people.Manifest{Crowd: l.Crowd, Parent: "acme"}
	if _, err := l.CreateParent(ctx, m.Parent, "enterprise", byHand); err != nil {
		return m, err
	}
	var err error
	if l.directory, err = l.CreateDirectory(ctx, m.Parent, "okta", "", byHand); err != nil {
		return m, err
	}
	input := provision.TokenInput{Directory: l.directory.ID, Label: "bench", Scope: store.ScopeSCIM}
	if _, m.Token, err = l.CreateToken(ctx, input, byHand); err != nil {
		return m, err
	}
	err = l.push(ctx, func(p *provision.Push) error {
		l.groups = nil
		for _, g := range l.Groups() {
			r, err := p.CreateGroup(groupInput(g), nil, provision.Policy{})
			if err != nil {
				return err
			}
			l.groups = append(l.groups, r)
			if g.Mapped {
				l.mapped = len(l.groups)
			}
		}
		return nil
	})
	for i := 0; i < l.Orgs && err == nil; i++ {
		m.Orgs = append(m.Orgs, fmt.Sprintf("acme-%d", i))
		err = l.org(ctx, m.Parent, m.Orgs[i], products[i%len(products)])
	}
	return m, err
}

// product is what an org of the parent has of it.
type product struct {
	provision.OrgInput
	everyone, tenth, ladder []provision.MappingInput
	tiers                   []string
}

// products are given to orgs by turns. Who is on the ladder has a higher role
// than others, in each of them.
var products = []product{
	{
		OrgInput: provision.OrgInput{Product: "claude", Plan: "enterprise"},
		everyone: []provision.MappingInput{{Role: "user"}, {Tier: "standard"}},
		tenth:    []provision.MappingInput{{Tier: "premium"}},
		ladder:   []provision.MappingInput{{Role: "admin"}},
		tiers:    []string{"premium", "standard"},
	},
	{
		OrgInput: provision.OrgInput{Product: "console", Plan: "console"},
		everyone: []provision.MappingInput{{Role: "user"}},
		ladder:   []provision.MappingInput{{Role: "developer"}},
	},
}

func (l *loader) org(ctx context.Context, parent, name string, p product) error {
	p.Parent, p.Name = parent, name
	if _, err := l.CreateOrg(ctx, p.OrgInput, byHand); err != nil {
		return err
	}
	mode, on, seats := string(mapping.SCIM), true, map[string]int{}
	for _, tier := range p.tiers {
		seats[tier] = 2*l.Total() + portion
	}
	if _, err := l.ChangeOrg(ctx, name, provision.OrgChange{Mode: &mode, GroupMappings: &on, Seats: seats}, byHand); err != nil {
		return err
	}
	for i, g := range l.Groups() {
		rows := p.ladder
		switch g.Name {
		case people.Everyone:
			rows = p.everyone
		case people.Tenth:
			rows = p.tenth
		default:
			if !g.Mapped {
				continue
			}
		}
		for _, row := range rows {
			row.Org, row.Group = name, l.groups[i].ID
			if _, err := l.AddMapping(ctx, row, byHand); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) push(ctx context.Context, fn func(*provision.Push) error) error {
	return l.Push(ctx, l.directory, store.Cause{Kind: "scim", Actor: "bench/seed"}, fn)
}

func (l *loader) check(ctx context.Context, parent string) error {
	differences, err := l.Verify(ctx, parent)
	if err == nil && len(differences) > 0 {
		err = fmt.Errorf("%d members differ from a recomputation, the first: %+v", len(differences), differences[0])
	}
	return err
}
