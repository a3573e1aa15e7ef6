package api_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"
)

// T-2: who had which role on a day, as JSON and as CSV.
func TestAccess(t *testing.T) {
	e := start(t)
	e.ask("POST", "/orgs/acme-claude/members", `{"person":"=cmd()@acme.example","email":"+1@acme.example","role":"owner"}`, 201)
	e.ask("POST", "/orgs/acme-claude/members", `{"person":"ann@acme.example"}`, 201)
	e.clock.Advance(48 * time.Hour)
	e.ask("DELETE", "/orgs/acme-claude/members/ann@acme.example", "", 204)

	if n := len(items(e.ask("GET", "/orgs/acme-claude/access", "", 200))); n != 1 {
		t.Errorf("%d have access now", n)
	}
	if n := len(items(e.ask("GET", "/orgs/acme-claude/access?at=2026-02-28", "", 200))); n != 0 {
		t.Errorf("%d had access before anything", n)
	}
	// A day is its end, in UTC: what happened on it counts.
	day := items(e.ask("GET", "/orgs/acme-claude/access?at=2026-03-01", "", 200))
	if len(day) != 2 {
		t.Fatalf("%d had access on the day", len(day))
	}
	e.want(day[0].(object), "role", "owner")
	e.want(day[0].(object), "since", "2026-03-01T12:00:06Z")
	if n := len(items(e.ask("GET", "/orgs/acme-claude/access?at=2026-03-01T13:00:00%2B01:00", "", 200))); n != 0 {
		t.Errorf("%d had access at noon", n)
	}
	e.want(e.ask("GET", "/orgs/acme-claude/access?at=yesterday", "", 422), "field", "at")
	e.want(e.ask("GET", "/orgs/nobody/access?format=csv", "", 404), "field", "org")
	e.ask("GET", "/orgs/acme-claude/access?format=xml", "", 422)

	for name, ask := range map[string]struct{ query, accept string }{
		"format": {"&format=csv", "application/json"},
		"Accept": {"", "text/csv, application/json;q=0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			_, header, raw := e.raw("GET", "/orgs/acme-claude/access?at=2026-03-01"+ask.query, "", "Accept", ask.accept)
			if ct := header.Get("Content-Type"); !strings.HasPrefix(ct, "text/csv") {
				t.Errorf("Content-Type %s", ct)
			}
			lines, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
			if err != nil || len(lines) != 3 {
				t.Fatalf("%d lines, %v: %s", len(lines), err, raw)
			}
			got := strings.Join(lines[1][1:8], "|")
			if got != "'=cmd()@acme.example|'+1@acme.example|'=cmd()@acme.example|owner|premium|active|2026-03-01T12:00:06Z" {
				t.Error(got)
			}
		})
	}
	if _, header, raw := e.raw("GET", "/orgs/acme-claude/access", "", "Accept", "*/*"); header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s", header.Get("Content-Type"), raw)
	}

	_, _, raw := e.raw("GET", "/orgs/acme-claude/history?person=ann@acme.example&format=csv", "")
	lines, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil || len(lines) != 3 {
		t.Fatalf("%d lines, %v: %s", len(lines), err, raw)
	}
	if out := lines[2]; out[3] != "user" || out[6] != "" || out[10] != "first" {
		t.Errorf("%q", out)
	}
}

// T-1: a past moment has what was written then.
func TestExplainAt(t *testing.T) {
	e := start(t)
	e.ask("POST", "/orgs/acme-claude/members", `{"person":"ann@acme.example","role":"owner"}`, 201)
	e.clock.Advance(time.Hour)
	e.ask("DELETE", "/orgs/acme-claude/members/ann@acme.example", "", 204)
	const path = "/orgs/acme-claude/members/ann@acme.example/explanation"
	then := e.ask("GET", path+"?at=2026-03-01T12:30:00Z", "", 200)
	e.want(then, "at", "2026-03-01T12:30:00Z")
	e.want(then, "member", nil)
	e.want(then["last"].(object)["after"].(object), "role", "owner")
	now := e.ask("GET", path, "", 200)
	e.want(now, "at", nil)
	e.want(now["last"].(object), "after", nil)
	e.want(e.ask("GET", path+"?at=2026-02-01", "", 200), "last", nil)
	e.want(e.ask("GET", path+"?at=now", "", 422), "field", "at")
}
