package suite

import (
	"fmt"
	"strings"
	"time"
)

func filterCases() []Case {
	return Behind(filterGate, append(append(filterOperatorCases(), filterLogicCases()...), filterGrammarCases()...))
}

// filterGate wants any filter refused, not ignored, where none is supported.
func filterGate(t *T) {
	t.Gate(t.Config().Filter, func() {
		if r := t.Get("/Users", "filter", `userName eq "x"`); r.Status == 501 {
			t.WantError(r, 501)
		} else {
			t.WantError(r, 400, "invalidFilter")
		}
	})
}

func filterOperatorCases() []Case {
	return []Case{
		{ID: "7644-3.4.2.2-R01", Run: func(t *T) {
			title := t.Unique("title")
			a, b := t.NewUser(M{"title": title}), t.NewUser(M{"title": title})
			t.NewUser(M{"title": title + "-other"})
			r := t.Search("/Users", Eq("title", title))
			t.SameSet(r.IDs(), []string{a.ID, b.ID}, "the ids of the matches")
			t.Equal(r.Total(), 2, "totalResults")
		}},
		{ID: "7644-3.4.2.2-R02", Run: func(t *T) {
			c := people(t, M{"title": "Boss", "userType": "Employee"}, M{"title": "Clerk"}, nil)
			name := asJSON(c.prefix + "a")
			for _, filter := range []string{"userName eq " + name, "USERNAME Eq " + name, "username EQ " + name} {
				c.finds(filter, "a")
				t.SameSet(t.Search("/Users", filter).IDs(), c.ids()[:1], filter)
			}
			c.finds("title PR", "ab")
			c.finds("Title Pr AND UserType Pr", "a")
			c.finds("title pr And userType NE \"Employee\"", "b")
			c.finds(`title SW "b" OR title Co "lerk"`, "ab")
			c.finds(`NOT (title eW "s")`, "bc")
			c.finds(`title GT "boss"`, "b")
			c.finds(`title Ge "boss"`, "ab")
			c.finds(`title lT "clerk"`, "a")
			c.finds(`title LE "clerk"`, "ab")
		}},
		{ID: "7644-3.4.2.2-R03", Run: func(t *T) {
			c := people(t, M{"title": "Boss", "externalId": "AbC"}, M{"title": "Bosses", "externalId": "AbCd"})
			c.finds(`title eq "Boss"`, "a")
			c.finds(`title eq "BOSS"`, "a")
			c.finds(`title eq "Bos"`, "")
			c.finds(`externalId eq "AbC"`, "a")
			c.finds(`externalId eq "aBc"`, "")
			id := c.members[0].ID
			c.finds(Eq("id", id), "a")
			if other := filterOtherCase(id); other != id {
				c.finds(Eq("id", other), "")
			} else {
				t.Notef("the id %s has no letters whose case could differ", id)
			}
		}},
		{ID: "7644-3.4.2.2-R04", Run: func(t *T) {
			both := []M{{"value": "x@a.example", "type": "work"}, {"value": "y@b.example", "type": "home"}}
			c := people(t, M{"userType": "Employee", "emails": both}, M{"userType": "Intern", "emails": both[1:]}, nil)
			valued := " and userType pr"
			c.finds(`userType ne "Employee"`+valued, "b")
			c.finds(`userType ne "EMPLOYEE"`+valued, "b")
			c.finds(`userType ne "Clerk"`+valued, "ab")
			if t.Reading("A-11") {
				c.finds(`userType ne "Employee"`, "b")
				c.finds(`emails.type ne "work"`, "ab")
				return
			}
			c.finds(`userType ne "Employee"`, "bc")
			c.finds(`emails.type ne "work"`, "bc")
		}},
		{ID: "7644-3.4.2.2-R05", Run: func(t *T) {
			c := people(t, M{"name": M{"familyName": "O'Malley"}}, M{"name": M{"familyName": "Ley Mal O'"}})
			for _, part := range []struct{ op, text, letters string }{
				{"co", "Mal", "ab"}, {"co", "'Mal", "a"}, {"co", "mall", "a"}, {"co", "O'Malley", "a"}, {"co", "O'Malley2", ""},
				{"sw", "O'", "a"}, {"sw", "o'mal", "a"}, {"sw", "Mal", ""}, {"sw", "O'Malley", "a"}, {"sw", "O'Malley2", ""},
				{"ew", "ley", "a"}, {"ew", "O'", "b"}, {"ew", "Mal", ""}, {"ew", "O'Malley", "a"}, {"ew", "2O'Malley", ""},
			} {
				c.finds("name.familyName "+part.op+" "+asJSON(part.text), part.letters)
			}
		}},
		{ID: "7644-3.4.2.2-R06", Run: func(t *T) {
			c := people(t,
				M{"title": "Boss", "name": M{"middleName": "Jane"}, "emails": []M{{"value": "x@a.example"}}},
				M{"name": M{"familyName": "Jensen"}, "emails": []M{}},
				nil)
			c.finds("title pr", "a")
			c.finds("name pr", "ab")
			c.finds("name.middleName pr", "a")
			c.finds("emails pr", "a")
			c.finds("emails.value pr", "a")
			c.finds("userName pr", "abc")
		}},
		{ID: "7644-3.4.2.2-R07", Run: func(t *T) {
			check := func(c *cohort, attribute, operand, gt, ge, lt, le string) {
				for op, letters := range map[string]string{"gt": gt, "ge": ge, "lt": lt, "le": le} {
					c.finds(attribute+" "+op+" "+operand, letters)
				}
			}
			t.Variant("strings", func() {
				c := people(t, M{"title": "apple"}, M{"title": "Banana"}, M{"title": "cherry"}, nil)
				check(c, "title", `"banana"`, "c", "bc", "a", "ab")
				check(c, "title", `"b"`, "bc", "bc", "a", "a")
			})
			t.Variant("integers", func() {
				c := widgets(t, M{"hits": 9}, M{"hits": 10}, M{"hits": -1}, nil)
				check(c, "hits", "9", "b", "ab", "c", "ac")
				check(c, "hits", "0", "ab", "ab", "c", "c")
			})
		}},
		{ID: "7644-3.4.2.2-R08", Run: func(t *T) {
			c := people(t, nil)
			at := filterTime(t, c.members[0].String("meta.lastModified"))
			east, west := time.FixedZone("", 2*60*60), time.FixedZone("", -5*60*60)
			check := func(op string, instant time.Time, zone *time.Location, letters string) {
				for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.000000000Z07:00"} {
					c.finds("meta.lastModified "+op+" "+asJSON(instant.In(zone).Format(layout)), letters)
				}
			}
			for op, letters := range map[string]string{"eq": "a", "ge": "a", "le": "a", "gt": "", "lt": "", "ne": ""} {
				check(op, at, east, letters)
			}
			// The text of the earlier instant is the greater one, and the other way.
			check("gt", at.Add(-time.Hour), east, "a")
			check("lt", at.Add(time.Hour), west, "a")
		}},
		{ID: "7644-3.4.2.2-R09", Run: func(t *T) {
			for _, op := range []string{"gt", "ge", "lt", "le"} {
				filterRefused(t, "active "+op+" true", "x509Certificates.value "+op+` "a"`)
			}
		}},
	}
}

func filterLogicCases() []Case {
	return []Case{
		{ID: "7644-3.4.2.2-R10", Run: func(t *T) {
			c := people(t, M{"title": "Boss", "userType": "Employee"}, M{"title": "Boss"}, M{"userType": "Employee"}, nil)
			c.finds("title pr and userType pr", "a")
			c.finds("title pr or userType pr", "abc")
			c.finds("not (title pr)", "cd")
			c.finds("not (title pr and userType pr)", "bcd")
			c.finds("not (title pr or userType pr)", "d")
			c.finds("not (title pr) and not (userType pr)", "d")
			c.finds("not (not (title pr))", "ab")
		}},
		{ID: "7644-3.4.2.2-R11", Run: func(t *T) {
			c := filterDiscriminating(t)
			c.finds(`title pr or userType eq "Intern" and active eq false`, "ab")
			c.finds(`title pr or (userType eq "Intern" and active eq false)`, "ab")
			c.finds(`active eq false and userType eq "Intern" or title pr`, "ab")
			c.finds(`not (title pr) and userType eq "Intern"`, "bc")
			c.finds(`not (title pr) or userType eq "Employee"`, "abcd")
		}},
		{ID: "7644-3.4.2.2-R12", Run: func(t *T) {
			c := filterDiscriminating(t)
			c.finds(`(title pr or userType eq "Intern") and active eq false`, "b")
			c.finds(`title pr or userType eq "Intern" and active eq false`, "ab")
			c.finds(`active eq false and (userType eq "Intern" or title pr)`, "b")
			c.finds("((title pr))", "a")
			c.finds(`((title pr) or ((userType eq "Intern") and (not (active eq false))))`, "ac")
		}},
		{ID: "7644-3.4.2.2-R13", Run: func(t *T) {
			c := people(t, M{"title": "Boss"}, nil)
			c.finds("not(title pr)", "b")
			c.finds("not (title pr)", "b")
			filterRefused(t, "not title pr")
		}},
		{ID: "7644-3.4.2.2-R14", Run: func(t *T) {
			filterBrackets(t)
			c := filterMailboxes(t)
			c.finds(`emails[type eq "work" and value co "@b"]`, "b")
			c.finds(`emails.type eq "work" and emails.value co "@b"`, "ab")
			c.finds(`emails[type eq "work" and value co "@a"]`, "a")
			c.finds(`emails[type eq "work"]`, "ab")
		}},
		{ID: "7644-3.4.2.2-R15", Run: func(t *T) {
			filterBrackets(t)
			c := filterMailboxes(t)
			c.finds(`emails[type eq "work" or (type eq "home" and value ew "@b.example")]`, "ab")
			c.finds(`emails[type eq "home" and (value ew "@a.example" or value ew "@c.example")]`, "c")
			c.finds(`emails[not (type eq "work")]`, "ac")
			c.finds(`emails[type eq "work" and value co "@b" and value sw "z"]`, "b")
			c.finds(`emails[type eq "home" or value co "@a" or value sw "z"]`, "abc")
			c.finds(`emails[type eq "home" or type eq "work" and value sw "z"]`, "abc")
		}},
		{ID: "7644-3.4.2.2-R16", Run: func(t *T) {
			filterBrackets(t)
			filterRefused(t, `emails[type eq "work" and emails[type eq "home"]]`, `emails[emails[type eq "home"]]`)
		}},
		{ID: "7644-3.4.2.2-R17", Run: func(t *T) {
			filterBrackets(t)
			work, chat := []M{{"value": "x@a.example", "type": "work"}}, []M{{"value": "x@a.example", "type": "xmpp"}}
			c := people(t, M{"userType": "Employee", "emails": work}, M{"userType": "Employee", "ims": chat}, M{"userType": "Intern", "emails": work}, nil)
			c.finds(`userType eq "Employee" and emails[type eq "work"]`, "a")
			c.finds(`emails[type eq "work" and value co "@a"] and userType eq "Intern"`, "c")
			c.finds(`emails[type eq "work" and value co "@a"] or ims[type eq "xmpp" and value co "@a"]`, "abc")
			c.finds(`not (emails[type eq "work"])`, "bd")
			c.finds(`userType pr and (emails[type eq "home"] or ims[type eq "xmpp"])`, "b")
		}},
		{ID: "7644-3.4.2.2-R18", Run: func(t *T) {
			boss := t.NewUser(nil)
			c := people(t,
				M{"name": M{"familyName": "Jensen"}, Enterprise: M{"employeeNumber": "701984", "manager": M{"value": boss.ID}}},
				M{"name": M{"familyName": "Smith"}, Enterprise: M{"employeeNumber": "701985"}})
			c.finds(UserSchema+`:name.familyName co "Jens"`, "a")
			c.finds(UserSchema+":userName eq "+asJSON(c.prefix+"b"), "b")
			c.finds(Enterprise+`:employeeNumber eq "701984"`, "a")
			c.finds(Enterprise+":manager.value eq "+asJSON(boss.ID), "a")
		}},
		{ID: "7644-3.4.2.2-R19", Run: func(t *T) {
			filterRefused(t, `name eq "x"`, `name co "x"`)
		}},
		{ID: "7644-3.4.2.2-R20", Run: func(t *T) {
			if t.Reading("A-12") {
				filterRefused(t, `emails co "example.com"`)
				return
			}
			c := people(t, M{"emails": []M{{"value": "x@example.com", "type": "work"}}}, M{"emails": []M{{"value": "x@example.org", "type": "home"}}}, nil)
			c.finds(`emails co "example.com"`, "a")
			c.finds(`emails.value co "example.com"`, "a")
			c.finds(`emails eq "x@example.org"`, "b")
			c.finds(`emails co "work"`, "")
		}},
		{ID: "7644-3.4.2.2-R21", Run: func(t *T) {
			c := filterMailboxes(t)
			c.finds(`emails.type eq "home"`, "ac")
			c.finds(`emails.type eq "work"`, "ab")
			c.finds(`emails.value sw "y"`, "a")
		}},
		{ID: "7644-3.4.2.2-R22", Run: func(t *T) {
			t.Variant("strings", func() {
				c := people(t, M{"displayName": "a\"b\\cé"}, M{"displayName": "abcé"})
				c.finds(`displayName eq "a\"b\\c\u00e9"`, "a")
				c.finds(`displayName eq "a\u0022b\\cé"`, "a")
			})
			t.Variant("booleans", func() {
				c := people(t, M{"active": true}, M{"active": false})
				c.finds("active eq true", "a")
				c.finds("active eq false", "b")
			})
			t.Variant("numbers", func() {
				c := widgets(t, M{"hits": 5, "ratio": 2.5}, M{"hits": 55, "ratio": -0.25})
				c.finds("hits eq 5", "a")
				c.finds("ratio eq -0.25", "b")
				c.finds("ratio eq 25e-1", "a")
			})
		}},
	}
}

func filterGrammarCases() []Case {
	return []Case{
		{ID: "7644-3.4.2.2-R23", Run: func(t *T) {
			filters := []string{"userName eq bjensen", "userName eq 'b'", "active eq True"}
			if !t.Reading("A-14") {
				filterRefused(t, filters...)
				return
			}
			for _, filter := range filters {
				if r := t.Get("/Users", "filter", filter); r.Status == 200 {
					t.WantList(r)
				} else {
					t.WantError(r, 400, "invalidFilter")
				}
			}
		}},
		{ID: "7644-3.4.2.2-R24", Run: func(t *T) {
			c := people(t, M{"title": "Boss"}, nil)
			if r := t.Get("/Users", "filter", c.within("title eq null")); r.Status == 400 {
				t.Notef("the server refuses null")
				t.WantError(r, 400, "invalidFilter")
				return
			}
			c.finds("title eq null", "b")
			c.finds("not (title pr)", "b")
			c.finds("title ne null", "a")
		}},
		{ID: "7644-3.4.2.2-R25", Run: func(t *T) {
			r := t.Get("/Users", "filter", `userName regex "x"`)
			if t.WantError(r, 400, "invalidFilter") {
				t.Assert(strings.Contains(r.String("detail"), "regex"), "got detail %q, want it to name regex", r.String("detail"))
			}
		}},
		{ID: "7644-3.4.2.2-R26", Run: func(t *T) {
			filterRefused(t, "", " ", "userName", "userName eq", "(title pr", "title pr)", "()", `emails[type eq "x"`, `emails type eq "x"]`,
				"title pr title pr", "and title pr", "title pr and", "title pr or or title pr", `userName eq "x`, `eq "x"`)
		}},
		{ID: "7644-3.4.2.2-R27", Run: func(t *T) {
			filterRefused(t, `active co "t"`, `active eq "maybe"`, "active eq 1", `meta.created gt "yesterday"`, "userName eq 5")
			t.Variant("integers", func() {
				for _, filter := range []string{`hits eq "x"`, "hits co 5", "hits eq true"} {
					t.WantError(t.Get(t.Widgets(), "filter", filter), 400, "invalidFilter")
				}
			})
		}},
		{ID: "7644-3.4.2.2-R28", Run: func(t *T) {
			filter := `nope eq "1"`
			if t.Reading("A-18") {
				t.Equal(t.List("/Users", "filter", filter).Total(), 0, "totalResults")
			} else {
				filterRefused(t, filter)
			}
			if r := t.Post("/.search", SearchRequest(M{"filter": filter})); r.Status == 501 {
				t.Notef("the server has no root queries")
			} else {
				t.Equal(t.WantList(r).Total(), 0, "totalResults at the root")
			}
		}},
		{ID: "7644-3.4.2.2-R29", Run: func(t *T) {
			c := people(t, M{Enterprise: M{"department": "Tours"}}, nil)
			c.finds(Eq("schemas", Enterprise), "a")
			c.finds(Eq("schemas", UserSchema), "ab")
		}},
		{ID: "7644-3.4.2.2-R30", Run: func(t *T) {
			c := people(t, M{"active": Omit})
			matches := func(yes bool) string { return map[bool]string{true: "a"}[yes] }
			u := c.members[0]
			c.finds("active eq true", matches(u.Value("active") == true))
			c.finds("active eq false", matches(u.Value("active") == false))
			c.finds("active pr", matches(u.Has("active")))
		}},
		{ID: "7644-3.4.2.2-R31", Run: func(t *T) {
			c := people(t, M{"externalId": "one"}, M{"externalId": "two"})
			u := c.members[0]
			created := filterTime(t, u.String("meta.created"))
			before, after := asJSON(created.Add(-time.Hour).Format(time.RFC3339)), asJSON(created.Add(time.Hour).Format(time.RFC3339))
			c.finds(Eq("id", u.ID), "a")
			c.finds(`externalId eq "two"`, "b")
			c.finds("meta.created gt "+before, "ab")
			c.finds("meta.created gt "+after, "")
			c.finds("meta.lastModified lt "+after, "ab")
			c.finds(`meta.resourceType eq "User"`, "ab")
			c.finds(`meta.resourceType eq "Group"`, "")
		}},
		{ID: "7644-3.4.2.2-R32", Run: func(t *T) {
			c := people(t, nil, nil)
			for _, text := range []string{
				"' OR '1'='1", "'; DROP TABLE users; --", `" or userName pr or userName eq "`, "%", "_", `\`, "*", "*)(uid=*", `{"$ne": null}`, "$where", "\x00",
			} {
				for _, op := range []string{"eq", "co"} {
					filterHarmless(t, c.within("title "+op+" "+asJSON(text)+" or nickName "+op+" "+asJSON(text)))
				}
				filterHarmless(t, c.scope+" and userName ew "+asJSON(text))
			}
			for _, tail := range []string{` or 1=1`, `; drop table users`, ` --`, `" or "1"="1`, ` or true`} {
				filterHarmless(t, `userName eq "x"`+tail)
			}
			deep := func(n int) string { return strings.Repeat("(", n) + `userName eq "x"` + strings.Repeat(")", n) }
			filterHarmless(t, deep(500))
			t.Variant("10 000 parentheses", func() { filterHarmlessBody(t, c.scope+" and "+deep(10_000)) })
			t.Variant("a string of 1 MB", func() { filterHarmlessBody(t, "userName eq "+asJSON(strings.Repeat("x", 1<<20))) })
			for _, u := range c.members {
				t.Reload(u)
			}
		}},
		{ID: "7644-7.5.2-R01", Run: func(t *T) {
			status := map[bool]int{true: 400, false: 403}[t.Reading("A-47")]
			sensitive := ""
			for _, name := range []string{"userName", "externalId", "name.familyName", "emails.value", "phoneNumbers.value", "addresses.postalCode", Enterprise + ":employeeNumber"} {
				filter := Eq(name, t.Unique("nobody"))
				r := t.Get("/Users", "filter", filter)
				if r.Status != status || r.Status == 400 && r.String("scimType") != "sensitive" {
					continue
				}
				sensitive = name
				if t.WantError(r, status); r.Has("scimType") {
					t.Equal(r.String("scimType"), "sensitive", "scimType")
				}
				t.WantList(t.Post("/Users/.search", SearchRequest(M{"filter": filter})))
			}
			if sensitive == "" {
				t.NotJudged("no attribute that the case tries is configured to be sensitive")
			}
		}},
	}
}

// filterRefused wants each of the filters on /Users refused.
func filterRefused(t *T, filters ...string) {
	for _, filter := range filters {
		t.Variant(fmt.Sprintf("%q", filter), func() { t.WantError(t.Get("/Users", "filter", filter), 400, "invalidFilter") })
	}
}

// filterHarmless wants a hostile filter refused, or to match nothing.
func filterHarmless(t *T, filter string) {
	t.Variant(clip(filter), func() { filterWantHarmless(t, t.Get("/Users", "filter", filter)) })
}

// filterHarmlessBody is filterHarmless for what is too long for a URL.
func filterHarmlessBody(t *T, filter string) {
	r := t.Post("/Users/.search", SearchRequest(M{"filter": filter}))
	if r.Status == 404 || r.Status == 405 || r.Status == 501 {
		t.NotJudged("the server takes no filter in a body: it answers %d", r.Status)
	}
	filterWantHarmless(t, r)
}

func filterWantHarmless(t *T, r *Response) {
	if r.Status == 200 {
		t.Equal(t.WantList(r).Total(), 0, "totalResults")
		return
	}
	t.Assert(r.Status/100 == 4, "%s: got %s, want a 4xx or a list of nothing", r.Request, r.summary())
}

// filterBrackets ends the case as absent where the server takes no brackets.
func filterBrackets(t *T) {
	r := t.Get("/Users", "filter", `emails[type eq "work"]`, "count", "1")
	t.Gate(Feature{"brackets in filters", r.Status == 200}, func() { t.WantErrorOf(r, []int{400, 501}) })
}

// filterMailboxes are three users whose work and home addresses cross.
func filterMailboxes(t *T) *cohort {
	return people(t,
		M{"emails": []M{{"value": "x@a.example", "type": "work"}, {"value": "y@b.example", "type": "home"}}},
		M{"emails": []M{{"value": "z@b.example", "type": "work"}}},
		M{"emails": []M{{"value": "w@c.example", "type": "home"}}})
}

// filterDiscriminating tells the ways to read "title or Intern and inactive".
func filterDiscriminating(t *T) *cohort {
	return people(t,
		M{"title": "Boss", "userType": "Employee", "active": true},
		M{"userType": "Intern", "active": false},
		M{"userType": "Intern", "active": true},
		M{"userType": "Employee", "active": false})
}

func filterOtherCase(text string) string {
	if upper := strings.ToUpper(text); upper != text {
		return upper
	}
	return strings.ToLower(text)
}

func filterTime(t *T, text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatalf("got the time %q, want a dateTime with an offset", text)
	}
	return at
}
