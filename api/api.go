// Package api is the JSON API for administrators and for the application: it
// owns the routes under /api/v1, their bodies and their errors. It must not
// know the rules, which are provision's, nor that SCIM exists.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"scimd/event"
	"scimd/idtoken"
	"scimd/provision"
	"scimd/store"
)

// BasePath is where the API lives; its description is at openapi.json below.
const BasePath = "/api/v1"

// API serves the use cases to those who hold an administrator key.
type API struct {
	Provision *provision.Service
	Feed      *event.Feed
	Verifier  *idtoken.Verifier // of the ID tokens of logins
	Log       *slog.Logger
	NewID     func() string // of a request

	huma huma.API
}

// Handler routes everything below BasePath.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("scimd", "1")
	config.Info.Description = "Parents, organizations, directories and members of scimd, plans of changes, logins, and the feed of what changed."
	// A body is what the type says: no $schema member, and no pages that load
	// scripts from elsewhere.
	config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", nil
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"adminKey": {Type: "http", Scheme: "bearer", Description: "an administrator key"},
	}
	config.Security = []map[string][]string{{"adminKey": {}}}
	a.huma = humago.NewWithPrefix(mux, BasePath, config)
	a.huma.UseMiddleware(a.authenticate)
	a.routes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			a.unrouted(w, r, mux)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (a *API) routes() {
	a.parents()
	a.plans()
	a.declarations()
	a.people()
	a.orgs()
	a.members()
	a.pins()
	a.holds()
	a.logins()
	a.access()
	a.mappings()
	a.directories()
	a.deliveries()
	a.tokens()
	a.events()
}

type causeKey struct{}

// authenticate lets administrators through and notes who asks, as the cause of
// whatever changes (T-2), and what they know of it (P-6). huma describes itself
// outside of it.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	request := a.NewID()
	ctx.SetHeader("X-Request-Id", request)
	scheme, secret, _ := strings.Cut(ctx.Header("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		secret = ""
	}
	token, _, err := a.Provision.Authenticate(ctx.Context(), strings.TrimSpace(secret), store.ScopeAdmin)
	if err != nil {
		problem := a.problem(ctx.Context(), err)
		if problem.Status == http.StatusUnauthorized {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="scimd"`)
		}
		a.write(ctx, problem)
		return
	}
	actor, known, err := asked(ctx)
	if err != nil {
		a.write(ctx, a.problem(ctx.Context(), err))
		return
	}
	if known {
		ctx = huma.WithContext(ctx, provision.Acknowledge(ctx.Context()))
	}
	next(huma.WithValue(ctx, causeKey{}, store.Cause{
		Kind:    provision.ByAdmin,
		Actor:   cmp.Or(actor, token.Label, token.ID),
		Request: request,
		Detail:  ctx.Operation().Summary,
	}))
}

// ActorHeader names the administrator for whom the application acts. It is
// folded: two spellings of a name are not two administrators (P-1).
const ActorHeader = "Scimd-Actor"

// longestActor is more than any e-mail has.
const longestActor = 320

// onChange describes what authenticate reads of every request that changes
// something.
func onChange() []*huma.Param {
	return []*huma.Param{
		{
			Name: ActorHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "The administrator for whom this is done, by account id, userName or e-mail: in history, in pins, and as the one who makes or approves a plan. Absent: the key's label.",
		},
		{
			Name: "acknowledge", In: "query", Schema: &huma.Schema{Type: huma.TypeBoolean},
			Description: "That administrator knows that they may lose their own administrative role (P-6).",
		},
	}
}

// asked tells for whom a request is made, and whether they know what they lose.
func asked(ctx huma.Context) (actor string, known bool, err error) {
	actor = provision.Fold(strings.TrimSpace(ctx.Header(ActorHeader)))
	if len(actor) > longestActor || !utf8.ValidString(actor) || strings.ContainsFunc(actor, unicode.IsControl) {
		return "", false, &provision.Error{Reason: provision.Invalid, Field: ActorHeader, Text: ActorHeader + " is not the name of an administrator"}
	}
	text := ctx.Query("acknowledge")
	if text == "" {
		return actor, false, nil
	}
	if known, err = strconv.ParseBool(text); err != nil {
		err = &provision.Error{Reason: provision.Invalid, Field: "acknowledge", Text: "acknowledge is true or false"}
	}
	return actor, known, err
}

func cause(ctx context.Context) store.Cause {
	c, _ := ctx.Value(causeKey{}).(store.Cause)
	return c
}

type reply[T any] struct{ Body T }

// list is the body of every answer that has many of something.
type list[T any] struct {
	Items []T `json:"items"`
}

func listOf[R, T any](rows []R, view func(R) T) list[T] {
	items := make([]T, len(rows))
	for i, row := range rows {
		items[i] = view(row)
	}
	return list[T]{items}
}

// read routes a GET.
func read[I, T any](a *API, path, summary string, fn func(context.Context, *I) (T, error)) {
	route(a, http.MethodGet, http.StatusOK, path, summary, fn)
}

// act routes a POST that makes nothing of its own.
func act[I, T any](a *API, path, summary string, fn func(context.Context, *I) (T, error)) {
	route(a, http.MethodPost, http.StatusOK, path, summary, fn)
}

// create routes a POST that makes what it answers.
func create[I, T any](a *API, path, summary string, fn func(context.Context, *I) (T, error)) {
	route(a, http.MethodPost, http.StatusCreated, path, summary, fn)
}

// change routes a PATCH.
func change[I, T any](a *API, path, summary string, fn func(context.Context, *I) (T, error)) {
	route(a, http.MethodPatch, http.StatusOK, path, summary, fn)
}

// remove routes a DELETE, which answers nothing.
func remove[I any](a *API, path, summary string, fn func(context.Context, *I) error) {
	huma.Register(a.huma, operation(http.MethodDelete, http.StatusNoContent, path, summary),
		func(ctx context.Context, in *I) (*struct{}, error) {
			if err := fn(ctx, in); err != nil {
				return nil, a.problem(ctx, err)
			}
			return nil, nil
		})
}

func route[I, T any](a *API, method string, status int, path, summary string, fn func(context.Context, *I) (T, error)) {
	huma.Register(a.huma, operation(method, status, path, summary),
		func(ctx context.Context, in *I) (*reply[T], error) {
			body, err := fn(ctx, in)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return &reply[T]{body}, nil
		})
}

func operation(method string, status int, path, summary string) huma.Operation {
	var parameters []*huma.Param
	if method != http.MethodGet {
		parameters = onChange()
	}
	return huma.Operation{
		Parameters:    parameters,
		OperationID:   strings.ReplaceAll(summary, " ", "-"),
		Method:        method,
		Path:          path,
		Summary:       summary,
		DefaultStatus: status,
		Tags:          []string{strings.Split(path, "/")[1]},
	}
}

// view runs a read of the store.
func (a *API) view(ctx context.Context, fn func(store.Reader) error) error {
	return a.Provision.View(ctx, func(_ context.Context, r store.Reader) error { return fn(r) })
}
