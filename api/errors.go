package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"scimd/declare"
	"scimd/idtoken"
	"scimd/provision"
	"scimd/store"
)

// Problem is the body of every error (RFC 9457), with the field at fault and
// the rule that was applied where there is one.
type Problem struct {
	huma.ErrorModel
	Field string `json:"field,omitempty"`
	Rule  string `json:"rule,omitempty"`

	retry string // Retry-After, in seconds
}

// GetHeaders is for huma, which sends them.
func (p *Problem) GetHeaders() http.Header {
	if p.retry == "" {
		return nil
	}
	return http.Header{"Retry-After": {p.retry}}
}

func newProblem(status int, detail string) *Problem {
	return &Problem{ErrorModel: huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}}
}

// problem turns an error into what a client may see of it. The text of an
// error that is nobody's refusal goes to the log only.
func (a *API) problem(ctx context.Context, err error) *Problem {
	var refusal *provision.Error
	var faults declare.Faults
	var token *idtoken.Error
	var long *store.TooLongError
	switch {
	case errors.As(err, &refusal):
		p := newProblem(status(refusal.Reason), refusal.Text)
		p.Field, p.Rule = refusal.Field, refusal.Rule
		return p
	case errors.As(err, &faults):
		return faulty(faults)
	case errors.As(err, &token):
		return a.tokenProblem(ctx, token)
	case errors.As(err, &long):
		p := newProblem(http.StatusUnprocessableEntity, long.Error())
		p.Field = long.Attribute
		return p
	case errors.Is(err, store.ErrBusy):
		p := newProblem(http.StatusServiceUnavailable, "too many writes are waiting; try again")
		p.retry = "1"
		return p
	case errors.Is(err, store.ErrUnavailable):
		c := cause(ctx)
		a.Log.ErrorContext(ctx, "api request failed", "request", c.Request, "operation", c.Detail, "error", err)
		p := newProblem(http.StatusServiceUnavailable, "the database cannot be used now; try again")
		p.retry = "1"
		return p
	case errors.Is(err, context.Canceled):
		return newProblem(http.StatusServiceUnavailable, "the request was given up")
	}
	c := cause(ctx)
	a.Log.ErrorContext(ctx, "api request failed", "request", c.Request, "operation", c.Detail, "error", err)
	return newProblem(http.StatusInternalServerError, "the server failed; its log has the reason under this request's id")
}

func status(r provision.Reason) int {
	switch r {
	case provision.NotFound:
		return http.StatusNotFound
	case provision.Taken, provision.NotEligible, provision.WrongMode, provision.SeatsInUse,
		provision.NeedsPlan, provision.Stale, provision.Unacknowledged, provision.Undecided:
		return http.StatusConflict
	case provision.Invalid:
		return http.StatusUnprocessableEntity
	case provision.Unauthorized:
		return http.StatusUnauthorized
	}
	panic(fmt.Sprintf("api: reason %d has no status", r))
}

// tokenProblem is about the ID token of a person: the caller's own key is good,
// so it is no 401.
func (a *API) tokenProblem(ctx context.Context, err *idtoken.Error) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, err.Text)
	switch err.Kind {
	case idtoken.Refused:
		p.Field = "idToken"
	case idtoken.GroupsElsewhere:
		p.Field = "groups"
		p.Detail += ": send them as groups beside the token"
	case idtoken.Misconfigured:
		p.Field = "login"
		p.Detail += ": change the login settings of the parent"
	case idtoken.Unavailable:
		p.Status, p.Title = http.StatusServiceUnavailable, http.StatusText(http.StatusServiceUnavailable)
		p.retry = "10" // no sooner is the provider asked again
		c := cause(ctx)
		a.Log.WarnContext(ctx, "identity provider unavailable", "request", c.Request, "error", errors.Unwrap(err))
	}
	return p
}

func invalid(field, text string) error {
	return &provision.Error{Reason: provision.Invalid, Field: field, Text: text}
}

// missing names what a read did not find.
func missing(err error, noun, name string) error {
	if errors.Is(err, store.ErrNotFound) {
		return &provision.Error{Reason: provision.NotFound, Field: noun, Text: fmt.Sprintf("%s %q does not exist", noun, name)}
	}
	return err
}

// write answers from a middleware, where huma does not do it.
func (a *API) write(ctx huma.Context, p *Problem) {
	ctx.SetHeader("Content-Type", "application/problem+json")
	if p.retry != "" {
		ctx.SetHeader("Retry-After", p.retry)
	}
	ctx.SetStatus(p.Status)
	if err := json.NewEncoder(ctx.BodyWriter()).Encode(p); err != nil {
		a.Log.DebugContext(ctx.Context(), "client went away", "error", err)
	}
}

// unrouted answers in JSON where the mux would say 404 or 405 in plain text.
func (a *API) unrouted(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	said := refusal{header: w.Header()}
	mux.ServeHTTP(&said, r)
	p := newProblem(said.status, fmt.Sprintf("there is no %s %s", r.Method, r.URL.Path))
	w.Header().Set("Content-Type", p.ContentType("application/json"))
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		a.Log.DebugContext(r.Context(), "client went away", "error", err)
	}
}

// refusal keeps the status and headers (Allow) of a response, not its text.
type refusal struct {
	header http.Header
	status int
}

func (r *refusal) Header() http.Header         { return r.header }
func (r *refusal) WriteHeader(status int)      { r.status = status }
func (r *refusal) Write(p []byte) (int, error) { return len(p), nil }
