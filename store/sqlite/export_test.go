package sqlite

// Observe is told every statement of the stores that open from now on; nil
// ends it.
func Observe(told func(query string, args []any)) { dialect.Observe = told }
