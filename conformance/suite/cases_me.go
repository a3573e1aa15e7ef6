package suite

import "strings"

func meCases() []Case {
	return []Case{
		{ID: "7644-3.11-R01", Run: func(t *T) {
			as, r := meAnswer(t)
			if r.Status == 200 || r.Status == 308 {
				t.Notef("the server has /Me")
				meCreates(t, as)
				return
			}
			t.WantError(r, 501)
			for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
				request := Request{Method: method, Path: "/Me", Body: t.User(nil)}
				switch method {
				case "PATCH":
					request.Body = PatchOp(Replace("title", "Guide"))
				case "DELETE":
					request.Body = nil
				}
				t.WantError(as.Do(request), 501)
			}
		}},
		{ID: "7644-3.11-R02", Run: func(t *T) {
			as, r := meSupported(t)
			if r.Status == 200 {
				t.Absent("the server answers /Me itself")
			}
			location := t.Want(r, 308).Header.Get("Location")
			t.Assert(strings.HasPrefix(location, "http"), "got Location %q, want an absolute URL", location)
			t.Assert(t.Want(as.Get(location), 200).Has("id"), "got no resource at %s, want that of the subject", location)
		}},
		{ID: "7644-3.11-R03", Run: func(t *T) {
			as, r := meSupported(t)
			if r.Status == 308 {
				t.Absent("the server redirects /Me")
			}
			t.Want(r, 200)
			location := r.Header.Get("Location")
			t.Equal(location, r.Value("meta.location"), "the Location header, beside meta.location")
			t.Assert(strings.HasSuffix(location, "/Users/"+r.String("id")), "got Location %q, want the permanent URI of %s", location, r.String("id"))
			t.Equal(t.Want(as.Get(location), 200).Value("id"), r.Value("id"), "the id at the Location")
		}},
		{ID: "7644-3.11-R04", Run: func(t *T) {
			meSupported(t)
			anonymous := t.Anonymous().Get("/Me")
			t.WantError(anonymous, 401)
			t.Assert(anonymous.Header.Get("WWW-Authenticate") != "", "got no WWW-Authenticate, want a challenge")
			r := t.Get("/Me")
			if r.Status == 200 || r.Status == 308 {
				t.NotJudged("the full client has a User, too")
			}
			t.WantError(r, 404)
		}},
	}
}

// meAnswer asks for /Me as a client that has a User, if the target offers one.
// A 404 to another client says nothing about the feature.
func meAnswer(t *T) (*Client, *Response) {
	as := t.Full
	if t.Target().SubjectToken != "" {
		as = t.Subject()
	}
	r := as.Get("/Me")
	if r.Status == 404 && as == t.Full {
		t.Subject() // ends the case as not judged: the target has no such client
	}
	return as, r
}

// meCreates judges the one part of /Me that a server may well lack beside the
// rest of it: creating oneself.
func meCreates(t *T, as *Client) {
	if r := as.Post("/Me", t.User(nil)); r.Status != 201 && r.Status != 308 {
		t.WantError(r, 501)
	}
}

// meSupported is meAnswer where the server has the feature.
func meSupported(t *T) (*Client, *Response) {
	as, r := meAnswer(t)
	if r.Status == 501 {
		t.WantError(r, 501)
		t.Absent("the server has no /Me")
	}
	return as, r
}
