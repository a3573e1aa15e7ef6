package suite

import (
	"net/http"
	"testing"
)

func (s *server) publish() {
	s.answers["GET /ResourceTypes"] = func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, M{"Resources": []M{
			{"name": "Widget", "endpoint": "Widgets", "schema": WidgetSchema},
			{"name": "Gadget", "endpoint": "/Gadgets", "schema": GadgetSchema, "schemaExtensions": []M{{"schema": "urn:need", "required": true}, {"schema": "urn:may"}}},
		}})
	}
	s.answers["GET /Schemas"] = func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, M{"Resources": []M{
			{"id": WidgetSchema, "attributes": []M{
				{"name": "code", "type": "string", "required": true, "caseExact": true, "uniqueness": "server"},
				{"name": "link", "type": "reference", "caseExact": true, "referenceTypes": []string{"external"}},
				{"name": "parts", "type": "complex", "multiValued": true, "subAttributes": []M{{"name": "qty", "type": "integer"}}},
				{"name": "bare"},
			}},
			{"id": GadgetSchema, "attributes": []M{{"name": "label", "type": "string", "required": true}}},
			{"id": "urn:need", "attributes": []M{
				{"name": "size", "type": "integer", "required": true},
				{"name": "seals", "type": "complex", "multiValued": true, "required": true, "subAttributes": []M{{"name": "on", "type": "dateTime", "required": true}}},
				{"name": "serial", "required": true, "mutability": "readOnly"},
			}},
		}})
	}
}

func TestTestTypes(t *testing.T) {
	s := newServer(t)
	s.publish()
	wantOutcome(t, judge(t, s.target(), Case{Run: func(t *T) {
		w := t.NewWidget(M{"serial": "1"})
		t.Equal(w.Path, "/Widgets/"+w.ID, "path")
		t.SameSet(w.Names(), []string{"schemas", "id", "code", "serial"}, "attributes")
		g := Doc{t.Gadget(nil)}
		t.Equal(Doc{g.With(M{"label": Omit})}, M{
			"schemas":  []string{GadgetSchema, "urn:need"},
			"urn:need": M{"size": 1, "seals": []M{{"on": "2008-01-23T04:56:22Z"}}},
		}, "the least a gadget has")
		t.Assert(t.Gadget(nil)["label"] != g.String("label"), "got one name twice, want unique ones")
	}}), Passed, "")
}

func TestCharacteristics(t *testing.T) {
	s := newServer(t)
	s.publish()
	for _, tc := range []struct {
		path    string
		want    M
		outcome Outcome
	}{
		{"code", M{"required": true, "caseExact": true, "uniqueness": "server"}, Passed},
		{"code", M{"required": true, "caseExact": true}, Failed},
		{"code", M{"required": false, "caseExact": true, "uniqueness": "server"}, Failed},
		{"bare", nil, Passed},
		{"bare", M{"mutability": "readOnly"}, Failed},
		{"link", M{"type": "reference", "referenceTypes": []string{"external"}}, Passed},
		{"link", M{"type": "reference", "referenceTypes": []string{"uri"}}, Failed},
		{"parts", M{"type": "complex", "multiValued": true}, Passed},
		{"parts.qty", M{"type": "integer"}, Passed},
		{"nope", nil, Failed},
	} {
		got := judge(t, s.target(), Case{Run: func(t *T) { t.Characteristics(WidgetSchema, tc.path, tc.want) }})
		if got.Outcome != tc.outcome {
			t.Errorf("%s %v: got %s %q, want %s", tc.path, tc.want, got.Outcome, got.Messages, tc.outcome)
		}
	}
}

func TestConfig(t *testing.T) {
	s := newServer(t)
	s.config = M{
		"bulk": M{"supported": true, "maxOperations": 10}, "sort": M{"supported": "true"},
		"pagination": M{"cursor": true, "index": true, "maxPageSize": 7},
	}
	got := judge(t, s.target(), Case{Run: func(t *T) {
		c := t.Config()
		t.Equal([]bool{c.Bulk.Supported, c.Sort.Supported, c.ETag.Supported, c.Cursor.Supported}, []bool{true, false, false, true}, "features")
		t.Equal([]int{c.MaxOperations, c.MaxPayloadSize, c.MaxPageSize}, []int{10, -1, 7}, "limits")
	}})
	wantOutcome(t, got, Passed, "")
	if len(got.Exchanges) != 1 {
		t.Errorf("got %d exchanges, want the one that read the configuration", len(got.Exchanges))
	}
	s.answers["GET /ServiceProviderConfig"] = func(w http.ResponseWriter, _ *http.Request) { reply(w, 500, M{}) }
	wantOutcome(t, judge(t, s.target(), Case{Run: func(t *T) { t.Gate(t.Config().Patch, nil) }}), NotJudged, "/ServiceProviderConfig")
}

func TestReadings(t *testing.T) {
	s := newServer(t)
	target := s.target()
	target.Readings = []string{"A-05"}
	wantOutcome(t, judge(t, target, Case{Run: func(t *T) {
		t.Equal([]bool{t.Reading("A-05"), t.Reading("A-07")}, []bool{true, false}, "readings")
	}}), Passed, "")
}
