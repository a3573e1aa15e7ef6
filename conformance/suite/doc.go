// Package suite judges any SCIM 2.0 server over HTTP, one case per row of the
// requirements matrix (rows.tsv). It owns the cases, the fixtures they need and
// the verdicts; it must not know which server it talks to, so it imports
// nothing of scimd. Package report prints what [Run] finds.
//
// # Writing a case
//
// Each topic of the matrix has a file cases_<topic>.go with one function that
// returns its cases, in the order of the rows. A case is the id of its row and
// a function that reads like the row's check:
//
//	{ID: "7644-3.3-R05", Run: func(t *T) {
//		u := t.NewUser(nil)
//		r := t.Post("/Users", t.User(M{"userName": u.String("userName")}))
//		t.WantError(r, 409, "uniqueness")
//		t.Equal(t.Search("/Users", Eq("userName", u.String("userName"))).Total(), 1, "totalResults")
//	}},
//
// Verdicts. Want and Fatalf end the case; WantError, Equal, SameSet and Errorf
// record a failure and go on. Whoever cannot judge calls NotJudged: what is not
// judged never passes. A client, hook or resource type that the server or the
// target lacks does so by itself. Notef records a choice or a warning.
// Variant(name, fn) names one variant of a check and confines Want and Fatalf.
//
// Gates. Gate(t.Config().Sort, refusal) goes on where the feature is advertised;
// otherwise it runs refusal, which checks how the server refuses, and ends the
// case as absent. Behind puts one gate before every case of a topic.
//
// Readings. t.Reading("A-05") is true if the target reads that ambiguity the
// other way; without it the matrix's own choice holds.
//
// Neighbours. Cases run side by side, also against a server that holds other
// data: name things with t.Unique, filter on those names, and never count an
// unfiltered list. A case that cannot bear company sets Alone.
//
// Cleaning up is no concern of a case: whatever an answer says was created is
// deleted afterwards, groups first.
//
// Documents. [Doc] reads JSON by path: "name.givenName", "emails.0.value",
// Enterprise+":manager.value". Spelling is exact; numbers are [json.Number].
// Has means assigned: null, [] and absence are one state (RFC 7643 section 2.5).
//
// A helper of one topic carries the topic's name (patchEmails), since all cases
// share this package.
package suite
