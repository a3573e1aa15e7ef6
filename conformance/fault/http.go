package fault

import "net/http"

func statuses() []Fault {
	return []Fault{
		{Name: "a creation answers 200", Row: "7644-3.3-R01", Answer: on("POST", "/Users", 201, 200)},
		{Name: "a conflict answers 400", Row: "7644-3.3-R05", Answer: func(a *Answer) {
			if a.Status == http.StatusConflict {
				a.Status = http.StatusBadRequest
				a.edit(func(o object) { o["status"] = "400" })
			}
		}},
		{Name: "a deletion answers 200 with a body", Row: "7644-3.6-R01", Answer: func(a *Answer) {
			if a.Request.Method == http.MethodDelete && a.Status == http.StatusNoContent {
				a.Status, a.Body = http.StatusOK, []byte("{}")
			}
		}},
		{Name: "what is deleted can be read", Row: "7644-3.6-R02", Answer: on("GET", "/Users/*", 404, 200)},
		{Name: "an unknown id answers 400", Row: "7644-3.4.1-R02", Answer: on("GET", "/Users/*", 404, 400)},
		{Name: "no match answers 404", Row: "7644-3.4.2-R02", Answer: func(a *Answer) {
			a.list(func(o object, found []any) {
				if len(found) == 0 {
					a.Status = http.StatusNotFound
				}
			})
		}},
		{Name: "a PUT creates", Row: "7644-3.5.1-R01", Answer: on("PUT", "/Users/*", 404, 201)},
		{Name: "a wrong method answers 404", Row: "9110-15.5.6-R01", Answer: func(a *Answer) {
			if a.Status == http.StatusMethodNotAllowed {
				a.Status = http.StatusNotFound
			}
		}},
		{Name: "If-Match is ignored", Row: "7644-3.14-R05", Ask: func(q *Request) { q.Header.Del("If-Match") }},
		{Name: "If-None-Match is ignored", Row: "7644-3.14-R04", Ask: func(q *Request) { q.Header.Del("If-None-Match") }},
		{Name: "another version of the protocol is served", Row: "7644-3.13-R02", Answer: func(a *Answer) {
			if a.Status == http.StatusBadRequest && a.Request.is("GET", "/v9/Users") {
				a.Status = http.StatusOK
			}
		}},
	}
}

func headers() []Fault {
	return []Fault{
		{Name: "a creation without Location", Row: "7644-3.3-R01", Answer: func(a *Answer) {
			if a.Status == http.StatusCreated {
				a.Header.Del("Location")
			}
		}},
		{Name: "plain JSON for a resource", Row: "7644-3.8-R02", Answer: func(a *Answer) {
			if a.Status == http.StatusOK {
				a.Header.Set("Content-Type", "application/json")
			}
		}},
		{Name: "an error typed as HTML", Row: "7644-3.12-R01", Answer: func(a *Answer) {
			if a.Status >= http.StatusBadRequest {
				a.Header.Set("Content-Type", "text/html")
			}
		}},
		{Name: "no challenge", Row: "7644-2-R01", Answer: without("WWW-Authenticate")},
		{Name: "a 405 without Allow", Row: "9110-15.5.6-R01", Answer: without("Allow")},
		{Name: "no ETag", Row: "7644-3.14-R01", Answer: without("ETag")},
		{Name: "an ETag that never changes", Row: "7644-3.14-R03", Answer: func(a *Answer) {
			if a.Header.Get("ETag") != "" {
				a.Header.Set("ETag", `W/"1"`)
				a.each(func(o object) { setVersion(o, `W/"1"`) })
			}
		}},
		{Name: "meta.version is not the ETag", Row: "7644-3.14-R02", Answer: func(a *Answer) {
			a.each(func(o object) { setVersion(o, `W/"other"`) })
		}},
	}
}

func setVersion(o object, version string) {
	if meta := within(o, "meta"); meta != nil {
		meta["version"] = version
	}
}

func errorBodies() []Fault {
	return []Fault{
		{Name: "status as a number", Row: "7644-3.12-R02", Answer: func(a *Answer) {
			a.failure(func(o object) { o["status"] = a.Status })
		}},
		{Name: "an error without schemas", Row: "7644-3.12-R01", Answer: func(a *Answer) {
			a.failure(func(o object) { delete(o, "schemas") })
		}},
		{Name: "an invented scimType", Row: "7644-3.12-R03", Answer: func(a *Answer) {
			a.failure(func(o object) {
				if o["scimType"] != nil {
					o["scimType"] = "badThing"
				}
			})
		}},
		{Name: "a stack trace in detail", Row: "7644-3.12-R04", Answer: func(a *Answer) {
			a.failure(func(o object) { o["detail"] = []string{"goroutine 1 [running]"} })
		}},
		{Name: "a broken filter is invalidValue", Row: "7644-3.4.2.2-R26", Answer: func(a *Answer) {
			a.failure(func(o object) {
				if o["scimType"] == "invalidFilter" {
					o["scimType"] = "invalidValue"
				}
			})
		}},
	}
}

func access() []Fault {
	const bearer = "Authorization"
	// The first credential seen is the suite's own; it opens every door.
	open := func() func(*Request) {
		master := ""
		return func(q *Request) {
			if master == "" {
				master = q.Header.Get(bearer)
			}
			if q.Header.Get(bearer) != "" {
				q.Header.Set(bearer, master)
			}
		}
	}
	return []Fault{
		{Name: "another tenant sees everything", Row: "7644-6.1-R01", Ask: open()},
		{Name: "a read-only client may write", Row: "7644-2-R03", Ask: open()},
		{Name: "a subject sees everybody", Row: "7644-2-R04", Ask: open()},
		{Name: "an expired token still works", Row: "7644-7.4-R01", Ask: open()},
		{Name: "a wrong token answers 403", Row: "7644-2-R02", Answer: func(a *Answer) {
			if a.Status == http.StatusUnauthorized {
				a.Status = http.StatusForbidden
			}
		}},
		{Name: "/Me names itself as its location", Row: "7644-3.11-R03", Answer: func(a *Answer) {
			if a.Request.is("GET", "/Me") {
				a.Header.Set("Location", "/scim/v2/Me")
			}
		}},
		{Name: "without a credential nothing is missing", Row: "7644-2-R01", Answer: func(a *Answer) {
			if a.Status == http.StatusUnauthorized && a.Request.Header.Get(bearer) == "" {
				a.Status = http.StatusOK
			}
		}},
	}
}
