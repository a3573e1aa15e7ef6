package scim

import (
	"errors"

	"scimd/password"
	"scimd/scim/patch"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
)

// secret is what a write says of the password (RFC 7643 §4.1.1). It is worked
// out before the transaction, where a hash would hold up every other write.
type secret struct {
	given bool
	hash  string // "": cleared
}

// hashed gives the hash to store of what a client sent: "" for nothing, and
// where passwords are dropped.
func (q *request) hashed(v resource.Value) (string, error) {
	clear, ok := v.(string)
	if !ok || q.h.Passwords == nil {
		return "", nil
	}
	hash, err := q.h.Passwords.Hash(q.Context(), clear)
	if errors.Is(err, password.ErrInvalid) {
		return "", scimerr.InvalidValue("password is empty, too long or holds a character that no password may have (RFC 8265)")
	}
	return hash, err
}

// secretOf reads the password of the body of a PUT. What is wrong elsewhere in
// the body is found here too.
func (q *request) secretOf(body *resource.Object) (secret, error) {
	if q.typ.Schema.ID != schema.UserURN || q.h.Passwords == nil {
		return secret{}, nil
	}
	if v, ok := body.Lookup("password"); ok && v == nil {
		return secret{given: true}, nil // null clears (RFC 7644 §3.5.1)
	}
	o, err := schema.Validate(q.typ, body, nil, schema.Replace, q.quirks)
	if err != nil || o.Get("password") == nil {
		return secret{}, err
	}
	return q.secretIn(o)
}

// secretIn is the password of a validated user, of which none is left as it
// was sent. Other resource types may call anything password.
func (q *request) secretIn(o *resource.Object) (secret, error) {
	if q.typ.Schema.ID != schema.UserURN {
		return secret{}, nil
	}
	hash, err := q.hashed(o.Get("password"))
	return secret{true, hash}, err
}

// apply puts the hash where the password was; without one in the request,
// what is stored stays.
func (s secret) apply(o *resource.Object) {
	switch {
	case s.hash != "":
		o.Set("password", s.hash)
	case s.given:
		o.Delete("password")
	}
}

// hashOps does the same for the operations of a PATCH.
func (q *request) hashOps(ops []patch.Op) error {
	for i, op := range ops {
		if a := op.Ref.Attribute; a == nil || a.Schema != schema.UserURN || a.Path != "password" || op.Value == nil {
			continue
		}
		hash, err := q.hashed(op.Value)
		if err != nil {
			return err
		}
		ops[i].Value = hash
	}
	return nil
}

// keepHash is the last guard: whatever led here, a password is stored as a
// hash, or not at all where passwords are dropped. What an IdP sends is often
// a placeholder.
func (h *Handler) keepHash(doc *resource.Object) {
	if h.Passwords == nil || !password.IsHash(text(doc, "password")) {
		doc.Delete("password")
	}
}
