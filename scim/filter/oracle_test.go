package filter

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	fp "github.com/scim2/filter-parser/v2"

	"scimd/internal/naive"
	"scimd/scim/quirk"
	"scimd/scim/schema"
)

// TestOracle: generated filters are read as filter-parser reads them, where it
// can: it leaves escapes undecoded and refuses some of the grammar.
func TestOracle(t *testing.T) {
	var user naive.Resource
	d := json.NewDecoder(strings.NewReader(barbara))
	d.UseNumber()
	if err := d.Decode(&user); err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("the random seed is %d", seed)
	g := &naive.Generator{Random: rand.New(rand.NewPCG(seed, 0)), Resources: []naive.Resource{user}, Attributes: []*naive.Attribute{
		{URN: schema.UserURN, Name: "userName", Type: naive.String},
		{URN: schema.UserURN, Name: "active", Type: naive.Boolean},
		{URN: schema.UserURN, Name: "name", Sub: "familyName", Type: naive.String},
		{URN: schema.UserURN, Name: "hits", Type: naive.Number},
		{URN: schema.UserURN, Name: "weight", Type: naive.Number},
		{URN: schema.UserURN, Name: "tags", Type: naive.String, Many: true},
		{URN: schema.UserURN, Name: "emails", Sub: "value", Short: true, Type: naive.String},
		{URN: schema.UserURN, Name: "emails", Sub: "type", Type: naive.String},
		{URN: schema.EnterpriseURN, Inside: true, Name: "employeeNumber", Type: naive.String},
		{Name: "meta", Sub: "created", Type: naive.DateTime},
	}}
	compared := 0
	for range 1000 {
		f := g.Tree(1 + g.Random.IntN(2))
		got, err := Parse(f.Text, DefaultLimits, quirk.Strict)
		if err != nil {
			t.Errorf("%s: %v", f.Text, err)
			continue
		}
		want, err := fp.ParseFilterNumber([]byte(f.Text))
		if err != nil || strings.Contains(f.Text, `\`) {
			continue
		}
		if compared++; !cmp.Equal(got, want, exponents) {
			t.Errorf("%s: got %v, want %v", f.Text, got, want)
		}
	}
	if compared < 300 {
		t.Errorf("the oracle could read %d of 1000, want 300 or more", compared)
	}
}
