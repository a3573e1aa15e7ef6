package suite

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

const (
	discoveryConfig = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	discoveryType   = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	discoverySchema = "urn:ietf:params:scim:schemas:core:2.0:Schema"
)

var discoveryEndpoints = [...]string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas"}

func discoveryCases() []Case {
	return []Case{
		{ID: "7644-4-R01", Run: func(t *T) {
			r := t.Want(t.Get("/ServiceProviderConfig"), 200)
			t.Equal(r.Value("schemas"), []string{discoveryConfig}, "schemas")
			t.Assert(r.Value("Resources") == nil, "got a list, want one object")
		}},
		{ID: "7643-5-R01", Run: func(t *T) {
			r := t.Want(t.Get("/ServiceProviderConfig"), 200)
			for _, feature := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
				_, isBool := r.Value(feature + ".supported").(bool)
				t.Assert(isBool, "got %s %s, want a boolean supported", feature, asJSON(r.Value(feature)))
			}
		}},
		{ID: "7643-5-R02", Run: func(t *T) {
			r := t.Want(t.Get("/ServiceProviderConfig"), 200)
			for _, limit := range []string{"bulk.maxOperations", "bulk.maxPayloadSize", "filter.maxResults"} {
				t.Assert(r.Int(limit) >= 0, "got %s %s, want an integer", limit, asJSON(r.Value(limit)))
			}
		}},
		{ID: "7643-5-R03", Run: func(t *T) {
			r := t.Want(t.Get("/ServiceProviderConfig"), 200)
			schemes := r.List("authenticationSchemes")
			t.Assert(len(schemes) > 0, "got authenticationSchemes %s, want an array of schemes", asJSON(r.Value("authenticationSchemes")))
			primaries := 0
			for _, s := range schemes {
				t.Assert(s.String("name") != "" && s.String("description") != "", "got the scheme %s, want name and description", asJSON(s))
				t.Assert(slices.Contains([]string{"oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"}, s.String("type")), "got the type %q, want a known one", s.String("type"))
				if s.Bool("primary") {
					primaries++
				}
			}
			t.Assert(primaries <= 1, "got %d primary schemes, want one at most", primaries)
		}},
		{ID: "7643-5-R04", Run: func(t *T) {
			r := t.Anonymous().Get("/ServiceProviderConfig")
			if r.Status == 401 {
				t.Notef("the configuration needs a credential")
				return
			}
			t.Assert(t.Want(r, 200).Has("authenticationSchemes"), "got no authenticationSchemes, want them without a credential")
		}},
		{ID: "7643-5-R05", Run: discoveryTruth},
		{ID: "7643-5-R06", Run: func(t *T) {
			for _, endpoint := range discoveryEndpoints {
				for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
					t.Variant(method+" "+endpoint, func() {
						t.WantErrorOf(t.Do(Request{Method: method, Path: endpoint, Body: M{}}), []int{405, 501, 403})
					})
				}
			}
			t.WantErrorOf(t.Put("/Schemas/"+UserSchema, M{}), []int{405, 501, 403})
		}},
		{ID: "7643-5-R07", Run: func(t *T) {
			r := t.Want(t.Get("/ServiceProviderConfig"), 200)
			t.Equal(r.Value("schemas"), []string{discoveryConfig}, "schemas")
			if r.Has("meta.resourceType") {
				t.Equal(r.String("meta.resourceType"), "ServiceProviderConfig", "meta.resourceType")
			}
			if r.Has("meta.location") {
				t.Equal(r.String("meta.location"), t.Base()+"/ServiceProviderConfig", "meta.location")
			}
		}},
		{ID: "7644-4-R02", Run: func(t *T) {
			for _, endpoint := range []string{"/ResourceTypes", "/Schemas"} {
				t.Variant(endpoint, func() {
					r := t.List(endpoint)
					t.Equal(r.Total(), len(r.List("Resources")), "totalResults, beside the entries")
					t.Assert(r.Total() >= 2, "got %d entries, want one for users and one for groups at least", r.Total())
				})
			}
		}},
		{ID: "7644-4-R03", Run: func(t *T) {
			for path, id := range map[string]string{"/ResourceTypes/User": "User", "/Schemas/" + UserSchema: UserSchema} {
				t.Variant(path, func() {
					r := t.Want(t.Get(path), 200)
					t.Assert(r.Value("Resources") == nil, "got a list, want one object")
					if r.Has("id") || strings.HasPrefix(path, "/Schemas") { // a resource type's is optional
						t.Equal(r.String("id"), id, "id")
					}
				})
			}
		}},
		{ID: "7644-4-R04", Run: func(t *T) {
			t.WantError(t.Get("/ResourceTypes/Nope"), 404)
			t.WantError(t.Get("/Schemas/urn:nope"), 404)
		}},
		{ID: "7644-4-R05", Run: func(t *T) {
			for _, endpoint := range []string{"/ResourceTypes", "/Schemas"} {
				t.Variant(endpoint, func() {
					all := t.List(endpoint)
					paged := t.List(endpoint, "startIndex", "2", "count", "1", "sortBy", "id", "sortOrder", "descending", "cursor", "")
					t.Equal(len(paged.List("Resources")), len(all.List("Resources")), "entries with paging parameters")
				})
			}
			t.Want(t.Get("/ServiceProviderConfig", "startIndex", "2", "count", "1"), 200)
		}},
		{ID: "7644-4-R06", Run: func(t *T) {
			for _, endpoint := range discoveryEndpoints {
				t.Variant(endpoint, func() { t.WantError(t.Get(endpoint, "filter", "id pr"), 403) })
			}
		}},
		{ID: "7643-6-R01", Run: func(t *T) {
			for _, rt := range t.List("/ResourceTypes").List("Resources") {
				t.Equal(rt.Value("schemas"), []string{discoveryType}, "schemas of "+rt.String("name"))
				for _, name := range []string{"name", "endpoint", "schema"} {
					t.Assert(rt.String(name) != "", "got the resource type %s, want a %s", clip(asJSON(rt)), name)
				}
			}
		}},
		{ID: "7643-6-R02", Run: func(t *T) {
			for _, rt := range discoveryTypes(t) {
				discoveryPublished(t, rt.Schema)
				for _, e := range rt.Extensions {
					discoveryPublished(t, e.Schema)
				}
			}
		}},
		{ID: "7643-6-R03", Run: func(t *T) {
			for _, rt := range discoveryTypes(t) {
				value := rt.Value("schemaExtensions")
				if value == nil {
					continue
				}
				_, isArray := value.([]any)
				t.Assert(isArray, "%s: got schemaExtensions %s, want an array", rt.Name, clip(asJSON(value)))
				for _, e := range rt.List("schemaExtensions") {
					_, isBool := e.Value("required").(bool)
					t.Assert(e.String("schema") != "" && isBool, "%s: got the extension %s, want schema and a boolean required", rt.Name, asJSON(e))
				}
			}
		}},
		{ID: "7643-6-R04", Run: func(t *T) {
			seen := map[string]bool{}
			for _, rt := range t.List("/ResourceTypes").List("Resources") {
				for _, name := range []string{"name", "endpoint"} {
					key := name + " " + strings.TrimPrefix(rt.String(name), "/")
					t.Assert(!seen[key], "got the %s twice", key)
					seen[key] = true
				}
			}
		}},
		{ID: "7643-6-R05", Run: func(t *T) {
			for _, rt := range discoveryTypes(t) {
				t.Variant(rt.Name, func() {
					t.Assert(!strings.Contains(rt.Endpoint, "://"), "got the endpoint %s, want one relative to the base URL", rt.Endpoint)
					t.List(rt.Endpoint, "count", "1")
				})
			}
		}},
		{ID: "7643-6-R06", Run: func(t *T) {
			t.NewUser(nil) // without the EnterpriseUser extension
			body := t.Gadget(nil)
			for _, e := range t.TypeOf(GadgetSchema).Extensions {
				if e.Required {
					t.WantError(t.Post(t.Gadgets(), merge(body, M{e.Schema: Omit})), 400, "invalidValue")
					t.WantError(t.Post(t.Gadgets(), merge(body, M{e.Schema: M{}})), 400, "invalidValue")
				}
			}
			t.NewGadget(nil)
		}},
		{ID: "7643-7-R01", Run: func(t *T) {
			used := t.NewUser(M{Enterprise: M{"department": "Tours"}}).Strings("schemas")
			used = append(used, t.NewGroup(nil).Strings("schemas")...)
			for _, uri := range used {
				discoveryPublished(t, uri)
			}
		}},
		{ID: "7643-7-R02", Run: func(t *T) {
			allowed := map[string][]string{
				"type":       {"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"},
				"mutability": {"readOnly", "readWrite", "immutable", "writeOnly"},
				"returned":   {"always", "never", "default", "request"},
				"uniqueness": {"none", "server", "global"},
			}
			discoveryWalk(t, func(schema, path string, d Doc) {
				for name, values := range allowed {
					t.Assert(d.Value(name) == nil || slices.Contains(values, d.String(name)), "%s %s: got %s %s, want one of %v", schema, path, name, asJSON(d.Value(name)), values)
				}
				for _, name := range []string{"required", "multiValued", "caseExact"} {
					_, isBool := d.Value(name).(bool)
					t.Assert(d.Value(name) == nil || isBool, "%s %s: got %s %s, want a boolean", schema, path, name, asJSON(d.Value(name)))
				}
			})
		}},
		{ID: "7643-7-R03", Run: func(t *T) {
			discoveryWalk(t, func(schema, path string, d Doc) {
				isComplex := d.String("type") == "complex"
				t.Assert(isComplex || !d.Has("subAttributes"), "%s %s: got subAttributes on the type %s", schema, path, d.String("type"))
				t.Assert(!isComplex || schema == discoverySchema || !strings.Contains(path, "."), "%s %s: got a complex sub-attribute", schema, path)
			})
		}},
		{ID: "7643-7-R04", Run: func(t *T) {
			var types []string
			for _, rt := range t.ResourceTypes() {
				types = append(types, rt.Name)
			}
			discoveryWalk(t, func(schema, path string, d Doc) {
				if d.String("type") != "reference" {
					t.Assert(!d.Has("referenceTypes"), "%s %s: got referenceTypes on the type %s", schema, path, d.String("type"))
					return
				}
				values := d.Strings("referenceTypes")
				t.Assert(len(values) > 0, "%s %s: got referenceTypes %s, want an array", schema, path, asJSON(d.Value("referenceTypes")))
				for _, v := range values {
					t.Assert(v == "external" || v == "uri" || slices.Contains(types, v), "%s %s: got the reference type %q, want a resource type, external or uri", schema, path, v)
				}
			})
		}},
		{ID: "7643-7-R05", Run: func(t *T) {
			discoveryWalk(t, func(schema, path string, d Doc) {
				if d.String("type") == "complex" {
					t.Assert(d.Value("uniqueness") == nil || d.String("uniqueness") == "none", "%s %s: got uniqueness %s", schema, path, d.String("uniqueness"))
					t.Assert(!d.Bool("caseExact"), "%s %s: got caseExact true", schema, path)
				}
			})
		}},
		{ID: "7643-2.1-R01", Run: func(t *T) {
			name := regexp.MustCompile(`^(\$ref|[A-Za-z][A-Za-z0-9$_-]*)$`)
			discoveryWalk(t, func(schema, path string, d Doc) {
				t.Assert(name.MatchString(d.String("name")), "%s %s: got the name %q", schema, path, d.String("name"))
			})
		}},
		{ID: "7644-3.2-R01", Run: func(t *T) {
			for _, rt := range discoveryTypes(t) {
				t.Equal(rt.Endpoint, "/"+rt.Name+"s", "the endpoint of "+rt.Name)
			}
			t.Equal(t.TypeOf(UserSchema).Endpoint, "/Users", "the endpoint of users")
			t.Equal(t.TypeOf(GroupSchema).Endpoint, "/Groups", "the endpoint of groups")
		}},
	}
}

// discoveryTypes are the resource types, of which there must be some.
func discoveryTypes(t *T) []ResourceType {
	types := t.ResourceTypes()
	if len(types) == 0 {
		t.Fatalf("GET /ResourceTypes: got no resource type")
	}
	return types
}

// discoveryPublished wants the schema as a resource with what it needs.
func discoveryPublished(t *T, uri string) {
	t.Variant(uri, func() {
		r := t.Want(t.Get("/Schemas/"+uri), 200)
		t.Equal(r.String("id"), uri, "id")
		t.Equal(r.Value("schemas"), []string{discoverySchema}, "schemas")
		t.Equal(r.String("meta.resourceType"), "Schema", "meta.resourceType")
		t.Assert(r.Has("attributes"), "got no attributes")
	})
}

// discoveryWalk visits every attribute of every schema, sub-attributes by
// their path.
func discoveryWalk(t *T, visit func(schema, path string, definition Doc)) {
	schemas := t.List("/Schemas").List("Resources")
	t.Assert(len(schemas) > 0, "got no schemas")
	for _, s := range schemas {
		for _, a := range s.List("attributes") {
			visit(s.String("id"), a.String("name"), a)
			for _, sub := range a.List("subAttributes") {
				visit(s.String("id"), a.String("name")+"."+sub.String("name"), sub)
			}
		}
	}
}

// discoveryTruth tries each feature: what is advertised works, what is not is
// refused, and the limits are the real ones.
func discoveryTruth(t *T) {
	c := t.Config()
	u := t.NewUser(nil)
	try := func(f Feature, works func() bool) {
		t.Variant(f.Name, func() { t.Equal(works(), f.Supported, "whether it works, beside supported") })
	}
	try(c.Patch, func() bool { return t.Patch(u.Path, PatchOp(Replace("title", "Guide"))).Status/100 == 2 })
	try(c.Filter, func() bool {
		r := t.Get("/Users", "filter", Eq("userName", u.String("userName")))
		return r.Status == 200 && r.Total() == 1
	})
	try(c.Bulk, func() bool {
		return t.Post("/Bulk", BulkRequest(M{"method": "DELETE", "path": "/Users/" + t.Unique("unknown")})).Status == 200
	})
	try(c.ETag, func() bool {
		r := t.Do(Request{Method: http.MethodGet, Path: u.Path, Header: H{"If-None-Match": t.Reload(u).Header.Get("ETag")}})
		return r.Status == http.StatusNotModified
	})
	try(c.Sort, func() bool { return discoverySorts(t) })
	try(c.Cursor, func() bool {
		r := t.Get("/Users", "cursor", "", "count", "1")
		return r.Status == 200 && r.String("nextCursor") != ""
	})
	if c.MaxResults > 0 {
		t.Assert(len(t.List("/Users").List("Resources")) <= c.MaxResults, "got more resources than filter.maxResults %d", c.MaxResults)
	}
}

func discoverySorts(t *T) bool {
	mark := t.Unique("sort")
	second, first := t.NewUser(M{"userName": mark + "-b"}), t.NewUser(M{"userName": mark + "-a"})
	r := t.Get("/Users", "filter", `userName sw "`+mark+`"`, "sortBy", "userName")
	return r.Status == 200 && slices.Equal(r.IDs(), []string{first.ID, second.ID})
}
