// Package scimerr holds the errors that a SCIM client may see: each is an
// RFC 7644 §3.12 error with its HTTP status, scimType and a sentence that
// names the attribute. It must not know why the caller fails, nor any
// internal error: what is not an *Error is answered as 500 without its text.
package scimerr

import (
	"fmt"
	"net/http"

	"github.com/elimity-com/scim/errors"
)

// Error is an error that may reach the client. Its wire form is the library's.
type Error struct {
	Wire errors.ScimError
}

// Error gives the sentence for the client.
func (e *Error) Error() string { return e.Wire.Detail }

func failure(status int, typ errors.ScimType, format string, args []any) *Error {
	return &Error{errors.ScimError{Status: status, ScimType: typ, Detail: fmt.Sprintf(format, args...)}}
}

// InvalidFilter is the answer when the filter does not parse or does not suit the attribute (400).
func InvalidFilter(format string, args ...any) *Error {
	return failure(http.StatusBadRequest, errors.ScimTypeInvalidFilter, format, args)
}

// InvalidSyntax is the answer when the body is not JSON or not the message it should be (400).
func InvalidSyntax(format string, args ...any) *Error {
	return failure(http.StatusBadRequest, errors.ScimTypeInvalidSyntax, format, args)
}

// InvalidPath is the answer when the PATCH path is malformed or names no attribute (400).
func InvalidPath(format string, args ...any) *Error {
	return failure(http.StatusBadRequest, errors.ScimTypeInvalidPath, format, args)
}

// NoTarget is the answer when the PATCH path yields no value to operate on (400).
func NoTarget(format string, args ...any) *Error {
	return failure(http.StatusBadRequest, errors.ScimTypeNoTarget, format, args)
}

// InvalidValue is the answer when a value is missing, of the wrong type or not allowed (400).
func InvalidValue(format string, args ...any) *Error {
	return failure(http.StatusBadRequest, errors.ScimTypeInvalidValue, format, args)
}

// Mutability is the answer when a readOnly or set immutable attribute would change (400).
func Mutability(format string, args ...any) *Error {
	return failure(http.StatusBadRequest, errors.ScimTypeMutability, format, args)
}

// InvalidVersion is the answer when the version segment of the URL is not served (400).
func InvalidVersion(format string, args ...any) *Error {
	return failure(http.StatusBadRequest, errors.ScimTypeInvalidVersion, format, args)
}

// TooMany is the answer when a query would cost more than the server spends on one (400).
func TooMany(format string, args ...any) *Error {
	return failure(http.StatusBadRequest, errors.ScimTypeTooMany, format, args)
}

// The keywords of RFC 9865 §2.1, which the library does not know.
const (
	invalidCursor errors.ScimType = "invalidCursor"
	expiredCursor errors.ScimType = "expiredCursor"
	invalidCount  errors.ScimType = "invalidCount"
)

// InvalidCursor is the answer to a cursor that was not made here, or not for this query (400).
func InvalidCursor(format string, args ...any) *Error {
	return failure(http.StatusBadRequest, invalidCursor, format, args)
}

// ExpiredCursor is the answer to a cursor that is too old (400).
func ExpiredCursor(format string, args ...any) *Error {
	return failure(http.StatusBadRequest, expiredCursor, format, args)
}

// InvalidCount is the answer when count changes on the way (400).
func InvalidCount(format string, args ...any) *Error {
	return failure(http.StatusBadRequest, invalidCount, format, args)
}

// Sensitive is the answer to a filter that must not stand in a URL (403).
func Sensitive(format string, args ...any) *Error {
	return failure(http.StatusForbidden, errors.ScimTypeSensitive, format, args)
}

// Uniqueness is the answer when a unique value is taken (409).
func Uniqueness(format string, args ...any) *Error {
	return failure(http.StatusConflict, errors.ScimTypeUniqueness, format, args)
}

// Status is an error without a scimType.
func Status(status int, format string, args ...any) *Error {
	return failure(status, "", format, args)
}
