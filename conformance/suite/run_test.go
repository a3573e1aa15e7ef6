package suite

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestOutcomes(t *testing.T) {
	s := newServer(t)
	hooked := s.target()
	hooked.Hooks.Fault = func(context.Context) (func() error, error) { return nil, errors.New("no way in") }
	for _, tc := range []struct {
		name    string
		run     func(t *T)
		want    Outcome
		message string
	}{
		{"passed", func(t *T) { t.NewUser(nil) }, Passed, ""},
		{"errorf goes on", func(t *T) { t.Errorf("one"); t.Errorf("two") }, Failed, "one\ntwo"},
		{"fatalf ends", func(t *T) { t.Fatalf("one"); t.Errorf("two") }, Failed, "one"},
		{"not judged", func(t *T) { t.NotJudged("no way to tell") }, NotJudged, "no way to tell"},
		{"failed before not judged", func(t *T) { t.Errorf("one"); t.NotJudged("two") }, Failed, "one"},
		{"absent", func(t *T) { t.Gate(t.Config().Patch, nil) }, Absent, "patch"},
		{"a refusal that is wrong", func(t *T) {
			t.Gate(t.Config().Patch, func() { t.WantError(t.Get("/Users/none"), 501) })
		}, Failed, "want 501"},
		{"a gate that is open", func(t *T) { t.Gate(t.Config().Filter, nil); t.Errorf("went on") }, Failed, "went on"},
		{"a note is no verdict", func(t *T) { t.Notef("as it is") }, Passed, ""},
		{"panic", func(t *T) { panic("boom") }, Failed, "the case panicked: boom"},
		{"a fault of the case", func(*T) { _ = Rows()[1000] }, Failed, "run_test.go"},
		{"panic at the side", func(t *T) { t.Together(2, func(int) *Response { panic("boom") }) }, Failed, "boom"},
		{"fatalf at the side", func(t *T) {
			t.Together(2, func(int) *Response { return t.Want(t.Get("/Users/none"), 200) })
		}, Failed, "want 200"},
		{"variants", func(t *T) {
			t.Variant("first", func() { t.Fatalf("one") })
			t.Variant("second", func() { t.Errorf("two") })
		}, Failed, "first: one\nsecond: two"},
		{"one variant not judged", func(t *T) {
			t.Variant("first", func() { t.NotJudged("unknown") })
			t.Variant("second", func() {})
		}, NotJudged, "first: unknown"},
		{"no read-only client", func(t *T) { t.ReadOnly() }, NotJudged, "read-only"},
		{"no other tenant", func(t *T) { t.Other() }, NotJudged, "other tenant"},
		{"no subject", func(t *T) { t.Subject() }, NotJudged, "self-service"},
		{"no hook for tokens", func(t *T) { t.IssueToken(time.Second) }, NotJudged, "issues tokens"},
		{"no hook for files", func(t *T) { t.Files() }, NotJudged, "data files"},
		{"no hook for logs", func(t *T) { t.Logs() }, NotJudged, "logs"},
		{"a fault in company", func(t *T) { t.Fault() }, Failed, "not Alone"},
		{"no Widgets", func(t *T) { t.NewWidget(nil) }, NotJudged, WidgetSchema},
		{"no Gadgets", func(t *T) { t.NewGadget(nil) }, NotJudged, GadgetSchema},
		{"a schema that is not published", func(t *T) { t.Schema(UserSchema) }, Failed, UserSchema},
		{"a long wait", func(t *T) { t.Wait(time.Hour) }, NotJudged, "waiting"},
		{"another server", func(t *T) { t.Get("http://127.0.0.2:1/scim/v2/Users") }, NotJudged, "no credentials"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := run(t.Context(), hooked, Options{Limit: time.Second}, []Case{{Run: tc.run}})
			if err != nil {
				t.Fatal(err)
			}
			wantOutcome(t, r.Results[0], tc.want, tc.message)
		})
	}
	wantOutcome(t, judge(t, hooked, Case{Alone: true, Run: func(t *T) { t.Fault() }}), NotJudged, "no way in")
	wantOutcome(t, judge(t, s.target(), Case{}), NotJudged, "no case is written")
}

// A server that says yes to everything meets no requirement.
func TestNothingPassesOnAnEmptyServer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, M{}) }))
	defer s.Close()
	r, err := Run(t.Context(), Target{URL: s.URL, Token: "token"}, Options{Limit: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range r.Of(Passed) {
		t.Errorf("%s passes on a server that answers {} to everything: %s", result.Row.ID, result.Row.Sentence)
	}
}

func TestCleaningUp(t *testing.T) {
	s := newServer(t)
	target := s.target()
	target.OtherToken = "other-secret"
	for name, end := range map[string]func(t *T){
		"a pass":    func(*T) {},
		"a failure": func(t *T) { t.Fatalf("over") },
		"a panic":   func(*T) { panic("over") },
		"the limit": func(t *T) { <-t.ctx.Done() },
	} {
		s.deleted, s.n = nil, 0
		_, err := run(t.Context(), target, Options{Limit: time.Second}, []Case{{Run: func(t *T) {
			t.NewUser(nil)
			t.NewGroup(nil)
			t.Post("/Bulk", BulkRequest())
			t.Other().New("/Users", t.User(nil))
			gone := t.NewUser(nil)
			t.Want(t.Delete(gone.Path), 204)
			s.mu.Lock()
			s.deleted = nil
			s.mu.Unlock()
			end(t)
		}}})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"/Groups/2 by full-secret", "/Users/4 by other-secret", "/Users/3 by full-secret", "/Users/1 by full-secret"}
		if !slices.Equal(s.deleted, want) || len(s.stored) > 0 {
			t.Errorf("after %s: got %q deleted and %v left, want %q", name, s.deleted, s.stored, want)
		}
	}
}

func TestWhatIsLeftBehindIsNoted(t *testing.T) {
	s := newServer(t)
	s.answers["DELETE /Users/1"] = func(w http.ResponseWriter, _ *http.Request) { reply(w, 405, M{}) }
	got := judge(t, s.target(), Case{Run: func(t *T) { t.NewUser(nil) }})
	if got.Outcome != Passed || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "/Users/1 is left behind: DELETE got 405") {
		t.Errorf("got %+v, want a pass that notes the user left behind", got)
	}
}

func TestFaultIsUndoneBeforeCleaningUp(t *testing.T) {
	s := newServer(t)
	target := s.target()
	broken := atomic.Bool{}
	s.answers["DELETE /Users/1"] = func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			t.Error("got a DELETE while the storage is broken, want it mended first")
		}
		w.WriteHeader(204)
	}
	target.Hooks.Fault = func(context.Context) (func() error, error) {
		broken.Store(true)
		return func() error { broken.Store(false); return nil }, nil
	}
	got := judge(t, target, Case{Alone: true, Run: func(t *T) {
		t.NewUser(nil)
		t.Fault()
		t.Fatalf("over")
	}})
	wantOutcome(t, got, Failed, "over")
}

func TestAloneHasNoCompany(t *testing.T) {
	s := newServer(t)
	var running atomic.Int32
	company := func(t *T) {
		running.Add(1)
		t.Get("/Users")
		running.Add(-1)
	}
	cases := []Case{{Run: company}, {Alone: true, Run: func(t *T) { t.Equal(running.Add(0), 0, "others") }}, {Run: company}, {Run: company}}
	progress := 0
	r, err := run(t.Context(), s.target(), Options{Progress: func(done, total int) {
		if progress++; done != progress || total != len(cases) {
			t.Errorf("got progress %d of %d, want %d of %d", done, total, progress, len(cases))
		}
	}}, cases)
	if err != nil || r.Totals() != (Totals{Passed: 4}) || progress != 4 {
		t.Errorf("got %+v, %d steps (%v), want 4 passed", r, progress, err)
	}
}

func TestTimeLimit(t *testing.T) {
	s := newServer(t)
	s.answers["GET /Users/slow"] = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	r, err := run(t.Context(), s.target(), Options{Limit: 50 * time.Millisecond}, []Case{{Run: func(t *T) { t.Get("/Users/slow") }}})
	if err != nil {
		t.Fatal(err)
	}
	wantOutcome(t, r.Results[0], Failed, "time limit")
}

func TestAStoppedRunJudgesNothing(t *testing.T) {
	s := newServer(t)
	ctx, stop := context.WithCancel(t.Context())
	r, err := run(ctx, s.target(), Options{Parallel: 1}, []Case{
		{Run: func(t *T) {
			t.NewUser(nil)
			stop()
			t.Get("/Users")
		}},
		{Run: func(t *T) { t.Get("/Users") }},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range r.Results {
		wantOutcome(t, result, NotJudged, "stopped")
	}
	if len(s.stored) > 0 {
		t.Errorf("got %v left behind, want it deleted", s.stored)
	}
}

func TestNoServerToJudge(t *testing.T) {
	s := newServer(t)
	s.answers["GET /Users"] = func(w http.ResponseWriter, _ *http.Request) { reply(w, 401, M{}) }
	wrong := new(Error)
	if _, err := Run(t.Context(), s.target(), Options{}); !errors.As(err, &wrong) || wrong.Status != 401 {
		t.Errorf("got %v, want an Error with 401", err)
	}
	s.Close()
	if _, err := Run(t.Context(), s.target(), Options{}); !errors.As(err, &wrong) || wrong.Status != 0 || wrong.Err == nil {
		t.Errorf("got %v, want an Error that says why", err)
	}
}
