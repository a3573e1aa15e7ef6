package schema

import (
	"slices"
	"strings"

	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// Projection is what a request wants returned (RFC 7644 §3.9).
type Projection struct {
	only    []Ref // attributes; nil with explicit unset: the default set
	drop    []Ref // excludedAttributes
	written []Ref // what the request itself wrote (returned=request)
	named   bool  // attributes was given
}

// ParseProjection reads the two parameters, each split at commas. Unknown
// names are ignored; both given is invalidValue.
func ParseProjection(t *ResourceType, attributes, excluded []string) (*Projection, error) {
	only, drop := splitNames(attributes), splitNames(excluded)
	if len(only) > 0 && len(drop) > 0 {
		return nil, scimerr.InvalidValue("attributes and excludedAttributes exclude each other")
	}
	return &Projection{only: resolveAll(t, only), drop: resolveAll(t, drop), named: len(only) > 0}, nil
}

func splitNames(lists []string) []string {
	var out []string
	for _, l := range lists {
		for name := range strings.SplitSeq(l, ",") {
			if name = strings.TrimSpace(name); name != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

func resolveAll(t *ResourceType, names []string) []Ref {
	var out []Ref
	for _, n := range names {
		if resource.EqualName(n, t.Schema.ID) {
			for _, a := range t.Schema.Attributes {
				out = append(out, Ref{Attribute: a})
			}
			continue
		}
		if ref, err := t.Resolve(n); err == nil {
			out = append(out, ref)
		}
	}
	return out
}

// Written gives what a body of type t writes, for WithWritten.
func Written(t *ResourceType, body *resource.Object) []Ref {
	var out []Ref
	for name, value := range body.All() {
		ref, err := t.Resolve(name)
		in, ok := value.(*resource.Object)
		switch {
		case err != nil:
		case ref.Attribute != nil:
			out = append(out, ref)
		case ok:
			for name := range in.All() {
				if a := find(ref.Extension.Attributes, name); a != nil {
					out = append(out, Ref{Extension: ref.Extension, Attribute: a})
				}
			}
		}
	}
	return out
}

// WithWritten adds what the request itself wrote, for returned=request.
func (p *Projection) WithWritten(refs []Ref) *Projection {
	q := *p
	q.written = refs
	return &q
}

// Named tells whether the attribute was asked for by name.
func (p *Projection) Named(a *Attribute) bool {
	whole, part := covers(p.only, nil, a)
	return whole || part
}

// Wants tells whether an attribute ("members") or a part of it
// ("members.display") will be returned, so that what is not wanted need not be
// read.
func (p *Projection) Wants(r Ref) bool {
	keep, partly := p.decide(r.Extension, r.Attribute)
	if !keep || r.Sub == nil {
		return keep
	}
	return p.wantsSub(r.Extension, r.Attribute, r.Sub, partly)
}

// decide tells whether an attribute is returned, and whether in part only.
func (p *Projection) decide(ext *Schema, a *Attribute) (keep, partly bool) {
	switch a.Returned {
	case Never:
		return false, false
	case Always:
		return true, false
	case Default, OnRequest:
	}
	if a.Mutability == WriteOnly {
		return false, false
	}
	if p.named {
		whole, part := covers(p.only, ext, a)
		return whole || part, part && !whole
	}
	whole, part := covers(p.drop, ext, a)
	if a.Returned == OnRequest {
		written, partly := covers(p.written, ext, a)
		return !whole && (written || partly), part
	}
	return !whole, part
}

// covers tells whether refs name the attribute (or its extension) as a whole,
// and whether they name one of its sub-attributes.
func covers(refs []Ref, ext *Schema, a *Attribute) (whole, part bool) {
	for _, r := range refs {
		switch {
		case r.Attribute == nil:
			whole = whole || r.Extension == ext
		case r.Attribute == a && r.Sub == nil:
			whole = true
		case r.Attribute == a:
			part = true
		}
	}
	return whole, part
}

// Append adds a member of a resource of type t to an object that is being
// written, under the name that its schema gives it, if it is to be returned. It
// opens of the value only what it has to look into.
func (p *Projection) Append(b []byte, t *ResourceType, name string, value resource.Text) []byte {
	if ext := t.Extension(name); ext != nil {
		return p.appendExtension(b, ext, name, value)
	}
	a := find(t.Schema.Attributes, name)
	if a == nil {
		a = find(t.common, name)
	}
	if a == nil {
		return b
	}
	return p.appendAttribute(b, nil, a, value)
}

// appendExtension leaves out one of which nothing is returned.
func (p *Projection) appendExtension(b []byte, ext *Schema, name string, value resource.Text) []byte {
	before := len(b)
	b = append(resource.AppendName(b, name), '{')
	empty := len(b)
	for _, part := range value.Parts() {
		if a := find(ext.Attributes, part.Name); a != nil {
			b = p.appendAttribute(b, ext, a, part.Text)
		}
	}
	if len(b) == empty {
		return b[:before]
	}
	return append(b, '}')
}

func (p *Projection) appendAttribute(b []byte, ext *Schema, a *Attribute, value resource.Text) []byte {
	keep, partly := p.decide(ext, a)
	if !keep || value == "null" {
		return b
	}
	if !partly && !slices.ContainsFunc(a.Sub, restricted) {
		return append(resource.AppendName(b, a.Name), value...)
	}
	if v := p.part(ext, a, value, partly); v != nil {
		return resource.AppendJSON(resource.AppendName(b, a.Name), v)
	}
	return b
}

// restricted tells whether a sub-attribute may be missing where all of its
// attribute is returned.
func restricted(sub *Attribute) bool {
	return sub.Returned == Never || sub.Returned == OnRequest || sub.Mutability == WriteOnly
}

// part keeps the sub-attributes that are wanted.
func (p *Projection) part(ext *Schema, a *Attribute, value resource.Value, partly bool) resource.Value {
	switch v := resource.Open(value).(type) {
	case resource.Array:
		out := make(resource.Array, 0, len(v))
		for _, e := range v {
			if kept := p.part(ext, a, e, partly); kept != nil {
				out = append(out, kept)
			}
		}
		return out
	case *resource.Object:
		out := &resource.Object{}
		for name, sv := range v.All() {
			sub := a.SubAttribute(name)
			if sub != nil && p.wantsSub(ext, a, sub, partly) {
				out.Set(name, sv)
			}
		}
		if out.Len() == 0 {
			return nil
		}
		return out
	}
	return value
}

func (p *Projection) wantsSub(ext *Schema, a, sub *Attribute, partly bool) bool {
	switch {
	case sub.Returned == Never || sub.Mutability == WriteOnly:
		return false
	case sub.Returned == Always:
		return true
	case sub.Returned == OnRequest && !p.named:
		whole, part := covers(p.written, ext, a)
		return whole || part
	}
	return !partly || p.named == p.namesSub(a, sub)
}

func (p *Projection) namesSub(a, sub *Attribute) bool {
	refs := p.drop
	if p.named {
		refs = p.only
	}
	for _, r := range refs {
		if r.Attribute == a && r.Sub == sub {
			return true
		}
	}
	return false
}
