package fault

import (
	"fmt"
	"net/http"
	"strings"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func eachResource(change func(object)) func(*Answer) {
	return func(a *Answer) { a.each(change) }
}

func documents() []Fault {
	return []Fault{
		{Name: "a resource without schemas", Row: "7643-3-R01", Answer: eachResource(func(o object) { delete(o, "schemas") })},
		{Name: "listed resources without schemas", Row: "7644-3.1-R01", Answer: func(a *Answer) {
			a.list(func(_ object, resources []any) {
				for _, r := range resources {
					if r, ok := r.(object); ok {
						delete(r, "schemas")
					}
				}
			})
		}},
		{Name: "an unknown URI in schemas", Row: "7643-3-R02", Answer: eachResource(func(o object) {
			if list, ok := o["schemas"].([]any); ok {
				o["schemas"] = append(list, "urn:example:foreign")
			}
		})},
		{Name: "the client's id is taken", Row: "7643-3.1-R02", Answer: func(a *Answer) {
			if id := a.Request.object()["id"]; id != nil {
				a.each(func(o object) { o["id"] = id })
			}
		}},
		{Name: "an id changes with the resource", Row: "7643-3.1-R03", Answer: func(a *Answer) {
			if a.Request.Method == http.MethodPut {
				a.each(func(o object) { o["id"] = "moved" })
			}
		}},
		{Name: "ids hold bulkId", Row: "7643-3.1-R04", Answer: eachResource(func(o object) { o["id"] = "bulkId-1" })},
		{Name: "externalId in lower case", Row: "7643-3.1-R06", Answer: eachResource(lower("externalId"))},
		{Name: "externalId is invented", Row: "7643-3.1-R06", Answer: eachResource(func(o object) {
			if o["externalId"] == nil {
				o["externalId"] = "invented"
			}
		})},
		{Name: "the client's meta is kept", Row: "7643-3.1-R08", Answer: func(a *Answer) {
			if meta := within(a.Request.object(), "meta"); meta != nil {
				a.each(func(o object) { o["meta"] = meta })
			}
		}},
		{Name: "resourceType in the plural", Row: "7643-3.1-R09", Answer: eachResource(inMeta("resourceType", "Users"))},
		{Name: "lastModified before created", Row: "7643-3.1-R10", Answer: eachResource(inMeta("lastModified", "1999-01-01T00:00:00Z"))},
		{Name: "a location that leads nowhere", Row: "7643-3.1-R11", Answer: eachResource(inMeta("location", "https://scim.invalid/Users/1"))},
		{Name: "the password is returned", Row: "7643-4.1.1-R09", Answer: func(a *Answer) {
			if password := a.Request.object()["password"]; password != nil {
				a.each(func(o object) { o["password"] = password })
			}
		}},
		{Name: "active as a string", Row: "7643-4.1.1-R08", Answer: eachResource(func(o object) {
			if o["active"] == false {
				o["active"] = "False"
			}
		})},
		{Name: "one e-mail is no array", Row: "7643-4.1.2-R01", Answer: eachResource(func(o object) {
			if list, ok := o["emails"].([]any); ok && len(list) > 0 {
				o["emails"] = list[0]
			}
		})},
		{Name: "a value is returned twice", Row: "7643-2.4-R03", Answer: eachResource(func(o object) {
			if list, ok := o["emails"].([]any); ok && len(list) > 0 {
				o["emails"] = append(list, list[0])
			}
		})},
		{Name: "a user without its groups", Row: "7643-4.1.2-R07", Answer: eachResource(func(o object) { delete(o, "groups") })},
		{Name: "a group without its members", Row: "7643-4.2-R03", Answer: eachResource(func(o object) { delete(o, "members") })},
		{Name: "a member's $ref leads nowhere", Row: "7643-4.2-R03", Answer: eachResource(func(o object) {
			list, _ := o["members"].([]any)
			for _, m := range list {
				if m, ok := m.(object); ok {
					m["$ref"] = fmt.Sprint(m["$ref"], "-elsewhere")
				}
			}
		})},
		{Name: "an extension is flattened", Row: "7643-3.3-R02", Answer: eachResource(func(o object) {
			for name, v := range within(o, enterprise) {
				o[name] = v
			}
			delete(o, enterprise)
		})},
		{Name: "an extension is not in schemas", Row: "7644-3.5.2-R17", Answer: eachResource(func(o object) {
			if list, ok := o["schemas"].([]any); ok {
				o["schemas"] = list[:1]
			}
		})},
		{Name: "text beyond ASCII is lost", Row: "7644-3.8-R05", Answer: func(a *Answer) {
			a.Body = []byte(strings.Map(func(r rune) rune {
				if r > 127 {
					return '?'
				}
				return r
			}, string(a.Body)))
		}},
		{Name: "an unknown attribute is stored and shown", Row: "7644-3.3-R09", Answer: func(a *Answer) {
			if foo, ok := a.Request.object()["foo"]; ok {
				a.each(func(o object) { o["foo"] = foo })
			}
		}},
		{Name: "a PUT keeps what it leaves out", Row: "7644-3.5.1-R02", Ask: func(q *Request) {
			if q.Method == http.MethodPut {
				q.edit(func(o object) {
					if list, ok := o["emails"].([]any); ok {
						o["emails"] = append(list, object{"value": "kept@example.com", "type": "other"})
					}
				})
			}
		}},
	}
}

func lower(name string) func(object) {
	return func(o object) {
		if s, ok := o[name].(string); ok {
			o[name] = strings.ToLower(s)
		}
	}
}

func inMeta(name string, value any) func(object) {
	return func(o object) {
		if meta := within(o, "meta"); meta != nil {
			meta[name] = value
		}
	}
}

func discovery() []Fault {
	config := func(change func(object)) func(*Answer) {
		return func(a *Answer) {
			if a.Request.is("GET", "/ServiceProviderConfig") {
				a.edit(change)
			}
		}
	}
	listed := func(endpoint string, change func([]any) []any) func(*Answer) {
		return func(a *Answer) {
			if a.Request.is("GET", endpoint) {
				a.edit(func(o object) {
					if list, ok := o["Resources"].([]any); ok {
						o["Resources"] = change(list)
					}
				})
			}
		}
	}
	return []Fault{
		{Name: "the configuration is a list", Row: "7644-4-R01", Answer: config(func(o object) { o["Resources"] = []any{} })},
		{Name: "no etag in the configuration", Row: "7643-5-R01", Answer: config(func(o object) { delete(o, "etag") })},
		{Name: "limits as strings", Row: "7643-5-R02", Answer: config(func(o object) { within(o, "bulk")["maxOperations"] = "1000" })},
		{Name: "sort is denied but works", Row: "7643-5-R05", Answer: config(func(o object) { within(o, "sort")["supported"] = false })},
		{Name: "no authentication scheme", Row: "7643-5-R03", Answer: config(func(o object) { delete(o, "authenticationSchemes") })},
		{Name: "pagination without index", Row: "9865-4-R02", Answer: config(func(o object) { delete(within(o, "pagination"), "index") })},
		{Name: "a schema is not published", Row: "7643-7-R01", Answer: on("GET", "/Schemas/"+enterprise, 200, 404)},
		{Name: "an unknown data type", Row: "7643-7-R02", Answer: listed("/Schemas", func(list []any) []any {
			for _, s := range list {
				attributes, _ := s.(object)["attributes"].([]any)
				if len(attributes) > 0 {
					attributes[0].(object)["type"] = "text"
				}
			}
			return list
		})},
		{Name: "a resource type twice", Row: "7643-6-R04", Answer: listed("/ResourceTypes", func(list []any) []any { return append(list, list[0]) })},
		{Name: "discovery filters", Row: "7644-4-R06", Answer: func(a *Answer) {
			if a.Status == http.StatusForbidden && a.Request.URL.Query().Has("filter") {
				a.Status = http.StatusOK
			}
		}},
	}
}
