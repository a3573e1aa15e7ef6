package bulk

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"scimd/scim/resource"
)

// prefix begins a reference to what a POST of the same job creates (RFC 7644
// §3.7.2). Where a reference may stand, every string that begins with it is
// one, so that none is ever stored.
const prefix = "bulkId:"

// replacement gives what stands in place of a reference to a bulkId.
type replacement func(bulkID string) string

// whole replaces a string that is a reference.
func (f replacement) whole(s string) string {
	if id, ok := strings.CutPrefix(s, prefix); ok {
		return f(id)
	}
	return s
}

// uri replaces a reference that is the last segment of a $ref.
func (f replacement) uri(s string) string {
	i := strings.LastIndexByte(s, '/') + 1
	return s[:i] + f.whole(s[i:])
}

// words are the strings and the other words of a PATCH path.
var words = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[^\s()\[\]"]+`)

// path replaces the references that a PATCH path compares with.
func (f replacement) path(s string) string {
	return words.ReplaceAllStringFunc(s, func(word string) string {
		if word[0] != '"' {
			return f.whole(word)
		}
		text, err := jsontext.AppendUnquote(nil, word)
		if err != nil || !strings.HasPrefix(string(text), prefix) {
			return word
		}
		quoted, err := jsontext.AppendQuote(nil, f.whole(string(text)))
		if err != nil {
			return word
		}
		return string(quoted)
	})
}

// value copies a value with its references replaced.
func (f replacement) value(v resource.Value) resource.Value {
	switch v := v.(type) {
	case string:
		return f.whole(v)
	case resource.Array:
		out := make(resource.Array, len(v))
		for i := range v {
			out[i] = f.value(v[i])
		}
		return out
	case *resource.Object:
		out := &resource.Object{}
		for name, e := range v.All() {
			if s, ok := e.(string); ok && resource.EqualName(name, "$ref") {
				out.Set(name, f.uri(s))
				continue
			}
			out.Set(name, f.value(e))
		}
		return out
	default:
		return v
	}
}

// patch copies a PATCH message, in which paths hold references too: those of
// the operations, and the keys of a value without a path.
func (f replacement) patch(o *resource.Object) *resource.Object {
	out := f.value(o).(*resource.Object)
	v, _ := out.Lookup("Operations")
	list, _ := v.(resource.Array)
	for _, e := range list {
		o, ok := e.(*resource.Object)
		if !ok {
			continue
		}
		for name, v := range maps.Collect(o.All()) {
			switch v := v.(type) {
			case string:
				if resource.EqualName(name, "path") {
					o.Set(name, f.path(v))
				}
			case *resource.Object:
				if resource.EqualName(name, "value") {
					o.Set(name, f.keys(v))
				}
			}
		}
	}
	return out
}

func (f replacement) keys(o *resource.Object) *resource.Object {
	out := &resource.Object{}
	for name, v := range o.All() {
		out.Set(f.path(name), v)
	}
	return out
}

func (f replacement) data(op *Operation) *resource.Object {
	switch {
	case op.Data == nil:
		return nil
	case op.Method == "PATCH":
		return f.patch(op.Data)
	}
	return f.value(op.Data).(*resource.Object)
}

// references lists the bulkIds that the operation names.
func (op *Operation) references() []string {
	var found []string
	note := replacement(func(id string) string {
		found = append(found, id)
		return prefix + id
	})
	if len(op.Path) == 2 {
		note.whole(op.Path[1])
	}
	note.data(op)
	slices.Sort(found)
	return slices.Compact(found)
}

// Missing gives a reference of the operation that ids, by bulkId, does not
// resolve.
func (op *Operation) Missing(ids map[string]string) (bulkID string, missing bool) {
	for _, r := range op.References {
		if _, ok := ids[r]; !ok {
			return r, true
		}
	}
	return "", false
}

// Resolve gives the path and the data with the id in place of each reference.
// ids must hold them all.
func (op *Operation) Resolve(ids map[string]string) (path []string, data *resource.Object) {
	if len(op.References) == 0 {
		return op.Path, op.Data
	}
	known := resolver(ids)
	path = slices.Clone(op.Path)
	if len(path) == 2 {
		path[1] = known.whole(path[1])
	}
	return path, known.data(op)
}

func resolver(ids map[string]string) replacement {
	return func(bulkID string) string { return ids[bulkID] }
}

// Without gives the data of a POST without the attributes that refer to what
// ids does not hold, the other references resolved. An attribute is left out
// whole, so that what is added later stands as it would have from the start.
func (op *Operation) Without(ids map[string]string) *resource.Object {
	return resolver(ids).value(without(op.Data, func(v resource.Value) bool {
		lacks := false
		replacement(func(bulkID string) string {
			_, known := ids[bulkID]
			lacks = lacks || !known
			return ""
		}).value(v)
		return lacks
	})).(*resource.Object)
}

func without(o *resource.Object, lacks func(resource.Value) bool) *resource.Object {
	kept := &resource.Object{}
	for name, v := range o.All() {
		if extension, ok := v.(*resource.Object); ok && isURN(name) {
			kept.Set(name, without(extension, lacks))
		} else if !lacks(v) {
			kept.Set(name, v)
		}
	}
	return kept
}

// Rest gives the attributes of whole that kept lacks or has otherwise, also
// those of extensions.
func Rest(whole, kept *resource.Object) *resource.Object {
	rest := &resource.Object{}
	for name, v := range whole.All() {
		had := kept.Get(name)
		extension, ok := v.(*resource.Object)
		part, also := had.(*resource.Object)
		if ok && also && isURN(name) {
			if more := Rest(extension, part); more.Len() > 0 {
				rest.Set(name, more)
			}
		} else if !resource.Equal(v, had) {
			rest.Set(name, v)
		}
	}
	return rest
}

func isURN(name string) bool { return len(name) > 4 && resource.EqualName(name[:4], "urn:") }
