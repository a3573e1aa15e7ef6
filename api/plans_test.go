package api_test

import (
	"strings"
	"testing"
	"time"
)

const toSCIM = `{"steps":[{"org":{"org":"acme-claude","mode":"scim"}}]}`

// A plan is shown, approved by another administrator and applied, once (P-1, P-2).
func TestPlan(t *testing.T) {
	e := start(t)
	e.push("ann@acme.example")
	e.ask("PATCH", "/parents/acme", `{"secondAdministrator":true}`, 200)
	refused := e.ask("PATCH", "/orgs/acme-claude", `{"mode":"scim"}`, 409)
	e.want(refused, "rule", "P-1")

	plan := e.ask("POST", "/parents/acme/plans", toSCIM, 201, as("Olga@acme.example")...)
	e.want(plan, "state", "ready")
	e.want(plan, "by", "olga@acme.example")
	e.want(plan, "parent", "acme")
	e.want(plan, "steps", []any{object{"org": object{"org": "acme-claude", "mode": "scim"}}})
	summary, _ := plan["summary"].(object)
	orgs, _ := summary["orgs"].([]any)
	if len(orgs) != 1 || orgs[0].(object)["in"] != 1.0 {
		t.Errorf("summary %v", plan["summary"])
	}
	id, _ := plan["id"].(string)
	rows := items(e.ask("GET", "/plans/"+id+"/rows?org=acme-claude", "", 200))
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	row := rows[0].(object)
	e.want(row, "org", "acme-claude")
	e.want(row, "userName", "ann@acme.example")
	e.want(row, "before", nil)
	e.want(row, "after", object{"role": "user", "tier": "premium", "state": "active"})
	if row["account"] == nil {
		t.Error("ann has an account, and the row names none")
	}

	e.want(e.ask("POST", "/plans/"+id+"/apply", "", 409), "rule", "P-1")
	// The same one in other letters is no second administrator.
	e.want(e.ask("POST", "/plans/"+id+"/approve", "", 409, as("OLGA@acme.example ")...), "rule", "P-1")
	approved := e.ask("POST", "/plans/"+id+"/approve", "", 200, as("paul@acme.example")...)
	e.want(approved, "approvedBy", "paul@acme.example")
	applied := e.ask("POST", "/plans/"+id+"/apply", "", 200, as("olga@acme.example")...)
	e.want(applied, "state", "applied")
	e.want(applied, "appliedBy", "olga@acme.example")
	e.want(e.ask("GET", "/orgs/acme-claude", "", 200), "mode", "scim")
	e.want(e.ask("POST", "/plans/"+id+"/apply", "", 409), "rule", "P-2")
	member := items(e.ask("GET", "/orgs/acme-claude/members", "", 200))[0].(object)
	cause, _ := member["cause"].(object)
	e.want(cause, "actor", "olga@acme.example")
	e.want(cause, "detail", "plan "+id)
	if n := len(items(e.ask("GET", "/parents/acme/plans", "", 200))); n != 1 {
		t.Errorf("%d plans", n)
	}
}

// What a plan makes and where it moves things to has a name in its rows too.
func TestPlanRowsBeyondTheParent(t *testing.T) {
	e := start(t)
	e.push("ann@acme.example")
	e.ask("POST", "/parents", `{"name":"globex","plan":"enterprise"}`, 201)
	e.ask("POST", "/orgs/acme-claude/members", `{"person":"bob@acme.example"}`, 201)
	made := e.ask("POST", "/parents/acme/plans", `{"steps":[
		{"createOrg":{"name":"acme-console","product":"console","plan":"console"}},
		{"org":{"org":"acme-console","mode":"scim"}}]}`, 201)
	row := items(e.ask("GET", "/plans/"+made["id"].(string)+"/rows", "", 200))[0].(object)
	e.want(row, "org", "acme-console")
	// Another org takes the key that the rehearsal had.
	e.ask("POST", "/orgs", `{"parent":"acme","name":"other","product":"claude","plan":"team"}`, 201)
	row = items(e.ask("GET", "/plans/"+made["id"].(string)+"/rows", "", 200))[0].(object)
	e.want(row, "org", "acme-console")

	moved := e.ask("POST", "/parents/acme/plans", `{"steps":[{"moveOrg":{"org":"acme-claude","to":"globex","members":"keep"}}]}`, 201)
	rows := items(e.ask("GET", "/plans/"+moved["id"].(string)+"/rows?limit=1", "", 200))
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	e.want(rows[0].(object), "after", nil)
	next := e.ask("GET", "/plans/"+moved["id"].(string)+"/rows?limit=1&after=1", "", 200)
	row = items(next)[0].(object)
	e.want(row, "org", "acme-claude")
	e.want(row, "userName", "bob@acme.example")
	e.want(row, "account", nil)
	e.want(next, "next", nil)
}

func TestPlanExpires(t *testing.T) {
	e := start(t)
	plan := e.ask("POST", "/parents/acme/plans", toSCIM, 201)
	e.clock.Advance(25 * time.Hour)
	e.want(e.ask("GET", "/plans/"+plan["id"].(string), "", 200), "state", "expired")
	e.ask("POST", "/plans/"+plan["id"].(string)+"/apply", "", 409)
}

// Steps are refused as a whole, whatever is wrong with one of them.
func TestSteps(t *testing.T) {
	e := start(t)
	for name, tt := range map[string]struct {
		body   string
		status int
		text   string
	}{
		"no steps":         {`{"steps":[]}`, 422, "array length >= 1"},
		"an unknown verb":  {`{"steps":[{"orgs":{}}]}`, 422, "unexpected property"},
		"an unknown field": {`{"steps":[{"org":{"org":"acme-claude","color":"red"}}]}`, 422, "unexpected property"},
		"a field missing":  {`{"steps":[{"pin":{"org":"acme-claude","person":"ann"}}]}`, 422, "required property why"},
		"two verbs":        {`{"steps":[{"parent":{"plan":"team"},"attach":{"directory":"okta"}}]}`, 422, "names two"},
		"none":             {`{"steps":[{}]}`, 422, "changes nothing"},
		"null":             {`{"steps":[{"parent":null}]}`, 422, ""},
		"a later one": {`{"steps":[{"parent":{"domains":["acme.example"]}},{"org":{"org":"nobody"}}]}`, 404,
			"does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/parents/acme/changes", "/parents/acme/plans"} {
				status, _, raw := e.raw("POST", path, tt.body)
				if status != tt.status || !strings.Contains(string(raw), tt.text) {
					t.Errorf("%s: %d: %s", path, status, raw)
				}
			}
		})
	}
	e.want(e.ask("GET", "/parents/acme", "", 200), "domains", []string{})
	changed := e.ask("POST", "/parents/acme/changes", `{"steps":[{"parent":{"domains":["Acme.example","acme.example"],"admitOutside":true}},
		{"org":{"org":"acme-claude","seats":{"premium":3},"guards":{"window":"30m","count":1}}}]}`, 200)
	e.want(changed, "domains", []string{"acme.example"})
	e.want(changed, "admitOutside", true)
	org := e.ask("GET", "/orgs/acme-claude", "", 200)
	e.want(org, "guards", object{"count": 1, "percent": 20, "window": "30m0s", "lastAdministrator": "mappings"})
	if v := changed["version"].(float64); v < 2 {
		t.Errorf("version %v", v)
	}
}

// P-7: an org goes on by a plan only.
func TestPauseAndResume(t *testing.T) {
	e := start(t)
	e.want(e.ask("PATCH", "/orgs/acme-claude", `{"mode":"scim","paused":true}`, 200), "paused", true)
	e.push("ann@acme.example")
	e.want(e.ask("PATCH", "/orgs/acme-claude", `{"paused":false}`, 409), "rule", "P-7")
	plan := e.ask("POST", "/parents/acme/plans", `{"steps":[{"org":{"org":"acme-claude","paused":false}}]}`, 201)
	e.ask("POST", "/plans/"+plan["id"].(string)+"/apply", "", 200)
	if n := len(items(e.ask("GET", "/orgs/acme-claude/members", "", 200))); n != 1 {
		t.Errorf("%d members", n)
	}
}

// P-6: who saves what costs them their own role says that they know.
func TestAcknowledge(t *testing.T) {
	e := start(t)
	e.push("ann@acme.example")
	e.ask("PATCH", "/orgs/acme-claude", `{"mode":"scim"}`, 200)
	e.ask("PATCH", "/orgs/acme-claude/members/ann@acme.example", `{"role":"owner"}`, 200)
	leave := `{"mode":"manual","members":"remove"}`
	e.want(e.ask("PATCH", "/orgs/acme-claude", leave, 409, as("ann@acme.example")...), "rule", "P-6")
	e.want(e.ask("PATCH", "/orgs/acme-claude?acknowledge=perhaps", leave, 422), "field", "acknowledge")
	e.want(e.ask("PATCH", "/orgs/acme-claude", leave, 422, as(strings.Repeat("a", 400))...), "field", "Scimd-Actor")
	e.ask("PATCH", "/orgs/acme-claude?acknowledge=false", leave, 409, as("ann@acme.example")...)
	e.want(e.ask("PATCH", "/orgs/acme-claude?acknowledge=true", leave, 200, as("ann@acme.example")...), "mode", "manual")
}

func TestSyncOfAParent(t *testing.T) {
	e := start(t)
	e.want(e.ask("POST", "/parents/acme/sync", "", 200), "orgs", 1)
	e.want(e.ask("POST", "/parents/nobody/sync", "", 404), "field", "parent")
}
