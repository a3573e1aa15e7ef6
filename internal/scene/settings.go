package scene

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"scimd/provision"
	"scimd/store"
)

// step reads a change of settings and names the org or the customer that it
// concerns, "" for acme.
type step func(s *Scene, a *args) (in provision.Step, org string, err error)

var steps map[string]step

func init() {
	steps = map[string]step{
		"org": createOrg, "mode": mode, "mappings": mappings, "seats": seats, "full": full, "guards": guards,
		"change": change, "pause": pause(true), "resume": pause(false), "map": addMapping, "unmap": removeMapping,
		"pin": pin, "unpin": unpin, "detach": detach, "attach": attach, "settings": parentSettings,
		"link": link, "unlink": unlink, "merge": merge, "relink": relink, "move": move,
	}
}

// run carries a step out at once.
func (st step) run(s *Scene, a *args) error {
	in, org, err := st(s, a)
	if err != nil {
		return err
	}
	parent, err := s.parentOf(org)
	if err != nil {
		return err
	}
	return s.Change(s.ctx(), parent, []provision.Step{in}, s.admin())
}

// parent makes a customer, or changes the plan of one.
func (s *Scene) parent(a *args) error {
	name, plan := a.word(), a.value("plan")
	for _, known := range s.parents {
		if known == name {
			_, err := s.ChangeParent(s.ctx(), name, provision.ParentChange{Plan: &plan}, s.admin())
			return err
		}
	}
	if _, err := s.CreateParent(s.ctx(), name, plan, s.admin()); err != nil {
		return err
	}
	s.parents = append(s.parents, name)
	return nil
}

func parentSettings(_ *Scene, a *args) (provision.Step, string, error) {
	var c provision.ParentChange
	domains, err1 := optional(a, "domains", list)
	admit, err2 := optional(a, "admit-outside", strconv.ParseBool)
	second, err3 := optional(a, "second-administrator", strconv.ParseBool)
	plan, err4 := optional(a, "plan", asIs)
	c.Domains, c.AdmitOutside, c.SecondAdministrator, c.Plan = domains, admit, second, plan
	return provision.Step{Parent: &c}, "", errors.Join(err1, err2, err3, err4)
}

func (s *Scene) directory(a *args) error {
	name, parent := a.word(), a.value("parent")
	if parent == "" {
		parent = s.parents[0]
	}
	d, err := s.CreateDirectory(s.ctx(), parent, name, "", s.admin())
	s.directories[name] = d
	return err
}

func createOrg(_ *Scene, a *args) (provision.Step, string, error) {
	in := provision.OrgInput{Name: a.word(), Product: a.word(), Plan: a.word(), Parent: a.value("parent")}
	return provision.Step{CreateOrg: &in}, in.Parent, nil
}

func changeOf(org string, c provision.OrgChange, err error) (provision.Step, string, error) {
	return provision.Step{Org: &provision.OrgStep{Org: org, OrgChange: c}}, org, err
}

// mode also says whether groups are mapped: C-3 is a switch beside it.
func mode(_ *Scene, a *args) (provision.Step, string, error) {
	org, mode, on := a.word(), a.word(), a.flag("mappings")
	return changeOf(org, provision.OrgChange{Mode: &mode, GroupMappings: &on, Members: a.value("members")}, nil)
}

func mappings(_ *Scene, a *args) (provision.Step, string, error) {
	org, on := a.word(), a.word() == "on"
	return changeOf(org, provision.OrgChange{GroupMappings: &on}, nil)
}

func seats(_ *Scene, a *args) (provision.Step, string, error) {
	org := a.word()
	pools, err := a.numbers()
	return changeOf(org, provision.OrgChange{Seats: pools}, err)
}

func full(_ *Scene, a *args) (provision.Step, string, error) {
	org, policy := a.word(), a.word()
	return changeOf(org, provision.OrgChange{FullTier: &policy}, nil)
}

func guards(_ *Scene, a *args) (provision.Step, string, error) {
	org := a.word()
	count, err1 := optional(a, "count", strconv.Atoi)
	percent, err2 := optional(a, "percent", strconv.Atoi)
	window, _ := optional(a, "window", asIs)
	last, _ := optional(a, "last", asIs)
	c := provision.GuardsChange{Count: count, Percent: percent, Window: window, LastAdministrator: last}
	return changeOf(org, provision.OrgChange{Guards: &c}, errors.Join(err1, err2))
}

// change buys another plan.
func change(_ *Scene, a *args) (provision.Step, string, error) {
	org := a.word()
	plan, err := optional(a, "plan", asIs)
	return changeOf(org, provision.OrgChange{Plan: plan, Members: a.value("members")}, err)
}

func pause(on bool) step {
	return func(_ *Scene, a *args) (provision.Step, string, error) {
		return changeOf(a.word(), provision.OrgChange{Paused: &on}, nil)
	}
}

// addMapping maps a group, which need not have been pushed yet: the settings
// of a table stand before its directory.
func addMapping(s *Scene, a *args) (provision.Step, string, error) {
	in := provision.MappingInput{Org: a.word(), Claim: a.value("claim"), Role: a.value("role"), Tier: a.value("tier")}
	if in.Claim != "" {
		return provision.Step{AddMapping: &in}, in.Org, nil
	}
	d, name, err := s.place(a.word())
	if err != nil {
		return provision.Step{}, "", err
	}
	if _, known := s.ids[key(d, "@"+name)]; !known {
		if err := s.group(&args{words: []string{d.Name + "/" + name}}); err != nil {
			return provision.Step{}, "", err
		}
	}
	in.Group = s.ids[key(d, "@"+name)]
	return provision.Step{AddMapping: &in}, in.Org, nil
}

func removeMapping(s *Scene, a *args) (provision.Step, string, error) {
	ref := provision.MappingRef{Org: a.word()}
	d, name, err := s.place(a.word())
	if err != nil {
		return provision.Step{}, "", err
	}
	role, tier := a.value("role"), a.value("tier")
	err = s.view(func(r store.Reader) error {
		o, err := r.FindOrg(ref.Org)
		if err != nil {
			return err
		}
		g, err := r.Resource(d.Key, store.Group, s.ids[key(d, "@"+name)])
		if err != nil {
			return err
		}
		rows, err := r.Mappings(o.Parent, o.Key)
		for _, m := range rows {
			if m.Group == g.Key && m.Role == role && m.Tier == tier {
				ref.ID = m.ID
			}
		}
		return err
	})
	if err == nil && ref.ID == "" {
		err = fmt.Errorf("org %s has no such mapping", ref.Org)
	}
	return provision.Step{RemoveMapping: &ref}, ref.Org, err
}

func pin(s *Scene, a *args) (provision.Step, string, error) {
	in := provision.PinInput{
		MemberRef: provision.MemberRef{Org: a.word(), Person: a.word()}, Member: a.flag("member"),
		Email: a.value("email"), Role: a.value("role"), Tier: a.value("tier"), Why: a.value("why"),
	}
	expires, err := s.expiry(a)
	in.Expires = expires
	return provision.Step{Pin: &in}, in.Org, err
}

// expiry reads expires=24h, from now on.
func (s *Scene) expiry(a *args) (time.Time, error) {
	d, err := optional(a, "expires", time.ParseDuration)
	if d == nil || err != nil {
		return time.Time{}, err
	}
	return s.Clock.Now().Add(*d), nil
}

func unpin(_ *Scene, a *args) (provision.Step, string, error) {
	ref := provision.MemberRef{Org: a.word(), Person: a.word()}
	return provision.Step{Unpin: &ref}, ref.Org, nil
}

func detach(_ *Scene, a *args) (provision.Step, string, error) {
	in := provision.Detachment{DirectoryRef: provision.DirectoryRef{Directory: a.word()}, Members: a.value("members")}
	return provision.Step{Detach: &in}, "", nil
}

func attach(_ *Scene, a *args) (provision.Step, string, error) {
	return provision.Step{Attach: &provision.DirectoryRef{Directory: a.word()}}, "", nil
}

func (s *Scene) userRef(word string) (provision.UserRef, error) {
	d, name, err := s.place(word)
	if err != nil {
		return provision.UserRef{}, err
	}
	id, err := s.id(d, name)
	return provision.UserRef{DirectoryRef: provision.DirectoryRef{Directory: d.Name}, User: id}, err
}

func link(s *Scene, a *args) (provision.Step, string, error) {
	ref, err := s.userRef(a.word())
	return provision.Step{Link: &provision.UserLink{UserRef: ref, Person: a.word()}}, "", err
}

func unlink(s *Scene, a *args) (provision.Step, string, error) {
	ref, err := s.userRef(a.word())
	return provision.Step{Unlink: &ref}, "", err
}

func merge(_ *Scene, a *args) (provision.Step, string, error) {
	from, into := a.word(), ""
	if a.take("into") {
		into = a.word()
	}
	return provision.Step{Merge: &provision.Merger{From: from, Into: into}}, "", nil
}

func relink(_ *Scene, a *args) (provision.Step, string, error) {
	in := provision.Relinking{DirectoryRef: provision.DirectoryRef{Directory: a.word()}, From: a.value("from"), By: a.value("by")}
	return provision.Step{Relink: &in}, "", nil
}

func move(_ *Scene, a *args) (provision.Step, string, error) {
	in := provision.OrgMove{Org: a.word(), To: a.value("to"), Members: a.value("members")}
	return provision.Step{MoveOrg: &in}, in.Org, nil
}

// preview keeps a plan of one or more changes, and shows what it comes to.
func (s *Scene) preview(a *args) error {
	parts, line, err := a.parts("plan")
	if err != nil {
		return err
	}
	var in []provision.Step
	concerned := ""
	for _, part := range parts {
		verb := part.word()
		read, known := steps[verb]
		if !known {
			return fmt.Errorf("no such change of settings: %s", verb)
		}
		st, org, err := read(s, part)
		if err == nil {
			err = part.rest()
		}
		if err != nil {
			return err
		}
		if concerned == "" {
			concerned = org
		}
		in = append(in, st)
	}
	parent, err := s.parentOf(concerned)
	if err != nil {
		return err
	}
	if s.plan, err = s.Service.Preview(s.ctx(), parent, in, s.admin()); err != nil {
		return err
	}
	return s.showPlan(line)
}

// apply carries out the last plan, and holds it to what it has shown (P-2).
func (s *Scene) apply(*args) error {
	shown, err := s.planRows()
	if err != nil {
		return err
	}
	before, err := s.standings()
	if err != nil {
		return err
	}
	if _, err := s.ApplyPlan(s.ctx(), s.plan.ID, s.admin()); err != nil {
		return err
	}
	after, err := s.standings()
	if err != nil {
		return err
	}
	did, err := s.moved(before, after)
	if err != nil {
		return err
	}
	if want, got := strings.Join(shown, "\n"), strings.Join(did, "\n"); got != want {
		return fmt.Errorf("P-2: the plan has shown\n%s\nand did\n%s", want, got)
	}
	return nil
}

func (s *Scene) approvePlan(*args) error {
	_, err := s.ApprovePlan(s.ctx(), s.plan.ID, s.admin())
	return err
}
