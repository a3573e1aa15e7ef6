package scim_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"scimd/internal/testenv"
	"scimd/scim"
	"scimd/scim/schema"
	"scimd/store"
)

// TestStoredText: what is answered out of the stored text is, byte for byte,
// what decoding the whole of it gives.
func TestStoredText(t *testing.T) {
	registry := withWidget(t)
	env, interop := start(t, func(h *scim.Handler) { h.Registry = func(string) *schema.Registry { return registry } })
	strictDirectory, token := env.NewDirectory(t, "strict", "strict")
	for d, c := range map[*store.Directory]client{&env.Directory: interop, &strictDirectory: interop.as(token)} {
		made := people{rand.New(rand.NewPCG(7, 8))}
		boss := c.want(201, "POST", "/Users", anyUser(`"displayName":"The \"Boss\""`)).id()
		var members []any
		for i := range 40 {
			body := made.user(fmt.Sprintf("%s-%d", made.text(), i))
			if i%3 == 0 {
				body[enterpriseURN] = map[string]any{"department": made.text(), "manager": map[string]any{"value": boss}}
			}
			members = append(members, map[string]any{"value": c.want(201, "POST", "/Users", asJSON(body)).id()})
		}
		c.want(201, "POST", "/Groups", asJSON(map[string]any{"schemas": []string{groupURN}, "displayName": "crew\n", "members": members[:9]}))
		answersAlike(t, env, *d, c)
	}
}

// answersAlike compares the answers about all that a directory holds with those
// after a blank was put before each document, so that none is in the encoding
// that is taken over.
func answersAlike(t *testing.T, env *testenv.Env, d store.Directory, c client) {
	t.Helper()
	ask := func() map[string]string {
		answers := map[string]string{}
		for _, path := range []string{"/Users", "/Groups"} {
			for _, query := range []string{
				"", "&attributes=userName,displayName,members", "&excludedAttributes=groups,members", "&excludedAttributes=emails,meta,name.givenName",
				"&attributes=emails.value,meta.version,groups.display," + enterpriseURN + ":manager.displayName",
				"&excludedAttributes=" + enterpriseURN + ":manager.$ref,addresses.type," + widgetURN + ":parts.qty",
				"&attributes=" + enterpriseURN + "," + widgetURN + ":tags",
			} {
				answers[path+"?count=200"+query] = c.want(200, "GET", path+"?count=200"+query, "").raw
			}
		}
		return answers
	}
	before := ask()
	err := env.Store.Update(t.Context(), func(_ context.Context, tx store.Tx) error {
		for _, typ := range []store.ResourceType{store.User, store.Group} {
			page, err := tx.Find(store.Query{Directory: d.Key, Type: typ, Limit: 200})
			if err != nil {
				return err
			}
			for _, r := range page.Resources {
				r.Document = append([]byte(" "), r.Document...)
				if err := tx.SetResource(r); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, raw := range ask() {
		if raw != before[path] {
			t.Errorf("%s of %s: got %s, want what decoding gives: %s", path, d.Name, before[path], raw)
		}
	}
}
