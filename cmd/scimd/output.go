package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// show prints an answer: as it came, or the columns of it as a table. A list
// has a line for each of its items.
func (a *app) show(raw json.RawMessage, columns ...string) error {
	if len(raw) == 0 {
		return nil
	}
	if a.output == "json" {
		var out bytes.Buffer
		if err := json.Indent(&out, bytes.TrimSpace(raw), "", "  "); err != nil {
			return err
		}
		_, err := fmt.Fprintln(a.stdout, out.String())
		return err
	}
	rows, err := rowsOf(raw)
	if err != nil {
		return err
	}
	return a.table(rows, columns...)
}

func (a *app) table(rows []map[string]any, columns ...string) error {
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	if _, err := fmt.Fprintln(w, strings.ToUpper(strings.Join(columns, "\t"))); err != nil {
		return err
	}
	for _, row := range rows {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = cell(row[c])
		}
		if _, err := fmt.Fprintln(w, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

func rowsOf(raw json.RawMessage) ([]map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // sequence numbers are not floats
	var one map[string]any
	if err := d.Decode(&one); err != nil {
		return nil, err
	}
	items, ok := one["items"].([]any)
	if !ok {
		return []map[string]any{one}, nil
	}
	var rows []map[string]any
	for _, item := range items {
		if row, ok := item.(map[string]any); ok {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// switches shows a map of what is on and off; any other has no place in a cell.
func switches(m map[string]any) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		switch m[name] {
		case true:
			out = append(out, name+"=on")
		case false:
			out = append(out, name+"=off")
		default:
			return "-"
		}
	}
	return cmp.Or(strings.Join(out, ","), "-")
}

func cell(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return switches(v)
	case nil:
		return "-"
	case []any:
		cells := make([]string, len(v))
		for i, one := range v {
			cells[i] = cell(one)
		}
		return cmp.Or(strings.Join(cells, ","), "-")
	case string:
		if v == "" {
			return "-"
		}
		return v
	}
	return fmt.Sprint(v)
}
