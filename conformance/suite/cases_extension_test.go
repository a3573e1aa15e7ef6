package suite

import (
	"context"
	"strings"
	"testing"
)

func TestSecurityEvents(t *testing.T) {
	const (
		subject = `"sub_id":{"format":"scim","uri":"/Users/1"}`
		events  = `{` + subject + `,"events":{"urn:ietf:params:scim:event:prov:create:full":{"data":{"userName":"x"}}}}
			{` + subject + `,"events":{"urn:ietf:params:scim:event:prov:put:notice":{"attributes":["title"]}}}
			{` + subject + `,"events":{"urn:ietf:params:scim:event:prov:delete":{}}}`
	)
	for _, tc := range []struct {
		name, old, new, row string
		want                Outcome
		message             string
	}{
		{"good subjects", "", "", "9967-2.1-R01", Passed, ""},
		{"sub", subject, subject + `,"sub":"1"`, "9967-2.1-R01", Failed, "got sub"},
		{"an absolute uri", `"/Users/1"`, `"https://host/scim/v2/Users/1"`, "9967-2.1-R01", Failed, "sub_id.uri"},
		{"another format", `"format":"scim"`, `"format":"opaque"`, "9967-2.1-R01", Failed, "sub_id.format"},
		{"a subject in the payload", `"data":{`, `"sub_id":{},"data":{`, "9967-2.1-R01", Failed, "in the payload"},
		{"good payloads", "", "", "9967-2.4-R01", Passed, ""},
		{"full without data", `"data":{"userName":"x"}`, "", "9967-2.4-R01", Failed, "want data"},
		{"data in a notice", `"attributes":`, `"data":{},"attributes":`, "9967-2.4-R01", Failed, "no data"},
		{"a delete with data", `prov:delete":{`, `prov:delete":{"data":{}`, "9967-2.4-R01", Failed, "neither"},
		{"a delete with a suffix", `prov:delete"`, `prov:delete:notice"`, "9967-2.4-R01", Failed, "no suffix"},
		{"no suffix", `create:full`, `create`, "9967-2.4-R01", Failed, ":full or :notice"},
		{"the password", `"userName":"x"`, `"password":"PASSWORD"`, "9967-2.4-R01", Failed, "got the password"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServer(t)
			s.config["securityEvents"] = M{"asyncRequest": "none", "eventUris": []string{eventProvision + "create:full", eventProvision + "put:notice", eventProvision + "delete"}}
			password := ""
			s.answers["POST /Users"] = s.create(func(sent Doc) { password = sent.String("password") })
			target := s.target()
			target.Hooks.Events = func(context.Context) (claims [][]byte, err error) {
				for _, event := range strings.Split(events, "\n") {
					changed := strings.ReplaceAll(strings.ReplaceAll(event, tc.old, tc.new), "PASSWORD", password)
					if tc.old == "" {
						changed = event
					}
					claims = append(claims, []byte(changed))
				}
				return claims, nil
			}
			wantOutcome(t, judge(t, target, written(t, tc.row)), tc.want, tc.message)
		})
	}
}
