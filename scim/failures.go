package scim

import (
	"math"
	"net/netip"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// addresses is how many clients Failures remembers: those that failed last.
const addresses = 10_000

// Failures limits how often one address may come without a valid token (RFC
// 7644 §7.7). A nil *Failures limits nothing.
type Failures struct {
	perMinute int
	now       func() time.Time
	clients   *lru.Cache[netip.Prefix, *rate.Limiter]
}

// NewFailures allows each address so many failures a minute, all at once if it
// likes. perMinute must be positive.
func NewFailures(perMinute int, now func() time.Time) *Failures {
	clients, _ := lru.New[netip.Prefix, *rate.Limiter](addresses) // fails only for a size below 1
	return &Failures{perMinute, now, clients}
}

// note counts a failure of the address HOST:PORT. It gives the whole seconds
// after which the client may try again, or 0.
func (f *Failures) note(address string) int {
	if f == nil {
		return 0
	}
	now := f.now()
	client := network(address)
	limiter, known := f.clients.Get(client)
	if !known {
		limiter = rate.NewLimiter(rate.Limit(float64(f.perMinute)/60), f.perMinute)
		if other, raced, _ := f.clients.PeekOrAdd(client, limiter); raced {
			limiter = other
		}
	}
	r := limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now) // who is put off does not wait longer for having asked
	}
	return int(math.Ceil(wait.Seconds()))
}

// network is what one client holds: an IPv4 address or the /64 of an IPv6 one.
func network(address string) netip.Prefix {
	from, _ := netip.ParseAddrPort(address) // zero, one for all, where it is none
	ip := from.Addr().Unmap()
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits)
	return p
}
