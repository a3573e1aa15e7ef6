package declare_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"scimd/declare"
)

// maybe leaves a setting out now and then.
func maybe[T any](t *rapid.T, label string, g *rapid.Generator[T]) *T {
	if !rapid.Bool().Draw(t, label+" is there") {
		return nil
	}
	return new(g.Draw(t, label))
}

func one[T any](values ...T) *rapid.Generator[T] { return rapid.SampledFrom(values) }

func subset[T any](t *rapid.T, label string, of []T) *[]T {
	if !rapid.Bool().Draw(t, label+" are there") {
		return nil
	}
	out := []T{}
	for i, x := range of {
		if rapid.Bool().Draw(t, fmt.Sprint(label, i)) {
			out = append(out, x)
		}
	}
	return &out
}

var products = map[string]struct {
	plans, roles, tiers []string
}{
	"claude":  {[]string{"enterprise", "enterprise", "team"}, []string{"owner", "admin", "user"}, []string{"premium", "standard"}},
	"console": {[]string{"console"}, []string{"admin", "developer", "user"}, nil},
}

var orgs = map[string]string{"acme-claude": "claude", "acme-console": "console", "acme-two": "claude"}

func drawDocument(t *rapid.T) declare.Document {
	d := declare.Document{
		Parent: "acme", Plan: maybe(t, "plan", one("enterprise", "enterprise", "console", "team")),
		Domains: maybe(t, "domains", rapid.Custom(func(t *rapid.T) []string {
			return [][]string{{}, {"acme.example"}, {"Other.example", "acme.example"}}[rapid.IntRange(0, 2).Draw(t, "which")]
		})),
		AdmitOutside:        maybe(t, "outside", rapid.Bool()),
		SecondAdministrator: maybe(t, "second", rapid.Bool()),
		Login:               maybe(t, "login", one(declare.Login{}, declare.Login{Issuer: "https://idp.example", Audience: "scimd"})),
	}
	for _, name := range []string{"okta", "entra", "hr"} {
		if rapid.Bool().Draw(t, name) {
			d.Directories = append(d.Directories, declare.Directory{
				Name: name, Profile: maybe(t, "profile", one("interop", "strict")),
				Quirks:   maybe(t, "quirks", one(map[string]bool{}, map[string]bool{"boolean_strings": true}, map[string]bool{"free_country": false})),
				Attached: maybe(t, "attached", one(true, true, false)),
				Members:  one("remove", "keep", "").Draw(t, "members"),
			})
		}
	}
	for _, name := range []string{"acme-claude", "acme-two", "acme-console"} {
		if rapid.Bool().Draw(t, name) {
			d.Orgs = append(d.Orgs, drawOrg(t, name))
		}
	}
	return d
}

func drawOrg(t *rapid.T, name string) declare.Org {
	product := products[orgs[name]]
	o := declare.Org{
		Name: name, Product: orgs[name], Plan: new(one(product.plans...).Draw(t, "plan")),
		Mode: maybe(t, "mode", one("manual", "jit", "scim", "scim", "scim")), Paused: maybe(t, "paused", one(true, false, false)),
		FullTier: maybe(t, "full tier", one("wait", "next")), Members: one("keep", "keep", "remove", "").Draw(t, "members"),
		Guards: maybe(t, "guards", one(
			declare.Guards{Count: new(0), Percent: new(100)}, declare.Guards{Window: new("60m"), LastAdministrator: new("off")})),
	}
	for _, tier := range append([]string{}, product.tiers...) {
		if n := maybe(t, tier, rapid.IntRange(-1, 3)); n != nil {
			if o.Seats == nil {
				o.Seats = map[string]int{}
			}
			o.Seats[tier] = *n
		}
	}
	var rows []declare.Mapping
	for _, d := range []string{"okta", "entra"} {
		for i, g := range groups[d] {
			rows = append(rows, declare.Mapping{Group: g, Directory: d, Role: product.roles[i]})
			if i < len(product.tiers) {
				rows = append(rows, declare.Mapping{Group: g, Directory: d, Tier: product.tiers[i]})
			}
		}
	}
	rows = append(rows, declare.Mapping{Claim: "devs", Role: product.roles[1]})
	o.Mappings = subset(t, "mappings", rows)
	if o.Mode == nil {
		return o
	}
	o.GroupMappings = maybe(t, "group mappings", one(true, *o.Mode != "manual"))
	if *o.Mode == "manual" {
		o.GroupMappings = new(false)
	}
	var pins []declare.Pin
	if *o.Mode == "scim" {
		pins = append(pins, declare.Pin{Person: "root@acme.example", Member: true, Role: maybeRole(t, product.roles), Why: "break glass"})
	}
	if o.GroupMappings != nil && *o.GroupMappings {
		until := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		pins = append(pins,
			declare.Pin{Person: "bob@acme.example", Role: product.roles[1], Why: one("asked", "needed").Draw(t, "why")},
			declare.Pin{Person: "cy@acme.example", Role: product.roles[0], Why: "for a while", Expires: declare.Time{Time: until}})
	}
	o.Pins = subset(t, "pins", pins)
	return o
}

func maybeRole(t *rapid.T, roles []string) string { return one("", roles[0]).Draw(t, "role") }

// Whatever two documents are applied after another, through the rules as they
// are: what is there then says all that the document says, a second time there
// is nothing to do, and what is exported changes nothing.
func TestApplied(t *testing.T) {
	applied, refused := 0, map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, rt)
		for range 2 {
			want := drawDocument(rt)
			before := w.yaml()
			ok, why := w.apply(want)
			if ok {
				applied++
				says(rt, want, w.export())
				settled(rt, w, want)
			} else if refused[why.Error()]++; w.yaml() != before {
				rt.Fatalf("what was refused changed something: %v", why)
			}
			settled(rt, w, w.export())
			differences, err := w.Verify(w.ctx, "acme")
			w.must(err)
			if len(differences) > 0 {
				rt.Fatalf("M-9: %v", differences)
			}
		}
	})
	if applied == 0 {
		t.Errorf("nothing was ever applied: %v", refused)
	}
	for why, n := range refused {
		t.Logf("%4d × %s", n, why)
	}
	t.Logf("%4d applied", applied)
}

func settled(t failer, w *world, d declare.Document) {
	t.Helper()
	if diff, faults := w.against(d); len(diff.Changes) > 0 || len(faults) > 0 {
		t.Fatalf("there is still to do: %q, %v", texts(diff), faults)
	}
}

// says compares without the package: what is written in want is in got.
func says(t failer, want, got declare.Document) {
	t.Helper()
	for i := range want.Directories {
		want.Directories[i].Members = ""
	}
	for i := range want.Orgs {
		want.Orgs[i].Members = ""
		if g := want.Orgs[i].Guards; g != nil && g.Window != nil {
			g.Window = new("1h") // as it was drawn, in other words
		}
	}
	if want.Domains != nil {
		for i, domain := range *want.Domains {
			(*want.Domains)[i] = strings.ToLower(domain)
		}
	}
	if where := missing("", tree(want), tree(got)); where != "" {
		t.Fatalf("not as written: %s", where)
	}
}

func tree(d declare.Document) (out any) {
	raw, err := json.Marshal(d)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

// missing names the first thing of want that got does not have.
func missing(path string, want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		got, _ := got.(map[string]any)
		for key, w := range want {
			if where := missing(path+"."+key, w, got[key]); where != "" {
				return where
			}
		}
		return ""
	case []any:
		got, _ := got.([]any)
		if path != ".directories" && path != ".orgs" && len(got) != len(want) {
			return fmt.Sprintf("%s has %v, want %v", path, got, want)
		}
		for i, w := range want {
			if !contains(got, w) {
				return fmt.Sprintf("%s[%d] %v is not in %v", path, i, w, got)
			}
		}
		return ""
	}
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return fmt.Sprintf("%s is %v, want %v", path, got, want)
}

func contains(all []any, want any) bool {
	for _, g := range all {
		if missing("", want, g) == "" {
			return true
		}
	}
	return false
}

// A document outlives being written and read.
func TestWrittenAndRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := drawDocument(rt)
		raw, err := d.YAML()
		if err != nil {
			rt.Fatal(err)
		}
		f, err := declare.Read(raw)
		if err != nil {
			rt.Fatalf("%v\n%s", err, raw)
		}
		if !reflect.DeepEqual(tree(d), tree(f.Document)) {
			rt.Fatalf("written %v, read %v", tree(d), tree(f.Document))
		}
	})
}
