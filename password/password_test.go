package password

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// The rules of OpaqueString decide what is the same password (7644-5-R04).
func TestMatches(t *testing.T) {
	h := New(2)
	hash, err := h.Hash(t.Context(), "corr\u00e9ct h\u00f6rse")
	if err != nil {
		t.Fatal(err)
	}
	for clear, want := range map[string]bool{
		"corr\u00e9ct h\u00f6rse":             true,
		"corre\u0301ct ho\u0308rse":           true, // decomposed
		"corr\u00e9ct\u00a0h\u00f6rse":        true, // another blank
		"corr\u00e9ct\u3000h\u00f6rse":        true,
		"Corr\u00e9ct h\u00f6rse":             false,
		"corr\u00e9cth\u00f6rse":              false,
		"corr\u00e9ct h\u00f6rse ":            false,
		"":                                    false,
		"\uff43orr\u00e9ct h\u00f6rse":        false, // width is kept
		hash:                                  false,
		strings.Repeat("corr\u00e9ct", 1_000): false,
	} {
		if got, err := h.Matches(t.Context(), hash, clear); got != want || err != nil {
			t.Errorf("%q: %t, %v, want %t", clear, got, err, want)
		}
	}
	again, err := h.Hash(t.Context(), "corr\u00e9ct h\u00f6rse")
	if err != nil || again == hash {
		t.Errorf("two hashes are one: the salt is not random (%v)", err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || !IsHash(hash) {
		t.Errorf("hash %s", hash)
	}
}

func TestInvalid(t *testing.T) {
	h := New(1)
	for _, clear := range []string{"", "a\u0000b", "tab\t", "\u0007", strings.Repeat("x", maxBytes+1)} {
		if _, err := h.Hash(t.Context(), clear); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", clear, err)
		}
	}
	for _, hash := range []string{
		"", "secret", "$argon2id$", "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=8,t=0,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AA",
		"$argon2id$v=19$m=99999999,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
	} {
		if _, err := h.Matches(t.Context(), hash, "x"); err == nil || IsHash(hash) {
			t.Errorf("hash %q is accepted", hash)
		}
	}
}

// Whoever waits for a slot gives up with its request.
func TestBounded(t *testing.T) {
	h := New(1)
	if err := h.slots.Acquire(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(gone, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("a second computation began: %v", err)
	}
}
