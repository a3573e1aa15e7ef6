package sqlstore

import (
	"context"
	"maps"
	"sync"

	"scimd/store"
)

// maxCredentials are remembered at most, which is a megabyte or two.
const maxCredentials = 4096

// credentials are those that were asked for since any of them changed. Every
// request asks for one, and hardly any is ever changed; only where one server
// has the database does it know of each change.
type credentials struct {
	mu      sync.RWMutex
	known   map[[32]byte]credential
	changes int // so far
}

// recall gives what is known of a hash, and how many changes there were.
func (c *credentials) recall(hash [32]byte) (found credential, known bool, changes int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	found, known = c.known[hash]
	return clone(found), known, c.changes
}

// keep remembers what was read, unless there was a change since.
func (c *credentials) keep(hash [32]byte, read credential, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if changes != c.changes {
		return
	}
	if c.known == nil || len(c.known) >= maxCredentials {
		c.known = map[[32]byte]credential{}
	}
	c.known[hash] = clone(read)
}

// forget belongs behind the commit of a change, and before anybody is told.
func (c *credentials) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
	c.changes++
}

// forgetCredentials has them read again once the transaction is committed.
func (t *tx) forgetCredentials() {
	if t.batch != nil {
		t.batch.reopened = true
	}
}

type credential struct {
	token     store.Token
	directory store.Directory
}

// clone lets nobody change what others are given.
func clone(c credential) credential {
	c.directory.Quirks = maps.Clone(c.directory.Quirks)
	return c
}

func scanCredential(s scanner) (c credential, err error) {
	var row directoryRow
	if c.token, err = scanTokenAnd(s, row.dest()...); err != nil {
		return c, err
	}
	c.directory, err = row.directory()
	return c, err
}

// Credential is store.Store's.
func (s *Store) Credential(ctx context.Context, hash [32]byte) (store.Token, store.Directory, error) {
	if nested(ctx) {
		return store.Token{}, store.Directory{}, store.ErrNested
	}
	found, known, changes := s.writer.credentials.recall(hash)
	if known && !s.writer.closed() {
		return found.token, found.directory, nil
	}
	t := &tx{ctx: ctx, q: s.readers, dialect: s.dialect}
	read, err := reach(ctx, s, func() (credential, error) {
		return one(t, scanCredential, "SELECT "+tokenColumns+", "+directoryColumns+
			" FROM token t LEFT JOIN directory d ON d.key = t.directory WHERE t.hash = ?", hash[:])
	})
	if err == nil && s.dialect.alone() {
		s.writer.credentials.keep(hash, read, changes)
	}
	return read.token, read.directory, err
}
