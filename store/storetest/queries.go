package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimd/store"
)

func queries(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){
		"Leaves": leaves, "Trees": trees, "Paging": paging, "Keys": keys, "Types": types, "Order": order, "Gone": gone, "Secrets": secrets, "ValuesAreReplaced": valuesAreReplaced,
	})
}

// library is a directory and what a naive evaluation needs to know of it.
type library struct {
	dir       int64
	resources []store.Resource // in order of key
	members   map[string][]string
}

// texts have a prefix, a suffix and a middle in common, characters that
// patterns and C strings would mistake, and a missing one.
var texts = []string{"", "ann", "anna", "joann", "a%n", "a_n", "ANN", "ÿnn", "zoé", "日本語", "本"}

func addLibrary(t *testing.T, st store.Store) library {
	t.Helper()
	n := addTenant(t, st, "acme")
	var lib library
	update(t, st, func(tx store.Tx) error {
		lib = library{dir: n.dir.Key, resources: []store.Resource{n.user, n.group}, members: map[string][]string{n.group.ID: {n.user.ID}}}
		for i, text := range texts {
			if err := lib.add(tx, n, i, text); err != nil {
				return err
			}
		}
		return lib.nest(tx)
	})
	return lib
}

// add makes a user and a group that share their texts.
func (lib *library) add(tx store.Tx, n tenant, i int, text string) error {
	u, g := newUser(n, text), newGroup(n, text)
	for _, r := range []*store.Resource{&u, &g} {
		r.ExternalID, r.Active = texts[(i*5+2)%len(texts)], i%3 > 0
		r.Created, r.Modified = at(i), at(100-i/2)
		r.Document = fmt.Appendf(nil, `{"i":%d}`, i)
		for j := range i % 4 {
			r.Values = append(r.Values, store.Value{Attribute: []string{"emails", "tags"}[j%2], Value: texts[(i+j)%len(texts)], Type: []string{"work", "", "home"}[(i+j)%3]})
		}
		if err := tx.AddResource(r); err != nil {
			return err
		}
		lib.resources = append(lib.resources, *r)
	}
	return nil
}

// nest gives the groups every third resource, so that users are in several.
func (lib *library) nest(tx store.Tx) error {
	for i, g := range lib.resources {
		for j := i % 5; g.Type == store.Group && j < len(lib.resources); j += 3 + i%4 {
			changed, err := tx.AddMembers(lib.dir, g.Key, []int64{lib.resources[j].Key})
			if err != nil {
				return err
			}
			if len(changed) > 0 {
				lib.members[g.ID] = append(lib.members[g.ID], lib.resources[j].ID)
			}
		}
	}
	return nil
}

// holds is the naive evaluation that a backend must agree with.
func (lib library) holds(e store.Expr, r store.Resource) bool {
	match := func(e store.Expr) bool { return lib.holds(e, r) }
	switch e := e.(type) {
	case nil:
		return true
	case store.And:
		return !slices.ContainsFunc(e, func(e store.Expr) bool { return !match(e) })
	case store.Or:
		return slices.ContainsFunc(e, match)
	case store.Not:
		return !match(e.Expr)
	case store.Compare:
		return compareHolds(e, r)
	case store.HasValue:
		return slices.ContainsFunc(r.Values, func(v store.Value) bool {
			return v.Attribute == e.Attribute && textHolds(e.Op, v.Value, e.Value) && (e.Type == nil || *e.Type == v.Type)
		})
	case store.OfType:
		return r.Type == e.Type
	case store.HasMember:
		return slices.ContainsFunc(lib.members[r.ID], func(id string) bool {
			return (e.ID == "" || id == e.ID) && (e.Type == 0 || lib.typeOf(id) == e.Type)
		})
	case store.InGroup:
		return lib.below(e.ID, map[string]bool{})[r.ID]
	}
	panic(fmt.Sprintf("unknown condition %T", e))
}

func (lib library) typeOf(id string) store.ResourceType {
	i := slices.IndexFunc(lib.resources, func(r store.Resource) bool { return r.ID == id })
	return lib.resources[i].Type
}

// below collects the members of a group and of the groups in it.
func (lib library) below(group string, seen map[string]bool) map[string]bool {
	for _, id := range lib.members[group] {
		if !seen[id] {
			seen[id] = true
			lib.below(id, seen)
		}
	}
	return seen
}

func compareHolds(c store.Compare, r store.Resource) bool {
	switch c.Column {
	case store.ByID:
		return c.Op == store.Pr || r.ID == c.Value
	case store.ByName:
		return textHolds(c.Op, r.Name, c.Value)
	case store.ByExternalID:
		return textHolds(c.Op, r.ExternalID, c.Value)
	case store.ByActive:
		return c.Op == store.Pr || r.Active == c.Value
	case store.ByCreated:
		return c.Op == store.Pr || ordered(c.Op, r.Created.Compare(c.Value.(time.Time)))
	case store.ByKey, store.ByModified:
	}
	return c.Op == store.Pr || ordered(c.Op, r.Modified.Compare(c.Value.(time.Time)))
}

// textHolds is false for a missing text, whatever is asked of it.
func textHolds(op store.Op, have string, value any) bool {
	want, _ := value.(string)
	switch op {
	case store.Pr:
		return have != ""
	case store.Co:
		return have != "" && strings.Contains(have, want)
	case store.Sw:
		return have != "" && strings.HasPrefix(have, want)
	case store.Ew:
		return have != "" && strings.HasSuffix(have, want)
	case store.Eq, store.Gt, store.Ge, store.Lt, store.Le:
	}
	return have != "" && ordered(op, strings.Compare(have, want))
}

func ordered(op store.Op, c int) bool {
	switch op {
	case store.Eq:
		return c == 0
	case store.Gt:
		return c > 0
	case store.Ge:
		return c >= 0
	case store.Lt:
		return c < 0
	case store.Le, store.Co, store.Sw, store.Ew, store.Pr:
	}
	return c <= 0
}

var (
	orderOps = []store.Op{store.Eq, store.Gt, store.Ge, store.Lt, store.Le}
	textOps  = append([]store.Op{store.Co, store.Sw, store.Ew}, orderOps...)
)

// conditions is every condition without a part.
func (lib library) conditions() (all []store.Expr) {
	for c := store.ByID; c <= store.ByModified; c++ {
		all = append(all, store.Compare{Column: c, Op: store.Pr})
	}
	for _, v := range append([]string{"n", "nn", "nobody"}, texts...) {
		for _, op := range textOps {
			all = append(all, store.Compare{Column: store.ByName, Op: op, Value: v}, store.Compare{Column: store.ByExternalID, Op: op, Value: v})
			all = append(all, valueConditions(op, v)...)
		}
	}
	all = append(all, valueConditions(store.Pr, "")...)
	for _, op := range orderOps {
		all = append(all, store.Compare{Column: store.ByCreated, Op: op, Value: at(3)}, store.Compare{Column: store.ByModified, Op: op, Value: at(97)})
	}
	for _, b := range []bool{true, false} {
		all = append(all, store.Compare{Column: store.ByActive, Op: store.Eq, Value: b})
	}
	ids := []string{"no id", "", newID(), strings.ToUpper(lib.resources[0].ID)}
	for _, r := range lib.resources {
		ids = append(ids, r.ID)
	}
	for _, id := range ids {
		all = append(all, store.Compare{Column: store.ByID, Op: store.Eq, Value: id}, store.HasMember{ID: id}, store.InGroup{ID: id})
		all = append(all, store.HasMember{ID: id, Type: store.User}, store.HasMember{ID: id, Type: store.Group})
	}
	all = append(all, store.HasMember{Type: store.User}, store.HasMember{Type: store.Group})
	return all
}

func valueConditions(op store.Op, v string) (all []store.Expr) {
	work, none := "work", ""
	for _, attribute := range []string{"emails", "tags", "phones"} {
		for _, typ := range []*string{nil, &work, &none} {
			all = append(all, store.HasValue{Attribute: attribute, Op: op, Value: v, Type: typ})
		}
	}
	return all
}

// agree compares an answer with the naive evaluation, for both types.
func (lib library) agree(t *testing.T, r store.Reader, where store.Expr) {
	t.Helper()
	for _, typ := range []store.ResourceType{store.User, store.Group} {
		page, err := r.Find(store.Query{Directory: lib.dir, Type: typ, Where: where, Limit: 1000})
		want := lib.matches(typ, where)
		if got := keysOf(page.Resources); err != nil || page.Total != len(want) || !slices.Equal(got, keysOf(want)) {
			t.Errorf("Find type %d where %#v: got keys %v of %d with error %v, want %v", typ, where, got, page.Total, err, keysOf(want))
		}
	}
}

func (lib library) matches(typ store.ResourceType, where store.Expr) (out []store.Resource) {
	for _, r := range lib.resources {
		if r.Type == typ && lib.holds(where, r) {
			out = append(out, r)
		}
	}
	return out
}

func keysOf(list []store.Resource) (keys []int64) {
	for _, r := range list {
		keys = append(keys, r.Key)
	}
	return keys
}

func leaves(t *testing.T, st store.Store) {
	lib := addLibrary(t, st)
	view(t, st, func(r store.Reader) {
		for _, e := range append(lib.conditions(), nil, store.And{}, store.Or{}) {
			lib.agree(t, r, e)
			if e != nil {
				lib.agree(t, r, store.Not{Expr: e})
			}
		}
	})
}

// trees combines conditions at random, from a seed that does not change.
func trees(t *testing.T, st store.Store) {
	lib := addLibrary(t, st)
	rnd, all := rand.New(rand.NewPCG(1, 2)), lib.conditions()
	view(t, st, func(r store.Reader) {
		for range 500 {
			lib.agree(t, r, tree(rnd, all, 3))
		}
	})
}

func tree(rnd *rand.Rand, all []store.Expr, depth int) store.Expr {
	if depth == 0 {
		return all[rnd.IntN(len(all))]
	}
	var parts []store.Expr
	for range rnd.IntN(4) {
		parts = append(parts, tree(rnd, all, rnd.IntN(depth)))
	}
	switch rnd.IntN(3) {
	case 0:
		return store.And(parts)
	case 1:
		return store.Or(parts)
	}
	return store.Not{Expr: tree(rnd, all, depth-1)}
}

// slice is the page that offset and limit cut out.
func slice(all []store.Resource, offset, limit int) []store.Resource {
	all = all[min(offset, len(all)):]
	return all[:min(limit, len(all))]
}

// paged asks for every page size at every offset, past the end as well.
func paged(t *testing.T, r store.Reader, q store.Query, want []store.Resource) {
	t.Helper()
	for offset := range len(want) + 3 {
		for _, limit := range []int{0, 1, 2, 5, len(want), len(want) + 1} {
			q.Offset, q.Limit = offset, limit
			page, err := r.Find(q)
			wantPage := keysOf(slice(want, offset, limit))
			if got := keysOf(page.Resources); err != nil || page.Total != len(want) || !slices.Equal(got, wantPage) {
				t.Errorf("Find offset %d limit %d: got keys %v of %d with error %v, want %v of %d", offset, limit, got, page.Total, err, wantPage, len(want))
			}
		}
	}
}

func paging(t *testing.T, st store.Store) {
	lib := addLibrary(t, st)
	some := store.Compare{Column: store.ByActive, Op: store.Eq, Value: true}
	never := store.Compare{Column: store.ByName, Op: store.Eq, Value: "nobody"}
	view(t, st, func(r store.Reader) {
		for _, where := range []store.Expr{nil, some, never} {
			paged(t, r, store.Query{Directory: lib.dir, Type: store.User, Where: where}, lib.matches(store.User, where))
		}
		page, err := r.Find(store.Query{Directory: lib.dir, Type: store.User, Limit: 1})
		expect(t, "Find with documents", `{"a":1}`)(string(page.Resources[0].Document), err)
		page, err = r.Find(store.Query{Directory: lib.dir, Type: store.User, Limit: 1, WithoutDocument: true})
		expect(t, "Find without documents", []store.Resource{bare(lib.resources[0])})(page.Resources, err)
		expect(t, "Find in no directory", store.Page{})(r.Find(store.Query{Directory: 999, Type: store.User, Limit: 1}))
	})
}

// keys gives every match in order, and what the keys stand for in portions.
func keys(t *testing.T, st store.Store) {
	lib := addLibrary(t, st)
	some := store.Compare{Column: store.ByActive, Op: store.Eq, Value: true}
	view(t, st, func(r store.Reader) {
		for _, where := range []store.Expr{nil, some} {
			want := keysOf(lib.matches(store.User, where))
			expect(t, "Keys", want)(r.Keys(store.Query{Directory: lib.dir, Type: store.User, Where: where, Limit: 1, Offset: 1}))
			slices.Reverse(want)
			expect(t, "Keys in reverse", want)(r.Keys(store.Query{Directory: lib.dir, Type: store.User, Where: where, Desc: true}))
			got, err := r.ResourcesByKey(lib.dir, append(want, 999_999))
			expect(t, "keys of ResourcesByKey", want)(keysOf(got), err)
		}
		first, err := r.ResourceByKey(lib.dir, lib.resources[0].Key)
		expect(t, "ResourcesByKey with documents", []store.Resource{first})(r.ResourcesByKey(lib.dir, []int64{first.Key}))
		wantErr(t, "ResourceByKey", nil, err)
		expect(t, "ResourcesByKey of none", []store.Resource{})(r.ResourcesByKey(lib.dir, nil))
		expect(t, "ResourcesByKey of another directory", []store.Resource{})(r.ResourcesByKey(999, []int64{lib.resources[0].Key}))
	})
}

// types asks for several types at once, each with a condition of its own.
func types(t *testing.T, st store.Store) {
	lib := addLibrary(t, st)
	users := store.And{store.OfType{Type: store.User}, store.Compare{Column: store.ByActive, Op: store.Eq, Value: true}}
	groups := store.And{store.OfType{Type: store.Group}, store.Compare{Column: store.ByName, Op: store.Sw, Value: "ann"}}
	view(t, st, func(r store.Reader) {
		for _, where := range []store.Expr{nil, users, groups, store.Or{users, groups}, store.Not{Expr: users}, store.OfType{Type: 99}} {
			var want []store.Resource
			for _, x := range lib.resources {
				if lib.holds(where, x) {
					want = append(want, x)
				}
			}
			paged(t, r, store.Query{Directory: lib.dir, Where: where}, want)
		}
	})
}

// order sorts by each column in both directions; equal values must still page
// without a repetition, and a missing externalId comes last, or first of all in
// reverse. A walk that starts behind any position sees the rest.
func order(t *testing.T, st store.Store) {
	lib := addLibrary(t, st)
	view(t, st, func(r store.Reader) {
		for column, key := range sortKeys {
			for _, desc := range []bool{false, true} {
				want := lib.matches(store.User, nil)
				slices.SortStableFunc(want, func(a, b store.Resource) int {
					if desc {
						a, b = b, a
					}
					return strings.Compare(key(a), key(b))
				})
				q := store.Query{Directory: lib.dir, Type: store.User, Order: column, Desc: desc}
				paged(t, r, q, want)
				for i, x := range want {
					behind(t, r, q, positionOf(x, column), want[i+1:], len(want))
				}
			}
		}
	})
}

// sortKeys are texts that sort as the columns do.
var sortKeys = map[store.Column]func(store.Resource) string{
	store.ByKey:      func(r store.Resource) string { return fmt.Sprintf("%9d", r.Key) },
	store.ByID:       func(r store.Resource) string { return r.ID },
	store.ByName:     func(r store.Resource) string { return r.Name },
	store.ByActive:   func(r store.Resource) string { return fmt.Sprint(r.Active) },
	store.ByCreated:  func(r store.Resource) string { return r.Created.Format(time.RFC3339Nano) },
	store.ByModified: func(r store.Resource) string { return r.Modified.Format(time.RFC3339Nano) },
	store.ByExternalID: func(r store.Resource) string {
		if r.ExternalID == "" {
			return "\xff"
		}
		return r.ExternalID
	},
}

func positionOf(r store.Resource, c store.Column) *store.Position {
	values := map[store.Column]any{
		store.ByID: r.ID, store.ByName: r.Name, store.ByExternalID: r.ExternalID, store.ByActive: r.Active,
		store.ByCreated: r.Created, store.ByModified: r.Modified,
	}
	return &store.Position{Value: values[c], Key: r.Key}
}

func behind(t *testing.T, r store.Reader, q store.Query, after *store.Position, want []store.Resource, total int) {
	t.Helper()
	q.After = after
	for _, limit := range []int{1, 3, total} {
		q.Limit = limit
		page, err := r.Find(q)
		if got, wantPage := keysOf(page.Resources), keysOf(slice(want, 0, limit)); err != nil || page.Total != total || !slices.Equal(got, wantPage) {
			t.Errorf("Find by column %d desc %v after %v limit %d: got keys %v of %d with error %v, want %v of %d",
				q.Order, q.Desc, after, limit, got, page.Total, err, wantPage, total)
		}
	}
}

// gone: a position outlives the resource that stood there.
func gone(t *testing.T, st store.Store) {
	lib := addLibrary(t, st)
	last := lib.resources[6]
	for column, key := range sortKeys {
		var rest []store.Resource
		for _, x := range lib.matches(last.Type, nil) {
			if c := strings.Compare(key(x), key(last)); c > 0 || c == 0 && x.Key > last.Key {
				rest = append(rest, x)
			}
		}
		slices.SortStableFunc(rest, func(a, b store.Resource) int { return strings.Compare(key(a), key(b)) })
		err := st.Update(t.Context(), func(_ context.Context, tx store.Tx) error {
			if err := tx.RemoveResource(lib.dir, last.Key); err != nil {
				return err
			}
			behind(t, tx, store.Query{Directory: lib.dir, Type: last.Type, Order: column}, positionOf(last, column), rest, len(lib.matches(last.Type, nil))-1)
			return errUndo
		})
		wantErr(t, "Update that is undone", errUndo, err)
	}
}

var errUndo = errors.New("undo")

// valuesAreReplaced: a changed resource is no longer found by what it had.
func valuesAreReplaced(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	u := n.user
	found := func(value string) (total int) {
		view(t, st, func(r store.Reader) {
			page, err := r.Find(store.Query{Directory: n.dir.Key, Type: store.User, Where: store.HasValue{Attribute: "emails", Op: store.Eq, Value: value}})
			if err != nil {
				t.Errorf("Find by value: got error %v, want none", err)
			}
			total = page.Total
		})
		return total
	}
	for _, value := range []string{"a@x.org", "b@x.org"} {
		// The same value twice is no conflict: types may differ.
		u.Values = []store.Value{{Attribute: "emails", Value: value, Type: "work"}, {Attribute: "emails", Value: value, Type: "home"}}
		update(t, st, func(tx store.Tx) error { return tx.SetResource(u) })
	}
	if diff := cmp.Diff([]int{0, 1}, []int{found("a@x.org"), found("b@x.org")}); diff != "" {
		t.Errorf("users found by the old and the new value: got what differs from want (-want +got):\n%s", diff)
	}
}

// secrets are made once.
func secrets(t *testing.T, st store.Store) {
	refused(t, st, "Secret that was not made", store.ErrNotFound, func(tx store.Tx) error { return errOf(tx.Secret("a")) })
	update(t, st, func(tx store.Tx) error { return tx.AddSecret("a", []byte("one\x00")) })
	refused(t, st, "AddSecret of a name that is taken", store.ErrExists, func(tx store.Tx) error { return tx.AddSecret("a", []byte("two")) })
	view(t, st, func(r store.Reader) { expect(t, "Secret", []byte("one\x00"))(r.Secret("a")) })
}
