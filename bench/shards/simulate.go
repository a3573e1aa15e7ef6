package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// tenant is a parent with all that belongs to it: no row of it is on another
// shard.
type tenant struct {
	key    string
	users  int
	writes float64 // a day
}

// population is how tenants are drawn.
type population struct {
	tenants  int
	largest  int     // users
	smallest int     // likewise
	exponent float64 // of Zipf's law: the tenant of rank k has largest / k^exponent users
	writes   float64 // of one user a day, in the mean
	seed     uint64
}

// draw gives the tenants in the order in which they arrive.
func (p population) draw() []tenant {
	r := rand.New(rand.NewPCG(p.seed, 0)) //nolint:gosec // the same tenants each time is the point
	out := make([]tenant, p.tenants)
	for rank := range out {
		users := max(int(float64(p.largest)/math.Pow(float64(rank+1), p.exponent)), p.smallest)
		// Some identity providers say everything twice: from half to twice the mean.
		busy := math.Exp2(2*r.Float64() - 1)
		out[rank] = tenant{fmt.Sprintf("tenant-%d", rank+1), users, float64(users) * p.writes * busy}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// placement gives the shard of a tenant that arrives, of those that there are.
type placement func(t tenant, shards []shard) int

// byHash is what a database does that distributes rows by the tenant key.
func byHash(t tenant, shards []shard) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(t.key))               // never fails
	return int(h.Sum64() % uint64(len(shards))) //nolint:gosec // less than the number of shards
}

// leastLoaded needs a table that says where each tenant is.
func leastLoaded(_ tenant, shards []shard) int {
	best := 0
	for i, s := range shards {
		if s.users < shards[best].users {
			best = i
		}
	}
	return best
}

// shard is the load of one.
type shard struct {
	tenants int
	users   int
	writes  float64
	largest int // users of its largest tenant
}

func place(tenants []tenant, n int, where placement) []shard {
	shards := make([]shard, n)
	for _, t := range tenants {
		s := &shards[where(t, shards)]
		s.tenants++
		s.users += t.users
		s.writes += t.writes
		s.largest = max(s.largest, t.users)
	}
	return shards
}

// spread compares the fullest shard with the mean.
func spread(shards []shard, load func(shard) float64) float64 {
	most, sum := 0.0, 0.0
	for _, s := range shards {
		most, sum = max(most, load(s)), sum+load(s)
	}
	return most * float64(len(shards)) / sum
}

func users(s shard) float64  { return float64(s.users) }
func writes(s shard) float64 { return s.writes }

// rates say what a tenant weighs and how fast it is moved.
type rates struct {
	rows, bytes float64 // of one user
	perSecond   float64 // rows that are read here and written there
}

// move is the cost of moving one tenant.
type move struct {
	users int
	rows  float64
	bytes float64
	took  float64 // seconds
}

func (r rates) move(t tenant) move {
	rows := float64(t.users) * r.rows
	return move{t.users, rows, float64(t.users) * r.bytes, rows / r.perSecond}
}

// ranked gives the tenant below which so many percent of all are.
func ranked(tenants []tenant, percent float64) tenant {
	sorted := slices.SortedFunc(slices.Values(tenants), func(a, b tenant) int { return a.users - b.users })
	return sorted[min(int(float64(len(sorted))*percent/100), len(sorted)-1)]
}
