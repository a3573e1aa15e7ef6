package scim

import (
	"net/http"
	"sync"
	"time"
)

const (
	// part is what of an answer is in memory at a time: some 350 members.
	part = 64 << 10
	// ahead is how many parts may wait for the client.
	ahead = 2
)

// stream is a body that goes out while it is made. One that stays smaller than
// a part, or of which hand is never called, goes out whole, with its length.
type stream struct {
	q      *request
	status int
	buf    []byte        // to be handed over
	parts  chan []byte   // to the sender; nil: nothing was handed over yet
	spare  chan []byte   // parts to be filled again
	gone   chan struct{} // closed when the client takes no more
	sent   chan struct{} // closed when the sender is done
	over   bool          // nobody wants the rest
}

// used are buffers of answers that were sent, by pointers; what was larger than
// maxUsed is rare, and not kept.
var used = sync.Pool{New: func() any { return new([]byte) }}

const maxUsed = 1 << 20

// stream begins a body; stop must be called in the end.
func (q *request) stream(status int) *stream {
	return &stream{q: q, status: status, buf: (*used.Get().(*[]byte))[:0]}
}

func (s *stream) full() bool { return len(s.buf) >= part }

// hand gives buf to the sender, and tells whether it could within a time; 0 is
// any time. Once the client is gone there is nothing to wait for.
func (s *stream) hand(within time.Duration) bool {
	if s.parts == nil {
		s.begin()
	}
	if s.over {
		s.buf = s.buf[:0]
		return true
	}
	select {
	case s.parts <- s.buf:
		s.refill()
		return true
	default:
	}
	var late <-chan time.Time
	if within > 0 {
		timer := time.NewTimer(within)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case s.parts <- s.buf:
		s.refill()
		return true
	case <-s.gone:
		s.over = true
		s.buf = s.buf[:0]
		return true
	case <-late:
		return false
	}
}

func (s *stream) refill() {
	select {
	case b := <-s.spare:
		s.buf = b[:0]
	default:
		s.buf = make([]byte, 0, part+part/8)
	}
}

// begin sends the header, and starts the sender. A client of HEAD has what it
// wants by then.
func (s *stream) begin() {
	s.parts, s.spare = make(chan []byte, ahead), make(chan []byte, ahead+1)
	s.gone, s.sent = make(chan struct{}), make(chan struct{})
	s.q.unfinished = true
	s.q.begin(s.status, -1)
	if s.q.Method == http.MethodHead {
		s.over = true
		close(s.sent)
		return
	}
	go s.send()
}

// send is the only one to write to the client until it is done.
func (s *stream) send() {
	defer close(s.sent)
	for b := range s.parts {
		if _, err := s.q.w.Write(b); err != nil {
			close(s.gone) // nothing is left to do
			return
		}
		select {
		case s.spare <- b:
		default:
		}
	}
}

// end sends what is left.
func (s *stream) end() {
	switch {
	case s.parts == nil && len(s.buf) == 0:
		s.q.write(s.status, nil)
		return
	case s.parts == nil:
		s.q.write(s.status, s.buf)
		return
	}
	s.hand(0)
	s.stop()
	s.q.unfinished = false
}

// stop waits for the sender. A body that was begun and not ended stays
// unfinished.
func (s *stream) stop() {
	if s.parts == nil {
		if b := s.buf; cap(b) <= maxUsed {
			used.Put(&b)
		}
		s.buf = nil
		return
	}
	select {
	case <-s.sent: // stopped already, or gone
	default:
		close(s.parts)
		<-s.sent
	}
}
