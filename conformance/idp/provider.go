// Package idp owns simulators of identity providers: each makes a SCIM server
// equal to a desired state by sending what that provider would send, and
// checks what it checks. It must not know which server it talks to, so it
// imports nothing of scimd.
//
// The section numbers in comments are those of the fact base on how the
// providers behave. A fact marked [I] there is inferred, not seen.
package idp

import (
	"net/http"
	"slices"
	"time"
)

// Provider is one identity provider in one of its dialects.
type Provider struct {
	Name  string // as on the command line
	About string // one sentence
	// Strict tells whether it can work with a server that has no leniency.
	Strict bool
	Why    string // of Strict

	able    ability
	manners manners
	speak   func(*conversation) dialect
}

// Config sizes a run. The same Seed and sizes give the same people, groups and
// changes in the same order.
type Config struct {
	URL, Token string // the SCIM base URL, and its bearer token
	Users      int
	Groups     int // the first are eng, admins and billing
	Churn      int // changes after the first push
	Cycle      int // changes in one incremental cycle; 0 means 10
	Seed       uint64

	Progress func(done, total int) // may be nil; calls never overlap
	Client   *http.Client          // nil means one that gives up after a minute, as Okta does
	Backoff  time.Duration         // wait after a 429 without integer Retry-After; 0 means the provider's own
}

// Providers lists them all.
func Providers() []Provider {
	return []Provider{
		okta(), oktaAIW(), entra(), entraFlagged(), oneLogin(), jumpCloud(),
		google(), pingFederate(), rippling(), sailPoint(), generic(),
	}
}

// Find gives the provider of that name.
func Find(name string) (Provider, bool) {
	all := Providers()
	at := slices.IndexFunc(all, func(p Provider) bool { return p.Name == name })
	if at < 0 {
		return Provider{}, false
	}
	return all[at], true
}

// ability is what a provider can express; the rest of a State is none of its
// business.
type ability struct {
	title, department, manager, groups bool
	// Without these the account of a deleted person stays, inactive, and a
	// deleted group stays, empty.
	deletesUsers, deletesGroups bool
}

// express leaves out of a state what the provider does not send.
func (a ability) express(s State) State {
	s = s.clone()
	for i := range s.People {
		p := &s.People[i]
		if !a.title {
			p.Title = ""
		}
		if !a.department {
			p.Department = ""
		}
		if !a.manager {
			p.Manager = ""
		}
	}
	if !a.groups {
		s.Groups = nil
	}
	return s
}
