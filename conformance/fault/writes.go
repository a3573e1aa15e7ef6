package fault

import (
	"net/http"
	"slices"
	"strings"
)

// operations changes the list of a PATCH message.
func operations(change func([]any) []any) func(*Request) {
	return func(q *Request) {
		if q.Method == http.MethodPatch {
			q.edit(func(o object) {
				if list, ok := o["Operations"].([]any); ok && len(list) > 0 {
					o["Operations"] = change(list)
				}
			})
		}
	}
}

// eachOperation changes every operation of a PATCH message.
func eachOperation(change func(op object)) func(*Request) {
	return operations(func(list []any) []any {
		for _, op := range list {
			if op, ok := op.(object); ok {
				change(op)
			}
		}
		return list
	})
}

func patches() []Fault {
	return []Fault{
		{Name: "add replaces", Row: "7644-3.5.2.1-R04", Ask: eachOperation(func(op object) {
			if op["op"] == "add" {
				op["op"] = "replace"
			}
		})},
		{Name: "replace adds", Row: "7644-3.5.2.3-R02", Ask: eachOperation(func(op object) {
			if op["op"] == "replace" {
				op["op"] = "add"
			}
		})},
		{Name: "a filtered remove removes all", Row: "7644-3.5.2.2-R03", Ask: eachOperation(func(op object) {
			if path, ok := op["path"].(string); ok && op["op"] == "remove" {
				op["path"], _, _ = strings.Cut(path, "[")
			}
		})},
		{Name: "only the last operation counts", Row: "7644-3.5.2-R06", Ask: operations(func(list []any) []any { return list[len(list)-1:] })},
		{Name: "operations run backwards", Row: "7644-3.5.2-R06", Ask: operations(func(list []any) []any { slices.Reverse(list); return list })},
		{Name: "an operation that fails is skipped", Row: "7644-3.5.2-R07", Ask: operations(func(list []any) []any { return list[:1] })},
		{Name: "op must be lower case", Row: "7644-3.5.2-R04", Ask: eachOperation(func(op object) {
			if s, ok := op["op"].(string); ok && s != strings.ToLower(s) {
				op["op"] = "unknown"
			}
		})},
		{Name: "a readOnly attribute can be patched", Row: "7644-3.5.2-R08", Answer: func(a *Answer) {
			if a.Request.Method == http.MethodPatch && a.Status == http.StatusBadRequest {
				a.Status = http.StatusOK
			}
		}},
		{Name: "no target is no error", Row: "7644-3.5.2.3-R07", Answer: func(a *Answer) {
			if a.Request.Method == http.MethodPatch && strings.Contains(string(a.Body), "noTarget") {
				a.Status, a.Body = http.StatusNoContent, nil
			}
		}},
		{Name: "a no-op moves lastModified", Row: "7644-3.5.2.1-R08", Answer: func(a *Answer) {
			if a.Request.Method == http.MethodPatch || a.Request.Method == http.MethodGet {
				a.each(inMeta("lastModified", "2999-01-01T00:00:00Z"))
			}
		}},
		{Name: "two values stay primary", Row: "7644-3.5.2-R10", Answer: func(a *Answer) {
			if a.Request.Method == http.MethodPost {
				return
			}
			a.each(func(o object) {
				list, _ := o["emails"].([]any)
				for _, e := range list {
					if e, ok := e.(object); ok {
						e["primary"] = true
					}
				}
			})
		}},
	}
}

func bulk() []Fault {
	result := func(change func(op object)) func(*Answer) {
		return func(a *Answer) {
			if a.Request.is("POST", "/Bulk") {
				a.edit(func(o object) {
					list, _ := o["Operations"].([]any)
					for _, op := range list {
						if op, ok := op.(object); ok {
							change(op)
						}
					}
				})
			}
		}
	}
	job := func(change func(object)) func(*Request) {
		return func(q *Request) {
			if q.is("POST", "/Bulk") {
				q.edit(change)
			}
		}
	}
	return []Fault{
		{Name: "bulk status as a number", Row: "7644-3.7.3-R03", Answer: result(func(op object) { op["status"] = 200 })},
		{Name: "bulkId is not returned", Row: "7644-3.7.3-R01", Answer: result(func(op object) { delete(op, "bulkId") })},
		{Name: "no location in bulk", Row: "7644-3.7.3-R02", Answer: result(func(op object) { delete(op, "location") })},
		{Name: "no response at a bulk error", Row: "7644-3.7.3-R04", Answer: result(func(op object) { delete(op, "response") })},
		{Name: "bulk stops at the first error", Row: "7644-3.7-R06", Ask: job(func(o object) { o["failOnErrors"] = 1 })},
		{Name: "failOnErrors is ignored", Row: "7644-3.7-R07", Ask: job(func(o object) { delete(o, "failOnErrors") })},
		{Name: "bulk takes any number", Row: "7644-3.7.4-R01", Ask: job(func(o object) {
			if list, ok := o["Operations"].([]any); ok && len(list) > 10 {
				o["Operations"] = list[:10]
			}
		})},
		{Name: "a bulk failure fails the job", Row: "7644-3.7-R05", Answer: func(a *Answer) {
			if a.Request.is("POST", "/Bulk") && strings.Contains(string(a.Body), `"response"`) {
				a.Status = http.StatusBadRequest
			}
		}},
	}
}
