package idp

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
)

func oktaAIW() Provider {
	return Provider{
		Name:   "okta-aiw",
		About:  "Okta, an application of the App Integration Wizard: users by GET, merge and PUT, groups by PUT",
		Strict: true, Why: "a PUT replaces, and what is read-only in it is ignored",
		able: oktaAbility(), manners: oktaManners(),
		speak: func(c *conversation) dialect { return wizard{oktaBase{rfc{c}}} },
	}
}

// wizard knows no PATCH (§3.1).
type wizard struct{ oktaBase }

// updateUser overlays what changed on what the server returned and sends it
// all back, id, meta and groups included.
func (w wizard) updateUser(ctx context.Context, id string, was, now Person) error {
	read, got, err := w.read(ctx, "/Users/"+id)
	if err != nil || read == nil {
		return err
	}
	var whole document
	if err := json.Unmarshal(got.body, &whole); err != nil {
		return err
	}
	maps.Copy(whole, difference(was, now))
	return w.putUser(ctx, id, whole.with(document{"password": "1mz050nq"}), now)
}

func (w wizard) removeUser(ctx context.Context, id string, last Person) error {
	return deactivate(ctx, w, id, last)
}

// renameGroup has neither id nor externalId, and must not collide with the
// group's own name (§3.4).
func (w wizard) renameGroup(ctx context.Context, r roster) error {
	_, err := w.write(ctx, http.MethodPut, "/Groups/"+r.id, document{
		"schemas": []string{groupSchema}, "displayName": r.name, "members": displayed(r.all),
	})
	return err
}

func (w wizard) changeMembers(ctx context.Context, r roster) error { return w.renameGroup(ctx, r) }
