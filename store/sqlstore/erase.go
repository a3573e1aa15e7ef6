package sqlstore

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
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
	for _, name := range names {
		if err := t.eraseTexts(parent, name, pseudonym); err != nil {
			return err
		}
	}
	return t.eraseEvents(parent, old.ID, names, pseudonym)
}

// namesOf gives what texts may call a person, the longest first: a userName is
// often the beginning of an e-mail.
func namesOf(a store.Account) []string {
	names := []string{a.UserName, a.Email, a.FoldedUserName, a.FoldedEmail}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.DeleteFunc(slices.Compact(names), func(s string) bool { return utf8.RuneCountInString(s) < minErased })
}

// eraseTexts replaces a name in what was said by people and about them; the
// other fields hold words of ours, which somebody may be called by.
func (t *tx) eraseTexts(parent int64, name, pseudonym string) error {
	for _, text := range []struct{ table, column string }{{"history", "why"}, {"pin", "why"}, {"pin", "set_by"}} {
		if err := t.exec("UPDATE "+text.table+" SET "+text.column+" = replace("+text.column+", ?, ?) WHERE parent = ? AND instr("+text.column+", ?) > 0",
			name, pseudonym, parent, name); err != nil {
			return err
		}
	}
	for _, text := range []struct{ table, column, path string }{
		{"history", "cause", "$.actor"}, {"history", "cause", "$.detail"},
		{"member", "cause", "$.actor"}, {"member", "cause", "$.detail"},
		{"member", "hold", "$.why"}, {"member", "hold", "$.cause.actor"}, {"member", "hold", "$.cause.detail"},
	} {
		value := text.column + " ->> '" + text.path + "'"
		if err := t.exec("UPDATE "+text.table+" SET "+text.column+" = json_replace("+text.column+", '"+text.path+"', replace("+value+", ?, ?)) WHERE parent = ? AND instr("+value+", ?) > 0",
			name, pseudonym, parent, name); err != nil {
			return err
		}
	}
	return nil
}

// eraseEvents reads every event of the parent that may hold a name. One that
// escapes anything may hold it in another form.
func (t *tx) eraseEvents(parent int64, id string, names []string, pseudonym string) error {
	where, args := "instr(data, ?) > 0 OR instr(data, ?) > 0", []any{parent, id, `\`}
	var pairs []string
	for _, name := range names {
		where, args = where+" OR instr(data, ?) > 0", append(args, name)
		pairs = append(pairs, name, pseudonym)
	}
	found, err := many(t, scanEvent, "SELECT parent, seq, id, at, type, data FROM event WHERE parent = ? AND ("+where+") ORDER BY seq", args...)
	if err != nil {
		return err
	}
	replace := strings.NewReplacer(pairs...)
	for _, e := range found {
		data, err := eraseData(e.Data, id, pseudonym, replace)
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
func eraseData(data []byte, id, pseudonym string, replace *strings.Replacer) ([]byte, error) {
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
				now = pseudonym
			default:
				now = replace.Replace(text)
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
