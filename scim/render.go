package scim

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

func (q *request) location(t store.ResourceType, id string) string {
	if t == store.User {
		return q.base + "/Users/" + id
	}
	return q.base + "/Groups/" + id
}

func typeName(t store.ResourceType) string {
	if t == store.User {
		return "User"
	}
	return "Group"
}

func etag(r store.Resource) string { return `W/"` + strconv.FormatInt(r.Version, 10) + `"` }

// render builds the resource as clients see it. What the projection does not
// want is not read.
func (q *request) render(r store.Reader, row store.Resource, p *schema.Projection) (*resource.Object, error) {
	o, err := q.compose(r, row, func(name string) bool { return p == nil || q.wants(p, name) })
	if err != nil || p == nil {
		return o, err
	}
	return p.Apply(q.typ, o), nil
}

// compose puts the resource together. Members and groups are read only if
// they are wanted.
func (q *request) compose(r store.Reader, row store.Resource, wants func(name string) bool) (*resource.Object, error) {
	doc, err := resource.Parse(row.Document)
	if err != nil {
		return nil, fmt.Errorf("stored document of %s: %w", row.ID, err)
	}
	o := &resource.Object{}
	o.Set("schemas", doc.Get("schemas"))
	o.Set("id", row.ID)
	for name, v := range doc.All() {
		if name != "password" { // never returned, whatever was stored (RFC 7643 §7)
			o.Set(name, v)
		}
	}
	name, read := "members", q.members
	if row.Type == store.User {
		name, read = "groups", q.groups
	}
	if wants(name) {
		refs, err := read(r, row)
		if err != nil {
			return nil, err
		}
		if len(refs) > 0 {
			o.Set(name, refs)
		}
	}
	meta := &resource.Object{}
	meta.Set("resourceType", typeName(row.Type))
	meta.Set("created", row.Created.Format(time.RFC3339Nano))
	meta.Set("lastModified", row.Modified.Format(time.RFC3339Nano))
	meta.Set("location", q.location(row.Type, row.ID))
	meta.Set("version", etag(row))
	o.Set("meta", meta)
	return o, nil
}

func (q *request) wants(p *schema.Projection, name string) bool {
	ref, err := q.typ.Resolve(name)
	return err == nil && p.Wants(ref.Attribute)
}

func (q *request) reference(ref store.Reference) *resource.Object {
	o := &resource.Object{}
	o.Set("value", ref.ID)
	o.Set("$ref", q.location(ref.Type, ref.ID))
	if ref.Display != "" {
		o.Set("display", ref.Display)
	}
	return o
}

// groups lists the groups of a user, also through nesting (RFC 7643 §4.1.2).
func (q *request) groups(r store.Reader, row store.Resource) (resource.Array, error) {
	refs, err := r.Groups(row.Directory, row.Key, true)
	if err != nil {
		return nil, err
	}
	out := make(resource.Array, 0, len(refs))
	for _, ref := range refs {
		o := q.reference(ref)
		if ref.Indirect {
			o.Set("type", "indirect")
		} else {
			o.Set("type", "direct")
		}
		out = append(out, o)
	}
	return out, nil
}

func (q *request) members(r store.Reader, row store.Resource) (resource.Array, error) {
	var out resource.Array
	err := r.Members(row.Directory, row.Key, func(ref store.Reference) bool {
		out = append(out, q.member(ref))
		return true
	})
	return out, err
}

func (q *request) member(ref store.Reference) *resource.Object {
	o := q.reference(ref)
	o.Set("type", typeName(ref.Type))
	return o
}

// identify names the resource and the version that the answer is about
// (RFC 7644 §3.14, A-35).
func (q *request) identify(status int, row store.Resource) {
	h := q.w.Header()
	h.Set("ETag", etag(row))
	h.Set("Location", q.location(row.Type, row.ID))
	if status == http.StatusOK || status == http.StatusNotModified {
		h.Set("Content-Location", q.location(row.Type, row.ID))
	}
}

// answer sends one resource (RFC 7644 §3.1).
func (q *request) answer(status int, row store.Resource, o *resource.Object) error {
	q.identify(status, row)
	q.write(status, o.AppendJSON(nil))
	return nil
}
