package declare

import (
	"slices"

	"scimd/mapping"
	"scimd/provision"
)

// Difference is what leads from what is there to what a document wants.
type Difference struct {
	Parent    string
	New       bool     // the parent is to be created first
	Version   int64    // of the parent that was looked at
	Changes   []Change // in an order in which the steps work
	LeftAlone []string // what the document does not name, as in "org acme-team"
}

// Change is a difference in the configuration.
type Change struct {
	Text string
	Path string          // in the document, "" for what follows from others
	Step *provision.Step // nil: it follows from others
}

// Steps are those of the changes; the step of a number is the one of the
// change with that number.
func (d Difference) Steps() []provision.Step {
	var out []provision.Step
	for _, c := range d.Changes {
		if c.Step != nil {
			out = append(out, *c.Step)
		}
	}
	return out
}

// phase puts steps into an order in which none is refused, or asks about
// people, for the sake of a state that does not stay. People are decided once,
// after the last step.
type phase int

const (
	connecting  phase = iota // directories are made, attached, spoken to
	founding                 // orgs are made
	buying                   // seats are raised
	unpinning                // pins go before their org leaves scim, which would drop them
	leaving                  // orgs leave scim while a directory yet to be detached still counts
	admitting                // rows are added, so that detaching asks only about those whom nothing new entitles
	detaching                // before anything else takes people out: it would keep those too
	contracting              // the parent's settings: a plan opens scim to those that go there next
	withdrawing              // rows are removed
	switching                // all else of the orgs
	pinning                  // a pin needs the mode and is made against the decision as it is then
	returning                // seats are lowered, after members by hand are gone
	following                // no step: what follows from others
	phases
)

type comparison struct {
	catalogue  *mapping.Catalogue
	have, want Document
	changes    [phases][]Change
	faults     Faults
}

func (c *comparison) add(p phase, path, text string, step provision.Step) {
	c.changes[p] = append(c.changes[p], Change{text, path, &step})
}

// Compare gives the changes that make want of have; what want names must have
// been found by Resolve. Faults, if any, come with the rest.
func Compare(catalogue *mapping.Catalogue, have, want Document) (Difference, error) {
	c := &comparison{catalogue: catalogue, have: have, want: want}
	out := Difference{Parent: want.Parent, New: have.absent}
	if have.absent {
		c.have.Plan, c.have.Domains, c.have.Login = new(""), &[]string{}, &Login{}
		c.have.AdmitOutside, c.have.SecondAdministrator = new(false), new(false)
	}
	c.parent()
	c.directories()
	c.orgs()
	for _, d := range have.Directories {
		if !slices.ContainsFunc(want.Directories, func(w Directory) bool { return w.Name == d.Name }) {
			out.LeftAlone = append(out.LeftAlone, "directory "+d.Name)
		}
	}
	for _, o := range have.Orgs {
		if !slices.ContainsFunc(want.Orgs, func(w Org) bool { return w.Name == o.Name }) {
			out.LeftAlone = append(out.LeftAlone, "org "+o.Name)
		}
	}
	for _, changes := range c.changes {
		out.Changes = append(out.Changes, changes...)
	}
	return out, c.faults.err()
}

// change gives what want asks for if it is something else; nil asks nothing.
func change[T comparable](have, want *T) *T {
	if want == nil || have != nil && *have == *want {
		return nil
	}
	return want
}
