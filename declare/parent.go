package declare

import (
	"slices"
	"strings"

	"scimd/provision"
	"scimd/store"
)

func (c *comparison) parent() {
	have, want := c.have, c.want
	said := says("parent " + want.Parent)
	in := provision.ParentChange{
		Plan:                change(have.Plan, want.Plan),
		AdmitOutside:        change(have.AdmitOutside, want.AdmitOutside),
		SecondAdministrator: change(have.SecondAdministrator, want.SecondAdministrator),
		Login:               (*store.LoginSettings)(change(have.Login, want.Login)),
	}
	moved(said, "plan", have.Plan, in.Plan)
	if want.Domains != nil && !slices.Equal(foldAll(*have.Domains), foldAll(*want.Domains)) {
		in.Domains = want.Domains
		said.add("domains", strings.Join(*have.Domains, ", "), strings.Join(*want.Domains, ", "))
	}
	moved(said, "outsiders let in", have.AdmitOutside, in.AdmitOutside)
	moved(said, "second administrator", have.SecondAdministrator, in.SecondAdministrator)
	if in.Login != nil {
		said.add("login", have.Login.text(), want.Login.text())
	}
	if len(said.parts) > 0 {
		c.add(contracting, "", said.text(), provision.Step{Parent: &in})
	}
}

// foldAll makes lists of domains comparable, as the parent keeps them.
func foldAll(domains []string) []string {
	out := make([]string, len(domains))
	for i, d := range domains {
		out[i] = provision.Fold(strings.TrimSpace(d))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (l Login) text() string {
	return strings.Join(slices.DeleteFunc([]string{l.Issuer, l.Audience, l.GroupsClaim}, func(s string) bool { return s == "" }), " ")
}
