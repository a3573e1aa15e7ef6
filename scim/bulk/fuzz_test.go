package bulk_test

import (
	"slices"
	"strings"
	"testing"

	"scimd/scim/bulk"
	"scimd/scim/quirk"
	"scimd/scim/resource"
)

// FuzzJob reads any document as a bulk request: what is accepted has each
// operation in one step, none before what it refers to, and no reference left
// in it once all are resolved (7644-3.7.2-R01, R02). FuzzBulk of package scim
// carries such jobs out.
func FuzzJob(f *testing.F) {
	const head = `{"schemas":["` + bulk.RequestURN + `"],"Operations":[`
	for _, operations := range []string{
		`{"method":"POST","path":"/Users","bulkId":"q","data":{"userName":"Alice"}}`,
		`{"method":"POST","path":"/Groups","bulkId":"a","data":{"members":[{"value":"bulkId:b"}]}},{"method":"POST","path":"/Groups","bulkId":"b","data":{"members":[{"value":"bulkId:a"}]}}`,
		`{"method":"PUT","path":"/Users/bulkId:q","data":{"manager":{"$ref":"../Users/bulkId:q"}}},{"method":"POST","path":"/Users","bulkId":"q","data":{}}`,
		`{"method":"PATCH","path":"/Groups/1","data":{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:q\"]"},{"op":"add","value":{"bulkId:q":"bulkId:q"}}]}}`,
		`{"method":"DELETE","path":"/Users/1","version":"W/\"1\""},{"method":"GET"},{}`,
	} {
		f.Add([]byte(head + operations + `]}`))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		body, err := resource.Parse(data)
		if err != nil {
			return
		}
		job, err := bulk.Parse(body, quirk.Interop)
		if err != nil {
			return
		}
		ids := map[string]string{}
		for _, op := range job.Operations {
			if op.Fault == nil && op.Creates() {
				ids[op.BulkID] = "id"
			}
		}
		done, seen := map[string]bool{}, make([]bool, len(job.Operations))
		for _, step := range job.Steps() {
			for _, i := range step {
				if seen[i] {
					t.Fatalf("operation %d stands in two steps", i)
				}
				seen[i] = true
				if op := job.Operations[i]; op.Creates() {
					done[op.BulkID] = true
				}
			}
			for _, i := range step {
				checkOperation(t, &job.Operations[i], ids, done)
			}
		}
		if i := slices.Index(seen, false); i >= 0 {
			t.Fatalf("operation %d stands in no step", i)
		}
	})
}

func checkOperation(t *testing.T, op *bulk.Operation, ids map[string]string, done map[string]bool) {
	if op.Fault != nil {
		return
	}
	if _, missing := op.Missing(ids); missing {
		return
	}
	for _, r := range op.References {
		if !done[r] {
			t.Fatalf("%s %v comes before bulkId %q, to which it refers", op.Method, op.Path, r)
		}
	}
	path, data := op.Resolve(ids)
	if len(path) == 2 && strings.HasPrefix(path[1], "bulkId:") {
		t.Fatalf("a reference is left in the path %v", path)
	}
	if op.Creates() && data != nil {
		whole := op.Without(ids)
		if rest := bulk.Rest(data, whole); rest.Len() > 0 {
			t.Fatalf("%s is left out though all is known", rest.AppendJSON(nil))
		}
	}
}
