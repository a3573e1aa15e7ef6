package suite

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Prefixes and names of the events of RFC 9967 section 7.4.
const (
	eventProvision  = "urn:ietf:params:scim:event:prov:"
	eventCompletion = "urn:ietf:params:scim:event:misc:asyncresp"
)

// eventPatience is how long an event or a change may take.
const eventPatience = 10 * time.Second

func extensionCases() []Case {
	return []Case{
		{ID: "9967-4-R01", Run: func(t *T) {
			t.Gate(t.Config().SecurityEvents, func() { asyncIgnored(t) })
			mode := strings.ToLower(t.Config().String("securityEvents.asyncRequest"))
			t.Assert(slices.Contains([]string{"none", "long", "request"}, mode), "got asyncRequest %q, want none, long or request", mode)
			uris, isList := t.Config().Value("securityEvents.eventUris").([]any)
			t.Assert(isList, "got eventUris %s, want an array", asJSON(t.Config().Value("securityEvents.eventUris")))
			for _, uri := range uris {
				name, _ := uri.(string)
				t.Assert(strings.HasPrefix(name, "urn:") || strings.HasPrefix(name, "http"), "got the event %s, want a URI", asJSON(uri))
			}
		}},
		{ID: "9967-2.5.1.1-R01", Run: func(t *T) {
			if asyncMode(t) == "none" {
				asyncIgnored(t)
				return
			}
			u := t.NewUser(nil)
			r := t.Want(t.Do(asyncPut(u)), 200, 202)
			if r.Status == 200 {
				t.Equal(t.Reload(u).Value("title"), "Guide", "title after a normal answer")
				return
			}
			t.Equal(len(r.Body), 0, "bytes in the body of the 202")
			t.Assert(strings.Contains(r.Header.Get("Preference-Applied"), "respond-async"), "got Preference-Applied %q, want respond-async", r.Header.Get("Preference-Applied"))
			for _, name := range []string{"Set-Txn", "Location"} {
				t.Assert(r.Header.Get(name) != "", "got a 202 without %s, want it", name)
			}
			eventually(t, "the title of the 202", func() bool { return t.Reload(u).Value("title") == "Guide" })
		}},
		{ID: "9967-5-R01", Run: func(t *T) {
			r := asyncAccepted(t, asyncPut(t.NewUser(nil)))
			t.WantError(t.Anonymous().Get(r.Header.Get("Location")), 401)
		}},
		{ID: "9967-2.1-R01", Run: func(t *T) {
			t.Gate(t.Config().SecurityEvents, nil)
			u := t.NewUser(M{"externalId": t.Unique("external")})
			for _, event := range eventsAbout(t, u, "create") {
				t.Assert(!event.Has("sub"), "got sub in the event %s, want none", clip(asJSON(event)))
				t.Equal(event.Value("sub_id.format"), "scim", "sub_id.format")
				t.Equal(event.Value("sub_id.uri"), u.Path, "sub_id.uri")
				eachPayload(event, func(name string, payload Doc) {
					t.Assert(!payload.Has("sub_id"), "got sub_id in the payload of %s, want it at the top", name)
				})
			}
		}},
		{ID: "9967-2.4-R01", Run: func(t *T) {
			t.Gate(t.Config().SecurityEvents, nil)
			password := t.Unique("c4nary-Pa$$word")
			u := t.NewUser(M{"password": password})
			t.Want(t.Put(u.Path, u.With(M{"title": "Guide", "password": password})), 200)
			kinds := []string{"create", "put", "delete"}
			if t.Config().Patch.Supported {
				t.Want(t.Patch(u.Path, PatchOp(Replace("title", "Lead"))), 200, 204)
				kinds = append(kinds, "patch")
			}
			t.Want(t.Delete(u.Path), 204)
			for _, event := range eventsAbout(t, u, kinds...) {
				t.Assert(!strings.Contains(asJSON(event), password), "got the password in the event %s, want it in none", clip(asJSON(event)))
				eachPayload(event, func(name string, payload Doc) { eventPayload(t, name, payload) })
			}
			if asyncMode(t) == "none" {
				return
			}
			t.Variant("asynchronous", func() {
				txn := asyncAccepted(t, asyncPut(t.NewUser(nil))).Header.Get("Set-Txn")
				eventually(t, "a completion event with the txn of Set-Txn", func() bool { return len(completions(t, txn)) == 1 })
			})
		}},
		{ID: "9967-2.5.1.2-R01", Run: func(t *T) {
			t.Gate(t.Config().Bulk, nil)
			operations := []M{bulkPost("a", "/Users", t.User(nil)), bulkDelete("/Users/" + t.Unique("unknown")), bulkPost("b", "/Users", t.User(nil))}
			r := asyncAccepted(t, Request{Method: "POST", Path: "/Bulk", Body: BulkRequest(operations...)})
			first := 0
			if t.Reading("A-48") {
				first = 1
			}
			var wanted []string
			for i := range operations {
				wanted = append(wanted, r.Header.Get("Set-Txn")+":"+strconv.Itoa(first+i))
			}
			eventually(t, "a completion event for each operation", func() bool { return len(completions(t, r.Header.Get("Set-Txn")+":")) >= len(operations) })
			t.SameSet(completions(t, r.Header.Get("Set-Txn")), wanted, "txn of the completion events")
		}},
		{ID: "roles-2.1-R01", Run: func(t *T) {
			offered := rolesOffered(t, "roles", "/Roles")
			if !rolesOffered(t, "entitlements", "/Entitlements") && !offered {
				t.Absent("the server advertises no RolesAndEntitlements")
			}
		}},
	}
}

// asyncMode is securityEvents.asyncRequest; without the attribute the case ends
// as absent.
func asyncMode(t *T) string {
	t.Gate(t.Config().SecurityEvents, nil)
	return strings.ToLower(t.Config().String("securityEvents.asyncRequest"))
}

// asyncIgnored wants a normal answer, whatever the client prefers.
func asyncIgnored(t *T) {
	u := t.NewUser(nil)
	r := t.Want(t.Do(asyncPut(u)), 200)
	t.Assert(r.Header.Get("Set-Txn") == "", "got Set-Txn with a normal answer, want none")
	t.Equal(t.Reload(u).Value("title"), "Guide", "title")
}

// asyncPut changes the title and asks for an asynchronous answer.
func asyncPut(u *Resource) Request {
	return Request{Method: "PUT", Path: u.Path, Header: H{"Prefer": "respond-async"}, Body: u.With(M{"title": "Guide"})}
}

// asyncAccepted is the 202 to the request. A server is free to answer as usual.
func asyncAccepted(t *T, request Request) *Response {
	if asyncMode(t) == "none" {
		t.Absent("the server takes no asynchronous requests")
	}
	request.Header = H{"Prefer": "respond-async"}
	r := t.Do(request)
	if r.Status == 200 {
		t.NotJudged("the server chose to answer at once")
	}
	t.Want(r, 202)
	t.Assert(r.Header.Get("Set-Txn") != "" && r.Header.Get("Location") != "", "got a 202 without Set-Txn or Location, want both")
	return r
}

// eventually waits for the condition. It fails the case if that never holds.
func eventually(t *T, what string, holds func() bool) {
	const pause = 200 * time.Millisecond
	for waited := time.Duration(0); !holds(); waited += pause {
		if waited > eventPatience {
			t.Fatalf("%s: got none in %s, want it", what, eventPatience)
		}
		t.Wait(pause)
	}
}

// eventsAbout are the events whose subject or payload names the resource, once
// each of the kinds that the server advertises is among them.
func eventsAbout(t *T, r *Resource, kinds ...string) []Doc {
	advertised := strings.Join(t.Config().Strings("securityEvents.eventUris"), " ")
	var about []Doc
	eventually(t, "events about "+r.Path, func() bool {
		about = slices.DeleteFunc(t.Events(), func(event Doc) bool { return !strings.Contains(asJSON(event), r.ID) })
		for _, kind := range kinds {
			expected := strings.Contains(advertised, eventProvision+kind)
			if expected && !slices.ContainsFunc(about, func(event Doc) bool { return strings.Contains(asJSON(event.Value("events")), eventProvision+kind) }) {
				return false
			}
		}
		return len(about) > 0
	})
	return about
}

func eachPayload(event Doc, visit func(name string, payload Doc)) {
	events := Doc{event.Value("events")}
	for _, name := range events.Names() {
		visit(name, Doc{events.Value(name)})
	}
}

// eventPayload checks what a provisioning event says against its name.
func eventPayload(t *T, name string, payload Doc) {
	_, isData := payload.Value("data").(map[string]any)
	_, isList := payload.Value("attributes").([]any)
	says := "the payload " + clip(asJSON(payload)) + " of " + name
	switch {
	case !strings.HasPrefix(name, eventProvision), strings.HasSuffix(name, ":activate"), strings.HasSuffix(name, ":deactivate"):
	case strings.HasSuffix(name, ":full"):
		t.Assert(isData && payload.Value("attributes") == nil, "got %s, want data and no attributes", says)
	case strings.HasSuffix(name, ":notice"):
		t.Assert(isList && payload.Value("data") == nil, "got %s, want attributes and no data", says)
	case name == eventProvision+"delete":
		t.Assert(payload.Value("data") == nil && payload.Value("attributes") == nil, "got %s, want neither data nor attributes", says)
	default:
		t.Errorf("got the event %s, want a name with :full or :notice", name)
	}
	t.Assert(!strings.HasPrefix(name, eventProvision+"delete:"), "got the event %s, want no suffix", name)
}

// completions are the txn of the completion events that begin so.
func completions(t *T, txn string) (found []string) {
	for _, event := range t.Events() {
		events := Doc{event.Value("events")}
		if strings.HasPrefix(event.String("txn"), txn) && events.Has(eventCompletion) {
			found = append(found, event.String("txn"))
		}
	}
	return found
}

// rolesOffered checks one of the two read-only lists of the draft, or that it
// is not there.
func rolesOffered(t *T, name, endpoint string) bool {
	if !t.Config().Bool("RolesAndEntitlements." + name + ".supported") {
		t.WantError(t.Get(endpoint), 404)
		return false
	}
	for _, entry := range t.List(endpoint).List("Resources") {
		t.Assert(entry.Has("id") && entry.Has("value"), "got the entry %s, want id and value", clip(asJSON(entry)))
		_, isBool := entry.Value("supported").(bool)
		t.Assert(isBool, "got the entry %s, want a boolean supported", clip(asJSON(entry)))
	}
	t.WantErrorOf(t.Post(endpoint, M{"value": t.Unique("role"), "supported": true}), []int{405, 501})
	return true
}
