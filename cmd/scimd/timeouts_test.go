package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// deadlines notes what a connection is told.
type deadlines struct {
	*httptest.ResponseRecorder
	told   []time.Time
	pieces []int
}

func (d *deadlines) SetWriteDeadline(t time.Time) error { d.told = append(d.told, t); return nil }

func (d *deadlines) Write(p []byte) (int, error) {
	d.pieces = append(d.pieces, len(p))
	return d.ResponseRecorder.Write(p)
}

// Each piece of an answer has a time of its own, so that neither a long wait
// before it nor its length cuts it off.
func TestInPieces(t *testing.T) {
	now := time.Unix(1000, 0)
	body := bytes.Repeat([]byte("x"), 2*piece+1)
	conn := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	inPieces(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		now = now.Add(time.Hour) // a long poll
		w.WriteHeader(http.StatusTeapot)
		now = now.Add(time.Hour)
		if n, err := w.Write(body); n != len(body) || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
	}), func() time.Time { return now }).ServeHTTP(conn, httptest.NewRequest("GET", "/", nil))
	if conn.Code != http.StatusTeapot || !bytes.Equal(conn.Body.Bytes(), body) {
		t.Errorf("%d with %d bytes", conn.Code, conn.Body.Len())
	}
	if len(conn.pieces) != 3 || conn.pieces[0] != piece || conn.pieces[2] != 1 {
		t.Errorf("pieces %v", conn.pieces)
	}
	start := time.Unix(1000, 0)
	for i, want := range []time.Duration{0, time.Hour, 2 * time.Hour, 2 * time.Hour, 2 * time.Hour} {
		if i >= len(conn.told) || !conn.told[i].Equal(start.Add(want+pieceTime)) {
			t.Errorf("deadlines %v, want the %dth %v after the start", conn.told, i, want+pieceTime)
		}
	}
}
