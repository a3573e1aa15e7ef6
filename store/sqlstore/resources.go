package sqlstore

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"scimd/store"
)

const (
	bareColumns     = "r.key, r.directory, r.type, r.id, r.account, r.name, r.display, r.external_id, r.active, r.created, r.modified, r.version"
	resourceColumns = bareColumns + ", r.document"
)

// scanBare reads a resource without its document.
func scanBare(s scanner) (store.Resource, error) { return scanInto(s) }

func scanResource(s scanner) (store.Resource, error) {
	var document []byte
	r, err := scanInto(s, &document)
	r.Document = document
	return r, err
}

func scanInto(s scanner, more ...any) (r store.Resource, err error) {
	var account sql.NullInt64
	var id []byte
	var created, modified int64
	dest := []any{&r.Key, &r.Directory, &r.Type, &id, &account, &r.Name, &r.Display, &r.ExternalID, &r.Active, &created, &modified, &r.Version}
	if err := s.Scan(append(dest, more...)...); err != nil {
		return r, err
	}
	r.Account, r.Created, r.Modified = account.Int64, fromMicros(created), fromMicros(modified)
	r.ID, err = idString(id)
	return r, err
}

// newID converts an id that the server made itself.
func newID(id string) ([]byte, error) {
	b, ok := idBytes(id)
	if !ok {
		return nil, fmt.Errorf("id %q is no UUID", id)
	}
	return b, nil
}

func (t *tx) Resource(directory int64, typ store.ResourceType, id string) (store.Resource, error) {
	b, ok := idBytes(id)
	if !ok {
		return store.Resource{}, store.ErrNotFound
	}
	return one(t, scanResource, "SELECT "+resourceColumns+" FROM resource r WHERE r.directory = ? AND r.id = ? AND r.type = ?", directory, b, typ)
}

func (t *tx) ResourceByKey(directory, key int64) (store.Resource, error) {
	return one(t, scanResource, "SELECT "+resourceColumns+" FROM resource r WHERE r.directory = ? AND r.key = ?", directory, key)
}

// maxIDs is how many ids one statement looks up.
const maxIDs = 2000

func (t *tx) References(directory int64, ids []string) ([]store.Reference, error) {
	known := make([][]byte, 0, len(ids))
	for _, id := range ids {
		if b, ok := idBytes(id); ok {
			known = append(known, b)
		}
	}
	if len(known) == 1 {
		return many(t, newReferenceScan().scan, "SELECT r.key, r.type, r.id, r.display FROM resource r WHERE r.directory = ? AND r.id = ?", directory, known[0])
	}
	var out []store.Reference
	for some := range slices.Chunk(known, maxIDs) {
		found, err := t.gatherReferences("SELECT r.key, r.type, r.id, r.display FROM "+t.dialect.IDs+
			t.dialect.Lookup("resource", "i", "i.directory = ? AND i.id = k.value")+
			t.dialect.Briefly("r", "r.directory = ? AND r.key = i.key"), t.dialect.ListIDs(some), directory, directory)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// fits refuses what an index cannot hold.
func fits(r store.Resource) error {
	name := "displayName"
	if r.Type == store.User {
		name = "userName"
	}
	if err := cmp.Or(short(name, r.Name), short("externalId", r.ExternalID)); err != nil {
		return err
	}
	for _, v := range r.Values {
		if err := short(v.Attribute, v.Value); err != nil {
			return err
		}
	}
	for _, v := range r.Unique {
		if err := short(v.Attribute, v.Value); err != nil {
			return err
		}
	}
	return nil
}

func short(attribute, value string) error {
	if len(value) > store.MaxIndexed {
		return &store.TooLongError{Attribute: attribute}
	}
	return nil
}

func (t *tx) AddResource(r *store.Resource) error {
	if err := fits(*r); err != nil {
		return err
	}
	id, err := newID(r.ID)
	if err != nil {
		return err
	}
	err = t.insert(&r.Key, `INSERT INTO resource(directory, type, id, account, name, display, external_id, active, created, modified, version, document)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Directory, r.Type, id, optionalKey(r.Account), r.Name, r.Display, r.ExternalID, flag(r.Active),
		micros(r.Created), micros(r.Modified), r.Version, r.Document)
	if err != nil {
		return err
	}
	if err := t.count(r.Directory, r.Type, 1); err != nil {
		return err
	}
	if err := t.addValues(*r); err != nil {
		return err
	}
	return t.addUnique(*r)
}

func (t *tx) SetResource(r store.Resource) error {
	if err := fits(r); err != nil {
		return err
	}
	err := t.execOne(`UPDATE resource SET account = ?, name = ?, display = ?, external_id = ?, active = ?, modified = ?, version = ?, document = ?
		WHERE directory = ? AND key = ?`,
		optionalKey(r.Account), r.Name, r.Display, r.ExternalID, flag(r.Active), micros(r.Modified), r.Version, r.Document,
		r.Directory, r.Key)
	if err != nil {
		return err
	}
	return t.setValues(r)
}

func (t *tx) SetDocument(r store.Resource) error {
	if err := fits(r); err != nil {
		return err
	}
	err := t.execOne("UPDATE resource SET modified = ?, version = ?, document = ? WHERE directory = ? AND key = ?",
		micros(r.Modified), r.Version, r.Document, r.Directory, r.Key)
	if err != nil {
		return err
	}
	return t.setValues(r)
}

func (t *tx) TouchResource(r store.Resource) error {
	return t.execOne("UPDATE resource SET modified = ?, version = ? WHERE directory = ? AND key = ?",
		micros(r.Modified), r.Version, r.Directory, r.Key)
}

// setValues replaces the values of a resource and its unique ones if they have
// changed, which they seldom do with it.
func (t *tx) setValues(r store.Resource) error {
	indexed, unique, err := t.values(r)
	if err != nil {
		return err
	}
	if !slices.Equal(indexed, r.Values) {
		if err := t.removeValues(r.Directory, r.Key); err != nil {
			return err
		}
		if err := t.addValues(r); err != nil {
			return err
		}
	}
	if slices.Equal(unique, sorted(r.Unique)) {
		return nil
	}
	if err := t.removeUnique(r.Directory, r.Key); err != nil {
		return err
	}
	return t.addUnique(r)
}

// values gives the values that are stored for a resource, and the unique ones
// sorted.
func (t *tx) values(r store.Resource) (indexed []store.Value, unique []store.UniqueValue, err error) {
	const ofUnique = -1 // in place of a position
	err = each(t, scanPlaced, func(v placed) bool {
		if v.ord == ofUnique {
			unique = append(unique, store.UniqueValue{Attribute: v.Attribute, Value: v.Value.Value})
		} else {
			indexed = append(indexed, v.Value)
		}
		return true
	}, `SELECT ord, attribute, value, type FROM value WHERE directory = ? AND resource = ?
		UNION ALL SELECT -1, attribute, value, '' FROM unique_value WHERE directory = ? AND resource = ? ORDER BY 1`,
		r.Directory, r.Key, r.Directory, r.Key)
	return indexed, sorted(unique), err
}

type placed struct {
	store.Value
	ord int
}

func scanPlaced(s scanner) (v placed, err error) {
	err = s.Scan(&v.ord, &v.Attribute, &v.Value.Value, &v.Type)
	return v, err
}

func sorted(values []store.UniqueValue) []store.UniqueValue {
	return slices.SortedFunc(slices.Values(values), func(a, b store.UniqueValue) int {
		return cmp.Or(strings.Compare(a.Attribute, b.Attribute), strings.Compare(a.Value, b.Value))
	})
}

func (t *tx) RemoveResource(directory, key int64) error {
	typ, err := one(t, scanKey, "SELECT type FROM resource WHERE directory = ? AND key = ?", directory, key)
	if err != nil {
		return err
	}
	if store.ResourceType(typ) == store.Group {
		if err := t.exec("DELETE FROM membership WHERE directory = ? AND grp = ?", directory, key); err != nil {
			return err
		}
	}
	if err := t.exec("DELETE FROM membership WHERE directory = ? AND member = ?", directory, key); err != nil {
		return err
	}
	if err := errors.Join(t.removeValues(directory, key), t.removeUnique(directory, key)); err != nil {
		return err
	}
	if err := t.execOne("DELETE FROM resource WHERE directory = ? AND key = ?", directory, key); err != nil {
		return err
	}
	return t.count(directory, store.ResourceType(typ), -1)
}

func (t *tx) addValues(r store.Resource) error {
	for i, v := range r.Values {
		if err := t.exec("INSERT INTO value(directory, attribute, value, resource, ord, type) VALUES(?, ?, ?, ?, ?, ?)",
			r.Directory, v.Attribute, v.Value, r.Key, i, v.Type); err != nil {
			return err
		}
	}
	return nil
}

// addUnique inserts what no other resource may have.
func (t *tx) addUnique(r store.Resource) error {
	for _, v := range r.Unique {
		err := t.exec("INSERT INTO unique_value(directory, attribute, value, resource) VALUES(?, ?, ?, ?)",
			r.Directory, v.Attribute, v.Value, r.Key)
		if errors.Is(err, store.ErrExists) {
			return &store.TakenError{UniqueValue: v}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) removeValues(directory, resource int64) error {
	return t.exec("DELETE FROM value WHERE directory = ? AND resource = ?", directory, resource)
}

func (t *tx) removeUnique(directory, resource int64) error {
	return t.exec("DELETE FROM unique_value WHERE directory = ? AND resource = ?", directory, resource)
}

// count keeps the number of resources, so that an unfiltered total is a lookup.
func (t *tx) count(directory int64, typ store.ResourceType, n int) error {
	return t.exec(`INSERT INTO counter(directory, type, n) VALUES(?, ?, ?)
		ON CONFLICT(directory, type) DO UPDATE SET n = counter.n + excluded.n`, directory, typ, n)
}
