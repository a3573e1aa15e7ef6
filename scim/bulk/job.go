// Package bulk is the bulk message of RFC 7644 §3.7 without its effects: what
// each operation says, where it refers to what another one creates, and the
// order that follows. It must not know HTTP, resource types or how an
// operation is carried out.
package bulk

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// RequestURN and ResponseURN name the messages.
const (
	RequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	ResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// Job is a bulk request as the client sent it.
type Job struct {
	FailOnErrors int // errors after which the rest is left; 0: go on
	Operations   []Operation
}

// Operation is one item of a job.
type Operation struct {
	Method     string           // "POST", "PUT", "PATCH" or "DELETE", or whatever was sent where Fault is set
	Path       []string         // decoded segments: an endpoint, and for all but POST an id
	Loose      bool             // the path has a doubled or trailing slash
	BulkID     string           // "": none
	Version    string           // entity tag that the resource must have; "": any
	Data       *resource.Object // nil for DELETE
	References []string         // bulkIds in Path and Data, each once
	Fault      error            // why the operation cannot be carried out as it is written
}

// Creates tells whether the operation is a POST.
func (op *Operation) Creates() bool { return op.Method == "POST" }

// RefersToItself tells whether the operation is a circle of its own.
func (op *Operation) RefersToItself() bool {
	return op.Creates() && slices.Contains(op.References, op.BulkID)
}

// Parse reads a bulk request (7644-3.7-R01). What is wrong with the message is
// an error; what is wrong with one operation is its Fault, so that the others
// are still carried out (R02 to R04).
func Parse(o *resource.Object, q quirk.Set) (*Job, error) {
	if err := checkSchemas(o, q); err != nil {
		return nil, err
	}
	j := &Job{}
	var err error
	if j.FailOnErrors, err = failOnErrors(o); err != nil {
		return nil, err
	}
	v, _ := o.Lookup("Operations")
	list, ok := v.(resource.Array)
	if !ok || len(list) == 0 {
		return nil, scimerr.InvalidSyntax("Operations must be an array of at least one operation")
	}
	for _, e := range list {
		o, ok := e.(*resource.Object)
		if !ok {
			return nil, scimerr.InvalidSyntax("each of Operations must be an object")
		}
		j.Operations = append(j.Operations, parseOperation(o))
	}
	j.refuseDuplicates()
	return j, nil
}

func checkSchemas(o *resource.Object, q quirk.Set) error {
	v, _ := o.Lookup("schemas")
	if v == nil && q.Has(quirk.MissingSchemas) {
		return nil
	}
	list, _ := v.(resource.Array)
	for _, e := range list {
		if s, ok := e.(string); ok && resource.EqualName(s, RequestURN) {
			return nil
		}
	}
	return scimerr.InvalidSyntax("schemas must hold %q", RequestURN)
}

// failOnErrors is a number of errors to accept, so below 1 it has no meaning:
// read as "no limit" or as "stop at once" it would surprise somebody.
func failOnErrors(o *resource.Object) (int, error) {
	v, _ := o.Lookup("failOnErrors")
	if v == nil {
		return 0, nil
	}
	number, _ := v.(resource.Number)
	n, err := strconv.Atoi(string(number))
	if err != nil || n < 1 {
		return 0, scimerr.InvalidValue("failOnErrors must be an integer of 1 or more")
	}
	return n, nil
}

func parseOperation(o *resource.Object) Operation {
	var op Operation
	for _, fault := range []error{op.readMethod(o), op.readBulkID(o), op.readPath(o), op.readVersion(o), op.readData(o)} {
		if op.Fault == nil {
			op.Fault = fault
		}
	}
	if op.Fault == nil {
		op.References = op.references()
	}
	return op
}

func (op *Operation) readMethod(o *resource.Object) error {
	v, _ := o.Lookup("method")
	op.Method, _ = v.(string)
	switch op.Method {
	case "POST", "PUT", "PATCH", "DELETE":
		return nil
	}
	return scimerr.InvalidSyntax("method must be POST, PUT, PATCH or DELETE")
}

func (op *Operation) readBulkID(o *resource.Object) error {
	v, _ := o.Lookup("bulkId")
	var ok bool
	op.BulkID, ok = v.(string)
	switch {
	case v != nil && (!ok || op.BulkID == ""):
		return scimerr.InvalidSyntax("bulkId must be a string that is not empty")
	case v == nil && op.Creates():
		return scimerr.InvalidSyntax("bulkId is required with the method POST")
	}
	return nil
}

// readPath takes a path without a query: nothing of what a query could ask for
// would be in the answer.
func (op *Operation) readPath(o *resource.Object) error {
	v, _ := o.Lookup("path")
	s, ok := v.(string)
	if !ok || s == "" {
		return scimerr.InvalidSyntax("path is required")
	}
	if s[0] != '/' {
		return scimerr.InvalidSyntax(`path must begin with "/": it is relative to the base URL`)
	}
	decoded, err := url.PathUnescape(s)
	if err != nil {
		return scimerr.InvalidSyntax("path is not percent-encoded correctly")
	}
	op.Path = strings.FieldsFunc(decoded, func(c rune) bool { return c == '/' })
	op.Loose = decoded != "/"+strings.Join(op.Path, "/")
	switch {
	case strings.ContainsAny(s, "?#"):
		return scimerr.InvalidSyntax("path must have no query")
	case op.Creates() && len(op.Path) != 1:
		return scimerr.InvalidSyntax("path must be the endpoint of a resource type with the method POST")
	case !op.Creates() && len(op.Path) != 2:
		return scimerr.InvalidSyntax("path must be that of one resource with the method %s", op.Method)
	}
	return nil
}

// readVersion leaves it out with POST, where RFC 7644 §3.7 gives it no meaning.
func (op *Operation) readVersion(o *resource.Object) error {
	v, _ := o.Lookup("version")
	if v == nil || op.Creates() {
		return nil
	}
	if op.Version, _ = v.(string); op.Version == "" {
		return scimerr.InvalidSyntax("version must be an entity tag")
	}
	return nil
}

func (op *Operation) readData(o *resource.Object) error {
	if op.Method == "DELETE" {
		return nil
	}
	v, _ := o.Lookup("data")
	var ok bool
	if op.Data, ok = v.(*resource.Object); !ok {
		return scimerr.InvalidSyntax("data must be an object with the method %s", op.Method)
	}
	return nil
}

// refuseDuplicates: a bulkId that two operations bear names neither
// (7644-3.7-R03).
func (j *Job) refuseDuplicates() {
	bearers := map[string]int{}
	for _, op := range j.Operations {
		bearers[op.BulkID]++
	}
	for i := range j.Operations {
		if op := &j.Operations[i]; op.BulkID != "" && bearers[op.BulkID] > 1 && op.Fault == nil {
			op.Fault = scimerr.InvalidSyntax("bulkId %q is not unique in the request", op.BulkID)
			op.References = nil
		}
	}
}
