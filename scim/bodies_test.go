package scim_test

import (
	"crypto/rand"
	"strings"
)

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

	// Of conformance/fixtures.
	widgetURN    = "urn:example:params:scim:schemas:test:2.0:Widget"
	gadgetURN    = "urn:example:params:scim:schemas:test:2.0:Gadget"
	gadgetExtURN = "urn:example:params:scim:schemas:extension:test:2.0:Gadget"

	bulkRequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
	errorURN        = "urn:ietf:params:scim:api:messages:2.0:Error"
	patchURN        = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	searchURN       = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
)

// body is a resource of the schema with members, each of them JSON text.
func body(urn string, members ...string) string {
	return `{` + strings.Join(append([]string{`"schemas":["` + urn + `"]`}, members...), ",") + `}`
}

func user(name string, more ...string) string {
	return body(userURN, append([]string{`"userName":` + asJSON(name)}, more...)...)
}

func group(name string, more ...string) string {
	return body(groupURN, append([]string{`"displayName":` + asJSON(name)}, more...)...)
}

func widget(members ...string) string { return body(widgetURN, members...) }

// anyUser is a user whose name does not matter, and is no other's.
func anyUser(more ...string) string { return user(rand.Text(), more...) }

func anyGroup(more ...string) string { return group(rand.Text(), more...) }

func anyWidget(more ...string) string {
	return widget(append([]string{`"code":` + asJSON(rand.Text())}, more...)...)
}

// patchOp is the message of a PATCH.
func patchOp(operations ...string) string {
	return `{"schemas":["` + patchURN + `"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

// replace is the PATCH of one attribute.
func replace(path, value string) string {
	return patchOp(`{"op":"replace","path":` + asJSON(path) + `,"value":` + value + `}`)
}
