package scim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
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

func quoted(s string) resource.Text { return resource.Text(resource.AppendJSON(nil, s)) }

func etag(r store.Resource) string { return `W/"` + strconv.FormatInt(r.Version, 10) + `"` }

// resource adds a resource with what the projection wants of it, as clients see
// it. What is not wanted is not read, and what is stored is not decoded without
// need. w.late must be nil.
func (w *writing) resource(q *request, r store.Reader, row store.Resource, p *schema.Projection) error {
	var err error
	if w.parts, err = resource.Split(w.parts[:0], row.Document); err != nil {
		return unreadable(row, err)
	}
	show := func(name string, value resource.Text) { w.buf = p.Append(w.buf, q.typ, name, value) }
	w.buf = append(w.buf, '{')
	if i := slices.IndexFunc(w.parts, func(part resource.Part) bool { return part.Name == "schemas" }); i >= 0 {
		show("schemas", w.parts[i].Text)
	}
	show("id", quoted(row.ID))
	for _, part := range w.parts {
		switch {
		case part.Name == "schemas":
		case part.Name == "password" && row.Type == store.User: // never returned, whatever was stored (RFC 7643 §7)
		case part.Name == schema.EnterpriseURN && row.Type == store.User:
			value, err := q.introduceManager(r, row, part.Text, func(name string) bool { return q.wants(p, name) })
			if err != nil {
				return err
			}
			show(part.Name, value)
		default:
			show(part.Name, part.Text)
		}
	}
	switch {
	case row.Type == store.User && q.wants(p, "groups"):
		groups, err := q.groups(r, row)
		if err != nil {
			return err
		}
		if groups != "" {
			show("groups", groups)
		}
	case row.Type == store.Group && q.wants(p, "members"):
		if err := w.members(q.memberForm(p), r, row); err != nil {
			return err
		}
	}
	// The members may not all be written yet.
	end := p.Append([]byte("{"), q.typ, "meta", q.meta(row))[1:]
	if len(end) > 0 {
		w.text(',')
	}
	w.text(append(end, '}')...)
	return nil
}

func unreadable(row store.Resource, err error) error {
	return fmt.Errorf("stored document of %s: %w", row.ID, err)
}

// compose is what resource writes, decoded, with what wants tells to be wanted
// of what has to be read.
func (q *request) compose(r store.Reader, row store.Resource, doc *resource.Object, wants func(name string) bool) (*resource.Object, error) {
	o := resource.Sized(doc.Len() + 4)
	o.Set("schemas", doc.Get("schemas"))
	o.Set("id", row.ID)
	for name, v := range doc.All() {
		if name != "password" || row.Type != store.User {
			o.Set(name, v)
		}
	}
	if err := q.relate(o, r, row, wants); err != nil {
		return nil, err
	}
	o.Set("meta", resource.Decode(q.meta(row)))
	return o, nil
}

func (q *request) meta(row store.Resource) resource.Text {
	b := append(make([]byte, 0, 256), `{"resourceType":`...)
	b = resource.AppendJSON(b, q.typeName(row.Type))
	b = row.Created.AppendFormat(append(b, `,"created":"`...), time.RFC3339Nano)
	b = row.Modified.AppendFormat(append(b, `","lastModified":"`...), time.RFC3339Nano)
	b = resource.AppendJSON(append(b, `","location":`...), q.location(row.Type, row.ID))
	b = resource.AppendJSON(append(b, `,"version":`...), etag(row))
	return resource.Text(append(b, '}'))
}

// relate adds what other rows tell: the groups and the manager of a user, the
// members of a group.
func (q *request) relate(o *resource.Object, r store.Reader, row store.Resource, wants func(name string) bool) error {
	switch row.Type {
	case store.User:
		if employee := o.Get(schema.EnterpriseURN); employee != nil {
			known, err := q.introduceManager(r, row, resource.Text(resource.AppendJSON(nil, employee)), wants)
			if err != nil {
				return err
			}
			o.Set(schema.EnterpriseURN, resource.Decode(known))
		}
		if !wants("groups") {
			return nil
		}
		groups, err := q.groups(r, row)
		if err == nil && groups != "" {
			o.Set("groups", resource.Decode(groups))
		}
		return err
	case store.Group:
		if !wants("members") {
			return nil
		}
		members, err := q.members(r, row)
		if err == nil && len(members) > 0 {
			o.Set("members", members)
		}
		return err
	}
	return nil
}

// introduceManager gives the address and the name of a manager who is a user of
// the directory (RFC 7643 §4.3), within what is stored of the employee.
func (q *request) introduceManager(r store.Reader, row store.Resource, stored resource.Text, wants func(name string) bool) (resource.Text, error) {
	if !strings.Contains(string(stored), `"manager"`) {
		return stored, nil
	}
	employee, _ := resource.Open(stored).(*resource.Object)
	manager, _ := resource.Open(employee.Get("manager")).(*resource.Object)
	id, _ := resource.Open(manager.Get("value")).(string)
	if id == "" || !wants(schema.EnterpriseURN+":manager") {
		return stored, nil
	}
	found, err := r.References(row.Directory, []string{id})
	if err != nil || len(found) == 0 || found[0].Type != store.User {
		return stored, err
	}
	manager.Set("$ref", q.location(store.User, id))
	manager.Set("displayName", found[0].Display)
	employee.Set("manager", manager)
	return resource.Text(employee.AppendJSON(nil)), nil
}

func (q *request) wants(p *schema.Projection, name string) bool {
	ref, err := q.typ.Resolve(name)
	return err == nil && p.Wants(ref)
}

// groups lists the groups of a user, also through nesting (RFC 7643 §4.1.2); ""
// are none.
func (q *request) groups(r store.Reader, row store.Resource) (resource.Text, error) {
	refs := q.groupsOf[row.Key]
	if q.groupsOf == nil {
		var err error
		if refs, err = r.Groups(row.Directory, row.Key, true); err != nil {
			return "", err
		}
	}
	if len(refs) == 0 {
		return "", nil
	}
	b := make([]byte, 0, len(refs)*256)
	place := quoted(q.location(store.Group, ""))
	for _, ref := range refs {
		b = append(append(append(b, `,{"value":"`...), ref.ID...), `","$ref":`...)
		b = append(append(append(b, place[:len(place)-1]...), ref.ID...), '"')
		if ref.Display != "" {
			b = resource.AppendJSON(append(b, `,"display":`...), ref.Display)
		}
		if ref.Indirect {
			b = append(b, `,"type":"indirect"}`...)
		} else {
			b = append(b, `,"type":"direct"}`...)
		}
	}
	b[0] = '['
	return resource.Text(append(b, ']')), nil
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
	o := &resource.Object{}
	o.Set("value", ref.ID)
	o.Set("$ref", q.location(ref.Type, ref.ID))
	if ref.Display != "" {
		o.Set("display", ref.Display)
	}
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
