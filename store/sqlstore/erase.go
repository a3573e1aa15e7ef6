package sqlstore

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"scimd/store"
)

// minErased is the fewest characters that a name has to have to be looked for
// in texts: shorter ones are found in the middle of words.
const minErased = 3

func (t *tx) Erase(parent, account int64, pseudonym string) error {
	old, err := t.Account(parent, account)
	if err != nil {
		return err
	}
	if err := errors.Join(
		t.execOne(`UPDATE account SET username = ?, display = ?, email = '', folded_username = '', folded_email = ''
			WHERE parent = ? AND key = ?`, pseudonym, pseudonym, parent, account),
		t.exec("DELETE FROM subject WHERE parent = ? AND account = ?", parent, account)); err != nil {
		return err
	}
	names := namesOf(old)
	e := eraser{names, pseudonym}
	if err := t.eraseTexts(parent, e); err != nil {
		return err
	}
	return t.eraseEvents(parent, old.ID, e)
}

// namesOf gives what texts may call a person, the longest first: a userName is
// often the beginning of an e-mail.
func namesOf(a store.Account) []string {
	names := []string{a.UserName, a.Email, a.FoldedUserName, a.FoldedEmail}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.DeleteFunc(slices.Compact(names), func(s string) bool { return utf8.RuneCountInString(s) < minErased })
}

// erasable are the texts that say of people what people said; the other
// columns hold words of ours, which somebody may be called by.
var erasable = []struct {
	table, column string
	path          []string // in the column's JSON; nil: the column is text
}{
	{"history", "why", nil}, {"pin", "why", nil}, {"pin", "set_by", nil},
	{"history", "cause", []string{"actor"}}, {"history", "cause", []string{"detail"}},
	{"member", "cause", []string{"actor"}}, {"member", "cause", []string{"detail"}},
	{"member", "hold", []string{"why"}},
	{"member", "hold", []string{"cause", "actor"}}, {"member", "hold", []string{"cause", "detail"}},
}

// eraseTexts replaces the names of a person wherever they stand as words.
func (t *tx) eraseTexts(parent int64, e eraser) error {
	for _, text := range erasable {
		value, next := text.column, "?"
		if text.path != nil {
			value, next = t.dialect.Field(text.column, text.path...), t.dialect.SetField(text.column, text.path...)
		}
		for _, name := range e.names {
			found, err := many(t, scanText, "SELECT DISTINCT "+value+" FROM "+text.table+" WHERE parent = ? AND "+t.dialect.Contains(value), parent, name)
			if err != nil {
				return err
			}
			for _, old := range found {
				if now := e.replace(old); now != old {
					err = errors.Join(err, t.exec("UPDATE "+text.table+" SET "+text.column+" = "+next+" WHERE parent = ? AND "+value+" = ?", now, parent, old))
				}
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func scanText(s scanner) (text string, err error) {
	err = s.Scan(&text)
	return text, err
}

// eraser replaces the names of one person.
type eraser struct {
	names     []string // the longest first
	pseudonym string
}

// replace leaves a name alone that is a part of a longer one: who is erased as
// ann must not take joann's along.
func (e eraser) replace(text string) string {
	for _, name := range e.names {
		for from := 0; ; {
			i := strings.Index(text[from:], name)
			if i < 0 {
				break
			}
			i += from
			// A point ends a sentence, or goes on with a name.
			before, _ := utf8.DecodeLastRuneInString(strings.TrimSuffix(text[:i], "."))
			after, _ := utf8.DecodeRuneInString(strings.TrimPrefix(text[i+len(name):], "."))
			if partOfName(before) || partOfName(after) {
				from = i + len(name)
				continue
			}
			text = text[:i] + e.pseudonym + text[i+len(name):]
			from = i + len(e.pseudonym)
		}
	}
	return text
}

func partOfName(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_@+-", r))
}

// eraseEvents reads every event of the parent that may hold a name. One that
// escapes anything may hold it in another form.
func (t *tx) eraseEvents(parent int64, id string, who eraser) error {
	contains := t.dialect.Contains("data")
	where, args := contains+" OR "+contains, []any{parent, id, `\`}
	for _, name := range who.names {
		where, args = where+" OR "+contains, append(args, name)
	}
	found, err := many(t, scanEvent, "SELECT parent, seq, id, at, type, data FROM event WHERE parent = ? AND ("+where+") ORDER BY seq", args...)
	if err != nil {
		return err
	}
	for _, e := range found {
		data, err := eraseData(e.Data, id, who)
		if err != nil {
			return err
		}
		if data == nil {
			continue
		}
		if err := t.exec("UPDATE event SET data = ? WHERE parent = ? AND seq = ?", string(data), parent, e.Seq); err != nil {
			return err
		}
	}
	return nil
}

// kept are the names in Standing and Cause whose values are words of ours.
var kept = map[string]bool{"role": true, "tier": true, "state": true, "want": true, "kind": true}

// eraseData replaces names in the values of an event's data, and what it says
// of the account that has the id. Order stays, and so does every other value;
// nil is that nothing changes.
func eraseData(data []byte, id string, who eraser) ([]byte, error) {
	var about struct {
		Account struct{ ID string }
	}
	// Data of another shape is about nobody.
	mine := json.Unmarshal(data, &about) == nil && about.Account.ID == id
	var out bytes.Buffer
	in, to := jsontext.NewDecoder(bytes.NewReader(data)), jsontext.NewEncoder(&out)
	name, changed := "", false
	for {
		token, err := in.ReadToken()
		if errors.Is(err, io.EOF) {
			if !changed {
				return nil, nil
			}
			return bytes.TrimSpace(out.Bytes()), nil
		}
		if err != nil {
			return nil, err
		}
		if token.Kind() == '"' {
			text := token.String()
			now := text
			kind, length := in.StackIndex(in.StackDepth())
			switch at := in.StackPointer(); {
			case kind == '{' && length%2 == 1: // a name
				name = text
				if mine && at == "/account/email" {
					if err := in.SkipValue(); err != nil {
						return nil, err
					}
					changed = true
					continue
				}
			case kind == '{' && kept[name]:
			case mine && at == "/account/userName":
				now = who.pseudonym
			default:
				now = who.replace(text)
			}
			if now != text {
				token, changed = jsontext.String(now), true
			}
		}
		if err := to.WriteToken(token); err != nil {
			return nil, err
		}
	}
}
