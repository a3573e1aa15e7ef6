package sqlite

import (
	"errors"
	"fmt"
	"os"

	"github.com/gofrs/flock"
)

// ErrInUse says that a process has the database file open as a Store.
var ErrInUse = errors.New("in use by another scimd")

// claim is the right to keep a database file. It is a lock on the file beside
// it with "-lock" behind its name, which goes with the process, and a word in
// that file, which stays if the process ends without taking it out. The WAL
// would not tell: it also stays after a clean stop while others, such as
// Litestream, have the database open.
type claim struct {
	lock    *flock.Flock
	unclean bool // as the last process left it
}

const marked = "open\n"

func claimFile(path string) (*claim, error) {
	lock := flock.New(path+"-lock", flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("claim %s: %w", path, err)
	}
	if !got {
		return nil, fmt.Errorf("%s is %w", path, ErrInUse)
	}
	word, err := os.ReadFile(lock.Path())
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &claim{lock, len(word) > 0}, nil
}

func (c *claim) mark() error   { return c.write(marked) }
func (c *claim) unmark() error { return c.write("") }

// write does not return before the word is on disk: it has to be there after a
// power loss if anything of the database is.
func (c *claim) write(word string) error {
	f, err := os.OpenFile(c.lock.Path(), os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(word)
	return errors.Join(err, f.Sync(), f.Close())
}

func (c *claim) release() error { return c.lock.Close() }
