// Package password prepares, hashes and checks the passwords of users. It must
// not know whose they are, nor where a hash is kept.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/secure/precis"
)

// The cost of new hashes: argon2id with 19 MiB, two passes and one lane, which
// is what OWASP asks for at least and takes some 40 ms. A hash carries its own
// cost, so that these can be raised.
const (
	memory = 19 * 1024 // KiB
	passes = 2
	lanes  = 1

	saltBytes = 16
	tagBytes  = 32
	maxBytes  = 1024 // of a password
)

// ErrInvalid is a password that the profile OpaqueString of RFC 8265 refuses,
// an empty one among them, or one of more than 1,024 bytes.
var ErrInvalid = errors.New("password: not allowed by RFC 8265")

// Hasher hashes and checks a few passwords at a time, as each takes memory and
// a processor.
type Hasher struct{ slots *semaphore.Weighted }

// New allows so many computations at once.
func New(concurrent int) *Hasher { return &Hasher{semaphore.NewWeighted(int64(concurrent))} }

// prepare makes one form of what a person takes for the same password: spaces
// of any kind are U+0020 and the composition is NFC; case is kept (RFC 8265 §4).
func prepare(clear string) (string, error) {
	if len(clear) > maxBytes {
		return "", ErrInvalid
	}
	s, err := precis.OpaqueString.String(clear)
	if err != nil || s == "" {
		return "", ErrInvalid
	}
	return s, nil
}

// Hash gives the PHC string of a prepared password under a salt of its own.
func (h *Hasher) Hash(ctx context.Context, clear string) (string, error) {
	prepared, err := prepare(clear)
	if err != nil {
		return "", err
	}
	if err := h.slots.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer h.slots.Release(1)
	var salt [saltBytes]byte
	rand.Read(salt[:]) // never fails
	tag := argon2.IDKey([]byte(prepared), salt[:], passes, memory, lanes, tagBytes)
	return fmt.Sprintf("%sv=%d$m=%d,t=%d,p=%d$%s$%s", prefix, argon2.Version, memory, passes, lanes,
		base64.RawStdEncoding.EncodeToString(salt[:]), base64.RawStdEncoding.EncodeToString(tag)), nil
}

// Matches tells whether the password is the one that was hashed. A hash that
// cannot be read is an error; a password that is none matches nothing.
func (h *Hasher) Matches(ctx context.Context, hash, clear string) (bool, error) {
	p, err := parse(hash)
	if err != nil {
		return false, err
	}
	prepared, err := prepare(clear)
	if err != nil {
		return false, nil // what may not be set is nobody's
	}
	if err := h.slots.Acquire(ctx, 1); err != nil {
		return false, err
	}
	defer h.slots.Release(1)
	tag := argon2.IDKey([]byte(prepared), p.salt, p.passes, p.memory, p.lanes, uint32(len(p.tag))) //nolint:gosec // G115: parse bounds it
	return subtle.ConstantTimeCompare(tag, p.tag) == 1, nil
}

const prefix = "$argon2id$"

// IsHash tells whether s is a hash of ours rather than a password.
func IsHash(s string) bool {
	_, err := parse(s)
	return err == nil
}

type params struct {
	memory, passes uint32
	lanes          uint8
	salt, tag      []byte
}

func parse(hash string) (params, error) {
	var p params
	var version int
	bad := errors.New("password: the stored hash cannot be read")
	rest, ok := strings.CutPrefix(hash, prefix)
	fields := strings.Split(rest, "$")
	if !ok || len(fields) != 4 {
		return p, bad
	}
	_, err := fmt.Sscanf(fields[0]+" "+fields[1], "v=%d m=%d,t=%d,p=%d", &version, &p.memory, &p.passes, &p.lanes)
	if err != nil || version != argon2.Version || p.passes == 0 || p.lanes == 0 || p.memory > 1<<20 {
		return p, bad
	}
	if p.salt, err = base64.RawStdEncoding.DecodeString(fields[2]); err != nil || len(p.salt) < 8 {
		return p, bad
	}
	if p.tag, err = base64.RawStdEncoding.DecodeString(fields[3]); err != nil || len(p.tag) < 16 || len(p.tag) > 64 {
		return p, bad
	}
	return p, nil
}
