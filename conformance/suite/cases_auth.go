package suite

import (
	"slices"
	"strings"
	"time"
)

func authCases() []Case {
	return []Case{
		{ID: "7644-2-R01", Run: func(t *T) {
			r := t.Anonymous().Get("/Users")
			t.WantError(r, 401)
			t.Assert(r.Header.Get("WWW-Authenticate") != "", "got no WWW-Authenticate, want the schemes")
		}},
		{ID: "7644-2-R02", Run: func(t *T) {
			for name, token := range map[string]string{"an unknown token": "garbage", "a malformed one": "a b", "an empty one": " "} {
				t.Variant(name, func() { authRefused(t, t.WithToken(token)) })
			}
			t.Variant("an expired one", func() {
				client := t.IssueToken(time.Second)
				t.Wait(1500 * time.Millisecond)
				authRefused(t, client)
			})
		}},
		{ID: "6750-3.1-R01", Run: func(t *T) {
			failed := t.WithToken("garbage").Get("/Users").Header.Get("WWW-Authenticate")
			t.Assert(strings.Contains(failed, `error="invalid_token"`), "with a wrong token: got the challenge %q, want error=\"invalid_token\"", failed)
			none := t.Anonymous().Get("/Users").Header.Get("WWW-Authenticate")
			t.Assert(none != "" && !strings.Contains(none, "error="), "without a token: got the challenge %q, want one without an error code", none)
		}},
		{ID: "7644-2-R03", Run: func(t *T) {
			u := t.NewUser(M{"title": "Guide"})
			reader := t.ReadOnly()
			t.Want(reader.Get("/Users"), 200)
			t.Want(reader.Get(u.Path), 200)
			name := t.Unique("user")
			t.WantError(reader.Post("/Users", t.User(M{"userName": name})), 403)
			t.WantError(reader.Put(u.Path, u.With(M{"title": "Boss"})), 403)
			t.WantError(reader.Patch(u.Path, PatchOp(Replace("title", "Boss"))), 403)
			t.WantError(reader.Delete(u.Path), 403)
			t.Equal(t.Reload(u).Doc, u.Doc, "the user afterwards")
			t.Equal(t.Search("/Users", Eq("userName", name)).Total(), 0, "users created by the reader")
		}},
		{ID: "7644-2-R04", Run: func(t *T) {
			u := t.NewUser(nil)
			subject := t.Subject()
			own := t.Want(subject.Get("/Me"), 200, 308)
			if own.Status == 308 {
				own = t.Want(subject.Get(own.Header.Get("Location")), 200)
			}
			t.Want(subject.Get("/Users/"+own.String("id")), 200)
			t.WantErrorOf(subject.Get(u.Path), []int{403, 404})
			list := subject.Get("/Users")
			if list.Status == 403 {
				return
			}
			t.SameSet(t.WantList(list).IDs(), []string{own.String("id")}, "the list of the subject")
			t.Equal(list.Total(), 1, "totalResults of the subject")
			t.Equal(subject.Search("/Users", Eq("userName", u.String("userName"))).Total(), 0, "somebody else found by filter")
		}},
		{ID: "7644-2.2-R01", Run: func(t *T) {
			r := t.Anonymous().Post("/Users", t.User(nil))
			if r.Status == 201 {
				t.Notef("anonymous creation is enabled")
				return
			}
			t.WantError(r, 401)
		}},
		{ID: "7644-7.4-R01", Run: func(t *T) {
			const lifetime = 5 * time.Second
			client := t.IssueToken(lifetime)
			t.Want(client.Get("/Users", "count", "1"), 200)
			t.Wait(lifetime + 500*time.Millisecond)
			authRefused(t, client)
		}},
		{ID: "7644-6.1-R01", Run: func(t *T) {
			u := t.NewUser(M{"externalId": t.Unique("ext")})
			other := t.Other()
			hidden := []int{404, 403}
			t.WantErrorOf(other.Get(u.Path), hidden)
			t.WantErrorOf(other.Put(u.Path, u.With(M{"title": "Boss"})), hidden)
			t.WantErrorOf(other.Patch(u.Path, PatchOp(Replace("title", "Boss"))), hidden)
			t.WantErrorOf(other.Delete(u.Path), hidden)
			t.Equal(other.Search("/Users", Eq("userName", u.String("userName"))).Total(), 0, "totalResults for the other tenant, by userName")
			t.Equal(other.Search("/Users", Eq("externalId", u.String("externalId"))+` or `+Eq("id", u.ID)).Total(), 0, "totalResults for the other tenant, by or")
			t.Equal(t.Reload(u).Doc, u.Doc, "the user afterwards")
			own := other.New("/Users", t.User(nil))
			t.Assert(!slices.Contains(other.List("/Users", "count", "1000").IDs(), u.ID), "got the user of this tenant in the other's list")
			t.Assert(!slices.Contains(t.Search("/Users", Eq("userName", own.String("userName"))).IDs(), own.ID), "got the other's user in this tenant")
		}},
		{ID: "7644-6.2-R01", Run: func(t *T) {
			u := t.NewUser(M{"externalId": t.Unique("ext")})
			same := M{"userName": u.String("userName"), "externalId": u.String("externalId")}
			t.Differ(t.Other().New("/Users", t.User(same)).ID, u.ID, "the id in the other tenant")
		}},
	}
}

func authRefused(t *T, c *Client) {
	r := c.Get("/Users", "count", "1")
	t.WantError(r, 401)
	t.Assert(r.Header.Get("WWW-Authenticate") != "", "got no WWW-Authenticate, want a challenge")
}
