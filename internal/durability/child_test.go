package durability

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"scimd/mapping"
	"scimd/provision"
	"scimd/scim"
	"scimd/scim/schema"
	"scimd/store"
	"scimd/store/postgres"
	"scimd/store/sqlite"
)

// These make this test binary the server that the tests kill, over a database
// of SQLite in a folder or over one of PostgreSQL.
const (
	folderVariable = "SCIMD_DURABILITY_FOLDER"
	dsnVariable    = "SCIMD_DURABILITY_DSN"
)

// secret is the token of every child, so that a restart needs no hand-over.
const secret = "durability-secret"

func TestMain(m *testing.M) {
	folder, dsn := os.Getenv(folderVariable), os.Getenv(dsnVariable)
	if folder != "" || dsn != "" {
		if err := serve(folder, dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serve answers until it is killed, or its parent is gone: nobody else would
// ever end it then.
func serve(folder, dsn string) error {
	ctx := context.Background()
	var st store.Store
	var err error
	if dsn != "" {
		st, err = postgres.Open(ctx, dsn)
	} else {
		st, err = sqlite.Open(ctx, filepath.Join(folder, "scimd.db"))
	}
	if err != nil {
		return err
	}
	s := &provision.Service{
		Store: st, Catalogue: mapping.Default(), Log: slog.New(slog.DiscardHandler), Now: time.Now,
		NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, Secret: rand.Text,
	}
	group, err := prepare(ctx, s)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(2)
	}()
	fmt.Println(listener.Addr(), group)
	return http.Serve(listener, routes(s))
}

func routes(s *provision.Service) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/scim/", &scim.Handler{
		Provision: s, Registry: func(string) *schema.Registry { return schema.Core() }, BasePath: "/scim/v2", Log: s.Log, NewID: s.NewID,
		PublicURL: func(r *http.Request) string { return "http://" + r.Host },
	})
	mux.HandleFunc("/audit", func(w http.ResponseWriter, r *http.Request) {
		a, err := audited(r.Context(), s)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(a) // the tests see a short answer
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		after, _ := strconv.ParseInt(r.FormValue("after"), 10, 64)
		var events []store.Event
		err := s.View(r.Context(), func(_ context.Context, tx store.Reader) error {
			p, err := tx.FindParent("acme")
			if err != nil {
				return err
			}
			events, err = tx.Events(p.Key, after, 100)
			return err
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(events)
	})
	return mux
}

// prepare sets the server up on its first start, and finds the one group that
// all write to on every start.
func prepare(ctx context.Context, s *provision.Service) (group string, err error) {
	err = s.View(ctx, func(_ context.Context, r store.Reader) error {
		d, err := r.FindDirectory("okta")
		if err != nil {
			return err
		}
		page, err := r.Find(store.Query{Directory: d.Key, Type: store.Group, Limit: 1})
		if err != nil {
			return err
		}
		if page.Total != 1 {
			return fmt.Errorf("got %d groups, want 1", page.Total)
		}
		group = page.Resources[0].ID
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return setUp(ctx, s)
	}
	return group, err
}

// setUp has a pool that is soon full, so that the line moves too.
func setUp(ctx context.Context, s *provision.Service) (group string, err error) {
	cause := store.Cause{Kind: "admin", Actor: "test"}
	if _, err := s.CreateParent(ctx, "acme", "enterprise", cause); err != nil {
		return "", err
	}
	d, err := s.CreateDirectory(ctx, "acme", "okta", "interop", cause)
	if err != nil {
		return "", err
	}
	if _, _, err := s.CreateToken(ctx, provision.TokenInput{Directory: "okta", Label: "test", Scope: store.ScopeSCIM, Secret: secret}, cause); err != nil {
		return "", err
	}
	org := provision.OrgInput{Parent: "acme", Name: "acme-claude", Product: "claude", Plan: "enterprise"}
	if _, err := s.CreateOrg(ctx, org, cause); err != nil {
		return "", err
	}
	mode, on := "scim", true
	change := provision.OrgChange{Mode: &mode, GroupMappings: &on, Seats: map[string]int{"premium": 5, "standard": 10}}
	if _, err := s.ChangeOrg(ctx, org.Name, change, cause); err != nil {
		return "", err
	}
	in := provision.GroupInput{DisplayName: "engineers", Document: []byte(`{"displayName":"engineers"}`)}
	g, err := s.CreateGroup(ctx, d, in, nil, provision.Policy{}, cause)
	if err != nil {
		return "", err
	}
	_, err = s.AddMapping(ctx, provision.MappingInput{Org: org.Name, Group: g.ID, Role: "user"}, cause)
	return g.ID, err
}

// audit is what a server says about itself.
type audit struct {
	Differences []provision.Difference
	Gaps        []int64 // event numbers that do not follow the one before
	Last, Found int64   // the highest number given out and of the last event
}

func audited(ctx context.Context, s *provision.Service) (a audit, err error) {
	if a.Differences, err = s.Verify(ctx, "acme"); err != nil {
		return a, err
	}
	err = s.View(ctx, func(_ context.Context, r store.Reader) error {
		p, err := r.FindParent("acme")
		if err != nil {
			return err
		}
		if a.Last, err = r.LastEvent(p.Key); err != nil {
			return err
		}
		events, err := r.Events(p.Key, 0, int(a.Last)+1)
		for _, e := range events {
			if e.Seq != a.Found+1 {
				a.Gaps = append(a.Gaps, e.Seq)
			}
			a.Found = e.Seq
		}
		return err
	})
	return a, err
}
