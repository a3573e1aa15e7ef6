package workos

import (
	"strings"

	"github.com/go-json-experiment/json"

	"scimd/provision"
	"scimd/store"
)

// The schemas of the documents (RFC 7643 §8.7.1).
const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

type userDocument struct {
	Schemas     []string    `json:"schemas"`
	ExternalID  string      `json:"externalId,omitempty"`
	UserName    string      `json:"userName"`
	Name        *name       `json:"name,omitempty"`
	DisplayName string      `json:"displayName,omitempty"`
	Title       string      `json:"title,omitempty"`
	UserType    string      `json:"userType,omitempty"`
	Active      bool        `json:"active"`
	Emails      []email     `json:"emails,omitempty"`
	Enterprise  *enterprise `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,omitempty"`
}

type name struct {
	Formatted  string `json:"formatted,omitempty"`
	FamilyName string `json:"familyName,omitempty"`
	GivenName  string `json:"givenName,omitempty"`
}

type email struct {
	Value   string `json:"value"`
	Type    string `json:"type,omitempty"`
	Primary bool   `json:"primary,omitzero"`
}

type enterprise struct {
	EmployeeNumber string `json:"employeeNumber,omitempty"`
	CostCenter     string `json:"costCenter,omitempty"`
	Organization   string `json:"organization,omitempty"`
	Division       string `json:"division,omitempty"`
	Department     string `json:"department,omitempty"`
}

type groupDocument struct {
	Schemas     []string `json:"schemas"`
	ExternalID  string   `json:"externalId,omitempty"`
	DisplayName string   `json:"displayName"`
}

// attributes reads one attribute from where WorkOS may have it: an attribute
// of its own name, one that the customer mapped, or as the provider sent it.
type attributes struct{ top, custom, raw, rawEnterprise object }

func attributesOf(u object) attributes {
	raw := u.object("raw_attributes")
	return attributes{u, u.object("custom_attributes"), raw, raw.object(enterpriseURN)}
}

// enterprise reads a string of the enterprise extension: WorkOS's predefined
// name, then the extension's own.
func (a attributes) enterprise(predefined, own string) string {
	return firstOf(a.custom.text(predefined, own), a.rawEnterprise.text(own), a.raw.text(own))
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// userInput maps a directory user; it is unusable without username and email.
func userInput(u object) (provision.UserInput, error) {
	a := attributesOf(u)
	doc := userDocument{
		Schemas:    []string{userURN},
		ExternalID: u.text("idp_id"),
		UserName:   firstOf(u.text("username"), a.custom.text("username"), u.text("email")),
		Title:      firstOf(a.custom.text("job_title"), u.text("job_title"), a.raw.text("title")),
		UserType:   firstOf(a.custom.text("employee_type"), a.raw.text("userType")),
		Active:     u["state"] == nil || u.text("state") == "active",
		Emails:     emails(a),
	}
	if doc.UserName == "" {
		return provision.UserInput{}, unusable("the user has neither a username nor an email")
	}
	if n := (name{u.text("name"), u.text("last_name"), u.text("first_name")}); n != (name{}) {
		doc.Name = &n
	}
	doc.DisplayName = firstOf(a.custom.text("display_name"), a.raw.text("displayName"), u.text("name"))
	if e := (enterprise{
		EmployeeNumber: a.enterprise("employee_number", "employeeNumber"),
		CostCenter:     a.enterprise("cost_center_name", "costCenter"),
		Organization:   a.enterprise("organization", "organization"),
		Division:       a.enterprise("division_name", "division"),
		Department:     a.enterprise("department_name", "department"),
	}); e != (enterprise{}) {
		doc.Schemas, doc.Enterprise = append(doc.Schemas, enterpriseURN), &e
	}
	in := provision.UserInput{
		UserName: doc.UserName, ExternalID: doc.ExternalID, Display: firstOf(doc.DisplayName, doc.UserName),
		Email: mainEmail(doc.Emails), Active: doc.Active,
	}
	for _, e := range doc.Emails {
		in.Values = append(in.Values, store.Value{Attribute: "emails", Value: store.Fold(e.Value), Type: store.Fold(e.Type)})
	}
	var err error
	in.Document, err = json.Marshal(doc)
	return in, err
}

// emails gives each address once, the user's own as the primary one.
func emails(a attributes) []email {
	own, listed := a.top.text("email"), a.top.objects("emails")
	if len(listed) == 0 {
		listed = a.custom.objects("emails")
	}
	var out []email
	seen := map[string]bool{}
	primary := false
	add := func(e email) {
		if key := store.Fold(e.Value); e.Value != "" && !seen[key] {
			seen[key], primary = true, primary || e.Primary
			out = append(out, e)
		}
	}
	isOwn := func(value string) bool { return store.Fold(value) == store.Fold(own) }
	for _, e := range listed {
		value := e.text("value")
		add(email{value, e.text("type"), own != "" && isOwn(value) || own == "" && !primary && e.isTrue("primary")})
	}
	add(email{own, "", true})
	return out
}

// mainEmail prefers the primary address, then the one for work, then the first.
func mainEmail(list []email) string {
	best, rank := "", 0
	for _, e := range list {
		r := 1
		if e.Primary {
			r = 3
		} else if strings.EqualFold(e.Type, "work") {
			r = 2
		}
		if r > rank {
			best, rank = e.Value, r
		}
	}
	return best
}

// groupInput maps a directory group; it is unusable without a name.
func groupInput(g object) (provision.GroupInput, error) {
	doc := groupDocument{[]string{groupURN}, g.text("idp_id"), g.text("name")}
	if doc.DisplayName == "" {
		return provision.GroupInput{}, unusable("the group has no name")
	}
	b, err := json.Marshal(doc)
	return provision.GroupInput{DisplayName: doc.DisplayName, ExternalID: doc.ExternalID, Document: b}, err
}
