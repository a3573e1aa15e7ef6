package workos

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// object is a JSON object of WorkOS, read leniently: what is absent, null or
// of another type than asked for is the zero value.
type object map[string]jsontext.Value

func parseObject(data []byte) (object, error) {
	var o object
	err := json.Unmarshal(data, &o)
	return o, err
}

// text gives the first of the names that has a string that is not empty. The
// character U+0000 is dropped: no SCIM string may hold it.
func (o object) text(names ...string) string {
	for _, name := range names {
		var s string
		if json.Unmarshal(o[name], &s) == nil {
			if s = strings.ReplaceAll(s, "\x00", ""); s != "" {
				return s
			}
		}
	}
	return ""
}

func (o object) object(name string) object {
	var sub object
	_ = json.Unmarshal(o[name], &sub) // another type is none
	return sub
}

func (o object) objects(name string) []object {
	var values []jsontext.Value
	_ = json.Unmarshal(o[name], &values) // another type is none
	var out []object
	for _, v := range values {
		if sub, err := parseObject(v); err == nil {
			out = append(out, sub)
		}
	}
	return out
}

func (o object) isTrue(name string) bool {
	var b bool
	return json.Unmarshal(o[name], &b) == nil && b
}

// time reads an RFC 3339 time in the store's precision; zero: none.
func (o object) time(name string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, o.text(name))
	if err != nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
