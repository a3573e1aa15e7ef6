package idtoken

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// object is a payload as far as it describes the person. It is read leniently:
// what is absent, null or of another type than asked for is none, except for
// groups.
type object map[string]jsontext.Value

// claims gives all that there is, next to an error of the kind GroupsElsewhere.
func (o object) claims(subject, groups string) (Claims, error) {
	c := Claims{Subject: subject, Name: o.text("name")}
	if !o.is("email_verified", "false") {
		c.Email = o.text("email")
	}
	if c.Name == "" {
		c.Name = strings.TrimSpace(o.text("given_name") + " " + o.text("family_name"))
	}
	for _, name := range []string{o.text("preferred_username"), o.text("upn"), c.Email, subject} {
		if name != "" {
			c.UserName = name
			break
		}
	}
	var failure *Error
	c.Groups, failure = o.groups(groups)
	switch {
	case failure == nil:
		return c, nil
	case failure.Kind == GroupsElsewhere:
		return c, failure
	default:
		return Claims{}, failure
	}
}

// text gives a string, "" for one with U+0000, which no store takes.
func (o object) text(name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil || strings.Contains(s, "\x00") {
		return ""
	}
	return s
}

// is tells whether a claim is the boolean; Cognito and Apple write it as a
// string.
func (o object) is(name, boolean string) bool {
	v := string(o[name])
	return v == boolean || v == `"`+boolean+`"`
}

func (o object) has(name string) bool {
	v, ok := o[name]
	return ok && v.Kind() != jsontext.KindNull
}

// groups gives the groups of the claim. What cannot be read is an error: to
// take it for none would remove the person from all of them.
func (o object) groups(claim string) ([]string, *Error) {
	if !o.has(claim) {
		if o.overage(claim) {
			return nil, &Error{Kind: GroupsElsewhere, Text: "the token does not hold the person's groups, as they are too many for it"}
		}
		return nil, nil
	}
	var groups texts
	if json.Unmarshal(o[claim], &groups) != nil || slices.ContainsFunc(groups, func(g string) bool { return strings.Contains(g, "\x00") }) {
		return nil, refuse("the token has groups that are not strings")
	}
	return slices.DeleteFunc(groups, func(g string) bool { return g == "" }), nil
}

// overage tells whether the groups are to be asked for elsewhere: a distributed
// claim (OIDC Core §5.6.2), or Entra's hasgroups in its place where a token has
// to be short. Entra can send groups under another name, but the signs of their
// absence keep the name.
func (o object) overage(claim string) bool {
	var sources object
	_ = json.Unmarshal(o["_claim_names"], &sources) // another type names none
	return o.is("hasgroups", "true") || sources.has(claim) || sources.has("groups")
}
