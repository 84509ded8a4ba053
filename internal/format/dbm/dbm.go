// Package dbm reads the databases of keys and values that Python's dbm and shelve
// use: those of GNU dbm and of Berkeley DB. Pages are read one by one and not
// looked up by key, so that values are found whatever the keys hash to.
package dbm

import (
	"cmp"
	"encoding/binary"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// headSize is how much of a file Sniff looks at.
const headSize = 16

// A Database is an open file.
type Database struct {
	// Kind is "gdbm" or "berkeleydb".
	Kind string

	r     *hostile.Reader
	big   bool  // big-endian
	fault error // of an item or a page; others are read all the same
	items func(d *Database, tell func(Item) error) error
	gdbm  gdbm
	pages pages
	key   string // of the next item
}

// An Item is a value of the database; of Berkeley DB it may be a key, too.
type Item struct {
	Offset int64  // of its first byte in the file
	Size   int64  // bytes
	Head   []byte // its first bytes, up to HeadBytes of them
	Key    string // that it is stored under, as far as it is next to it; up to keyBytes of it

	overflow int64 // page that it begins on, if it lies on pages of its own
}

const (
	// HeadBytes is how much of an item its Head shows: enough for any signature.
	HeadBytes = 4 << 10
	// keyBytes is how much of its key an item bears.
	keyBytes = 64
)

// Sniff names the kind of database that starts with head, or returns "".
func Sniff(head []byte) string {
	if len(head) < headSize {
		return ""
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if width(order.Uint32(head)) != nil {
			return "gdbm"
		}
		if m := order.Uint32(head[12:]); m == magicBtree || m == magicHash || m == magicQueue || m == magicHeap {
			return "berkeleydb"
		}
	}
	return ""
}

// Open reads the header of a database.
func Open(r *hostile.Reader) (*Database, error) {
	head := r.Peek(headSize)
	d := &Database{Kind: Sniff(head), r: r}
	switch d.Kind {
	case "gdbm":
		d.big = width(binary.LittleEndian.Uint32(head)) == nil
		d.items = (*Database).buckets
		d.gdbmHeader()
	case "berkeleydb":
		d.big = head[12] == 0
		d.items = (*Database).eachPage
		d.pagesHeader()
	default:
		r.Fail(hostile.Malformed, "no signature of a dbm database")
	}
	return d, r.Err()
}

// Items tells every item. What is damaged is passed over and is the error when
// the rest has been told.
func (d *Database) Items(tell func(Item) error) error {
	if err := d.items(d, tell); err != nil {
		return err
	}
	return cmp.Or(d.r.Err(), d.fault)
}

// Content returns an item, of any size. The places of its pieces are charged to the
// memory budget.
func (d *Database) Content(it Item) (*hostile.Pieces, error) {
	out := hostile.NewPieces(d.r, d.r.Budget())
	if it.overflow != 0 {
		return out, d.chain(out, it)
	}
	return out, out.Add(it.Offset, it.Size)
}

// note keeps the first fault that is no reason to stop.
func (d *Database) note(err error) {
	if d.fault == nil {
		d.fault = err
	}
}

// uint reads an integer of n bytes in the order of the file.
func (d *Database) uint(r *hostile.Reader, n int) int64 {
	if d.big {
		return int64(r.UintBE(n))
	}
	return int64(r.UintLE(n))
}

// item tells of size bytes at an offset of the file.
func (d *Database) item(at, size int64, tell func(Item) error) error {
	r := d.r.At(uint64(at), uint64(size))
	head := r.Peek(HeadBytes)
	if err := r.Err(); err != nil {
		d.note(err)
		return nil
	}
	return tell(Item{Offset: at, Size: size, Head: head, Key: d.key})
}

// start returns up to keyBytes of size bytes at an offset of the file.
func (d *Database) start(at, size int64) string {
	return string(d.r.At(uint64(at), uint64(min(size, keyBytes))).Peek(keyBytes))
}
