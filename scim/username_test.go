package scim_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ids lists who a filter finds.
func (c client) ids(filter string) []string {
	c.t.Helper()
	r := c.want(200, "GET", "/Users?filter="+url.QueryEscape(filter), "")
	var out []string
	for _, o := range r.body["Resources"].([]any) {
		out = append(out, o.(map[string]any)["id"].(string))
	}
	return out
}

// Names that are one name by RFC 8265, also through a filter and PUT
// (7644-5-R01, 7644-7.8-R01, A-29, A-41). What was sent comes back.
func TestUserNamesAlike(t *testing.T) {
	_, w := start(t)
	for _, tt := range []struct{ first, other string }{
		{"bjensen", "BJENSEN"},
		{"bjensen2", "\uff42\uff4a\uff45\uff4e\uff53\uff45\uff4e\uff12"}, // full width
		{"\uff23arl@example.com", "carl@EXAMPLE\uff0ecom"},
		{"andr\u00e9", "andre\u0301"}, // composed and decomposed
		{"Ren\u0065\u0301", "REN\u00c9"},
		{"stra\u00dfe", "STRA\u00dfE"},
		{"Anne Marie", "anne marie"},
		{"\u30ac", "\uff76\uff9e"}, // narrow katakana
	} {
		path := "/Users/" + w.user(tt.first)
		if got := w.want(200, "GET", path, "").body["userName"]; got != tt.first {
			t.Errorf("%q comes back as %q", tt.first, got)
		}
		if r := w.want(409, "POST", "/Users", user(tt.other)); r.body["scimType"] != "uniqueness" {
			t.Errorf("%q after %q: %s", tt.other, tt.first, r.raw)
		}
		if got := w.ids("userName eq " + asJSON(tt.other)); len(got) != 1 || "/Users/"+got[0] != path {
			t.Errorf("%q is not found as %q: %v", tt.first, tt.other, got)
		}
		rest := "/Users/" + w.user("rest"+tt.first)
		w.want(409, "PUT", rest, user(tt.other))
		w.want(409, "PATCH", rest, patchOp(`{"op":"replace","path":"userName","value":`+asJSON(tt.other)+`}`))
		if got := w.want(200, "PUT", path, user(tt.other)).body["userName"]; got != tt.other {
			t.Errorf("%q in its new spelling %q comes back as %q", tt.first, tt.other, got)
		}
	}
}

// Names that are different people: folding is simple and without locale
// (7644-3.4.2.2-R33, A-41).
func TestUserNamesApart(t *testing.T) {
	_, w := start(t)
	for _, name := range []string{"strasse", "straße", "I", "ı", "Anne Marie", "AnneMarie", "ann@a.example", "ann@b.example"} {
		w.user(name)
		if got := w.ids("userName eq " + asJSON(name)); len(got) != 1 {
			t.Errorf("%q finds %d users", name, len(got))
		}
	}
}

// Names that are none (7644-5-R02), and such as must be accepted (R03).
func TestUserNameProfile(t *testing.T) {
	_, w := start(t)
	path := "/Users/" + w.user("juliet@example.com")
	for _, name := range []string{"Anne Marie", "Anne  van Marie", "o'brien+x#1@example.com", `DOMAIN\bob`, "東京", "Ærø", "משה", "a.b-c_d!~^"} {
		w.user(name)
	}
	for _, name := range []string{"", " ", "   ", "a\u0000b", "\u0000", "king\u265a", "henry\u2163", " ann", "ann ", "a\tb", "a\nb", "a\u00a0b", "\u3000", "a\u200bb", "\u202eann", "\ufb01nn"} {
		for _, r := range []answer{
			w.want(400, "POST", "/Users", user(name)),
			w.want(400, "PATCH", path, patchOp(`{"op":"replace","path":"userName","value":`+asJSON(name)+`}`)),
		} {
			detail := r.body["detail"].(string)
			if r.body["scimType"] != "invalidValue" || !strings.Contains(detail, "userName") && !strings.Contains(detail, "U+0000") {
				t.Errorf("%q: %s", name, r.raw)
			}
		}
	}
}

// A filter on userName means the same whether the store answers it or the
// engine, in any script and width: the second form has a term that the store
// does not know, so every user is tested in memory.
func TestUserNameFilterAgrees(t *testing.T) {
	_, w := start(t)
	letters := []string{"a", "A", "\uff41", "\uff21", "b", "e", "\u0301", "\u00e9", "\u00c9", "\u00df", "s", "S", "\u03c3", "\u03c2", "\u03a3", "i", "I", "\u0131", "K", "\u212a", "\uff76", "\uff9e", "\u30ac", "1", "\uff11"}
	name := rapid.StringOfN(rapid.SampledFrom([]rune(strings.Join(letters, ""))), 1, 5, -1)
	for i := range 60 {
		w.do("POST", "/Users", user(name.Example(i))) // some are taken, some are none
	}
	if n := len(w.ids("userName pr")); n < 20 {
		t.Fatalf("only %d users", n)
	}
	rapid.Check(t, func(rt *rapid.T) {
		op := rapid.SampledFrom([]string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}).Draw(rt, "op")
		filter := fmt.Sprintf("userName %s %s", op, asJSON(name.Draw(rt, "name")))
		asked := w.ids(filter)
		tested := w.ids(filter + " or (title pr and not (title pr))")
		if !slices.Equal(asked, tested) {
			rt.Errorf("%s: the store finds %d users, the engine %d", filter, len(asked), len(tested))
		}
	})
}
