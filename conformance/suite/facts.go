package suite

import (
	"context"
	"maps"
	"net/http"
	"strings"
)

// Config is what /ServiceProviderConfig says (RFC 7643 section 5, RFC 9865
// section 4). The Doc is the whole of it.
type Config struct {
	Doc
	Patch, Bulk, Filter, ChangePassword, Sort, ETag Feature
	Cursor, Index                                   Feature // pagination
	SecurityEvents                                  Feature // RFC 9967
	// Limits, -1 where the server gives none.
	MaxOperations, MaxPayloadSize, MaxResults   int
	DefaultPageSize, MaxPageSize, CursorTimeout int // the timeout in seconds
	DefaultMethod                               string
}

// Feature is a capability that a server may advertise.
type Feature struct {
	Name      string
	Supported bool
}

// ResourceType is an entry of /ResourceTypes.
type ResourceType struct {
	Doc
	Name, Endpoint, Schema string // the endpoint begins with a slash
	Extensions             []Extension
}

// Extension is a schema extension of a resource type.
type Extension struct {
	Schema   string
	Required bool
}

// Schema is an entry of /Schemas.
type Schema struct{ Doc }

// discovery is read once per run; each case that uses it shows the exchange.
type discovery struct{ config, types, schemas document }

type document struct {
	response *Response
	exchange Exchange
	err      error
}

func (s *session) discover(ctx context.Context) discovery {
	read := func(path string) (d document) {
		d.response, d.exchange, d.err = s.send(ctx, Request{Method: http.MethodGet, Path: path, As: s.full()})
		return d
	}
	return discovery{config: read("/ServiceProviderConfig"), types: read("/ResourceTypes"), schemas: read("/Schemas")}
}

func (d document) ok() bool {
	return d.err == nil && d.response.Status == http.StatusOK && d.response.Invalid == nil
}

func (t *T) fact(d document, path string) Doc {
	t.record(d.exchange)
	if !d.ok() {
		t.NotJudged("GET %s gave nothing to go by", path)
	}
	return d.response.Doc
}

// Config is the service provider configuration, read at the start of the run.
func (t *T) Config() Config {
	return newConfig(t.fact(t.session.facts.config, "/ServiceProviderConfig"))
}

func newConfig(d Doc) Config {
	feature := func(name string) Feature { return Feature{name, d.Bool(name + ".supported")} }
	return Config{
		Doc:   d,
		Patch: feature("patch"), Bulk: feature("bulk"), Filter: feature("filter"),
		ChangePassword: feature("changePassword"), Sort: feature("sort"), ETag: feature("etag"),
		Cursor:         Feature{"pagination.cursor", d.Bool("pagination.cursor")},
		Index:          Feature{"pagination.index", !d.Has("pagination") || d.Bool("pagination.index")},
		SecurityEvents: Feature{"securityEvents", d.Has("securityEvents")},
		MaxOperations:  d.Int("bulk.maxOperations"), MaxPayloadSize: d.Int("bulk.maxPayloadSize"),
		MaxResults:      d.Int("filter.maxResults"),
		DefaultPageSize: d.Int("pagination.defaultPageSize"), MaxPageSize: d.Int("pagination.maxPageSize"),
		CursorTimeout: d.Int("pagination.cursorTimeout"), DefaultMethod: d.String("pagination.defaultPaginationMethod"),
	}
}

// ResourceTypes are the types the server offered at the start of the run.
func (t *T) ResourceTypes() []ResourceType {
	return resourceTypes(t.fact(t.session.facts.types, "/ResourceTypes"))
}

func resourceTypes(d Doc) []ResourceType {
	var types []ResourceType
	for _, entry := range d.List("Resources") {
		rt := ResourceType{
			Doc: entry, Name: entry.String("name"), Schema: entry.String("schema"),
			Endpoint: "/" + strings.TrimPrefix(entry.String("endpoint"), "/"),
		}
		for _, e := range entry.List("schemaExtensions") {
			rt.Extensions = append(rt.Extensions, Extension{e.String("schema"), e.Bool("required")})
		}
		types = append(types, rt)
	}
	return types
}

// TypeOf is the resource type with the base schema; without one the case is not
// judged.
func (t *T) TypeOf(schema string) ResourceType {
	for _, rt := range t.ResourceTypes() {
		if rt.Schema == schema {
			return rt
		}
	}
	t.NotJudged("the server offers no resource type with the schema %s", schema)
	return ResourceType{}
}

// Schema is the schema with the id, which the server must offer.
func (t *T) Schema(id string) Schema {
	s := Schema{t.fact(t.session.facts.schemas, "/Schemas").Item("Resources", "id", id)}
	if !s.Has("") {
		t.Fatalf("GET /Schemas: got no schema %s, want it published", id)
	}
	return s
}

// Attribute is the definition of "userName" or "name.givenName", empty if there
// is none.
func (s Schema) Attribute(path string) Doc {
	name, sub, nested := strings.Cut(path, ".")
	definition := s.Item("attributes", "name", name)
	if nested {
		return definition.Item("subAttributes", "name", sub)
	}
	return definition
}

// Characteristics checks an attribute's definition. Those that want leaves out
// must be the defaults of RFC 7643 section 2.2, save caseExact and uniqueness
// where the type gives them no meaning. Lists are compared without order.
func (t *T) Characteristics(schema, path string, want M) {
	definition := t.Schema(schema).Attribute(path)
	if !definition.Has("") {
		t.Errorf("%s: got no attribute %s, want it defined", schema, path)
		return
	}
	defaults := M{
		"type": "string", "multiValued": false, "required": false, "caseExact": false,
		"mutability": "readWrite", "returned": "default", "uniqueness": "none",
	}
	expected := maps.Clone(defaults)
	if kind, ok := want["type"]; ok && kind != "string" {
		delete(expected, "caseExact")
		delete(expected, "uniqueness")
	}
	maps.Copy(expected, want)
	for name, value := range expected {
		if list, ok := value.([]string); ok {
			t.SameSet(definition.Strings(name), list, path+"."+name)
			continue
		}
		got := definition.Value(name)
		if got == nil {
			got = defaults[name]
		}
		t.Equal(got, value, path+"."+name)
	}
}

// Gate goes on where the server advertises the feature. Elsewhere it runs
// refusal, if any, which checks how the server refuses it, and ends the case as
// absent.
func (t *T) Gate(f Feature, refusal func()) {
	if f.Supported {
		return
	}
	if refusal != nil {
		refusal()
	}
	t.Absent("the server does not advertise %s", f.Name)
}
