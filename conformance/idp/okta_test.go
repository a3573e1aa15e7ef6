package idp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"scimd/conformance/idp"
)

// fake is just enough of a SCIM server for Okta's dialect, with one fault at
// will so that the tests see the simulator notice it.
type fake struct {
	mu           sync.Mutex
	fault        string
	throttle     int // answers 429 this often first
	users        []*entry
	groups       []*entry
	patchedNames int
}

type entry struct {
	ID          string   `json:"id"`
	Schemas     []string `json:"schemas"`
	UserName    string   `json:"userName,omitempty"`
	DisplayName string   `json:"displayName,omitempty"`
	Active      bool     `json:"active"`
	Members     []member `json:"members"`
}

type member struct {
	Value string `json:"value"`
}

var (
	quoted   = regexp.MustCompile(`eq "([^"]*)"`)
	notFound = &entry{}
)

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.throttle > 0 {
		f.throttle--
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	collection, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	list := &f.users
	if collection == "Groups" {
		list = &f.groups
	}
	switch {
	case r.Method == "GET" && id == "":
		f.list(w, r, *list)
	case r.Method == "POST":
		one := &entry{ID: fmt.Sprintf("%s-%d", collection, len(*list))}
		_ = json.NewDecoder(r.Body).Decode(one)
		if f.fault == "lower-case userName" {
			one.UserName = strings.ToLower(one.UserName)
		}
		*list = append(*list, one)
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(one)
	case r.Method == "PATCH":
		f.patch(find(*list, id), r)
		w.WriteHeader(http.StatusNoContent)
	default:
		_ = json.NewEncoder(w).Encode(find(*list, id))
	}
}

// name is what a lookup compares.
func (e *entry) name() string {
	if e.UserName != "" {
		return e.UserName
	}
	return e.DisplayName
}

func find(list []*entry, id string) *entry {
	for _, one := range list {
		if one.ID == id {
			return one
		}
	}
	return notFound
}

func (f *fake) list(w http.ResponseWriter, r *http.Request, all []*entry) {
	start, count := 1, 100
	_, _ = fmt.Sscan(r.URL.Query().Get("startIndex"), &start)
	_, _ = fmt.Sscan(r.URL.Query().Get("count"), &count)
	if value := quoted.FindStringSubmatch(r.URL.Query().Get("filter")); value != nil {
		all = slices.DeleteFunc(slices.Clone(all), func(e *entry) bool {
			return !strings.EqualFold(e.name(), value[1]) || f.fault == "hides the inactive" && !e.Active && e.UserName != ""
		})
	}
	from := min(start-1, len(all))
	rows := all[from:min(from+count, len(all))]
	_ = json.NewEncoder(w).Encode(map[string]any{"totalResults": len(all), "startIndex": start, "itemsPerPage": len(rows), "Resources": rows})
}

func (f *fake) patch(one *entry, r *http.Request) {
	var message struct {
		Operations []struct {
			Op, Path string
			Value    json.RawMessage
		}
	}
	_ = json.NewDecoder(r.Body).Decode(&message)
	for _, op := range message.Operations {
		var members []member
		switch {
		case op.Path == "":
			id := one.ID
			_ = json.Unmarshal(op.Value, one)
			if one.ID != id {
				panic("the read-only id differs from the addressed one")
			}
			if one.UserName == "" {
				f.patchedNames++
			}
		case op.Op == "add":
			_ = json.Unmarshal(op.Value, &members)
			if f.fault == "loses a member" {
				members = members[:len(members)-1]
			}
			one.Members = append(one.Members, members...)
		case op.Op == "replace":
			_ = json.Unmarshal(op.Value, &one.Members)
		case op.Op == "remove":
			gone := quoted.FindStringSubmatch(op.Path)[1]
			one.Members = slices.DeleteFunc(one.Members, func(m member) bool { return m.Value == gone })
		}
	}
}

func push(t *testing.T, server *fake, seed uint64) idp.Report {
	t.Helper()
	listener := httptest.NewServer(server)
	defer listener.Close()
	var last, total int
	report, err := idp.Okta(idp.Config{
		URL: listener.URL, Token: "t", Users: 250, Groups: 5, Churn: 200, Seed: seed,
		Progress: func(done, of int) {
			if done != last+1 {
				t.Errorf("got progress %d after %d, want each step once", done, last)
			}
			last, total = done, of
		},
	}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if last != total || total != 250+5+200 {
		t.Errorf("got progress %d of %d, want 455 of 455", last, total)
	}
	return report
}

func TestPushAgainstGoodServer(t *testing.T) {
	server := &fake{throttle: 3}
	report := push(t, server, 7)
	if len(report.Findings) != 0 {
		t.Errorf("got findings %q, want none", report.Findings)
	}
	if report.Throttled != 3 || report.Requests < 1000 {
		t.Errorf("got %d requests of which %d throttled, want over 1000 and 3", report.Requests, report.Throttled)
	}
	if server.patchedNames < 100 {
		t.Errorf("got %d name operations, want one before each membership change", server.patchedNames)
	}
	wantMembers, inactive := map[string]int{}, 0
	for i, person := range report.People {
		if stored := server.users[slices.IndexFunc(server.users, func(e *entry) bool { return e.ID == person.ID })]; stored.UserName != person.UserName || stored.Active != person.Active {
			t.Errorf("got %+v stored, want %+v (person %d)", stored, person, i)
		}
		for _, g := range person.Groups {
			wantMembers[g]++
		}
		if !person.Active {
			inactive++
		}
	}
	if inactive == 0 {
		t.Error("got nobody inactive, want leavers in 200 events")
	}
	for i, name := range []string{"eng", "admins", "billing", "team 01", "team 02"} {
		got := server.groups[i]
		if got.DisplayName != name || len(got.Members) != wantMembers[name] || len(got.Members) == 0 {
			t.Errorf("got group %s with %d members, want %s with %d", got.DisplayName, len(got.Members), name, wantMembers[name])
		}
	}
}

// Who is created first depends on the connections, what is wanted does not.
func TestPushIsReproducible(t *testing.T) {
	first, again, other := push(t, &fake{}, 1), push(t, &fake{}, 1), push(t, &fake{}, 2)
	for _, report := range []idp.Report{first, again, other} {
		for i := range report.People {
			report.People[i].ID = ""
		}
	}
	if !reflect.DeepEqual(first.People, again.People) {
		t.Error("got two wanted states from one seed, want the same")
	}
	if reflect.DeepEqual(first.People, other.People) {
		t.Error("got the same wanted state from two seeds, want different ones")
	}
}

func TestPushTwiceLinks(t *testing.T) {
	server := &fake{}
	push(t, server, 3)
	if report := push(t, server, 3); len(report.Findings) != 0 || len(server.users) != 250 || len(server.groups) != 5 {
		t.Errorf("got %d users, %d groups and findings %q, want the first push linked", len(server.users), len(server.groups), report.Findings)
	}
}

func TestFaultsAreFound(t *testing.T) {
	for fault, want := range map[string]string{
		"lower-case userName": "with its case",
		"hides the inactive":  "lookup of the inactive",
		"loses a member":      "at the end",
	} {
		t.Run(fault, func(t *testing.T) {
			report := push(t, &fake{fault: fault}, 5)
			if !slices.ContainsFunc(report.Findings, func(s string) bool { return strings.Contains(s, want) }) {
				t.Errorf("got findings %q, want one holding %q", report.Findings, want)
			}
		})
	}
}

func TestThrottledWithoutSeconds(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", time.Now().Format(http.TimeFormat))
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	report, err := idp.Okta(idp.Config{URL: server.URL, Users: 1, Backoff: time.Microsecond}).Run(t.Context())
	if err == nil || report.Throttled != 10 {
		t.Errorf("got error %v after %d attempts, want one after 10", err, report.Throttled)
	}
}
