package transfer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
)

// Progress is how far a copy has come, as the target keeps it.
type Progress struct {
	ID     string              `json:"id"`   // of the copy
	From   string              `json:"from"` // the source's name
	Run    string              `json:"run"`  // of the process that goes on with it
	Tables map[string]Position `json:"tables"`
}

// Position is how far one table has come: rows up to After are there, or all.
type Position struct {
	After Key  `json:"after,omitempty"`
	Done  bool `json:"done,omitempty"`
}

// Key is a list of values that find a row: integers and texts.
type Key []any

// UnmarshalJSON keeps integers exact.
func (k *Key) UnmarshalJSON(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var values []any
	if err := d.Decode(&values); err != nil {
		return err
	}
	for i, v := range values {
		switch v := v.(type) {
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return err
			}
			values[i] = n
		case string:
		default:
			return errors.New("a key is of integers and texts")
		}
	}
	*k = values
	return nil
}

// String is the key as JSON has it.
func (k Key) String() string {
	raw, _ := json.Marshal([]any(k))
	return string(raw)
}

// compare orders keys of one table as databases do: texts by their bytes.
func (k Key) compare(other Key) int {
	for i, v := range k {
		order := 0
		switch v := v.(type) {
		case int64:
			w, _ := other[i].(int64)
			order = cmp.Compare(v, w)
		case string:
			w, _ := other[i].(string)
			order = cmp.Compare(v, w)
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

// begun tells whether any row may be there.
func (p Position) begun() bool { return p.Done || p.After != nil }
