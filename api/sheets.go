package api

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"scimd/provision"
)

// SheetQuery asks for CSV, as Accept: text/csv does.
type SheetQuery struct {
	Format string `query:"format" enum:"json,csv" doc:"absent: as Accept says, else json"`
}

// sheet routes a GET of any number of rows, which go out as they are read: as
// JSON like every list, or as CSV with a line for each.
func sheet[I, T any](a *API, path, summary string, columns []string, cells func(T) []string, rows func(context.Context, *I, func(T) error) error) {
	op := operation(http.MethodGet, http.StatusOK, path, summary)
	op.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[list[T]](), true, "")},
		"text/csv":         {Schema: &huma.Schema{Type: huma.TypeString, Description: strings.Join(columns, ",")}},
	}}}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(answer huma.Context) {
			sent := &counter{w: answer.BodyWriter()}
			var out rowWriter
			if wantsCSV(answer) {
				answer.SetHeader("Content-Type", "text/csv; charset=utf-8; header=present")
				out = newCSVRows(sent, columns)
			} else {
				answer.SetHeader("Content-Type", "application/json")
				out = &jsonRows{w: bufio.NewWriter(sent)}
			}
			err := rows(ctx, in, func(row T) error { return out.row(row, cells(row)) })
			if err == nil {
				err = out.end()
			}
			a.ended(answer, err, sent.n > 0)
		}}, nil
	})
}

// ended answers an error, or breaks off what has begun: half of a list must not
// look like a whole one.
func (a *API) ended(answer huma.Context, err error, begun bool) {
	switch ctx := answer.Context(); {
	case err == nil:
	case begun && ctx.Err() == nil:
		c := cause(ctx)
		a.Log.ErrorContext(ctx, "api answer broken off", "request", c.Request, "operation", c.Detail, "error", err)
		panic(http.ErrAbortHandler)
	case begun:
		panic(http.ErrAbortHandler) // the client went away
	default:
		a.write(answer, a.problem(ctx, err))
	}
}

func wantsCSV(ctx huma.Context) bool {
	if format := ctx.Query("format"); format != "" {
		return format == "csv"
	}
	for part := range strings.SplitSeq(ctx.Header("Accept"), ",") {
		switch media, _, _ := mime.ParseMediaType(part); media {
		case "text/csv":
			return true
		case "application/json", "*/*":
			return false
		}
	}
	return false
}

// counter tells whether anything has gone out.
type counter struct {
	w io.Writer
	n int
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += n
	return n, err
}

type rowWriter interface {
	row(value any, cells []string) error
	end() error
}

type jsonRows struct {
	w    *bufio.Writer
	some bool
}

func (j *jsonRows) row(value any, _ []string) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	before := ","
	if !j.some {
		before, j.some = `{"items":[`, true
	}
	_, _ = j.w.WriteString(before) // an error stays until the next write
	_, err = j.w.Write(raw)
	return err
}

func (j *jsonRows) end() error {
	last := "]}\n"
	if !j.some {
		last = `{"items":[]}` + "\n"
	}
	_, _ = j.w.WriteString(last)
	return j.w.Flush()
}

type csvRows struct{ *csv.Writer }

func newCSVRows(w io.Writer, columns []string) csvRows {
	out := csvRows{csv.NewWriter(w)}
	_ = out.Write(columns) // an error stays until the next write
	return out
}

func (c csvRows) row(_ any, cells []string) error {
	for i, cell := range cells {
		cells[i] = plain(cell)
	}
	return c.Write(cells)
}

func (c csvRows) end() error {
	c.Flush()
	return c.Error()
}

// plain keeps a spreadsheet from running a cell as a formula: userNames and
// group names come from outside.
func plain(cell string) string {
	first, _ := utf8.DecodeRuneInString(cell)
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}

// stamp is a time in a cell.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// moment reads a time, or a date alone, which is the end of that day (T-2).
// Times are kept in microseconds.
func moment(field, text string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Microsecond), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, &provision.Error{Reason: provision.Invalid, Field: field, Text: field + " is a date such as 2026-03-01 (the end of that day, UTC) or a time such as 2026-03-01T12:00:00Z"}
	}
	return t.UTC().Truncate(time.Microsecond), nil
}
