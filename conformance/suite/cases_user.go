package suite

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"time"
)

func userCases() []Case {
	return []Case{
		{ID: "7643-4.1.1-R01", Run: func(t *T) {
			t.Characteristics(UserSchema, "userName", M{"required": true, "uniqueness": "server"})
			t.WantError(t.Post("/Users", t.User(M{"userName": Omit})), 400, "invalidValue")
			t.WantError(t.Post("/Users", t.User(M{"userName": ""})), 400, "invalidValue")
			u := t.NewUser(M{"userName": t.Unique("bjensen")})
			changed := strings.Replace(u.String("userName"), "bj", "BJ", 1)
			t.WantError(t.Post("/Users", t.User(M{"userName": changed})), 409, "uniqueness")
			t.SameSet(t.Search("/Users", Eq("userName", strings.ToUpper(changed))).IDs(), []string{u.ID}, "users found in upper case")
		}},
		{ID: "7643-4.1.1-R02", Run: func(t *T) {
			name := M{"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane", "honorificPrefix": "Ms.", "honorificSuffix": "III"}
			t.Characteristics(UserSchema, "name", M{"type": "complex"})
			for sub := range name {
				t.Characteristics(UserSchema, "name."+sub, M{})
			}
			got := t.Reload(t.NewUser(M{"name": name}))
			t.Assert(got.Has("name.formatted") || got.Has("name.familyName"), "got the name %s, want formatted or the parts", asJSON(got.Value("name")))
			for sub, value := range name {
				if got.Has("name." + sub) {
					t.Equal(got.String("name."+sub), value, "name."+sub)
				}
			}
		}},
		{ID: "7643-4.1.1-R03", Run: func(t *T) {
			for _, name := range []string{"displayName", "nickName", "title", "userType"} {
				t.Characteristics(UserSchema, name, M{})
				userKeeps(t, name, "Tour Guide, 2nd class")
			}
		}},
		{ID: "7643-4.1.1-R04", Run: func(t *T) {
			t.Characteristics(UserSchema, "profileUrl", M{"type": "reference", "referenceTypes": []string{"external"}})
			userKeeps(t, "profileUrl", "https://login.example.com/bjensen")
			t.WantError(t.Post("/Users", t.User(M{"profileUrl": "ht tp://no uri"})), 400, "invalidValue")
		}},
		{ID: "7643-4.1.1-R05", Run: func(t *T) {
			t.Characteristics(UserSchema, "preferredLanguage", M{})
			userKeeps(t, "preferredLanguage", "en-US, fr;q=0.8")
		}},
		{ID: "7643-4.1.1-R06", Run: func(t *T) {
			t.Characteristics(UserSchema, "locale", M{})
			userKeeps(t, "locale", "en-US")
			if r := t.Post("/Users", t.User(M{"locale": "en_US"})); r.Status != 201 {
				t.WantError(r, 400, "invalidValue")
			}
			t.WantError(t.Post("/Users", t.User(M{"locale": "en US"})), 400, "invalidValue")
		}},
		{ID: "7643-4.1.1-R07", Run: func(t *T) {
			t.Characteristics(UserSchema, "timezone", M{})
			userKeeps(t, "timezone", "America/Los_Angeles")
			r := t.Post("/Users", t.User(M{"timezone": "Mars/Base"}))
			if r.Status == 201 {
				t.Notef("the zone Mars/Base is stored")
				t.Equal(r.String("timezone"), "Mars/Base", "timezone")
				return
			}
			t.WantError(r, 400, "invalidValue")
		}},
		{ID: "7643-4.1.1-R08", Run: func(t *T) {
			t.Characteristics(UserSchema, "active", M{"type": "boolean"})
			definition := t.Schema(UserSchema).Attribute("active")
			t.Assert(!definition.Bool("caseExact") && !slices.Contains([]string{"server", "global"}, definition.String("uniqueness")), "got caseExact or uniqueness on a boolean: %s", asJSON(definition))
			u := t.NewUser(M{"active": true})
			t.Equal(t.Change(u, Replace("active", false)).Value("active"), false, "active after PATCH")
			t.SameSet(t.Search("/Users", Eq("userName", u.String("userName"))).IDs(), []string{u.ID}, "users found once inactive")
		}},
		{ID: "7643-4.1.1-R09", Run: func(t *T) {
			t.Characteristics(UserSchema, "password", M{"mutability": "writeOnly", "returned": "never"})
			secret := func() string { return "t1meMa$heen-" + rand.Text() }
			first := secret()
			u := t.NewUser(M{"password": first})
			answers := []*Response{u.Response}
			second := secret()
			answers = append(answers, t.Want(t.Put(u.Path, u.With(M{"password": second})), 200))
			third := secret()
			answers = append(answers, t.Patch(u.Path, PatchOp(Replace("password", third))), t.Reload(u), t.Get(u.Path, "attributes", "password"),
				t.Search("/Users", Eq("userName", u.String("userName"))), t.Search("/Users", Eq("userName", u.String("userName")), "attributes", "password"),
				t.Post("/Users", t.User(M{"userName": u.String("userName"), "password": first})), t.Put(u.Path, u.With(M{"userName": 5, "password": second})))
			for _, r := range answers {
				for _, password := range []string{first, second, third} {
					t.Assert(!strings.Contains(string(r.Body), password), "%s: got the password in the answer", r.Request)
				}
				t.Assert(!r.Has("password"), "%s: got a password %s", r.Request, asJSON(r.Value("password")))
			}
		}},
		{ID: "7643-4.1.1-R10", Run: func(t *T) {
			t.NewUser(M{"password": "t1meMa$heen"})
			for _, filter := range []string{`password eq "t1meMa$heen"`, `password sw "t"`, "password pr"} {
				t.Variant(filter, func() {
					r := t.Get("/Users", "filter", filter)
					if r.Status == 200 && strings.Contains(filter, " eq ") {
						t.Notef("passwords can be compared by filter")
						return
					}
					t.WantErrorOf(r, []int{400, 403}, "invalidFilter", "sensitive", "")
				})
			}
			if t.Config().Sort.Supported {
				t.WantErrorOf(t.Get("/Users", "sortBy", "password"), []int{400, 403})
			}
		}},
		{ID: "7643-4.1.2-R01", Run: func(t *T) {
			userMulti(t, "emails", M{}, []string{"work", "home", "other"},
				M{"value": "bjensen@example.com", "type": "work", "primary": true}, M{"value": "babs@jensen.example", "type": "home"})
		}},
		{ID: "7643-4.1.2-R02", Run: func(t *T) {
			u := t.NewUser(M{"emails": []M{{"value": t.Unique("bjensen") + "@EXAMPLE.COM", "type": "work"}}})
			sent := Doc{u.Value("emails")}.String("0.value")
			t.Assert(strings.EqualFold(sent, t.Reload(u).String("emails.0.value")), "got the address %s, want it as sent or canonical", sent)
			t.SameSet(t.Search("/Users", Eq("emails.value", strings.ToLower(sent))).IDs(), []string{u.ID}, "users found by the address in lower case")
			t.SameSet(t.Search("/Users", Eq("emails.value", strings.ToUpper(sent))).IDs(), []string{u.ID}, "users found by the address in upper case")
		}},
		{ID: "7643-4.1.2-R03", Run: func(t *T) {
			userMulti(t, "phoneNumbers", M{}, []string{"work", "home", "mobile", "fax", "pager", "other"},
				M{"value": "tel:+1-201-555-0123", "type": "work", "primary": true}, M{"value": "555 0123 ext. 4", "type": "mobile"})
		}},
		{ID: "7643-4.1.2-R04", Run: func(t *T) {
			userMulti(t, "ims", M{}, []string{"aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"},
				M{"value": "someaimhandle", "type": "aim"}, M{"value": "elsewhere", "type": "other"})
		}},
		{ID: "7643-4.1.2-R05", Run: func(t *T) {
			userMulti(t, "photos", M{"type": "reference", "referenceTypes": []string{"external"}}, []string{"photo", "thumbnail"},
				M{"value": "https://photos.example.com/profilephoto/72930000000Ccne/F", "type": "photo", "primary": true}, M{"value": "https://photos.example.com/profilephoto/72930000000Ccne/T", "type": "thumbnail"})
		}},
		{ID: "7643-4.1.2-R06", Run: func(t *T) {
			t.Characteristics(UserSchema, "addresses", M{"type": "complex", "multiValued": true})
			for _, sub := range []string{"formatted", "streetAddress", "locality", "region", "postalCode", "country"} {
				t.Characteristics(UserSchema, "addresses."+sub, M{})
			}
			t.Characteristics(UserSchema, "addresses.type", M{"canonicalValues": []string{"work", "home", "other"}})
			address := M{
				"formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood",
				"region": "CA", "postalCode": "91608", "country": "US", "type": "work", "primary": true,
			}
			t.Equal(t.Reload(t.NewUser(M{"addresses": []M{address}})).Value("addresses"), []M{address}, "addresses")
			t.WantError(t.Post("/Users", t.User(M{"addresses": []M{{"country": "USA"}}})), 400, "invalidValue")
		}},
		{ID: "7643-4.1.2-R07", Run: func(t *T) {
			t.Characteristics(UserSchema, "groups", M{"type": "complex", "multiValued": true, "mutability": "readOnly"})
			t.Characteristics(UserSchema, "groups.value", userReadOnly(t, "groups.value", M{}))
			t.Characteristics(UserSchema, "groups.$ref", userReadOnly(t, "groups.$ref", M{"type": "reference", "referenceTypes": userGroupReferences(t)}))
			t.Characteristics(UserSchema, "groups.type", userReadOnly(t, "groups.type", M{"canonicalValues": []string{"direct", "indirect"}}))
			u := t.NewUser(nil)
			g := t.NewGroup(M{"members": Members(u)})
			got := t.Reload(u).Item("groups", "value", g.ID)
			t.Assert(got.Has("value"), "got groups %s, want the group %s", asJSON(t.Reload(u).Value("groups")), g.ID)
			t.Equal(t.Want(t.Get(got.String("$ref")), 200).String("id"), g.ID, "the id at groups.$ref")
			foreign := t.NewGroup(nil)
			after := t.Want(t.Put(u.Path, u.With(M{"groups": []M{{"value": foreign.ID}}})), 200)
			t.SameSet(after.Strings("groups.value"), []string{g.ID}, "groups after PUT with another")
			t.WantError(t.Patch(u.Path, PatchOp(Add("groups", []M{{"value": foreign.ID}}))), 400, "mutability")
		}},
		{ID: "7643-4.1.2-R08", Run: func(t *T) {
			u := t.NewUser(nil)
			g := t.NewGroup(M{"members": Members(u)})
			t.SameSet(t.Reload(u).Strings("groups.value"), []string{g.ID}, "groups of a member")
			t.Want(t.Put(g.Path, t.Group(M{"displayName": g.String("displayName"), "members": []M{}})), 200)
			t.Assert(!t.Reload(u).Has("groups"), "got groups %s once removed, want none", asJSON(t.Reload(u).Value("groups")))
			t.Want(t.Put(g.Path, t.Group(M{"displayName": g.String("displayName"), "members": Members(u)})), 200)
			outer := t.Post("/Groups", t.Group(M{"members": Members(g)}))
			if outer.Status != 201 {
				t.Notef("groups do not nest")
				return
			}
			if entry := t.Reload(u).Item("groups", "value", outer.String("id")); entry.Has("value") {
				t.Equal(entry.String("type"), "indirect", "the type of a group reached through another")
			}
			t.Equal(t.Reload(u).Item("groups", "value", g.ID).String("type"), "direct", "the type of the group itself")
		}},
		{ID: "7643-4.1.2-R09", Run: func(t *T) {
			for _, name := range []string{"entitlements", "roles"} {
				t.Variant(name, func() {
					userMulti(t, name, M{}, nil, M{"value": "owner", "display": "Owner", "type": "anything", "primary": true}, M{"value": "guest"})
				})
			}
		}},
		{ID: "7643-4.1.2-R10", Run: func(t *T) {
			userMulti(t, "x509Certificates", M{"type": "binary", "caseExact": true}, nil, M{"value": base64.StdEncoding.EncodeToString(userCertificate(t))})
			der := userCertificate(t)
			two := base64.StdEncoding.EncodeToString(slices.Concat(der, der))
			for name, value := range map[string]string{"two certificates": two, "no base64": "@@@"} {
				t.Variant(name, func() {
					t.WantError(t.Post("/Users", t.User(M{"x509Certificates": []M{{"value": value}}})), 400, "invalidValue")
				})
			}
		}},
	}
}

// userKeeps creates a user with the value and wants it back unchanged.
func userKeeps(t *T, name string, value any) {
	u := t.NewUser(M{name: value})
	t.Equal(u.Value(name), value, name+" of the 201")
	t.Equal(t.Reload(u).Value(name), value, name+" of a GET")
}

// userMulti checks a multi-valued attribute of the default four
// sub-attributes: its definition, and that the values come back unchanged.
func userMulti(t *T, name string, value M, types []string, sample ...M) {
	t.Characteristics(UserSchema, name, M{"type": "complex", "multiValued": true})
	t.Characteristics(UserSchema, name+".value", value)
	definition := t.Schema(UserSchema).Attribute(name + ".type")
	t.Assert(definition.Has("name"), "got no %s.type", name)
	canonical := definition.Strings("canonicalValues")
	t.Assert(types != nil || len(canonical) == 0, "got canonical values %v of %s.type, want none", canonical, name)
	for _, kind := range types {
		t.Assert(slices.Contains(canonical, kind), "got canonical values %v of %s.type, want %s among them", canonical, name, kind)
	}
	t.Characteristics(UserSchema, name+".primary", M{"type": "boolean"})
	got := t.Reload(t.NewUser(M{name: sample}))
	t.Equal(len(got.List(name)), len(sample), "the number of "+name)
	for _, element := range sample {
		back := got.Item(name, "value", element["value"].(string))
		for sub, want := range element {
			t.Equal(back.Value(sub), want, name+"."+sub+" of "+element["value"].(string))
		}
	}
}

// userReadOnly is the definition of a sub-attribute that cannot be written,
// whose caseExact is the server's choice (erratum 8472 and A-37).
func userReadOnly(t *T, path string, want M) M {
	want["mutability"] = "readOnly"
	if _, ok := want["type"]; !ok {
		want["caseExact"] = t.Schema(UserSchema).Attribute(path).Bool("caseExact")
	}
	return want
}

// userGroupReferences tolerates the published User beside Group (erratum 8471).
func userGroupReferences(t *T) []string {
	types := t.Schema(UserSchema).Attribute("groups.$ref").Strings("referenceTypes")
	t.Assert(slices.Contains(types, "Group"), "got the reference types %v of groups.$ref, want Group", types)
	return types
}

// userCertificate is a certificate in DER.
func userCertificate(t *T) []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.NotJudged("no key was made: %v", err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.NotJudged("no certificate was made: %v", err)
	}
	return der
}
