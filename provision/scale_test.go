package provision_test

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

var (
	people = flag.Int("people", 2000, "people of BenchmarkScale")
	orgs   = flag.Int("orgs", 10, "orgs of BenchmarkScale")
)

// crowd is a parent with people in three groups, and orgs that map them.
type crowd struct {
	*provision.Service
	d store.Directory
}

// newCrowd loads the directory by the store, as a backup would: what it costs
// to push people one by one is measured elsewhere.
func newCrowd(b *testing.B) crowd {
	b.Helper()
	c := crowd{Service: testenv.NewService(b)}
	must(b, second(c.CreateParent(b.Context(), "acme", "enterprise", testenv.Admin)))
	var err error
	c.d, err = c.CreateDirectory(b.Context(), "acme", "okta", "", testenv.Admin)
	must(b, err)
	everyone := testenv.LoadPeople(b, c.Service, c.d, *people)
	testenv.LoadGroup(b, c.Service, c.d, "g0", everyone)
	testenv.LoadGroup(b, c.Service, c.d, "g1", nth(2, everyone))
	testenv.LoadGroup(b, c.Service, c.d, "g2", nth(100, everyone))
	for i := range *orgs {
		name := fmt.Sprintf("org%d", i)
		must(b, second(c.CreateOrg(b.Context(), provision.OrgInput{Parent: "acme", Name: name, Product: "claude", Plan: "enterprise"}, testenv.Admin)))
		for _, in := range []provision.MappingInput{{Group: "g0", Role: "user"}, {Group: "g1", Tier: "standard"}, {Group: "g2", Role: "owner"}, {Group: "g2", Tier: "premium"}} {
			in.Org = name
			must(b, second(c.AddMapping(b.Context(), in, testenv.Admin)))
		}
	}
	return c
}

// nth gives every nth of the people.
func nth(n int, people []testenv.Person) []testenv.Person {
	var out []testenv.Person
	for i := 0; i < len(people); i += n {
		out = append(out, people[i])
	}
	return out
}

func second[T any](_ T, err error) error { return err }

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// beside pushes as an IdP does while fn runs, and gives the longest wait.
func (c crowd) beside(b *testing.B, fn func()) time.Duration {
	b.Helper()
	name := "pushed " + c.NewID()
	u, err := c.CreateUser(b.Context(), c.d, provision.UserInput{UserName: name, Active: true, Document: []byte("{}")}, testenv.Admin)
	must(b, err)
	var worst atomic.Int64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			begin := time.Now()
			_, err := c.ChangeUser(context.Background(), c.d, u.ID, store.Cause{Kind: "scim"}, func(store.Resource) (provision.UserInput, error) {
				return provision.UserInput{UserName: name, Active: true, Document: fmt.Appendf(nil, `{"n":%d}`, n)}, nil
			})
			if err != nil {
				b.Error(err)
				return
			}
			worst.Store(max(worst.Load(), int64(time.Since(begin))))
		}
	}()
	fn()
	close(stop)
	<-done
	return time.Duration(worst.Load())
}

// measured reports time, the longest wait of a push beside it and the memory
// that the process needed at its peak.
func (c crowd) measured(b *testing.B, name string, fn func(b *testing.B)) {
	b.Run(name, func(b *testing.B) {
		runtime.GC() // once, whatever b.N: it takes seconds
		testenv.ResetPeak(b)
		wait := c.beside(b, func() { fn(b) })
		b.ReportMetric(float64(wait.Milliseconds()), "ms-push-waits")
		b.ReportMetric(float64(testenv.Peak(b)>>20), "MB-peak")
	})
}

// BenchmarkScale measures what an administrator does with everyone at once.
func BenchmarkScale(b *testing.B) {
	c := newCrowd(b)
	on, mode := true, "scim"
	c.measured(b, "switch one org to scim", func(b *testing.B) {
		must(b, second(c.ChangeOrg(b.Context(), "org0", provision.OrgChange{Mode: &mode, GroupMappings: &on}, testenv.Admin)))
	})
	for i := range *orgs {
		if i == 0 {
			continue
		}
		must(b, second(c.ChangeOrg(b.Context(), fmt.Sprintf("org%d", i), provision.OrgChange{Mode: &mode, GroupMappings: &on}, testenv.Admin)))
	}
	c.measured(b, "sync all, nothing to change", func(b *testing.B) {
		report, err := c.Sync(b.Context(), "acme", "", testenv.Admin)
		must(b, err)
		if report.Drifted != 0 {
			b.Fatalf("%+v drifted, want nobody", report)
		}
	})
	c.measured(b, "verify", func(b *testing.B) {
		differences, err := c.Verify(b.Context(), "acme")
		must(b, err)
		if len(differences) > 0 {
			b.Fatal(differences)
		}
	})
	c.measured(b, "preview, everyone changes in every org", func(b *testing.B) {
		var steps []provision.Step
		for i := range *orgs {
			steps = append(steps, provision.Step{AddMapping: &provision.MappingInput{Org: fmt.Sprintf("org%d", i), Group: "g0", Role: "admin"}})
		}
		plan, err := c.Preview(b.Context(), "acme", steps, testenv.Admin)
		must(b, err)
		if plan.State != store.PlanReady {
			b.Fatalf("got a plan that is %s, want it ready", plan.State)
		}
	})
}
