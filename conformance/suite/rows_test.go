package suite

import (
	"maps"
	"slices"
	"testing"
)

func TestRows(t *testing.T) {
	levels, ids := map[Level]int{}, map[string]int{}
	for _, row := range Rows() {
		levels[row.Level]++
		ids[row.ID]++
		if row.TopicNumber() == 0 || row.Section == "" || row.Sentence == "" {
			t.Errorf("got %+v, want a numbered topic, a section and a sentence", row)
		}
	}
	if want := map[Level]int{Must: 287, Should: 41, May: 22}; !maps.Equal(levels, want) {
		t.Errorf("got %v, want %v", levels, want)
	}
	if len(ids) != 350 {
		t.Errorf("got %d ids, want 350 different ones", len(ids))
	}
}

// A topic whose function returns nothing is not written yet; one that has begun
// must be complete.
func TestEveryRowHasACase(t *testing.T) {
	wanted := map[int][]string{}
	for _, row := range Rows() {
		wanted[row.TopicNumber()] = append(wanted[row.TopicNumber()], row.ID)
	}
	unwritten := 0
	for _, topic := range topics() {
		var got []string
		for _, c := range topic.cases() {
			got = append(got, c.ID)
			if c.Run == nil {
				t.Errorf("case %s does nothing", c.ID)
			}
		}
		if len(got) == 0 {
			unwritten++
		} else if !slices.Equal(got, wanted[topic.number]) {
			t.Errorf("topic %d: got cases for\n%q, want one for each row, in order:\n%q", topic.number, got, wanted[topic.number])
		}
		delete(wanted, topic.number)
	}
	if len(wanted) > 0 {
		t.Errorf("no topic holds the rows of %v", wanted)
	}
	t.Logf("%d topics are not written yet", unwritten)
}

func TestOnly(t *testing.T) {
	for _, tc := range []struct {
		only []string
		want int
	}{
		{nil, 350}, {[]string{"9"}, 6}, {[]string{"18", "8. POST"}, 13}, {[]string{"7644-3.6-R01"}, 1}, {[]string{"9865-"}, 26}, {[]string{"99"}, 0},
	} {
		if got := len(selected(Cases(), tc.only)); got != tc.want {
			t.Errorf("only %q: got %d cases, want %d", tc.only, got, tc.want)
		}
	}
}
