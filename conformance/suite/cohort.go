package suite

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// cohort is a few resources of a case whose names begin with a prefix that
// nothing else has, so that a query can be confined to them. They are lettered
// a, b, c and so on in the order of their creation.
type cohort struct {
	t        *T
	endpoint string
	scope    string // the filter that matches all of them and nothing else
	prefix   string
	members  []*Resource
}

// people creates a User for each of the overrides. A userName among them
// follows the prefix. The case is not judged where the server has no filters.
func people(t *T, overrides ...M) *cohort {
	return newCohort(t, "/Users", "userName", t.User, overrides)
}

// crowd is people without anything of note.
func crowd(t *T, n int) *cohort { return people(t, make([]M, n)...) }

// widgets creates a Widget for each of the overrides. A code among them follows
// the prefix.
func widgets(t *T, overrides ...M) *cohort {
	return newCohort(t, t.Widgets(), "code", t.Widget, overrides)
}

func newCohort(t *T, endpoint, name string, body func(M) M, overrides []M) *cohort {
	if !t.Config().Filter.Supported {
		t.NotJudged("it takes a filter, which the server does not support")
	}
	c := &cohort{t: t, endpoint: endpoint, prefix: t.Unique("cohort") + "-"}
	c.scope = name + " sw " + asJSON(c.prefix)
	for i, o := range overrides {
		named := M{name: letter(i)}
		maps.Copy(named, o)
		named[name] = c.prefix + Doc{named}.String(name)
		c.members = append(c.members, t.Full.New(endpoint, body(named)))
	}
	return c
}

// letter is a to z, and two digits from there on.
func letter(i int) string { return strconv.FormatInt(int64(10+i), 36) }

// within confines a filter to the cohort.
func (c *cohort) within(filter string) string { return c.scope + " and (" + filter + ")" }

// get queries the cohort with more pairs of name and value.
func (c *cohort) get(query ...string) *Response {
	return c.t.Get(c.endpoint, append([]string{"filter", c.scope}, query...)...)
}

// list is get of a list.
func (c *cohort) list(query ...string) *Response { return c.t.WantList(c.get(query...)) }

// letters names the resources of a list, in its order.
func (c *cohort) letters(r *Response) string {
	var letters strings.Builder
	for _, id := range r.IDs() {
		i := slices.IndexFunc(c.members, func(m *Resource) bool { return m.ID == id })
		if i < 0 {
			letters.WriteString("?")
			continue
		}
		letters.WriteString(letter(i))
	}
	return letters.String()
}

// finds checks which of the cohort a filter matches, and that totalResults says
// as many. A server may want a sensitive filter POSTed (RFC 7644 section 7.5.2).
func (c *cohort) finds(filter, letters string) {
	r := c.t.Get(c.endpoint, "filter", c.within(filter))
	if r.Status == 403 {
		r = c.t.Post(c.endpoint+"/.search", SearchRequest(M{"filter": c.within(filter)}))
	}
	c.t.WantList(r)
	c.t.Equal(sortedLetters(c.letters(r)), letters, "the matches of "+filter)
	c.t.Equal(r.Total(), len(letters), "totalResults of "+filter)
}

// ids are the ids of the cohort.
func (c *cohort) ids() []string {
	ids := make([]string, len(c.members))
	for i, m := range c.members {
		ids[i] = m.ID
	}
	return ids
}

func sortedLetters(letters string) string {
	sorted := []byte(letters)
	slices.Sort(sorted)
	return string(sorted)
}
