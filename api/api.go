// Package api is the JSON API for administrators and for the application: it
// owns the routes under /api/v1, their bodies and their errors. It must not
// know the rules, which are provision's, nor that SCIM exists.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"scimd/event"
	"scimd/provision"
	"scimd/store"
)

// BasePath is where the API lives; its description is at openapi.json below.
const BasePath = "/api/v1"

// API serves the use cases to those who hold an administrator key.
type API struct {
	Provision *provision.Service
	Feed      *event.Feed
	Log       *slog.Logger
	NewID     func() string // of a request

	huma huma.API
}

// Handler routes everything below BasePath.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("scimd", "1")
	config.Info.Description = "Parents, organizations, directories and members of scimd, and the feed of what changed."
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
	a.orgs()
	a.members()
	a.mappings()
	a.directories()
	a.deliveries()
	a.tokens()
	a.events()
}

type causeKey struct{}

// authenticate lets administrators through and notes who asks, as the cause of
// whatever changes (T-2). huma describes itself outside of it.
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
	next(huma.WithValue(ctx, causeKey{}, store.Cause{
		Kind:    "admin",
		Actor:   cmp.Or(token.Label, token.ID),
		Request: request,
		Detail:  ctx.Operation().Summary,
	}))
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
	return huma.Operation{
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
