package api_test

import (
	"fmt"
	"testing"
	"time"

	"scimd/store"
)

// M-5, M-11: pins are shown with who, when and why, on the member too.
func TestPins(t *testing.T) {
	e := start(t)
	ann := e.push("ann@acme.example")
	e.group("eng", ann)
	e.ask("POST", "/orgs/acme-claude/mappings", `{"group":"eng","role":"user"}`, 201)
	e.ask("PATCH", "/orgs/acme-claude", `{"mode":"scim","groupMappings":true}`, 200)

	e.ask("POST", "/orgs/acme-claude/pins", `{"person":"ann@acme.example","role":"owner"}`, 422)
	pin := e.ask("POST", "/orgs/acme-claude/pins", `{"person":"Ann@acme.example","role":"owner","why":"on call","expires":"2026-03-02T00:00:00Z"}`, 201, as("olga@acme.example")...)
	e.want(pin, "userName", "ann@acme.example")
	e.want(pin, "by", "olga@acme.example")
	e.want(pin, "expires", "2026-03-02T00:00:00Z")
	e.ask("POST", "/orgs/acme-claude/pins", `{"person":"break@glass.example","member":true,"role":"owner","why":"break glass"}`, 201)

	pins := items(e.ask("GET", "/orgs/acme-claude/pins", "", 200))
	if len(pins) != 2 {
		t.Fatalf("%d pins", len(pins))
	}
	e.want(pins[1].(object), "against", "not_present")
	member := items(e.ask("GET", "/orgs/acme-claude/members", "", 200))[0].(object)
	e.want(member, "role", "owner")
	e.want(member["pin"].(object), "why", "on call")
	explained := e.ask("GET", "/orgs/acme-claude/members/ann@acme.example/explanation", "", 200)
	e.want(explained["pin"].(object), "role", "owner")
	e.want(explained, "outside", false)

	e.ask("DELETE", "/orgs/acme-claude/pins/ann@acme.example", "", 204)
	e.ask("DELETE", "/orgs/acme-claude/pins/ann@acme.example", "", 404)
	member = items(e.ask("GET", "/orgs/acme-claude/members", "", 200))[0].(object)
	e.want(member, "role", "user")
	e.want(member, "pin", nil)

	// A role by hand is a pin where mappings decide, with its reason.
	set := e.ask("PATCH", "/orgs/acme-claude/members/ann@acme.example", `{"role":"owner","why":"trial","expires":"2026-03-05T00:00:00Z"}`, 200)
	e.want(set["pin"].(object), "why", "trial")
	e.clock.Advance(5 * 24 * time.Hour)
	e.must(nil, e.Upkeep(t.Context()))
	member = items(e.ask("GET", "/orgs/acme-claude/members", "", 200))[0].(object)
	e.want(member, "role", "user")
}

// P-4: what the guard holds is listed in pages, and approved or rejected.
func TestHolds(t *testing.T) {
	e := start(t)
	var people []string
	for i := range 15 {
		people = append(people, fmt.Sprintf("p%02d@acme.example", i))
	}
	ids := map[string]string{}
	for _, who := range people {
		ids[who] = e.push(who).ID
	}
	e.ask("PATCH", "/orgs/acme-claude", `{"mode":"scim","guards":{"count":2,"percent":10}}`, 200)
	for i, who := range people[:8] {
		if err := e.DeleteUser(t.Context(), e.directory, ids[who], store.Cause{Kind: "scim"}, func(store.Resource) error { return nil }); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	page := e.ask("GET", "/orgs/acme-claude/holds?limit=4", "", 200)
	if len(items(page)) != 4 {
		t.Fatalf("%d held on the first page", len(items(page)))
	}
	last := e.ask("GET", "/orgs/acme-claude/holds?limit=4&after="+page["next"].(string), "", 200)
	e.want(last, "next", nil)
	if len(items(last)) != 2 { // two went before the guard tripped
		t.Fatalf("%d held on the last page", len(items(last)))
	}
	held := items(page)[0].(object)
	e.want(held, "state", "held")
	hold := held["hold"].(object)
	e.want(hold, "guard", "mass_removal")
	e.want(hold, "action", "remove")
	if n := len(items(e.ask("GET", "/orgs/acme-claude/holds?guard=last_administrator", "", 200))); n != 0 {
		t.Errorf("%d held by the other guard", n)
	}
	e.ask("POST", "/orgs/acme-claude/holds/approve", `{"people":["nobody"]}`, 404)
	e.ask("POST", "/orgs/acme-claude/holds/approve", ``, 400)
	e.want(e.ask("POST", "/orgs/acme-claude/holds/reject", `{"people":["`+held["userName"].(string)+`"],"why":"she stays"}`, 200), "decided", 1)
	pins := items(e.ask("GET", "/orgs/acme-claude/pins", "", 200))
	if len(pins) != 1 {
		t.Fatalf("%d pins", len(pins))
	}
	e.want(pins[0].(object), "why", "she stays")
	e.want(e.ask("POST", "/orgs/acme-claude/holds/approve", `{}`, 200), "decided", 5)
	if n := len(items(e.ask("GET", "/orgs/acme-claude/members", "", 200))); n != 8 {
		t.Errorf("%d members", n)
	}
}

func TestMappingOfAClaim(t *testing.T) {
	e := start(t)
	e.ask("PATCH", "/orgs/acme-claude", `{"mode":"jit","groupMappings":true}`, 200)
	e.ask("POST", "/orgs/acme-claude/mappings", `{"role":"user"}`, 422)
	row := e.ask("POST", "/orgs/acme-claude/mappings", `{"claim":"Eng","role":"user"}`, 201)
	e.want(row, "claim", "eng")
	e.want(row, "group", nil)
	if n := len(items(e.ask("GET", "/orgs/acme-claude/mappings", "", 200))); n != 1 {
		t.Errorf("%d rows", n)
	}
}

// P-8: a detached directory says so.
func TestDetachedDirectory(t *testing.T) {
	e := start(t)
	e.push("ann@acme.example")
	e.ask("PATCH", "/orgs/acme-claude", `{"mode":"scim"}`, 200)
	e.want(e.ask("POST", "/parents/acme/changes", `{"steps":[{"detach":{"directory":"okta"}}]}`, 409), "rule", "P-8")
	e.ask("POST", "/parents/acme/changes", `{"steps":[{"detach":{"directory":"okta","members":"keep"}}]}`, 200)
	if e.ask("GET", "/directories/okta", "", 200)["detached"] == nil {
		t.Error("not detached")
	}
	e.ask("POST", "/parents/acme/changes", `{"steps":[{"attach":{"directory":"okta"}}]}`, 200)
	e.want(e.ask("GET", "/directories/okta", "", 200), "detached", nil)
}

// I-3.
func TestErase(t *testing.T) {
	e := start(t)
	e.ask("POST", "/orgs/acme-claude/members", `{"person":"ann@acme.example"}`, 201)
	e.want(e.ask("POST", "/parents/acme/people/ann@acme.example/erase", "", 409), "rule", "I-3")
	e.ask("DELETE", "/orgs/acme-claude/members/ann@acme.example", "", 204)
	erased := e.ask("POST", "/parents/acme/people/ann@acme.example/erase", "", 200)
	changes := items(e.ask("GET", "/orgs/acme-claude/history", "", 200))
	if len(changes) != 2 {
		t.Fatalf("%d changes", len(changes))
	}
	e.want(changes[0].(object), "userName", erased["pseudonym"])
}
