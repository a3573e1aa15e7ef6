package naive

import "slices"

// Sort orders resources, which come in order of creation, by an attribute
// (RFC 7644 §3.4.2.3): by the primary value of several or else the first; those
// without a value last, and first in descending order.
func Sort(list []Resource, a *Attribute, descending bool) []Resource {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(x, y Resource) int {
		order := a.order(a.key(x), a.key(y))
		if descending {
			return -order
		}
		return order
	})
	return sorted
}

func (a *Attribute) order(x, y any) int {
	switch {
	case !filled(x) && !filled(y):
		return 0
	case !filled(x):
		return 1
	case !filled(y):
		return -1
	}
	order, _ := a.compare(x, y)
	return order
}

func (a *Attribute) key(r Resource) any {
	all := a.elements(r)
	if len(all) == 0 {
		return nil
	}
	chosen := all[0]
	for _, e := range all {
		if o, ok := e.(map[string]any); ok && o["primary"] == true {
			chosen = e
			break
		}
	}
	if a.Sub == "" {
		return chosen
	}
	if values := part(chosen, a.Sub); len(values) > 0 {
		return values[0]
	}
	return nil
}
