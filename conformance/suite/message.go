package suite

import (
	"net/url"
	"slices"
	"strings"
)

// M is a JSON object, H the header fields of a request (an empty value leaves
// out a field that is sent by default).
type (
	M = map[string]any
	H = map[string]string
)

// Schemas and messages of RFC 7643 section 8.7 and RFC 7644 section 8.2, and
// the two test types of the matrix.
const (
	UserSchema   = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupSchema  = "urn:ietf:params:scim:schemas:core:2.0:Group"
	Enterprise   = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	WidgetSchema = "urn:example:params:scim:schemas:test:2.0:Widget"
	GadgetSchema = "urn:example:params:scim:schemas:test:2.0:Gadget"

	ListMessage   = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	SearchMessage = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	PatchMessage  = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	BulkMessage   = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	ErrorMessage  = "urn:ietf:params:scim:api:messages:2.0:Error"

	// MediaType is what requests send and accept unless told otherwise.
	MediaType = "application/scim+json"
)

type omitted string

// Omit as the value of an override leaves the attribute out.
const Omit omitted = "omit"

// PatchOp is a PATCH body with the operations.
func PatchOp(operations ...M) M {
	return M{"schemas": []string{PatchMessage}, "Operations": operations}
}

// Add is an operation for PatchOp. An empty path leaves the member out.
func Add(path string, value any) M { return operation("add", path, value) }

// Replace is an operation for PatchOp. An empty path leaves the member out.
func Replace(path string, value any) M { return operation("replace", path, value) }

// Remove is an operation for PatchOp.
func Remove(path string) M { return operation("remove", path, Omit) }

func operation(op, path string, value any) M {
	m := M{"op": op}
	if path != "" {
		m["path"] = path
	}
	if value != Omit {
		m["value"] = value
	}
	return m
}

// BulkRequest is a /Bulk body with the operations.
func BulkRequest(operations ...M) M {
	return M{"schemas": []string{BulkMessage}, "Operations": operations}
}

// SearchRequest is a /.search body with the members.
func SearchRequest(members M) M { return merge(M{"schemas": []string{SearchMessage}}, members) }

// Members is a value of the attribute members.
func Members(resources ...*Resource) []any {
	members := make([]any, len(resources))
	for i, r := range resources {
		members[i] = M{"value": r.ID}
	}
	return members
}

// Eq is the filter `attribute eq "value"`.
func Eq(attribute, value string) string { return attribute + " eq " + asJSON(value) }

// Query adds the pairs of name and value to a path: Query("/Users", "count", "3").
func Query(path string, pairs ...string) string {
	if len(pairs) == 0 {
		return path
	}
	mark := "?"
	if strings.Contains(path, mark) {
		mark = "&"
	}
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	// RFC 7644 shows %20, and not every server takes a plus sign for a blank.
	return path + mark + strings.ReplaceAll(values.Encode(), "+", "%20")
}

// merge returns base with the overrides; an extension among them joins schemas.
func merge(base, overrides M) M {
	merged := M{}
	for name, value := range base {
		merged[name] = value
	}
	for name, value := range overrides {
		if value == Omit {
			delete(merged, name)
		} else {
			merged[name] = value
		}
	}
	if _, own := overrides["schemas"]; !own {
		merged["schemas"] = mergedSchemas(Doc{merged}.Strings("schemas"), overrides)
	}
	return merged
}

func mergedSchemas(schemas []string, overrides M) []string {
	var merged []string
	for _, schema := range schemas {
		if overrides[schema] != Omit {
			merged = append(merged, schema)
		}
	}
	for name, value := range overrides {
		if strings.HasPrefix(name, "urn:") && value != Omit && !slices.Contains(merged, name) {
			merged = append(merged, name)
		}
	}
	return merged
}
