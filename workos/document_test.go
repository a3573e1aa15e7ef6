package workos_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

// payload is a directory user as WorkOS shows it in its reference, with what
// has been deprecated, is of other types and is not taken.
const payload = `{
	"object": "directory_user", "id": "directory_user_1", "directory_id": "directory_acme", "organization_id": "org_1",
	"idp_id": "2936", "email": "Eric@example.com", "first_name": "Eric", "last_name": "Schneider", "name": "Eric Schneider <&>",
	"state": "active", "role": {"slug": "member"}, "roles": [{"slug": "member"}], "groups": [],
	"created_at": "2021-06-25T19:07:33.155Z", "updated_at": "2021-06-25T19:07:33.155Z",
	"job_title": "of old", "username": "eric",
	"custom_attributes": {
		"emails": [{"type": "work", "value": "eric@example.com", "primary": false}, {"type": "home", "value": "e@home.example", "primary": true}, {"value": ""}, 7],
		"employee_number": "E-12345", "employee_type": "Full Time", "department_name": "Engineering", "manager_email": "john@example.com",
		"cost_center_name": 12, "job_title": "Software\u0000 Engineer", "addresses": [{"type": "work"}]
	},
	"raw_attributes": {
		"userName": "someone else", "displayName": "Eric S.", "division": "East", "title": "not this",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"costCenter": "CC-1", "department": "not this", "manager": {"value": "2"}}
	}}`

func TestDocument(t *testing.T) {
	for name, tt := range map[string]struct {
		data, want string
		account    store.Account
	}{
		"full": {
			payload,
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
				`"externalId":"2936","userName":"eric","name":{"formatted":"Eric Schneider <&>","familyName":"Schneider","givenName":"Eric"},` +
				`"displayName":"Eric S.","title":"Software Engineer","userType":"Full Time","active":true,` +
				`"emails":[{"value":"eric@example.com","type":"work","primary":true},{"value":"e@home.example","type":"home"}],` +
				`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"E-12345","costCenter":"CC-1","division":"East","department":"Engineering"}}`,
			store.Account{UserName: "eric", Email: "eric@example.com", Display: "Eric S."},
		},
		"an email alone": {
			`{"id":"directory_user_1","directory_id":"directory_acme","email":"eric@example.com","updated_at":"2021-06-25T19:07:33.155Z"}`,
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"eric@example.com","active":true,"emails":[{"value":"eric@example.com","primary":true}]}`,
			store.Account{UserName: "eric@example.com", Email: "eric@example.com", Display: "eric@example.com"},
		},
		"a username alone": {
			`{"id":"directory_user_1","directory_id":"directory_acme","email":null,"custom_attributes":{"username":"eric"},"state":"inactive","updated_at":"2021-06-25T19:07:33.155Z"}`,
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"eric","active":false}`,
			store.Account{UserName: "eric", Display: "eric"},
		},
		"emails of old": {
			`{"id":"directory_user_1","directory_id":"directory_acme","username":"eric","updated_at":"2021-06-25T19:07:33.155Z",` +
				`"emails":[{"type":"home","value":"h@example.com"},{"type":"work","value":"w@example.com"},{"type":"work","value":"W@example.com","primary":true}]}`,
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"eric","active":true,` +
				`"emails":[{"value":"h@example.com","type":"home"},{"value":"w@example.com","type":"work"}]}`,
			store.Account{UserName: "eric", Email: "w@example.com", Display: "eric"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t).feed(t, "acme")
			if _, outcome := f.deliver(t, event(1, "dsync.user.created", decode(t, tt.data))); outcome != "applied" {
				t.Fatalf("got %s", outcome)
			}
			user, kept := f.only(t)
			if diff := cmp.Diff(tt.want, string(user.Document)); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
			checkLikeSCIM(t, user)
			f.checkAccount(t, user, tt.account)
			// What WorkOS sent is kept whole, beside the document.
			if diff := cmp.Diff(decode(t, tt.data), decode(t, string(kept.Data))); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
			if user.ID == kept.ID || kept.Resource != user.Key {
				t.Errorf("the id of WorkOS: %+v of %s", kept, user.ID)
			}
			f.checkRead(t, user)
		})
	}
}

func decode(t *testing.T, data string) object {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(data), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// only is the one user of the directory, with what is kept of it.
func (f *fed) only(t *testing.T) (user store.Resource, kept store.SourceObject) {
	t.Helper()
	err := f.View(t.Context(), func(_ context.Context, r store.Reader) error {
		page, err := r.Find(store.Query{Directory: f.dir.Key, Type: store.User, Limit: 2})
		if err != nil || len(page.Resources) != 1 {
			t.Fatalf("%d users, %v", len(page.Resources), err)
		}
		user = page.Resources[0]
		kept, err = r.SourceObject(f.dir.Key, "directory_user_1")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return user, kept
}

// checkLikeSCIM holds a document to what package scim would have stored.
func checkLikeSCIM(t *testing.T, user store.Resource) {
	t.Helper()
	parsed, err := resource.Parse(user.Document)
	if err != nil {
		t.Fatal(err)
	}
	strict, err := quirk.Profile("strict", nil)
	if err != nil {
		t.Fatal(err)
	}
	valid, err := schema.Validate(schema.Core().Type("User"), parsed, nil, schema.Create, strict)
	if err != nil {
		t.Fatalf("the document is not valid: %v", err)
	}
	if diff := cmp.Diff(string(valid.AppendJSON(nil)), string(user.Document)); diff != "" {
		t.Errorf("the document is not as SCIM writes it (-want +got):\n%s", diff)
	}
}

func (f *fed) checkAccount(t *testing.T, user store.Resource, want store.Account) {
	t.Helper()
	err := f.View(t.Context(), func(_ context.Context, r store.Reader) error {
		got, err := r.Account(f.dir.Parent, user.Account)
		ignore := cmpopts.IgnoreFields(store.Account{}, "Key", "Parent", "ID", "FoldedUserName", "FoldedEmail", "Created")
		if diff := cmp.Diff(want, got, ignore); diff != "" {
			t.Errorf("account (-want +got):\n%s", diff)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkRead finds the user by SCIM, through the indexes too, as it was stored.
func (f *fed) checkRead(t *testing.T, user store.Resource) {
	t.Helper()
	want := decode(t, string(user.Document))
	paths := []string{"/Users/" + user.ID}
	emails, _ := want["emails"].([]any)
	for _, e := range emails {
		value, _ := e.(object)["value"].(string)
		paths = append(paths, "/Users?filter=emails.value+eq+%22"+value+"%22")
	}
	for _, path := range paths {
		got := f.read(t, path)
		if list, ok := got["Resources"].([]any); ok {
			if len(list) != 1 {
				t.Fatalf("%s: %d resources", path, len(list))
			}
			got, _ = list[0].(object)
		}
		ignore := cmpopts.IgnoreMapEntries(func(name string, _ any) bool { return name == "id" || name == "meta" })
		if diff := cmp.Diff(want, got, ignore); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}
