package main

import "time"

// budgets are those of design §8 that a client can measure. p99 is asked for
// where many connections work at once; of one connection it is the p50, since
// one request in a hundred of a machine that does other things says little.
type budgets struct {
	read, post, patch, mixed                  budget
	page, pageAlone, deep, walk               budget
	member, thousand, putSame, putOther       budget
	group, firstByte, groupMemory             budget
	sync, syncWait, size, idle, loaded, start budget
	growth                                    budget
}

var sqliteBudgets = budgets{
	read:        budget{ratio: 0.36, p99: 10 * time.Millisecond},
	post:        budget{ratio: 0.11, p99: 20 * time.Millisecond},
	patch:       budget{ratio: 0.10},
	mixed:       budget{ratio: 0.20},
	page:        budget{ratio: 0.02},
	pageAlone:   budget{p99: 15 * time.Millisecond},
	deep:        budget{p50: 35 * time.Millisecond},
	walk:        budget{p50: 2 * time.Millisecond},
	member:      budget{ratio: 0.10, factor: 1.5},
	thousand:    budget{p50: 60 * time.Millisecond},
	putSame:     budget{p50: 60 * time.Millisecond},
	putOther:    budget{p50: 300 * time.Millisecond},
	group:       budget{p50: 150 * time.Millisecond},
	firstByte:   budget{p50: 5 * time.Millisecond},
	groupMemory: budget{bytes: 20e6},
	sync:        budget{p50: 2 * time.Second},
	syncWait:    budget{p99: 100 * time.Millisecond},
	size:        budget{bytes: 240e6},
	idle:        budget{bytes: 30e6},
	loaded:      budget{bytes: 250e6},
	start:       budget{p50: 300 * time.Millisecond},
	growth:      budget{factor: 1.5},
}

// On PostgreSQL a request is a round trip or two to another process.
var postgresBudgets = budgets{read: budget{ratio: 0.18}, post: budget{ratio: 0.06}, growth: budget{factor: 1.5}}

func (w *world) budgets() budgets {
	if w.backend == postgres {
		return postgresBudgets
	}
	return sqliteBudgets
}
