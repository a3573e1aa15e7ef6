package bulk

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// op writes an operation in a line: "a" creates a, "a<b,c" creates it with
// references to b and c, "/x" deletes x and "/x<b" patches it with a reference
// to b. "!" is an operation with a fault.
func op(short string) string {
	name, refs, _ := strings.Cut(short, "<")
	var list []string
	for r := range strings.SplitSeq(refs, ",") {
		if r != "" {
			list = append(list, fmt.Sprintf(`{"value":"bulkId:%s"}`, r))
		}
	}
	data := `{"members":[` + strings.Join(list, ",") + `]}`
	switch {
	case name == "!":
		return `{"method":"GET","path":"/Users","data":` + data + `}`
	case name[0] != '/':
		return fmt.Sprintf(`{"method":"POST","path":"/Groups","bulkId":%q,"data":%s}`, name, data)
	case refs == "":
		return fmt.Sprintf(`{"method":"DELETE","path":"/Groups%s"}`, name)
	}
	return fmt.Sprintf(`{"method":"PATCH","path":"/Groups%s","data":%s}`, name, data)
}

// 7644-3.7.2-R02 and 7644-3.7.1-R01.
func TestSteps(t *testing.T) {
	for _, c := range []struct{ name, operations, want string }{
		{"the order of the request", "a b /x c", "[[0] [1] [2] [3]]"},
		{"references back", "a b<a c<a,b /x<c", "[[0] [1] [2] [3]]"},
		{"one reference forward", "b<a a", "[[1] [0]]"},
		{"a chain forward", "d<c c<b b<a a", "[[3] [2] [1] [0]]"},
		{"nobody else waits", "b<a x a y", "[[1] [2] [0] [3]]"},
		{"a deletion first makes room", "b<a /x a", "[[1] [2] [0]]"},
		{"the same resource keeps its order", "/x<a /x /y a", "[[2] [3] [0] [1]]"},
		{"also in another spelling", "/x<a /X a", "[[2] [0] [1]]"},
		{"a path that is a reference", "/bulkId:a a", "[[1] [0]]"},
		{"two of them", "/bulkId:a<b /bulkId:a a b", "[[2] [3] [0] [1]]"},
		{"unknown references wait for nobody", "a<z /bulkId:z b", "[[0] [1] [2]]"},
		{"what has a fault is nobody's target", "! b<a a a", "[[0] [1] [2] [3]]"},
		{"a circle of one", "a<a b", "[[0] [1]]"},
		{"a circle of two", "a<b b<a", "[[0 1]]"},
		{"a circle of three", "a<b b<c c<a", "[[0 1 2]]"},
		{"a circle waits for its last", "a<b x /y b<a z", "[[1] [2] [0 3] [4]]"},
		{"a circle waits for others", "a<b,x b<a x", "[[2] [0 1]]"},
		{"others wait for a circle", "y<a a<b b<a", "[[1 2] [0]]"},
		{"two circles with a bridge", "a<b b<a,c c<d d<c", "[[2 3] [0 1]]"},
		{"an eight", "a<b,c b<a c<a", "[[0 1 2]]"},
		{"a circle through a duplicate is none", "a<b b<a b", "[[0] [1] [2]]"},
	} {
		var ops []string
		for s := range strings.FieldsSeq(c.operations) {
			ops = append(ops, op(s))
		}
		j := job(t, strings.Join(ops, ","))
		if got := fmt.Sprint(j.Steps()); got != c.want {
			t.Errorf("%s (%s): got %s, want %s", c.name, c.operations, got, c.want)
		}
	}
}

func TestRefersToItself(t *testing.T) {
	j := job(t, strings.Join([]string{op("a<a"), op("b<a"), `{"method":"PATCH","path":"/Users/1","bulkId":"c","data":{"a":"bulkId:c"}}`}, ","))
	got := []bool{}
	for i := range j.Operations {
		got = append(got, j.Operations[i].RefersToItself())
	}
	if want := []bool{true, false, false}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
