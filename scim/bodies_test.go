package scim_test

import (
	"crypto/rand"
	"strings"
)

// body is a resource of the schema with members, each of them JSON text.
func body(urn string, members ...string) string {
	return `{` + strings.Join(append([]string{`"schemas":["` + urn + `"]`}, members...), ",") + `}`
}

func user(name string, more ...string) string {
	return body(userURN, append([]string{`"userName":` + asJSON(name)}, more...)...)
}

func named(name string, more ...string) string {
	return body(groupURN, append([]string{`"displayName":` + asJSON(name)}, more...)...)
}

func widget(members ...string) string { return body(widgetURN, members...) }

// anyUser is a user whose name does not matter, and is no other's.
func anyUser(more ...string) string { return user(rand.Text(), more...) }

func anyGroup(more ...string) string { return named(rand.Text(), more...) }

func anyWidget(more ...string) string {
	return widget(append([]string{`"code":` + asJSON(rand.Text())}, more...)...)
}

func replaceTitle(title string) string {
	return operations(`{"op":"replace","path":"title","value":"` + title + `"}`)
}

func operations(list string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + list + `]}`
}
