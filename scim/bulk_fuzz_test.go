package scim_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"scimd/internal/testenv"
	"scimd/store"
)

// bulkExamples are the requests of RFC 7644 §3.7.1 to §3.7.3, and shapes of
// our own.
func bulkExamples() []string {
	return []string{
		bulkMessage("", bulkGroup("qwerty", "Group A", "bulkId:ytrewq"), bulkGroup("ytrewq", "Group B", "bulkId:qwerty")),
		bulkMessage("", bulkUser("qwerty", "Alice"), bulkGroup("ytrewq", "Tour Guides", "bulkId:qwerty")),
		bulkMessage("", bulkUser("qwerty", "Alice"), bulkPost("ytrewq", "/Users", `{"schemas":["`+userURN+`","`+enterpriseURN+`"],"userName":"Bob","`+enterpriseURN+
			`":{"employeeNumber":"11250","manager":{"value":"bulkId:qwerty","$ref":"x/bulkId:qwerty"}}}`)),
		bulkMessage(`"failOnErrors":1,`, bulkPost("qwerty", "/Users", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:User"],"userName":"Alice"}`),
			`{"method":"PUT","path":"/Users/b7c14771-226c-4d05-8860-134711653041","version":"W\/\"3694e05e9dff591\"","data":`+user("Bob")+`}`,
			bulkPatch("/Users/5d8d29d3-342c-4b5f-8683-a3cb6763ffcc", `{"op":"remove","path":"nickName"},{"op":"add","path":"userName","value":"Dave"}`),
			`{"method":"DELETE","path":"/Users/e9025315-6bea-44e1-899c-1e07454e468b","version":"W\/\"0ee8add0a938e1a\""}`),
		bulkMessage("", bulkUser("a", "a"), bulkPatch("/Users/bulkId:a", `{"op":"replace","path":"emails[type eq \"bulkId:a\"].value","value":"bulkId:a"}`),
			bulkPatch("/Users/bulkId:a", `{"op":"add","value":{"emails[type eq bulkId:a].value":"x","name.familyName":"bulkId:b"}}`), bulkDelete("/Users/bulkId:a")),
		bulkMessage("", bulkGroup("s", "s", "bulkId:s"), bulkGroup("r", "bulkId:r"), bulkUser("s", "twice")),
		bulkMessage("", `{"method":"GET","path":"/Users/1"}`, `{}`, `{"method":"POST","path":"/Bulk","bulkId":"b","data":{}}`, bulkDelete("//x/%2e%2e/")),
		`{"schemas":[],"Operations":[1]}`,
	}
}

// composed reads bytes as operations, four for each, over few names, so that
// references meet, miss and go round in circles.
func composed(program []byte) []byte {
	ids := []string{"a", "b", "c", "nope"}
	var operations []string
	for len(program) >= 4 && len(operations) < 12 {
		kind, own, one, two := program[0]%10, ids[program[1]%3], ids[program[2]%4], ids[program[3]%4]
		program = program[4:]
		switch kind {
		case 0, 1:
			operations = append(operations, bulkGroup(own, "group "+own, "bulkId:"+one, "bulkId:"+two))
		case 2:
			operations = append(operations, bulkGroup(own, "bulkId:"+one, "bulkId:"+two))
		case 3:
			operations = append(operations, bulkUser(own, "user "+one))
		case 4:
			operations = append(operations, bulkPost(own, "/Users", user("user "+one, `"`+enterpriseURN+`":{"manager":{"value":"bulkId:`+two+`"}}`)))
		case 5:
			operations = append(operations, bulkPost(own, "/Users", user("bulkId:"+one, `"title":"bulkId:`+two+`"`)))
		case 6:
			operations = append(operations, bulkPatch("/Groups/bulkId:"+own, `{"op":"add","path":"members","value":[{"value":"bulkId:`+one+`"}]},
				{"op":"remove","path":"members[value eq \"bulkId:`+two+`\"]"}`))
		case 7:
			operations = append(operations, bulkPatch("/Users/bulkId:"+own, `{"op":"add","value":{"emails[type eq bulkId:`+one+`].value":"x","nickName":"bulkId:`+two+`"}},
				{"op":"replace","path":"ims[type eq \"bulkId:`+one+`\"].value","value":"bulkId:`+two+`"}`))
		case 8:
			operations = append(operations, `{"method":"PUT","path":"/Groups/bulkId:`+own+`","data":`+groupOf("put "+own, "bulkId:"+one, "bulkId:"+two)+`}`)
		case 9:
			endpoint := "/Groups"
			if one == "a" {
				endpoint = "/Users"
			}
			operations = append(operations, bulkDelete(endpoint+"/bulkId:"+own))
		}
	}
	return []byte(bulkMessage("", operations...))
}

// FuzzBulk: whatever a client sends, the request is refused whole or every
// operation is answered, none as a fault of the server; as much is stored as
// was answered; and no reference is stored as it was written.
func FuzzBulk(f *testing.F) {
	for _, message := range bulkExamples() {
		f.Add([]byte(message))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		program := make([]byte, 4*(1+random.IntN(8)))
		for i := range program {
			program[i] = byte(random.IntN('{')) // "{" begins a message as it is
		}
		f.Add(program)
	}
	env := testenv.Start(f)
	h := bulkHandler(env, slog.DiscardHandler)
	strict := *env
	strict.Directory, strict.Token = env.NewDirectory(f, "strict", "strict")
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) == 0 || message[0] != '{' {
			message = composed(message)
		}
		for _, e := range []*testenv.Env{env, &strict} {
			w := bulkServe(t.Context(), h, e.Token, bytes.NewReader(message), int64(len(message)))
			switch w.Code {
			case 400:
				continue
			case 200:
			default:
				t.Fatalf("got %d %s, want 200 or 400", w.Code, w.Body)
			}
			at := &directory{newClient(t, e.SCIM, e.Token), e}
			want := checkBulkAnswer(t, message, w.Body.Bytes())
			if got := at.names(); len(got) != want {
				t.Errorf("stored %v, want %d after %s for %s", got, want, w.Body, message)
			}
			at.bulkEmpty(h)
		}
	})
}

// checkBulkAnswer gives how many resources should be there.
func checkBulkAnswer(t *testing.T, message, body []byte) (stored int) {
	t.Helper()
	var asked map[string]json.RawMessage
	var answer struct{ Operations []bulkItem }
	if err := json.Unmarshal(message, &asked); err != nil {
		t.Fatalf("%s was accepted: %v", message, err)
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	n, limited := 0, false
	for name, v := range asked {
		switch {
		case strings.EqualFold(name, "Operations"):
			var operations []json.RawMessage
			if err := json.Unmarshal(v, &operations); err != nil {
				t.Fatalf("%s was accepted: %v", message, err)
			}
			n = len(operations)
		case strings.EqualFold(name, "failOnErrors"):
			limited = true
		}
	}
	if got := len(answer.Operations); got > n || got == 0 || got < n && !limited {
		t.Errorf("got %d results for %s, want %d", got, message, n)
	}
	for _, item := range answer.Operations {
		if s := item.Status; len(s) != 3 || s < "200" || s >= "500" || (s[0] == '2') == (item.Response != nil) {
			t.Errorf("got %+v for %s, want a status below 500, and an error with a failure", item, message)
		}
		switch item.Method + item.Status {
		case "POST201":
			stored++
		case "DELETE204":
			stored--
		}
	}
	return stored
}

// bulkEmpty deletes everything, so that the next input meets the same server.
func (r *directory) bulkEmpty(h http.Handler) {
	r.t.Helper()
	var operations []string
	r.view(func(s store.Reader) error {
		for typ, endpoint := range map[store.ResourceType]string{store.User: "/Users/", store.Group: "/Groups/"} {
			page, err := s.Find(store.Query{Directory: r.Directory.Key, Type: typ, Limit: 1 << 20})
			if err != nil {
				return err
			}
			for _, row := range page.Resources {
				operations = append(operations, bulkDelete(endpoint+row.ID))
			}
		}
		return nil
	})
	if len(operations) == 0 {
		return
	}
	message := bulkMessage("", operations...)
	w := bulkServe(r.t.Context(), h, r.Token, strings.NewReader(message), int64(len(message)))
	if got := strings.Count(w.Body.String(), `"status":"204"`); got != len(operations) {
		r.t.Fatalf("got %s, want %d deletions", w.Body, len(operations))
	}
}
