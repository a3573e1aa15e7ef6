package declare

import (
	"errors"
	"strings"

	"scimd/provision"
)

// Refused tells which changes the refusals of a rehearsal stand for; any other
// error comes back as it is. What is refused only because the org itself was
// is left out.
func (d Difference) Refused(err error) (Faults, error) {
	if err == nil {
		return nil, nil
	}
	var faults Faults
	failed := map[string]bool{}
	for _, one := range joined(err) {
		var refused *provision.StepError
		if !errors.As(one, &refused) || refused.Step >= len(d.Changes) {
			return nil, err
		}
		change := d.Changes[refused.Step]
		entry, _, _ := strings.Cut(change.Path, ".")
		if reason := refused.Err.Reason; failed[entry] && (reason == provision.NotFound || reason == provision.WrongMode) {
			continue
		}
		if refused.Err.Reason == provision.Undecided && strings.HasPrefix(entry, "directories") {
			if failed["directories"] {
				continue // it met the people of the one before
			}
			failed["directories"] = true
		}
		failed[entry] = true
		text := change.Text + ": " + refused.Err.Text
		if refused.Err.Rule != "" {
			text += " (" + refused.Err.Rule + ")"
		}
		faults = append(faults, Fault{Path: field(change.Path, refused.Err.Field), Text: text})
	}
	return faults, nil
}

func joined(err error) []error {
	var several interface{ Unwrap() []error }
	if errors.As(err, &several) {
		return several.Unwrap()
	}
	return []error{err}
}

// field makes a path more exact, where what was refused is a key of the entry.
func field(path, name string) string {
	switch {
	case name == "" || strings.Contains(path, "."):
		return path
	case path == "":
		return name
	}
	return path + "." + name
}
