package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"scimd/internal/testenv"
	"scimd/store"
)

// A full disk refuses writes as unavailable and loses none that was
// acknowledged; when there is space again, writes go on.
func TestFullDisk(t *testing.T) {
	folder, makeRoom := testenv.FullDisk(t)
	path := filepath.Join(folder, "scimd.db")
	st, _, err := told(t, path)
	if err != nil {
		t.Fatal(err)
	}

	// Several at a time: a batch that fails takes none of the others with it.
	var mu sync.Mutex
	acknowledged, refused := 0, 0
	var clients sync.WaitGroup
	for c := range 8 {
		clients.Go(func() {
			for n := 0; ; n++ {
				err := tryParent(t.Context(), st, fmt.Sprintf("%d-%05d", c, n))
				mu.Lock()
				switch {
				case err == nil:
					acknowledged++
				case errors.Is(err, store.ErrUnavailable):
					refused++
				default:
					t.Errorf("a write on a full disk: got error %v, want ErrUnavailable", err)
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	clients.Wait()
	if acknowledged == 0 || refused != 8 {
		t.Fatalf("got %d writes acknowledged and %d refused, want some and 8", acknowledged, refused)
	}
	if got := parents(t, st); got != acknowledged {
		t.Errorf("parents on the full disk: got %d, want the %d acknowledged", got, acknowledged)
	}
	makeRoom()
	addParent(t, st, "room again")
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if st, log, err := told(t, path); err != nil || log != "" || parents(t, st) != acknowledged+1 {
		t.Errorf("reopened: got log %q, error %v and not the %d parents acknowledged", log, err, acknowledged+1)
	}
}
