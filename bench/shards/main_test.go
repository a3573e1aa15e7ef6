package main

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPlacementLosesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := population{
			tenants: rapid.IntRange(1, 300).Draw(t, "tenants"), largest: rapid.IntRange(1000, 100_000).Draw(t, "largest"),
			smallest: rapid.IntRange(1, 1000).Draw(t, "smallest"), exponent: rapid.Float64Range(0.5, 1.5).Draw(t, "exponent"),
			writes: 1, seed: rapid.Uint64().Draw(t, "seed"),
		}
		n := rapid.IntRange(1, 40).Draw(t, "shards")
		tenants := p.draw()
		var sum, largest int
		for _, x := range tenants {
			sum, largest = sum+x.users, max(largest, x.users)
		}
		if largest != p.largest {
			t.Fatalf("got a largest tenant of %d users, want %d", largest, p.largest)
		}
		for _, where := range placements {
			var placed, count, most int
			for _, s := range place(tenants, n, where.where) {
				placed, count, most = placed+s.users, count+s.tenants, max(most, s.users)
			}
			if placed != sum || count != len(tenants) {
				t.Fatalf("%s: got %d users of %d tenants, want %d of %d", where.name, placed, count, sum, len(tenants))
			}
			// Whoever arrives at the least loaded finds at most the mean there.
			if bound := sum/n + largest; where.name == "least loaded" && most > bound {
				t.Fatalf("got %d users on one shard, want at most the mean and the largest tenant: %d", most, bound)
			}
		}
	})
}

func TestHashKeepsATenantWhereItIs(t *testing.T) {
	shards := make([]shard, 7)
	x := tenant{key: "tenant-5", users: 3}
	before := byHash(x, shards)
	shards[before].users = 1_000_000
	if after := byHash(x, shards); after != before {
		t.Errorf("got shard %d once others came, want %d as before", after, before)
	}
}

func TestMoveFollowsTheRates(t *testing.T) {
	got := rates{rows: 10, bytes: 2000, perSecond: 500}.move(tenant{users: 100})
	if want := (move{users: 100, rows: 1000, bytes: 200_000, took: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestSameNumbersSameOutput(t *testing.T) {
	print := func(args ...string) string {
		var out strings.Builder
		if err := run(args, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	first := print("-each")
	if second := print("-each"); first != second {
		t.Errorf("got\n%s\nand then\n%s", first, second)
	}
	if other := print("-each", "-seed", "2"); first == other {
		t.Error("got the same of another number")
	}
	for _, want := range []string{"10000 parents", "least loaded", "the largest"} {
		if !strings.Contains(first, want) {
			t.Errorf("got an output without %q:\n%s", want, first)
		}
	}
	for _, args := range [][]string{{"-shards", "none"}, {"-rate", "0"}, {"-smallest", "5", "-largest", "4"}} {
		if err := run(args, &strings.Builder{}); err == nil {
			t.Errorf("got no error for %v", args)
		}
	}
}
