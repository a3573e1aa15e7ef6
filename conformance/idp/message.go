package idp

import "maps"

const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchSchema      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	listSchema       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	errorSchema      = "urn:ietf:params:scim:api:messages:2.0:Error"

	workEmail  = `emails[type eq "work"].value`
	department = enterpriseSchema + ":department"
	manager    = enterpriseSchema + ":manager"
)

// resource is what the simulators read of a user or group. Wrong JSON types
// fail its decoding, as they fail the real clients'.
type resource struct {
	Schemas     []string `json:"schemas"`
	ID          string   `json:"id"`
	UserName    string   `json:"userName"`
	DisplayName string   `json:"displayName"`
	Name        struct {
		GivenName  string `json:"givenName"`
		FamilyName string `json:"familyName"`
	} `json:"name"`
	Emails []struct {
		Value string `json:"value"`
	} `json:"emails"`
	Title   string `json:"title"`
	Active  bool   `json:"active"`
	Members []struct {
		Value string `json:"value"`
	} `json:"members"`
	Meta struct {
		LastModified string `json:"lastModified"`
	} `json:"meta"`
	Enterprise struct {
		Department string `json:"department"`
		Manager    struct {
			Value string `json:"value"`
		} `json:"manager"`
	} `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
}

func (r resource) memberIDs() []string {
	var ids []string
	for _, m := range r.Members {
		ids = append(ids, m.Value)
	}
	return ids
}

type listResponse struct {
	Schemas      []string   `json:"schemas"`
	TotalResults int        `json:"totalResults"`
	StartIndex   int        `json:"startIndex"`
	ItemsPerPage int        `json:"itemsPerPage"`
	Resources    []resource `json:"Resources"`
}

// document is a resource as it is sent.
type document map[string]any

// userDocument has every attribute of the person, in the words of the RFC.
func userDocument(p Person) document {
	d := document{
		"schemas":  []string{userSchema},
		"userName": p.UserName, "displayName": p.DisplayName(), "active": p.Active,
		"name":   document{"givenName": p.GivenName, "familyName": p.FamilyName},
		"emails": []document{{"value": p.Email, "type": "work", "primary": true}},
	}
	if p.Title != "" {
		d["title"] = p.Title
	}
	if p.Department != "" {
		d["schemas"] = []string{userSchema, enterpriseSchema}
		d[enterpriseSchema] = document{"department": p.Department}
	}
	return d
}

// with sets more attributes.
func (d document) with(more document) document {
	maps.Copy(d, more)
	return d
}

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"`
}

func patch(operations ...operation) document {
	return document{"schemas": []string{patchSchema}, "Operations": operations}
}

// attribute is one path of a user with its value.
type attribute struct {
	path  string
	value any
	isNew bool // it was empty
}

// changed lists the attributes in which a person differs, active last.
func changed(was, now Person) []attribute {
	var out []attribute
	for _, a := range []struct{ path, was, now string }{
		{"userName", was.UserName, now.UserName},
		{"name.givenName", was.GivenName, now.GivenName},
		{"name.familyName", was.FamilyName, now.FamilyName},
		{"displayName", was.DisplayName(), now.DisplayName()},
		{workEmail, was.Email, now.Email},
		{"title", was.Title, now.Title},
		{department, was.Department, now.Department},
	} {
		if a.was != a.now {
			out = append(out, attribute{a.path, a.now, a.was == ""})
		}
	}
	if was.Active != now.Active {
		out = append(out, attribute{path: "active", value: now.Active})
	}
	return out
}

// member is a person in a group, by the id the server gave.
type member struct{ id, userName string }

func values(members []member) []document {
	out := []document{} // an empty group is [], not null
	for _, m := range members {
		out = append(out, document{"value": m.id})
	}
	return out
}

// displayed is values with Okta's display and without a type (§3.4).
func displayed(members []member) []document {
	out := values(members)
	for i, m := range members {
		out[i]["display"] = m.userName
	}
	return out
}
