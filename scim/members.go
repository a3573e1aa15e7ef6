package scim

import (
	"context"
	"errors"
	"slices"
	"time"

	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

// patience is how long a snapshot is kept for a client that takes members more
// slowly than they are read.
const patience = 100 * time.Millisecond

// writing renders resources into a stream, the members of groups as they are
// read.
//
// A client that does not keep up must neither hold up a snapshot nor have its
// answer pile up in memory. From there on only the keys of the members are
// read, eight bytes each; the snapshot ends, and the members are looked up as
// the client takes them. So who is a member is always as it was when the group
// was begun, and belongs to its version.
type writing struct {
	*stream
	late  *lateMembers    // nil: the client keeps up
	parts []resource.Part // of the resource that is being written
}

// lateMembers are those of a group that the client has yet to take.
type lateMembers struct {
	form *memberForm
	keys []int64
	tail []byte // what of the group comes behind them
}

// writing sends what fn renders on a snapshot. fn tells whether there is more
// to render on another one, for the sake of a client that does not keep up.
func (q *request) writing(status int, fn func(*writing, store.Reader) (more bool, err error)) error {
	w := &writing{stream: q.stream(status)}
	defer w.stop()
	for more := true; more && !w.over; {
		err := q.h.Provision.View(q.Context(), func(_ context.Context, r store.Reader) (err error) {
			more, err = fn(w, r)
			return err
		})
		if err == nil {
			err = w.catchUp(q)
		}
		if err != nil {
			return err
		}
	}
	w.end()
	return nil
}

// expect makes room for resources at once: most are little more than their
// documents and their groups.
func (w *writing) expect(rows []store.Resource, groups map[int64][]store.Reference) {
	const more, each = 512, 256 // id and meta; a group
	size := 0
	for _, row := range rows {
		size += len(row.Document) + more + len(groups[row.Key])*each
	}
	w.buf = slices.Grow(w.buf, size)
}

// text adds what is rendered.
func (w *writing) text(b ...byte) {
	if w.late != nil {
		w.late.tail = append(w.late.tail, b...)
		return
	}
	w.buf = append(w.buf, b...)
}

func (w *writing) members(form *memberForm, r store.Reader, row store.Resource) error {
	begun := false
	err := r.Members(row.Directory, row.Key, func(ref store.Reference) bool {
		if !begun {
			begun = true
			w.buf = append(w.buf, `,"members":[`...)
		}
		if w.late != nil {
			w.late.keys = append(w.late.keys, ref.Key)
			return true
		}
		w.buf = form.append(w.buf, ref)
		if w.full() && !w.hand(patience) {
			w.late = &lateMembers{form: form}
		}
		return !w.over
	})
	if begun {
		w.text(']')
	}
	return err
}

// catchUp writes what the client was too slow for, on snapshots that last for
// no longer than a portion is read. Who was deleted meanwhile is left out.
func (w *writing) catchUp(q *request) error {
	late := w.late
	if w.late = nil; late == nil {
		return nil
	}
	for keys := range slices.Chunk(late.keys, portion) {
		if w.hand(0); w.over {
			return nil
		}
		err := q.h.Provision.View(q.Context(), func(_ context.Context, r store.Reader) error {
			rows, err := r.ResourcesBriefly(q.directory.Key, keys)
			for _, m := range rows {
				w.buf = late.form.append(w.buf, store.Reference{Key: m.Key, Type: m.Type, ID: m.ID, Display: m.Display})
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	w.buf = append(w.buf, late.tail...)
	return nil
}

// again gives the row as it is on a later snapshot, or as it was if it is gone.
func again(r store.Reader, row store.Resource) (store.Resource, error) {
	now, err := r.ResourceByKey(row.Directory, row.Key)
	if errors.Is(err, store.ErrNotFound) {
		return row, nil
	}
	return now, err
}

// memberForm is how a projection shows members.
type memberForm struct {
	value, ref, display, typ bool
	types                    map[store.ResourceType]memberType
	some                     bool // one was written
}

// memberType is what the members of a type have in common, as JSON.
type memberType struct {
	location string // with its closing quote missing, and the id
	name     string
}

func (q *request) memberForm(p *schema.Projection) *memberForm {
	f := &memberForm{
		value: q.wants(p, "members.value"), ref: q.wants(p, "members.$ref"),
		display: q.wants(p, "members.display"), typ: q.wants(p, "members.type"),
		types: map[store.ResourceType]memberType{},
	}
	for _, t := range []store.ResourceType{store.User, store.Group} { // RFC 7643 §4.2: no other type is a member
		location := resource.AppendJSON(nil, q.location(t, ""))
		f.types[t] = memberType{string(location[:len(location)-1]), string(resource.AppendJSON(nil, q.typeName(t)))}
	}
	return f
}

// append adds a member behind those it has added. It is what request.member
// gives, without building it: there may be a million.
func (f *memberForm) append(b []byte, ref store.Reference) []byte {
	start := len(b)
	if f.some {
		b = append(b, ',')
	}
	b = append(b, '{')
	empty := len(b)
	t := f.types[ref.Type]
	if f.value {
		b = append(append(append(b, `"value":"`...), ref.ID...), `",`...)
	}
	if f.ref {
		b = append(append(append(append(b, `"$ref":`...), t.location...), ref.ID...), `",`...)
	}
	if f.display && ref.Display != "" {
		b = append(resource.AppendJSON(append(b, `"display":`...), ref.Display), ',')
	}
	if f.typ {
		b = append(append(append(b, `"type":`...), t.name...), ',')
	}
	if len(b) == empty { // one with nothing to show is not shown
		return b[:start]
	}
	b[len(b)-1] = '}'
	f.some = true
	return b
}
