package schema

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// stable holds a validated body to itself: nothing is left to change in it.
func stable(t rapid.TB, typ *ResourceType, in *resource.Object, q quirk.Set) {
	before := in.Clone()
	once, err := Validate(typ, in, nil, Create, q)
	if !resource.Equal(in, before) {
		t.Fatalf("the body became %s, want %s", text(in), text(before))
	}
	if err != nil {
		var known *scimerr.Error
		if !errors.As(err, &known) {
			t.Fatalf("got error %v (%T), want a SCIM error", err, err)
		}
		return
	}
	twice, err := Validate(typ, once, once, Patched, q)
	if err != nil {
		t.Fatalf("%s is valid and refused again: %v", text(once), err)
	}
	if !resource.Equal(once, twice) {
		t.Fatalf("validated once: %s, twice: %s", text(once), text(twice))
	}
}

// names are those of users and of nothing, in several spellings.
var names = []string{
	"userName", "USERNAME", "name", "name.givenName", "title", "active", "emails", "emails.value", "addresses", "profileUrl",
	"x509Certificates", "locale", "password", "externalId", "id", "meta", "nope", "value", "type", "primary", "country",
	"givenName", "familyName", "manager", "division", "employeeNumber", "managerId", "$ref", UserURN, UserURN + ":title", EnterpriseURN,
	EnterpriseURN + ":division", EnterpriseURN + ":manager.value", "urn:scim:schemas:extension:enterprise:1.0", "urn:x",
}

// values draws a value of a body; it nests until depth is used up.
func values(depth int) *rapid.Generator[resource.Value] {
	leaves := rapid.SampledFrom([]resource.Value{
		nil, true, false, "", "x", "y", "True", "work", "MIID", resource.Number("1"), resource.Number("1.5"),
	})
	if depth == 0 {
		return leaves
	}
	return rapid.Custom(func(t *rapid.T) resource.Value {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return resource.Array(rapid.SliceOfN(values(depth-1), 0, 3).Draw(t, "array"))
		case 1, 2:
			return objects(depth-1).Draw(t, "object")
		}
		return leaves.Draw(t, "leaf")
	})
}

func objects(depth int) *rapid.Generator[*resource.Object] {
	return rapid.Custom(func(t *rapid.T) *resource.Object {
		o := &resource.Object{}
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 5).Draw(t, "names") {
			if _, twice := o.Lookup(name); !twice {
				o.Set(name, values(depth).Draw(t, name))
			}
		}
		return o
	})
}

func TestValidateIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := objects(3).Draw(t, "body")
		if _, ok := in.Lookup("userName"); !ok {
			in.Set("userName", "u")
		}
		q := quirk.Set(rapid.Uint32Range(0, uint32(bare)).Draw(t, "quirks"))
		if !q.Has(quirk.MissingSchemas) {
			in.Set("schemas", resource.Array{UserURN})
		}
		stable(t, Core().Type("User"), in, q)
	})
}

// TestProjectionOfText: what is returned of text is what is returned of the
// values in it, attribute by attribute.
func TestProjectionOfText(t *testing.T) {
	types := append([]*ResourceType{widgetType(t)}, Core().Types...)
	rapid.Check(t, func(t *rapid.T) {
		o := objects(4).Draw(t, "document")
		typ := rapid.SampledFrom(types).Draw(t, "type")
		lists := [2][]string{}
		lists[rapid.IntRange(0, 1).Draw(t, "parameter")] = rapid.SliceOfN(rapid.SampledFrom(names), 0, 4).Draw(t, "list")
		p, err := ParseProjection(typ, lists[0], lists[1])
		if err != nil {
			t.Fatal(err)
		}
		if got, want := returned(p, typ, o), text(naivelyReturned(p, typ, o)); got != want {
			t.Fatalf("of %s: got %s, want %s", text(o), got, want)
		}
	})
}

// naivelyReturned asks for each attribute and each sub-attribute alone.
func naivelyReturned(p *Projection, typ *ResourceType, o *resource.Object) *resource.Object {
	out := &resource.Object{}
	for name, value := range o.All() {
		ext := typ.Extension(name)
		if ext == nil {
			for _, a := range slices.Concat(typ.Schema.Attributes, typ.common) {
				if resource.EqualName(a.Name, name) {
					show(p, out, Ref{Attribute: a}, value)
				}
			}
			continue
		}
		inner := &resource.Object{}
		if c, ok := value.(*resource.Object); ok {
			for name, value := range c.All() {
				if a := find(ext.Attributes, name); a != nil {
					show(p, inner, Ref{Extension: ext, Attribute: a}, value)
				}
			}
		}
		if inner.Len() > 0 {
			out.Set(name, inner)
		}
	}
	return out
}

func show(p *Projection, out *resource.Object, ref Ref, value resource.Value) {
	if !p.Wants(ref) {
		return
	}
	if kept := parts(p, ref, value); kept != nil {
		out.Set(ref.Attribute.Name, kept)
	}
}

// parts is nil for what has nothing to show.
func parts(p *Projection, ref Ref, value resource.Value) resource.Value {
	_, partly := p.decide(ref.Extension, ref.Attribute)
	if !partly && !slices.ContainsFunc(ref.Attribute.Sub, restricted) {
		return value
	}
	switch v := value.(type) {
	case resource.Array:
		kept := resource.Array{}
		for _, e := range v {
			if part := parts(p, ref, e); part != nil {
				kept = append(kept, part)
			}
		}
		return kept
	case *resource.Object:
		kept := &resource.Object{}
		for name, e := range v.All() {
			if sub := ref.Attribute.SubAttribute(name); sub != nil && p.Wants(Ref{ref.Extension, ref.Attribute, sub}) {
				kept.Set(name, e)
			}
		}
		if kept.Len() == 0 {
			return nil
		}
		return kept
	}
	return value
}

// FuzzValidate: whatever a client sends is made valid or refused as its fault.
func FuzzValidate(f *testing.F) {
	for _, body := range []string{
		`{` + needed + `,"name":{"givenName":"G"},"emails":[{"value":"a","primary":true}],"active":"True"}`,
		`{"schemas":["urn:scim:schemas:core:1.0"],"userName":"u","emails":"a","name.givenName":"G","emails.value":"b"}`,
		`{` + needed + `,"` + EnterpriseURN + `":{"manager":"1","division":null}}`,
		`{` + needed + `,"addresses":[{"country":"DE"},null,{}],"x509Certificates":[{"value":"MIID"}],"profileUrl":"https://x"}`,
		`{"schemas":["` + GroupURN + `"],"displayName":"g","members":[{"value":"1","type":"User","$ref":"../Users/1"}]}`,
		`{"serial":"1","count":1,"weight":1.5,"made":"2008-01-23T04:56:22Z","blob":"AAA","link":"x","on":true,"tags":["a","a"]}`,
		`{"count":1e400,"made":"0000-00-00T00:00:00Z","urn:x:Extra":{"stamp":"s"}}`,
		`{"part":{"key":"k","pin":"p"},"tags":"x","made":""}`,
	} {
		f.Add([]byte(body), uint32(bare))
		f.Add([]byte(body), uint32(quirk.Strict))
	}
	types := append([]*ResourceType{widgetType(f)}, Core().Types...)
	f.Fuzz(func(t *testing.T, body []byte, q uint32) {
		in, err := resource.Parse(body)
		if err != nil {
			return
		}
		for _, typ := range types {
			stable(t, typ, in, quirk.Set(q))
		}
	})
}
