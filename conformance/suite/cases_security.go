package suite

import (
	"bytes"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"
)

func securityCases() []Case {
	return []Case{
		{ID: "7644-7.2-R01", Run: tlsOnly},
		{ID: "7644-7.2-R02", Run: tlsVersions},
		{ID: "7643-9.2-R01", Run: func(t *T) {
			first, second := t.Unique("c4nary-Pa$$word"), t.Unique("c4nary-Pa$$word")
			u := t.NewUser(M{"password": first})
			t.Want(t.Put(u.Path, u.With(M{"password": second})), 200)
			legible := false
			for _, file := range t.Files() {
				data, err := os.ReadFile(file) //nolint:gosec // the hook of the target names the files
				if err != nil {
					t.NotJudged("a data file cannot be read: %v", err)
				}
				legible = legible || bytes.Contains(data, []byte(u.String("userName")))
				for _, password := range []string{first, second} {
					t.Assert(!bytes.Contains(data, []byte(password)), "got the password of a user in %s, want it in no file", file)
				}
			}
			if !legible {
				t.NotJudged("the files do not show the user's name either, so they tell nothing")
			}
		}},
		{ID: "7644-7.5.2-R02", Run: func(t *T) {
			before := len(t.Logs())
			canaries := securityCanaries(t)
			logs := t.Logs()
			for _, place := range slices.Sorted(maps.Keys(canaries)) {
				canary := canaries[place]
				t.Assert(!bytes.Contains(logs, []byte(canary)), "got the canary of %s in the logs, want it in none", place)
			}
			if token := t.Target().Token; len(token) >= secretLength {
				t.Assert(!bytes.Contains(logs, []byte(token)), "got the token of the target in the logs, want it in none")
			}
			if len(logs) == before {
				t.Notef("the requests left nothing in the logs")
			}
		}},
		{ID: "7644-7.4-R02", Run: func(t *T) {
			r := t.Anonymous().Get("/Users", "access_token", t.Target().Token)
			t.WantError(r, 401)
			a, b := t.IssueToken(time.Minute).token, t.IssueToken(time.Minute).token
			t.Want(t.WithToken(a).Get("/Users", "count", "1"), 200)
			bits := securityBits(a, b)
			t.Assert(bits >= 128, "got a token of %d random bits at most, want 128 or more", bits)
		}},
		// Online guessing is left alone: a server that locks the guesser out would
		// fail every other case.
		{ID: "7644-7.7-R01", Run: func(t *T) {
			for _, text := range securityMetacharacters {
				t.Variant(text, func() { securityRoundTrip(t, text) })
			}
			t.Variant("in a filter", func() {
				u := t.NewUser(M{"title": t.Unique("guide")})
				for _, value := range []string{`x" or title pr or title eq "x`, "x' or '1'='1", "%", "_%", "*", `\`} {
					filter := Eq("userName", u.String("userName")) + " and " + Eq("title", value)
					t.Equal(t.Search("/Users", filter).Total(), 0, "totalResults of "+filter)
				}
			})
		}},
		{ID: "7643-9.3-R01", Run: func(t *T) {
			canary, connections := canaryListener(t)
			u := t.NewUser(M{"profileUrl": canary + "/profile", "photos": []M{{"value": canary + "/photo", "type": "photo"}}})
			t.Want(t.Put(u.Path, u.With(M{"profileUrl": canary + "/put"})), 200)
			if t.Config().Patch.Supported {
				t.Want(t.Patch(u.Path, PatchOp(Replace("profileUrl", canary+"/patch"))), 200, 204)
			}
			// A $ref of another host may be refused.
			t.Want(t.Post("/Groups", t.Group(M{"members": []M{{"value": u.ID, "$ref": canary + "/Users/" + u.ID}}})), 201, 400)
			t.Wait(time.Second)
			t.Equal(connections(), 0, "connections to the canary")
		}},
	}
}

// securityCanaries sends a name of its own to every place that must not be
// logged, also in requests that fail.
func securityCanaries(t *T) map[string]string {
	canaries := map[string]string{}
	canary := func(place string) string {
		canaries[place] = t.Unique("canary")
		return canaries[place]
	}
	t.Get("/Users", "filter", Eq("emails.value", canary("a filter")))
	t.Get("/Users", "filter", "nope "+Eq("userName", canary("a faulty filter")))
	t.Get("/Users", "access_token", canary("a query string"))
	t.Get("/Users", "cursor", canary("a cursor"))
	t.Post("/.search", SearchRequest(M{"filter": Eq("emails.value", canary("a search"))}))
	t.WithToken(canary("a bad token")).Get("/Users")
	u := t.NewUser(M{
		"title": canary("a body"), "password": canary("a password"),
		"emails": []M{{"value": canary("an email") + "@example.com"}},
	})
	t.Post("/Users", t.User(M{"active": "maybe", "title": canary("a faulty body")}))
	t.Post("/Users", t.User(M{"userName": u.String("userName"), "title": canary("a body that clashes")}))
	t.Post("/Users", `{"userName":"`+canary("broken JSON"))
	if t.Config().Patch.Supported {
		t.Patch(u.Path, PatchOp(Replace("nickName", canary("a PATCH"))))
		t.Patch(u.Path, PatchOp(Replace(`emails[value eq "`+canary("a path")+`"].type`, "work")))
	}
	return canaries
}

// securityBits is how many random bits two tokens have at most: what follows
// their common prefix, in the smallest alphabet that spells it.
func securityBits(a, b string) int {
	common := 0
	for common < min(len(a), len(b)) && a[common] == b[common] {
		common++
	}
	random := a[1+strings.LastIndexAny(a[:common], "_.-~"):]
	alphabet := 64
	for _, smaller := range []string{"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "abcdefghijklmnopqrstuvwxyz234567", "0123456789ABCDEF", "0123456789abcdef", "0123456789"} {
		if strings.Trim(random, smaller) == "" {
			alphabet = len(smaller)
		}
	}
	return int(float64(len(random)) * math.Log2(float64(alphabet)))
}

var securityMetacharacters = []string{
	`'; DROP TABLE users; --`, `" OR "1"="1`, `*)(uid=*))(|(uid=*`, `<script>alert(1)</script>`, `{{7*7}}${7*7}#{7*7}`,
	`$(id)|;&` + "`id`", `../../etc/passwd%00%0d%0a`, `\" \\ \u0000 \n`, `%s%n_%&amp;`,
}

// securityRoundTrip wants the text verbatim from every string attribute that
// has no form of its own, and found by a filter.
func securityRoundTrip(t *T, text string) {
	unique := t.Unique("meta") + " " + text
	body := t.User(M{
		"externalId": unique, "displayName": unique, "nickName": text, "title": text, "userType": text,
		"name": M{
			"formatted": text, "familyName": text, "givenName": text, "middleName": text,
			"honorificPrefix": text, "honorificSuffix": text,
		},
		"addresses":    []M{{"formatted": text, "streetAddress": text, "locality": text, "region": text, "postalCode": text}},
		"phoneNumbers": []M{{"value": "555-555-5555", "display": text}},
		"ims":          []M{{"value": text}},
		"roles":        []M{{"value": text, "display": text, "type": text}},
		"entitlements": []M{{"value": text, "display": text, "type": text}},
		Enterprise:     M{"employeeNumber": text, "costCenter": text, "organization": text, "division": text, "department": text},
	})
	u := t.Reload(t.Full.New("/Users", body))
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if name != "schemas" {
			t.Equal(securityCommon(canonical(u.Value(name)), canonical(body[name])), body[name], name)
		}
	}
	t.SameSet(t.Search("/Users", Eq("displayName", unique)).IDs(), []string{u.String("id")}, "users found by displayName")
	g := t.Reload(t.NewGroup(M{"displayName": unique}))
	t.Equal(g.Value("displayName"), unique, "displayName of a group")
}

// securityCommon is the part of what was got whose names are in what was sent.
func securityCommon(got, sent any) any {
	switch sent := sent.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		common := M{}
		for name := range sent {
			common[name] = securityCommon(object[name], sent[name])
		}
		return common
	case []any:
		if list, ok := got.([]any); ok && len(list) == len(sent) {
			common := make([]any, len(list))
			for i := range list {
				common[i] = securityCommon(list[i], sent[i])
			}
			return common
		}
	}
	return got
}
