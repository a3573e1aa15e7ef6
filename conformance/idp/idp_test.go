package idp_test

import (
	"reflect"
	"slices"
	"testing"

	"scimd/conformance/idp"
	"scimd/internal/testenv"
)

// config is a small life, in which each kind of change happens.
func config(url, token string) idp.Config {
	return idp.Config{URL: url, Token: token, Users: 30, Groups: 6, Churn: 80, Cycle: 20, Seed: 1}
}

func each(t *testing.T, test func(*testing.T, idp.Provider)) {
	t.Helper()
	for _, provider := range idp.Providers() {
		t.Run(provider.Name, func(t *testing.T) {
			t.Parallel()
			test(t, provider)
		})
	}
}

const (
	changes = 1000
	cycle   = 40
)

// Whatever happens in a tenant, after each cycle the directory is what the
// provider wants, and the members of the orgs follow from it (M-9).
func TestEveryProviderConverges(t *testing.T) {
	each(t, func(t *testing.T, provider idp.Provider) {
		env := testenv.Start(t)
		cfg := config(env.SCIM, env.Token)
		cfg.Users, cfg.Groups = 40, 8
		simulator, tenant := provider.Connect(cfg), provider.Tenant(cfg)
		if err := simulator.Test(t.Context()); err != nil {
			t.Fatal(err)
		}
		var was idp.State
		for done := 0; done <= changes; done += cycle {
			now := tenant.State()
			if err := simulator.Push(t.Context(), was, now); err != nil {
				t.Fatal(err)
			}
			differences, err := simulator.Converged(t.Context())
			if err != nil || len(differences) > 0 || len(simulator.Findings()) > 0 {
				t.Fatalf("after %d changes: got error %v, differences %q and findings %q, want none", done, err, differences, simulator.Findings())
			}
			was = now
			for range cycle {
				tenant.Change()
			}
		}
		env.MustVerify(t)
	})
}

// The column Strict is right in both directions.
func TestStrict(t *testing.T) {
	each(t, func(t *testing.T, provider idp.Provider) {
		env := testenv.Start(t)
		_, token := env.NewDirectory(t, "strict", "strict")
		report, err := provider.Connect(config(env.SCIM, token)).Run(t.Context())
		if fine := err == nil && len(report.Findings) == 0; fine != provider.Strict {
			t.Errorf("got error %v and findings %q, want strict %t because %s", err, report.Findings, provider.Strict, provider.Why)
		}
		env.MustVerify(t)
	})
}

// A second run finds the people and groups of the first, whatever became of
// them, and what a stranger made is left alone.
func TestRunTwice(t *testing.T) {
	each(t, func(t *testing.T, provider idp.Provider) {
		env := testenv.Start(t)
		cfg := config(env.SCIM, env.Token)
		cfg.Churn = 40
		first := run(t, provider, cfg)
		second := run(t, provider, cfg)
		other := cfg
		other.Seed = 2
		third := run(t, provider, other)
		for i, report := range []idp.Report{first, second, third} {
			if len(report.Findings) > 0 {
				t.Errorf("run %d: got findings %q, want none", i+1, report.Findings)
			}
		}
		if !reflect.DeepEqual(first.State, second.State) || reflect.DeepEqual(first.State, third.State) {
			t.Error("got other wishes from the same seed or the same from another, want the seed alone to decide")
		}
	})
}

func run(t *testing.T, provider idp.Provider, cfg idp.Config) idp.Report {
	t.Helper()
	report, err := provider.Connect(cfg).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// What a tenant lives through is what its provider can express, and all of it.
func TestKinds(t *testing.T) {
	everyone := []idp.Kind{idp.Join, idp.Leave, idp.Rehire, idp.Delete, idp.Return, idp.Rename, idp.Readdress}
	grouped := append(slices.Clone(everyone), idp.Move, idp.CreateGroup, idp.RenameGroup, idp.DeleteGroup)
	titled := append(slices.Clone(grouped), idp.Promote, idp.Transfer)
	managed := append(slices.Clone(titled), idp.NewManager)
	want := map[string][]idp.Kind{"google": everyone, "rippling": grouped, "entra": managed, "entra-flagged": managed, "generic": managed}
	for _, provider := range idp.Providers() {
		tenant := provider.Tenant(config("", ""))
		happened := map[idp.Kind]bool{}
		for range 2000 {
			change, ok := tenant.Change()
			if !ok || change.Who == "" {
				t.Fatalf("%s: got %v %t, want something to happen", provider.Name, change, ok)
			}
			happened[change.Kind] = true
		}
		kinds := want[provider.Name]
		if kinds == nil {
			kinds = titled
		}
		for _, kind := range kinds {
			if !happened[kind] {
				t.Errorf("%s: got no %s, want one", provider.Name, kind)
			}
			delete(happened, kind)
		}
		if len(happened) > 0 {
			t.Errorf("%s: got also %v, which it cannot express", provider.Name, happened)
		}
	}
}

func TestFirstGroups(t *testing.T) {
	okta, ok := idp.Find("okta")
	if !ok {
		t.Fatal("there is no okta")
	}
	var names []string
	for _, g := range okta.Tenant(config("", "")).State().Groups {
		names = append(names, g.Name)
	}
	if !slices.Equal(names[:4], []string{"eng", "admins", "billing", "team 01"}) {
		t.Errorf("got groups %v, want eng, admins, billing and then teams", names)
	}
	if _, ok := idp.Find("nobody"); ok {
		t.Error("found a provider nobody knows")
	}
}

// A tenant of nobody has nothing to send, and nothing happens in it.
func TestEmptyTenant(t *testing.T) {
	env := testenv.Start(t)
	cfg := config(env.SCIM, env.Token)
	cfg.Users, cfg.Groups = 0, 0
	okta, _ := idp.Find("okta")
	if report := run(t, okta, cfg); len(report.Findings) > 0 || len(report.State.People) > 0 {
		t.Errorf("got %+v, want nothing", report)
	}
}

func TestProgress(t *testing.T) {
	for _, name := range []string{"okta", "google"} { // google pushes no groups
		env := testenv.Start(t)
		cfg := config(env.SCIM, env.Token)
		var last, total int
		cfg.Progress = func(done, of int) {
			if done <= last || total > 0 && of != total {
				t.Errorf("%s: got progress %d of %d after %d of %d, want it to go on", name, done, of, last, total)
			}
			last, total = done, of
		}
		provider, _ := idp.Find(name)
		run(t, provider, cfg)
		if last != 30+6+80 || total != last {
			t.Errorf("%s: got progress %d of %d in the end, want 116 of 116", name, last, total)
		}
	}
}
