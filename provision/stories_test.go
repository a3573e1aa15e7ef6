package provision_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimd/internal/scene"
)

// everyone gives names in order: "p1 p2 … pn".
func everyone(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("p%d", i+1)
	}
	return strings.Join(names, " ")
}

// each makes a line of every name.
func each(form, names string) string {
	var lines []string
	for _, name := range strings.Fields(names) {
		lines = append(lines, fmt.Sprintf(form, name))
	}
	return strings.Join(lines, "\n")
}

func wantText(t *testing.T, what, got string, want ...string) {
	t.Helper()
	for _, part := range want {
		if !strings.Contains(got, part) {
			t.Errorf("%s: got\n%s\nwant %q in it", what, got, part)
		}
	}
}

// P-1, P-4: mappings are saved while the groups are still empty, which would
// take everybody out.
func TestStoryMappingsBeforeAssigning(t *testing.T) {
	s := scene.New(t)
	all := everyone(40)
	s.Step(t, "forty people are in, some with a role by hand",
		"org acme-claude claude enterprise", "seats acme-claude standard=50 premium=5",
		each("user %s", all), "mode acme-claude scim",
		"set acme-claude p1 role=owner", "set acme-claude p2 role=admin",
		"see acme-claude -> 40 active")
	s.Step(t, "the administrator maps groups that nobody is assigned to yet",
		"group owners", "group staff",
		"map acme-claude owners role=owner", "map acme-claude staff role=user")
	s.Act(t, "the preview of the switch says that everyone would go, and that the guard would stop it", func(t *testing.T) {
		s.Do("plan mappings acme-claude on")
		wantText(t, "preview", s.Preview.String(), "0 in, 0 out", "40 held by mass_removal")
	})
	s.Step(t, "they apply it all the same: nobody goes, everybody is held, and keeps access",
		"apply", "see acme-claude -> 40 held", "login acme-claude p7 -> allowed",
		"see acme-claude p1 -> owner premium held", "see acme-claude p2 -> admin premium held")
	s.Step(t, "people are assigned: one after the other is what their groups give",
		"join owners p1", "see acme-claude p1 -> owner premium active",
		"join staff "+all, "see acme-claude -> 40 active",
		"see acme-claude p2 -> user premium active", "see acme-claude p40 -> user standard active")
	s.Act(t, "with people assigned first, the preview says that nobody goes", func(t *testing.T) {
		s.Do("mappings acme-claude off")
		s.Preview.Reset()
		s.Do("plan mappings acme-claude on", "apply", "see acme-claude -> 40 active")
		wantText(t, "preview", s.Preview.String(), "0 in, 0 out, 0 role, 0 tier, 0 waiting, 0 locked out\n")
	})
}

// P-5, P-6: owners take away the mapping that makes them owners.
func TestStoryMapsThemselfOut(t *testing.T) {
	s := scene.New(t)
	s.Step(t, "ann and bob own the org, each by a group of their own",
		"org acme-claude claude enterprise", "mode acme-claude scim mappings",
		"user ann", "user bob", "user cyd", "group founders ann", "group chiefs bob", "group staff ann bob cyd",
		"map acme-claude staff role=user", "map acme-claude founders role=owner", "map acme-claude chiefs role=owner")
	s.Act(t, "ann removes her own row, and is asked whether she means it", func(t *testing.T) {
		s.Do("as ann unmap acme-claude founders role=owner ! P-6",
			"as ann plan unmap acme-claude founders role=owner", "as ann apply ! P-6",
			"see acme-claude ann -> owner premium active")
		wantText(t, "preview", s.Preview.String(), "asks to acknowledge", "acme-claude ann: owner premium active → user premium active")
	})
	s.Step(t, "she does", "as ann knowing apply", "see acme-claude ann -> user premium active")
	s.SkipEvents()
	s.Act(t, "bob removes the last row: he loses nothing, as he is held, and an alarm goes out", func(t *testing.T) {
		s.Do("as bob unmap acme-claude chiefs role=owner", "see acme-claude bob -> owner premium held",
			"login acme-claude bob -> allowed", "sync -> drifted 0, changed 0")
		wantText(t, "events", s.Events(), "alarm.last_administrator acme-claude bob")
	})
	s.Step(t, "he makes cyd the owner, which lets him go: that he has to acknowledge",
		"group heirs cyd",
		"as bob map acme-claude heirs role=owner ! P-6",
		"as bob knowing map acme-claude heirs role=owner",
		"see acme-claude cyd -> owner premium active", "see acme-claude bob -> user premium active")
}

// S-3, S-4: on Monday morning there are fewer seats than people.
func TestStoryTooFewSeatsOnMonday(t *testing.T) {
	s := scene.New(t)
	s.Step(t, "sixty seats are bought of one tier, none of the other",
		"org acme-claude claude enterprise", "mode acme-claude scim mappings",
		"seats acme-claude standard=60 premium=0", "map acme-claude staff role=user", "group staff")
	all := strings.Fields(everyone(100))
	s.Step(t, "a hundred people are assigned in three waves, the last first",
		each("user %s", strings.Join(all, " ")),
		"join staff "+strings.Join(all[70:], " "),
		"join staff "+strings.Join(all[20:70], " "),
		"join staff "+strings.Join(all[:20], " "),
		"see acme-claude -> 60 active, 40 waiting")
	line := append(append([]string{}, all[50:70]...), all[:20]...) // by wave, then by account
	s.Step(t, "who logs in without a seat hears so, with their place",
		"login acme-claude p71 -> allowed", "login acme-claude p51 -> no_seat, place 1",
		"login acme-claude p1 -> no_seat, place 21", "login acme-claude p20 -> no_seat, place 40")
	s.Step(t, "somebody leaves, and the first in line comes in at once",
		"deactivate p71", "login acme-claude p51 -> allowed", "login acme-claude p52 -> no_seat, place 1",
		"activate p71", "login acme-claude p71 -> no_seat, place 40")
	line = append(line[1:], "p71")
	s.SkipEvents()
	s.Act(t, "ten seats are bought, then the rest: everyone is admitted in order", func(t *testing.T) {
		s.Do("seats acme-claude standard=70", "see acme-claude -> 70 active, 30 waiting",
			"login acme-claude "+line[9]+" -> allowed", "login acme-claude "+line[10]+" -> no_seat, place 1",
			"seats acme-claude standard=99", "see acme-claude -> 99 active, 1 waiting",
			"login acme-claude p71 -> no_seat, place 1",
			"seats acme-claude standard=100", "see acme-claude -> 100 active")
		var want []string
		for _, name := range line {
			want = append(want, "member.changed acme-claude "+name+": user waiting, in line for a seat → user standard active; seat: a seat came free and they were next in line (S-4)\n")
		}
		if got := s.Events(); got != strings.Join(want, "") {
			t.Errorf("got the events\n%swant\n%s", got, strings.Join(want, ""))
		}
	})
	s.Step(t, "and no seat can be given back while it is in use", "seats acme-claude standard=99 ! S-6")
}

// The identity provider pushes every forty minutes; a leaver logs in before.
func TestStoryLeaverBeforeTheNextCycle(t *testing.T) {
	s := scene.New(t)
	s.Step(t, "dana and erik work in an org on scim and in one on jit",
		"org acme-claude claude enterprise", "org acme-jit claude enterprise",
		"mode acme-claude scim", "mode acme-jit jit", "user dana", "user erik",
		"set acme-claude erik role=owner", "login acme-jit dana -> allowed", "login acme-jit erik -> allowed")
	s.Step(t, "dana leaves just after a cycle; the provider has not said so yet",
		"note leaving", "wait 10m", "see acme-claude dana -> user premium active")
	s.Step(t, "she logs in with a session that is still open: the scim org refuses, and keeps her listed",
		"login acme-claude dana assigned=false -> not_assigned", "see acme-claude dana -> user premium active")
	s.Step(t, "the jit org refuses and takes her out then and there",
		"see acme-jit dana -> user premium active",
		"login acme-jit dana assigned=false -> not_assigned", "see acme-jit dana -> -")
	s.Act(t, "the cycle comes, and she goes out of the scim org", func(t *testing.T) {
		s.Do("wait 30m", "deactivate dana", "see acme-claude dana -> -", "login acme-claude dana -> deactivated",
			"login acme-jit dana -> deactivated",
			"report acme-claude at=leaving", "explain acme-claude dana")
		wantText(t, "report", s.Access.String(), "dana: user premium active")
		wantText(t, "explanation", s.Explanation.String(), "scim (PATCH User dana active=false)")
	})
	s.Step(t, "she is hired again: the scim org has her at once, the jit org when she logs in",
		"activate dana", "see acme-claude dana -> user premium active",
		"see acme-jit dana -> -", "login acme-jit dana -> allowed")
}

// P-8: a customer buys another; its org moves to the parent of the buyer.
func TestStoryMergerOfTwoCustomers(t *testing.T) {
	for _, members := range []string{"keep", "remove"} {
		t.Run(members, func(t *testing.T) {
			s := scene.New(t)
			s.Step(t, "globex has an org of its own, with a full tier, a line, a pin and a hold",
				"parent globex plan=enterprise", "directory hr parent=globex",
				"org globex-claude claude enterprise parent=globex", "mode globex-claude scim mappings",
				"seats globex-claude premium=3 standard=0", "map globex-claude hr/lead role=owner", "map globex-claude hr/staff role=user",
				"user hr/ann", "user hr/bert email=bert@globex.example", "user hr/cleo", "user hr/dirk",
				"group hr/lead ann", "group hr/staff bert cleo dirk",
				`pin globex-claude bert role=admin why="runs the tools"`,
				"leave hr/lead ann",
				"see globex-claude ann -> owner premium held", "see globex-claude dirk -> user waiting, in line for a seat")
			s.Step(t, "acme knows ann by her name and bert by his e-mail",
				"user ann", "user b.jansen email=bert@globex.example", "org acme-claude claude enterprise", "mode acme-claude scim")
			s.Step(t, "somebody has to say what becomes of the members", "plan move globex-claude to=acme ! P-8", "move globex-claude to=acme ! P-8")
			s.SkipEvents()
			s.Act(t, "the plan shows it", func(t *testing.T) {
				s.Do("plan move globex-claude to=acme members=" + members)
				wantText(t, "preview", s.Preview.String(), "globex-claude ann: owner premium held → -", "globex-claude dirk: user waiting, in line for a seat → -")
				if members == "keep" {
					wantText(t, "preview", s.Preview.String(), "globex-claude ann: - → owner premium active", "globex-claude b.jansen: - → admin premium active", "globex-claude dirk: - → user waiting")
				}
			})
			s.Act(t, "and applying it does it, in both ledgers", func(t *testing.T) {
				s.Do("apply")
				wantText(t, "events", s.Events(), "org.joined globex-claude: parent=globex", "globex: org.left globex-claude: parent=acme",
					"globex: member.removed globex-claude bert")
			})
			if members == "remove" {
				s.Step(t, "the org arrives empty, by hand, and can be filled by acme's directory",
					"see globex-claude -> nobody", "mode globex-claude scim", "see globex-claude -> 2 active",
					"see globex-claude ann -> user premium active")
			} else {
				s.Step(t, "the org arrives with its people by hand, its seats and its line",
					"see globex-claude -> 3 active, 1 waiting",
					"see globex-claude ann -> owner premium active", "see globex-claude b.jansen -> admin premium active",
					"see globex-claude cleo -> user premium active", "login globex-claude dirk -> no_seat, place 1",
					"remove globex-claude cleo", "login globex-claude dirk -> allowed")
				s.Step(t, "put on scim there, those whom acme's directory knows are adopted with their roles",
					"mode globex-claude scim", "see globex-claude ann -> owner premium active",
					"see globex-claude b.jansen -> admin premium active", "see globex-claude dirk -> -")
			}
			s.Step(t, "what globex's directory says concerns the org no more",
				"user hr/fred", "join hr/staff fred", "delete hr/ann", "see globex-claude ann -> "+map[string]string{"keep": "owner", "remove": "user"}[members]+" premium active")
		})
	}
}

// P-8, I-1, I-2: a customer goes from Okta to Entra; the people are the same,
// and are called by other names.
func TestStoryAnotherIdentityProvider(t *testing.T) {
	s := scene.New(t)
	s.Step(t, "five people are in by Okta; one role is by hand, and so is one tier",
		"org acme-claude claude enterprise", "mode acme-claude scim mappings", "seats acme-claude premium=2 standard=3",
		"map acme-claude owners role=owner", "map acme-claude eng role=admin", "map acme-claude eng tier=standard",
		"user ann external=00u1", "user bob external=00u2 email=bob@acme.example", "user cyd external=E17", "user dan external=00u4", "user eve external=00u5",
		"group owners ann", "group eng bob cyd dan eve",
		`pin acme-claude cyd role=owner why="deputy of ann"`, `pin acme-claude bob tier=premium why="heavy user"`,
		"see acme-claude -> 5 active", "see acme-claude bob -> admin premium active, pinned",
		"see acme-claude cyd -> owner standard active, pinned")
	s.Step(t, "Entra is connected beside it: ann is known by her name, bob by his e-mail",
		"directory entra",
		"user entra/ann external=aad-1", "user entra/bob@corp.example email=BOB@acme.example external=aad-2",
		"user entra/cyd@corp.example external=E17", "user entra/eve external=aad-5",
		"map acme-claude entra/owners role=owner", "map acme-claude entra/eng role=admin", "map acme-claude entra/eng tier=standard",
		"group entra/owners ann", "group entra/eng bob@corp.example cyd@corp.example eve",
		"see acme-claude ann -> owner premium active", "see acme-claude bob@corp.example -> admin premium active, pinned")
	s.Step(t, "cyd has another name and no e-mail: a second person, who waits for a seat",
		"see acme-claude cyd@corp.example -> admin waiting, in line for a standard seat")
	s.Act(t, "both providers know the employee number, by which cyd is found", func(t *testing.T) {
		s.Do("plan relink entra from=okta by=externalId")
		wantText(t, "preview", s.Preview.String(), "0 in, 1 out, 0 role, 0 tier, 0 waiting, 0 locked out", "cyd@corp.example: admin waiting")
		s.SkipEvents()
		s.Do("apply", "see acme-claude cyd@corp.example -> owner standard active, pinned", "see acme-claude -> 5 active")
		wantText(t, "events", s.Events(), "directory.relinked entra: by=externalId doubtful=0 from=okta linked=1", "account.merged: from=cyd@corp.example into=cyd")
	})
	s.Act(t, "Okta is detached: only dan, who is in Okta alone, would go, so somebody has to say", func(t *testing.T) {
		s.Preview.Reset()
		s.Do("plan detach okta ! P-8", "plan detach okta members=remove")
		wantText(t, "preview", s.Preview.String(), "0 in, 1 out, 0 role, 0 tier, 0 waiting, 1 locked out", "acme-claude dan: admin standard active → -")
		s.Do("apply", "see acme-claude -> 4 active")
	})
	s.Step(t, "roles and pins are what they were",
		"see acme-claude ann -> owner premium active", "see acme-claude bob@corp.example -> admin premium active, pinned",
		"see acme-claude cyd@corp.example -> owner standard active, pinned", "see acme-claude eve -> admin standard active")
	s.Step(t, "what Okta still says is stored, and concerns nobody",
		"deactivate ann", "delete bob", "group eng", "delete @owners", "see acme-claude -> 4 active")
	s.Step(t, "a leaver of Entra leaves, by whatever way",
		"deactivate entra/eve", "see acme-claude eve -> -",
		"leave entra/eng cyd@corp.example", "see acme-claude cyd@corp.example -> -, pinned",
		"delete entra/bob@corp.example", "see acme-claude bob@corp.example -> -, pinned")
	s.Step(t, "and who comes back finds the pin", "join entra/eng cyd@corp.example", "see acme-claude cyd@corp.example -> owner standard active, pinned")
}

// P-4: a typo in a filter of the identity provider takes nine of ten thousand
// people out of its scope: once as nine thousand requests, once as one PATCH of
// the group that everyone is in.
func TestStoryFilterTypo(t *testing.T) {
	if testing.Short() {
		t.Skip("ten thousand people take minutes on a slow database: left to a run without -short")
	}
	s := scene.New(t)
	names := strings.Fields(everyone(10_000))
	lost := names[1000:]
	s.Act(t, "ten thousand people are in; some are more than users, by a group or by a pin", func(*testing.T) {
		s.Do("org acme-claude claude enterprise", "seats acme-claude premium=100 standard=10000",
			"map acme-claude staff role=user", "map acme-claude staff tier=standard",
			"map acme-claude owners role=owner", "map acme-claude heavy tier=premium")
		s.Crowd("staff", names)
		s.Do("join owners p1 p1002 p10000", "join heavy p5 p1003 p9999", "mode acme-claude scim mappings",
			`pin acme-claude p1001 role=admin why="runs the tools"`, `pin acme-claude p9998 role=admin tier=premium why="deputy"`,
			"see acme-claude -> 10000 active")
		s.SkipEvents()
	})
	before := s.Members()
	unharmed := func(t *testing.T) {
		t.Helper()
		if diff := cmp.Diff(before, s.Members()); diff != "" {
			t.Errorf("members, roles and pins (-before the accident +after):\n%s", diff)
		}
	}

	s.Act(t, "nine thousand are deactivated within minutes: a fifth goes, then the guard holds", func(t *testing.T) {
		s.Clock.Pace(10 * time.Millisecond)
		s.SetActive(false, lost[:2500])
		s.Do("see acme-claude -> 7500 active, 500 held")
		s.SetActiveTogether(false, lost[2500:]) // the rest by thousands, to spare time
		s.Clock.Pace(time.Second)
		s.Do("see acme-claude -> 1000 active, 7000 held", "see acme-claude p10000 -> owner standard held")
		events := s.Events()
		for part, want := range map[string]int{"alarm.mass_removal": 1, "member.removed": 2000, "member.changed": 7000} {
			if got := strings.Count(events, part); got != want {
				t.Errorf("got %d events %s, want %d", got, part, want)
			}
		}
	})
	s.Step(t, "who is held keeps access; who went before is refused",
		"login acme-claude p10000 -> allowed", "login acme-claude p1001 -> deactivated")
	s.Step(t, "a sync changes nothing: somebody has to decide", "sync acme-claude -> drifted 0, changed 0")
	s.Act(t, "the filter is mended, and everyone is as before, with roles and pins", func(t *testing.T) {
		s.SetActiveTogether(true, lost)
		s.Do("see acme-claude -> 10000 active", "see acme-claude p1002 -> owner standard active",
			"see acme-claude p1001 -> admin standard active, pinned", "see acme-claude p9998 -> admin premium active, pinned")
		unharmed(t)
	})
	s.Step(t, "the leaver of the next day leaves at once, and comes back later",
		"wait 24h", "deactivate p10000", "see acme-claude p10000 -> -", "activate p10000")

	s.SkipEvents()
	s.Act(t, "the same typo as one request that takes nine thousand out of the group: nobody goes", func(t *testing.T) {
		s.Do("wait 24h", "leave staff "+strings.Join(lost, " "), "see acme-claude -> 1004 active, 8996 held")
		if got := strings.Count(s.Events(), "alarm."); got != 1 {
			t.Errorf("got %d alarms, want one", got)
		}
	})
	s.Step(t, "who is in another mapped group is not even held", "see acme-claude p1002 -> owner standard active")
	s.Step(t, "an administrator rejects all of it: they stay, pinned",
		`reject acme-claude why="a typo in the filter"`, "see acme-claude -> 10000 active", "see acme-claude p5000 -> user standard active, pinned")
	s.Act(t, "the group is mended: the pins have done their work, and all is as before", func(t *testing.T) {
		s.Do("join staff " + strings.Join(lost, " "))
		unharmed(t)
	})
	s.Step(t, "who leaves tomorrow leaves", "wait 24h", "leave staff p5000", "see acme-claude p5000 -> -")
}
