package postgres

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Codes of PostgreSQL, appendix A.
const (
	uniqueViolation     = "23505"
	readOnlyTransaction = "25006" // a standby, while it takes over
	lockNotAvailable    = "55P03"
	queryCanceled       = "57014" // by a time-out
)

var (
	// givenUp are transactions that the server ended for another's sake.
	givenUp = []string{"40001", "40P01", lockNotAvailable}
	// shutDown is said before a connection closes, or instead of opening one.
	shutDown = []string{"57P01", "57P02", "57P03", readOnlyTransaction}
)

// code is the server's, or "" for an error of another origin.
func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func taken(err error) bool { return code(err) == uniqueViolation }

// lost tells whether the connection is gone, or was never there.
func lost(err error) bool {
	if c := code(err); c != "" {
		return strings.HasPrefix(c, "08") || slices.Contains(shutDown, c)
	}
	var connect *pgconn.ConnectError
	var network *net.OpError
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone)
}

func undone(err error) bool { return slices.Contains(givenUp, code(err)) || lost(err) }

func unavailable(err error) bool {
	c := code(err)
	return undone(err) || c == queryCanceled || strings.HasPrefix(c, "53") || strings.HasPrefix(c, "58")
}
