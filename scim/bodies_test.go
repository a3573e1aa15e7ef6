package scim_test

import "strings"

// body is a resource of the schema with members, each of them JSON text.
func body(urn string, members ...string) string {
	return `{"schemas":["` + urn + `"],` + strings.Join(members, ",") + `}`
}

func user(name string, more ...string) string {
	return body(userURN, append([]string{`"userName":` + asJSON(name)}, more...)...)
}

func named(name string, more ...string) string {
	return body(groupURN, append([]string{`"displayName":` + asJSON(name)}, more...)...)
}

func replaceTitle(title string) string {
	return operations(`{"op":"replace","path":"title","value":"` + title + `"}`)
}

func operations(list string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + list + `]}`
}
