package suite

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Resource is a resource of the case's own, as the 201 showed it.
type Resource struct {
	*Response
	ID   string
	Path string // "/Users/2819c223"
}

// User is a valid body with a unique userName and the overrides; Omit leaves
// one out, and an extension's URN joins schemas by itself.
func (t *T) User(overrides M) M {
	return merge(M{"schemas": []string{UserSchema}, "userName": t.Unique("user")}, overrides)
}

// Group is a valid body with a unique displayName and the overrides.
func (t *T) Group(overrides M) M {
	return merge(M{"schemas": []string{GroupSchema}, "displayName": t.Unique("group")}, overrides)
}

// Widget is a valid body with a unique code and the overrides. The case is not
// judged where the server has no Widgets.
func (t *T) Widget(overrides M) M { return t.sample(t.TypeOf(WidgetSchema), overrides) }

// Gadget is a valid body, required extension included, with the overrides. The
// case is not judged where the server has no Gadgets.
func (t *T) Gadget(overrides M) M { return t.sample(t.TypeOf(GadgetSchema), overrides) }

// Widgets is the endpoint of the Widgets.
func (t *T) Widgets() string { return t.TypeOf(WidgetSchema).Endpoint }

// Gadgets is the endpoint of the Gadgets.
func (t *T) Gadgets() string { return t.TypeOf(GadgetSchema).Endpoint }

// NewUser creates User(overrides), or ends the case.
func (t *T) NewUser(overrides M) *Resource { return t.Full.New("/Users", t.User(overrides)) }

// NewGroup creates Group(overrides), or ends the case.
func (t *T) NewGroup(overrides M) *Resource { return t.Full.New("/Groups", t.Group(overrides)) }

// NewWidget creates Widget(overrides), or ends the case.
func (t *T) NewWidget(overrides M) *Resource { return t.Full.New(t.Widgets(), t.Widget(overrides)) }

// NewGadget creates Gadget(overrides), or ends the case.
func (t *T) NewGadget(overrides M) *Resource { return t.Full.New(t.Gadgets(), t.Gadget(overrides)) }

// New creates a resource at the endpoint, which may have a query, as this
// client, or ends the case: t.Other().New("/Users", t.User(nil)).
func (c *Client) New(endpoint string, body any) *Resource {
	r := c.t.Want(c.Post(endpoint, body), http.StatusCreated)
	id := r.String("id")
	if id == "" {
		c.t.Fatalf("%s: got %s, want a resource with an id", r.Request, r.summary())
	}
	endpoint, _, _ = strings.Cut(endpoint, "?")
	return &Resource{Response: r, ID: id, Path: endpoint + "/" + url.PathEscape(id)}
}

// Reload is the resource as a GET shows it now, or the end of the case.
func (t *T) Reload(r *Resource) *Response { return t.Want(t.Get(r.Path), http.StatusOK) }

// Change patches the resource, wants 200 or 204, and returns what a GET shows
// then.
func (t *T) Change(r *Resource, operations ...M) *Response {
	t.Want(t.Patch(r.Path, PatchOp(operations...)), http.StatusOK, http.StatusNoContent)
	return t.Reload(r)
}

// sample is a body with a value for whatever the type's schemas require.
func (t *T) sample(rt ResourceType, overrides M) M {
	body := t.required(t.Schema(rt.Schema).List("attributes"))
	body["schemas"] = []string{rt.Schema}
	for _, extension := range rt.Extensions {
		if extension.Required {
			body = merge(body, M{extension.Schema: t.required(t.Schema(extension.Schema).List("attributes"))})
		}
	}
	return merge(body, overrides)
}

func (t *T) required(definitions []Doc) M {
	values := M{}
	for _, d := range definitions {
		if d.Bool("required") && d.String("mutability") != "readOnly" {
			values[d.String("name")] = t.sampleValue(d)
		}
	}
	return values
}

func (t *T) sampleValue(definition Doc) (value any) {
	switch definition.String("type") {
	case "boolean":
		value = true
	case "integer", "decimal":
		value = json.Number("1")
	case "dateTime":
		value = "2008-01-23T04:56:22Z"
	case "binary":
		value = "AQI="
	case "reference":
		value = "https://example.com/" + t.Unique("link")
	case "complex":
		value = t.required(definition.List("subAttributes"))
	default:
		value = t.Unique(definition.String("name"))
	}
	if definition.Bool("multiValued") {
		return []any{value}
	}
	return value
}

// created is a resource that the end of the case deletes. Its URLs are the
// places the server may have put it.
type created struct {
	as    *Client
	urls  []string
	group bool
}

// remember notes what an answer says was created, alone or in bulk.
func (t *T) remember(r Request, answer *Response) {
	as := t.Full
	if r.As.name == clientOther {
		as = r.As
	}
	var found []created
	if r.Method == http.MethodPost && answer.Status/100 == 2 || answer.Status == http.StatusCreated {
		c := created{as: as, group: answer.String("meta.resourceType") == "Group" || strings.Contains(r.Path, "/Groups")}
		c.add(answer.Header.Get("Location"), answer.String("meta.location"))
		if id := answer.String("id"); id != "" {
			endpoint, _, _ := strings.Cut(r.Path, "?")
			c.add(endpoint + "/" + url.PathEscape(id))
		}
		found = append(found, c)
	}
	for _, operation := range answer.List("Operations") {
		if operation.String("method") == http.MethodPost && operation.String("location") != "" {
			c := created{as: as, group: strings.Contains(operation.String("location"), "/Groups/")}
			c.add(operation.String("location"))
			found = append(found, c)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range found {
		if len(c.urls) > 0 {
			t.created = append(t.created, c)
		}
	}
}

func (c *created) add(urls ...string) {
	for _, u := range urls {
		if u != "" {
			c.urls = append(c.urls, u)
		}
	}
}

const cleanupLimit = 30 * time.Second

// cleanUp undoes faults and deletes what the case created, groups first, the
// latest first, even if the case ran out of time.
func (t *T) cleanUp() {
	for _, undo := range t.undo {
		undo()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), cleanupLimit)
	defer cancel()
	for _, groups := range []bool{true, false} {
		for i := len(t.created) - 1; i >= 0; i-- {
			if t.created[i].group == groups {
				t.deleteCreated(ctx, t.created[i])
			}
		}
	}
}

func (t *T) deleteCreated(ctx context.Context, c created) {
	for _, location := range c.urls {
		if !t.session.owns(location) {
			continue
		}
		answer, _, err := t.session.send(ctx, Request{Method: http.MethodDelete, Path: location, As: c.as})
		switch {
		case err != nil:
			t.Notef("%s may be left behind: DELETE got no answer (%v)", location, err)
			return
		case answer.Status/100 == 2:
			return
		case answer.Status != http.StatusNotFound:
			t.Notef("%s is left behind: DELETE got %d", location, answer.Status)
			return
		}
	}
}
