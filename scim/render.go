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
	if typ := q.typeOf(t); typ != nil {
		return q.base + typ.Endpoint + "/" + id
	}
	return ""
}

func (q *request) typeName(t store.ResourceType) string {
	if typ := q.typeOf(t); typ != nil {
		return typ.Name
	}
	return ""
}

func etag(r store.Resource) string { return `W/"` + strconv.FormatInt(r.Version, 10) + `"` }

// render builds the resource as clients see it, but for the members of a group.
// What the projection does not want is not read.
func (q *request) render(r store.Reader, row store.Resource, p *schema.Projection) (*resource.Object, error) {
	doc, err := resource.Skim(row.Document)
	if err != nil {
		return nil, unreadable(row, err)
	}
	o, err := q.compose(r, row, doc, func(name string) bool { return name != "members" && q.wants(p, name) })
	if err != nil {
		return nil, err
	}
	return p.Apply(q.typ, o), nil
}

func unreadable(row store.Resource, err error) error {
	return fmt.Errorf("stored document of %s: %w", row.ID, err)
}

// compose puts the resource together with what its row and others tell. Members
// and groups are read only if they are wanted.
func (q *request) compose(r store.Reader, row store.Resource, doc *resource.Object, wants func(name string) bool) (*resource.Object, error) {
	o := resource.Sized(doc.Len() + 4)
	o.Set("schemas", doc.Get("schemas"))
	o.Set("id", row.ID)
	for name, v := range doc.All() {
		if name != "password" || row.Type != store.User { // never returned, whatever was stored (RFC 7643 §7)
			o.Set(name, v)
		}
	}
	if err := q.relate(o, r, row, wants); err != nil {
		return nil, err
	}
	o.Set("meta", q.meta(row))
	return o, nil
}

func (q *request) meta(row store.Resource) *resource.Object {
	meta := resource.Sized(5)
	meta.Set("resourceType", q.typeName(row.Type))
	meta.Set("created", row.Created.Format(time.RFC3339Nano))
	meta.Set("lastModified", row.Modified.Format(time.RFC3339Nano))
	meta.Set("location", q.location(row.Type, row.ID))
	meta.Set("version", etag(row))
	return meta
}

// relate adds what other rows tell: the groups and the manager of a user, the
// members of a group.
func (q *request) relate(o *resource.Object, r store.Reader, row store.Resource, wants func(name string) bool) error {
	name, read := "members", q.members
	switch row.Type {
	case store.User:
		name, read = "groups", q.groups
		if err := q.introduceManager(o, r, row, wants); err != nil {
			return err
		}
	case store.Group:
	default:
		return nil
	}
	if !wants(name) {
		return nil
	}
	refs, err := read(r, row)
	if err == nil && len(refs) > 0 {
		o.Set(name, refs)
	}
	return err
}

// introduceManager gives the address and the name of a manager who is a user of
// the directory (RFC 7643 §4.3).
func (q *request) introduceManager(o *resource.Object, r store.Reader, row store.Resource, wants func(name string) bool) error {
	employee, _ := resource.Open(o.Get(schema.EnterpriseURN)).(*resource.Object)
	manager, _ := resource.Open(employee.Get("manager")).(*resource.Object)
	id, _ := resource.Open(manager.Get("value")).(string)
	if id == "" || !wants(schema.EnterpriseURN+":manager") {
		return nil
	}
	found, err := r.ResourcesByID(row.Directory, []string{id})
	if err != nil || len(found) == 0 || found[0].Type != store.User {
		return err
	}
	manager.Set("$ref", q.location(store.User, id))
	manager.Set("displayName", found[0].Display)
	employee.Set("manager", manager)
	o.Set(schema.EnterpriseURN, employee)
	return nil
}

func (q *request) wants(p *schema.Projection, name string) bool {
	ref, err := q.typ.Resolve(name)
	return err == nil && p.Wants(ref)
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
	refs := q.groupsOf[row.Key]
	if q.groupsOf == nil {
		var err error
		if refs, err = r.Groups(row.Directory, row.Key, true); err != nil {
			return nil, err
		}
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
	o.Set("type", q.typeName(ref.Type))
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
