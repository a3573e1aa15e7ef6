package workos_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/scim"
	"scimd/scim/schema"
	"scimd/store"
	"scimd/workos"
)

const secret = "whsec_of_the_test_1"

// env is a server with both front doors.
type env struct {
	*provision.Service
	url string
}

func start(tb testing.TB) *env {
	tb.Helper()
	e := &env{Service: testenv.NewService(tb)}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	e.url = server.URL
	mux.Handle("/workos/", &workos.Handler{Provision: e.Service, BasePath: "/workos", Log: e.Log, NewID: e.NewID})
	mux.Handle("/scim/v2/", &scim.Handler{
		Provision: e.Service, Registry: func(string) *schema.Registry { return schema.Core() }, BasePath: "/scim/v2",
		PublicURL: func(*http.Request) string { return server.URL }, Log: e.Log, NewID: e.NewID,
	})
	return e
}

// fed is a directory that WorkOS feeds, under a parent of its own.
type fed struct {
	*env
	dir  store.Directory
	home string // WorkOS's id of it
}

func (e *env) feed(tb testing.TB, name string) *fed {
	tb.Helper()
	return e.feedFrom(tb, name, "directory_"+name)
}

func (e *env) feedFrom(tb testing.TB, name, home string) *fed {
	tb.Helper()
	if _, err := e.CreateParent(tb.Context(), name, "enterprise", testenv.Admin); err != nil {
		tb.Fatal(err)
	}
	f := &fed{env: e, home: home}
	var err error
	f.dir, _, err = e.CreateWorkOSDirectory(tb.Context(), provision.WorkOSInput{
		Parent: name, Name: name, Directory: f.home, Secret: secret,
	}, testenv.Admin)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func signature(secret string, at time.Time, body string) string {
	stamp := fmt.Sprint(at.UnixMilli())
	return "t=" + stamp + ", " + signatureOf(secret, stamp+"."+body)
}

func signatureOf(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// post sends a delivery; no header is sent for "".
func (f *fed) post(tb testing.TB, body, header string) (int, string) {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, f.url+"/workos/"+f.dir.Name, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	if header != "" {
		r.Header.Set("WorkOS-Signature", header)
	}
	return do(tb, r)
}

func do(tb testing.TB, r *http.Request) (int, string) {
	tb.Helper()
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return w.StatusCode, string(b)
}

// deliver signs and sends an event, and gives the status and the outcome.
func (f *fed) deliver(tb testing.TB, e any) (status int, outcome string) {
	tb.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		tb.Fatal(err)
	}
	status, answer := f.post(tb, string(body), signature(secret, f.Now(), string(body)))
	var got struct {
		Outcome string `json:"outcome"`
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		tb.Fatalf("%v: %s", err, answer)
	}
	return status, got.Outcome
}

type object = map[string]any

// at is the n-th moment of a history.
func at(n int) string {
	return time.Date(2025, 12, 1, 0, 0, n, 0, time.UTC).Format("2006-01-02T15:04:05.000Z")
}

// event is the n-th of a history.
func event(n int, typ string, data object) object {
	return object{"id": fmt.Sprintf("event_%06d", n), "event": typ, "created_at": at(n), "data": data, "context": object{}}
}

func (f *fed) user(n int, id, mail string, more object) object {
	u := object{
		"object": "directory_user", "id": "directory_user_" + id, "directory_id": f.home, "idp_id": "idp-" + id,
		"email": mail, "state": "active", "updated_at": at(n),
	}
	maps.Copy(u, more)
	return u
}

func (f *fed) group(n int, id, name string) object {
	return object{
		"object": "directory_group", "id": "directory_group_" + id, "directory_id": f.home, "idp_id": "idp-" + id,
		"name": name, "updated_at": at(n),
	}
}

func (f *fed) pair(user, group object) object {
	return object{"directory_id": f.home, "user": user, "group": group}
}

// state is a directory as people see it, without the ids of scimd.
type state struct {
	Users   map[string]string   // by externalId: the document
	Groups  map[string]string   // likewise
	Members map[string][]string // by the group's externalId: the users'
	Org     map[string]string   // userName → role and state, in the org of the name of the directory
}

func (f *fed) state(tb testing.TB) state {
	tb.Helper()
	s := state{map[string]string{}, map[string]string{}, map[string][]string{}, map[string]string{}}
	err := f.View(tb.Context(), func(_ context.Context, r store.Reader) error {
		for typ, into := range map[store.ResourceType]map[string]string{store.User: s.Users, store.Group: s.Groups} {
			page, err := r.Find(store.Query{Directory: f.dir.Key, Type: typ, Limit: 1000})
			if err != nil {
				return err
			}
			for _, x := range page.Resources {
				into[x.ExternalID] = string(x.Document)
				if typ == store.Group {
					if s.Members[x.ExternalID], err = externalMembers(r, x); err != nil {
						return err
					}
				}
			}
		}
		return s.readOrg(r, f.dir.Name)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func externalMembers(r store.Reader, group store.Resource) ([]string, error) {
	out := []string{}
	var keys []int64
	err := r.Members(group.Directory, group.Key, func(ref store.Reference) bool { keys = append(keys, ref.Key); return true })
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		u, err := r.ResourceByKey(group.Directory, key)
		if err != nil {
			return nil, err
		}
		out = append(out, u.ExternalID)
	}
	slices.Sort(out)
	return out, nil
}

func (s state) readOrg(r store.Reader, name string) error {
	o, err := r.FindOrg(name)
	if err != nil {
		return nil //nolint:nilerr // most tests have no org
	}
	members, err := r.MembersOfOrg(o.Parent, o.Key, 0, 0)
	if err != nil {
		return err
	}
	for _, m := range members {
		a, err := r.Account(m.Parent, m.Account)
		if err != nil {
			return err
		}
		s.Org[a.UserName] = m.Role + " " + m.State
	}
	return nil
}

// org makes an org on scim under the directory's parent.
func (f *fed) org(tb testing.TB, mappings bool) {
	tb.Helper()
	name, mode := f.dir.Name, "scim"
	if _, err := f.CreateOrg(tb.Context(), provision.OrgInput{Parent: name, Name: name, Product: "claude", Plan: "enterprise"}, testenv.Admin); err != nil {
		tb.Fatal(err)
	}
	if _, err := f.ChangeOrg(tb.Context(), name, provision.OrgChange{Mode: &mode, GroupMappings: &mappings}, testenv.Admin); err != nil {
		tb.Fatal(err)
	}
}

// read asks SCIM with a token for reading.
func (f *fed) read(tb testing.TB, path string) object {
	tb.Helper()
	_, token, err := f.CreateToken(tb.Context(), provision.TokenInput{Directory: f.dir.Name, Label: "test", Scope: store.ScopeSCIMRead}, testenv.Admin)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, f.url+"/scim/v2"+path, http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	status, body := do(tb, r)
	var o object
	if err := json.NewDecoder(bytes.NewReader([]byte(body))).Decode(&o); err != nil || status != http.StatusOK {
		tb.Fatalf("%s: %d %s, %v", path, status, body, err)
	}
	return o
}

// deliveries are outcomes with their reasons, oldest first.
func (f *fed) deliveries(tb testing.TB) (out []store.Delivery) {
	tb.Helper()
	err := f.View(tb.Context(), func(_ context.Context, r store.Reader) (err error) {
		out, err = r.Deliveries(f.dir.Key, 0, 10000)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	slices.SortFunc(out, func(a, b store.Delivery) int { return cmp.Compare(a.Seq, b.Seq) })
	return out
}

func inView(fn func(store.Reader) error) func(context.Context, store.Reader) error {
	return func(_ context.Context, r store.Reader) error { return fn(r) }
}

func inUpdate(fn func(store.Tx) error) func(context.Context, store.Tx) error {
	return func(_ context.Context, tx store.Tx) error { return fn(tx) }
}
