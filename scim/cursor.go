package scim

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"scimd/scim/scimerr"
)

// place is a position in the order of an answer: the rank of what stood there
// and its key.
type place struct {
	Rank []byte `json:"r,omitempty"`
	Key  int64  `json:"k"`
}

// cursor is what a client carries from page to page (RFC 9865): sealed, so
// that nothing can be read from it or forged, and all of it, so that any
// server of the database can go on and none has to remember.
type cursor struct {
	place
	Count   int   `json:"n"`
	Expires int64 `json:"e"` // Unix time in milliseconds
}

// seal makes the text of a cursor for one query of one directory. It has only
// unreserved characters.
func (h *Handler) seal(c cursor, query []byte) (string, error) {
	aead, err := chacha20poly1305.NewX(h.CursorKey)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
	rand.Read(nonce) // never fails
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, text, query)), nil
}

// open reads a cursor. ok is false for what was not sealed here for this very
// query: why is nobody's business.
func (h *Handler) open(text string, query []byte) (c cursor, ok bool, err error) {
	aead, err := chacha20poly1305.NewX(h.CursorKey)
	if err != nil {
		return c, false, err
	}
	sealed, bad := base64.RawURLEncoding.DecodeString(text)
	// The decoder skips line breaks and spare bits.
	if bad != nil || len(sealed) < aead.NonceSize() || base64.RawURLEncoding.EncodeToString(sealed) != text {
		return c, false, nil //nolint:nilerr // no cursor of ours
	}
	nonce, sealed := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
	plain, bad := aead.Open(nil, nonce, sealed, query)
	if bad != nil {
		return c, false, nil //nolint:nilerr // no cursor of ours
	}
	return c, true, json.Unmarshal(plain, &c)
}

// identity is what a cursor belongs to: the directory, the endpoint and all
// of the query but its paging.
func (l *listing) identity() ([]byte, error) {
	return json.Marshal([]any{l.directory.ID, l.route, l.inStore, l.column, l.search})
}

// resume gives the place where a walk goes on, nil for the start, and the
// identity of the query.
func (l *listing) resume() (query []byte, after *place, err error) {
	if l.search.cursor == nil {
		return nil, nil, nil
	}
	query, err = l.identity()
	if err != nil || *l.search.cursor == "" {
		return query, nil, err
	}
	c, ok, err := l.h.open(*l.search.cursor, query)
	switch {
	case err != nil:
		return nil, nil, err
	case !ok:
		return nil, nil, scimerr.InvalidCursor("the cursor is not valid for this query")
	case l.h.Provision.Now().UnixMilli() > c.Expires:
		return nil, nil, scimerr.ExpiredCursor("the cursor is older than %d seconds", l.h.cursorTimeout()/time.Second)
	case c.Count != l.search.count:
		return nil, nil, scimerr.InvalidCount("count must stay the same from page to page")
	}
	return query, &c.place, nil
}

// next gives the cursor of the page behind a place.
func (l *listing) next(at place, query []byte) (string, error) {
	expires := l.h.Provision.Now().Add(l.h.cursorTimeout())
	return l.h.seal(cursor{at, l.search.count, expires.UnixMilli()}, query)
}
