package main

import (
	"net/http"
	"time"
)

// The limits of a connection. A long poll waits for 30 seconds before it
// writes and a large list goes out for as long as it needs, so an answer as a
// whole has no end; each piece of it has.
const (
	headerTime = 10 * time.Second
	bodyTime   = 5 * time.Minute // 16 MiB at half a megabit
	pieceTime  = 30 * time.Second
	idleTime   = 2 * time.Minute
	piece      = 64 << 10  // bytes
	maxHeader  = 256 << 10 // bytes; a filter stands in the URL
)

// inPieces cuts off a client that stops reading, however much it has read.
func inPieces(next http.Handler, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &pieceWriter{w, http.NewResponseController(w), now}
		p.extend() // the deadline of the request before has stayed
		next.ServeHTTP(p, r)
	})
}

type pieceWriter struct {
	http.ResponseWriter
	connection *http.ResponseController
	now        func() time.Time
}

// Unwrap is for http.ResponseController.
func (p *pieceWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// extend does nothing where there is no connection, as in a test.
func (p *pieceWriter) extend() { _ = p.connection.SetWriteDeadline(p.now().Add(pieceTime)) }

func (p *pieceWriter) WriteHeader(status int) {
	p.extend()
	p.ResponseWriter.WriteHeader(status)
}

func (p *pieceWriter) Write(data []byte) (int, error) {
	written := 0
	for {
		part := data[written:min(written+piece, len(data))]
		p.extend()
		n, err := p.ResponseWriter.Write(part)
		written += n
		if err != nil || written == len(data) {
			return written, err
		}
	}
}
