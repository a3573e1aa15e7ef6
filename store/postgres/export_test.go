package postgres

import "database/sql"

// Observe is told every statement of the stores that open from now on; nil
// ends it.
func Observe(told func(query string, args []any)) { dialect.Observe = told }

// Sessions opens connections set as those that read and that write.
func Sessions(dsn string) (reading, writing *sql.DB, err error) {
	config, err := parse(dsn)
	if err != nil {
		return nil, nil, err
	}
	return open(config, 1, reads), open(config, 1, writes), nil
}

// Bind is the dialect's.
var Bind = bind
