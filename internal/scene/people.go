package scene

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"scimd/provision"
	"scimd/store"
)

// verbs are the lines that are no change of settings.
var verbs map[string]func(*Scene, *args) error

func init() {
	verbs = map[string]func(*Scene, *args) error{
		"parent": (*Scene).parent, "directory": (*Scene).directory,
		"user": (*Scene).user, "group": (*Scene).group, "delete": (*Scene).remove, "rename": (*Scene).rename,
		"activate": activate(true), "deactivate": activate(false),
		"join": patchGroup(provision.AddMembers), "leave": patchGroup(provision.RemoveMembers),
		"add": (*Scene).add, "set": (*Scene).set, "remove": (*Scene).takeOut, "login": (*Scene).login,
		"approve": verdict(true), "reject": verdict(false), "sync": (*Scene).sync, "damage": (*Scene).damage,
		"erase": (*Scene).erase, "upkeep": (*Scene).upkeep, "wait": (*Scene).wait, "note": (*Scene).note,
		"plan": (*Scene).preview, "apply": (*Scene).apply, "second": (*Scene).approvePlan,
		"see": (*Scene).see, "explain": (*Scene).explain, "report": (*Scene).report,
	}
}

func (s *Scene) memberInput(a *args) (provision.MemberInput, error) {
	in := provision.MemberInput{
		Org: a.word(), Person: a.word(), Email: a.value("email"),
		Role: a.value("role"), Tier: a.value("tier"), Why: a.value("why"),
	}
	expires, err := s.expiry(a)
	in.Expires = expires
	return in, err
}

func (s *Scene) add(a *args) error {
	in, err := s.memberInput(a)
	if err != nil {
		return err
	}
	_, err = s.AddMember(s.ctx(), in, s.admin())
	return err
}

func (s *Scene) set(a *args) error {
	in, err := s.memberInput(a)
	if err != nil {
		return err
	}
	_, err = s.SetMember(s.ctx(), in, s.admin())
	return err
}

func (s *Scene) takeOut(a *args) error {
	return s.RemoveMember(s.ctx(), a.word(), a.word(), s.admin())
}

// login holds the answer to what the line says of it.
func (s *Scene) login(a *args) error {
	in := provision.LoginInput{Org: a.word(), Claims: provision.Claims{UserName: a.word()}}
	in.Email, in.Subject = a.value("email"), a.value("subject")
	groups, err := optional(a, "groups", list)
	if err != nil {
		return err
	}
	if groups != nil {
		in.Groups = *groups
	}
	if in.Assigned, err = optional(a, "assigned", strconv.ParseBool); err != nil {
		return err
	}
	answers, err := s.Login(s.tb.Context(), in, store.Cause{Actor: "application", Request: fmt.Sprintf("r%d", s.lines)})
	if err != nil {
		return err
	}
	got := string(answers[0].Reason)
	if answers[0].Place > 0 {
		got += fmt.Sprintf(", place %d", answers[0].Place)
	}
	if answers[0].Outside {
		got += ", outside"
	}
	if got != a.answer {
		return fmt.Errorf("got the answer %q, want %q", got, a.answer)
	}
	return nil
}

// verdict decides those whom guards hold: the people named, or all.
func verdict(approve bool) func(*Scene, *args) error {
	return func(s *Scene, a *args) error {
		v := provision.Verdict{Org: a.word(), Why: a.value("why"), Approve: approve}
		v.People = a.all()
		_, err := s.DecideHolds(s.ctx(), v, s.admin())
		return err
	}
}

func (s *Scene) sync(a *args) error {
	s.damaged = false
	report, err := s.Sync(s.tb.Context(), s.parents[0], a.word(), s.admin())
	if got := fmt.Sprintf("drifted %d, changed %d", report.Drifted, report.Changed); err == nil && got != a.answer {
		return fmt.Errorf("got %q, want %q", got, a.answer)
	}
	return err
}

// damage breaks what is stored behind the back of every rule, as a bug or a
// hand in the database would: damage acme-claude ann role=owner, or gone.
func (s *Scene) damage(a *args) error {
	s.damaged = true
	org, person := a.word(), a.word()
	role, gone := a.value("role"), a.flag("gone")
	return s.Store.Update(s.tb.Context(), func(_ context.Context, tx store.Tx) error {
		o, err := tx.FindOrg(org)
		if err != nil {
			return err
		}
		who, err := tx.FindAccount(o.Parent, person)
		if err != nil {
			return err
		}
		if gone {
			return tx.RemoveFromOrg(o.Parent, o.Key, who.Key)
		}
		m, err := tx.Member(o.Parent, o.Key, who.Key)
		if err != nil {
			return err
		}
		m.Role = role
		return tx.PutMembers(m)
	})
}

func (s *Scene) erase(a *args) error {
	_, err := s.Erase(s.ctx(), s.parents[0], a.word(), s.admin())
	return err
}

func (s *Scene) upkeep(*args) error { return s.Upkeep(s.tb.Context()) }

func (s *Scene) wait(a *args) error {
	d, err := time.ParseDuration(a.word())
	s.Clock.Advance(d)
	return err
}

// note gives this moment a name, for explain and report.
func (s *Scene) note(a *args) error {
	s.moments[a.word()] = s.Clock.Now()
	return nil
}

// see holds what a person is in an org, or how many are what, to what the line
// says of it.
func (s *Scene) see(a *args) error {
	org, person := a.word(), a.word()
	got, err := s.count(org)
	if person != "" {
		got, err = s.Standing(org, person)
	}
	if err == nil && got != a.answer {
		err = fmt.Errorf("got %q, want %q", got, a.answer)
	}
	return err
}

// Standing is what a person is in an org, "-" for no member.
func (s *Scene) Standing(org, person string) (text string, err error) {
	err = s.view(func(r store.Reader) error {
		o, err := r.FindOrg(org)
		if err != nil {
			return err
		}
		who, err := r.FindAccount(o.Parent, provision.Fold(person))
		if err != nil {
			return err
		}
		switch m, err := r.Member(o.Parent, o.Key, who.Key); {
		case err == nil:
			text = standing(&store.Standing{Role: m.Role, Tier: m.Tier, State: m.State, Want: m.Want})
		case errors.Is(err, store.ErrNotFound):
			text = standing(nil)
		default:
			return err
		}
		switch _, err := r.Pin(o.Parent, o.Key, who.Key); {
		case err == nil:
			text += ", pinned"
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		return nil
	})
	return text, err
}

// count says how many members of an org are in each state.
func (s *Scene) count(org string) (string, error) {
	states := map[string]int{}
	err := s.view(func(r store.Reader) error {
		o, err := r.FindOrg(org)
		if err != nil {
			return err
		}
		members, err := r.MembersOfOrg(o.Parent, o.Key, 0, 0)
		for _, m := range members {
			states[m.State]++
		}
		return err
	})
	var parts []string
	for _, state := range []string{provision.Active, provision.Held, provision.Waiting} {
		if n := states[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "nobody"), err
}
