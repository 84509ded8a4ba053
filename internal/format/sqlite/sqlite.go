// Package sqlite finds the blobs in SQLite databases
// (https://www.sqlite.org/fileformat2.html). It does not follow trees: every page
// that has the shape of one with rows is read, so that rows in pages that no tree
// leads to are found, too.
package sqlite

import (
	"errors"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Magic is what every database starts with.
const Magic = "SQLite format 3\x00"

// headerSize is the size of the header in front of the first page's own.
const headerSize = 100

// Types of pages with rows.
const (
	indexInterior = 0x02
	indexLeaf     = 0x0a
	tableLeaf     = 0x0d
)

// A Database is an open file.
type Database struct {
	r        *hostile.Reader
	pageSize int64
	usable   int64 // bytes of a page without the reserved ones at its end
}

// A Blob is a value of a row that is bytes, or a text.
type Blob struct {
	Text bool // in the encoding of the database
	Size int64
	Head []byte // its first bytes
	row  row
	skip int64 // bytes of the row in front of it
}

// A row is the place of a row's bytes.
type row struct {
	offset   int64 // of its first bytes
	local    int64 // bytes in its own page
	size     int64
	overflow int64 // page of the next bytes, or 0
}

// Open reads the header of a database.
func Open(r *hostile.Reader) (*Database, error) {
	if string(r.Peek(len(Magic))) != Magic {
		return nil, r.Fail(hostile.Malformed, "no signature of a SQLite database")
	}
	r.Skip(uint64(len(Magic)))
	size := int64(r.UintBE(2))
	r.Skip(2)
	reserved := int64(r.Uint8())
	// 65536 does not fit into two bytes (section 1.3.2).
	if size == 1 {
		size = 65536
	}
	if r.Err() == nil && (size < 512 || size&(size-1) != 0 || size-reserved < 480) {
		r.Fail(hostile.Malformed, "pages of %d bytes with %d reserved", size, reserved)
	}
	return &Database{r: r, pageSize: size, usable: size - reserved}, r.Err()
}

// leastText is the size of the least text that is told.
const leastText = 32

// Blobs tells every blob of every row, and every text of a certain length. Rows that
// make no sense are passed over: free pages hold the remains of old ones.
func (d *Database) Blobs(tell func(Blob) error) error {
	for at := int64(0); at+d.pageSize <= d.r.End() && d.r.Step(); at += d.pageSize {
		if err := d.page(at, tell); err != nil {
			return err
		}
	}
	if tail := d.r.End() % d.pageSize; d.r.Err() == nil && tail != 0 {
		d.r.FailAt(d.r.End()-tail, hostile.Truncated, "a page of %d bytes claimed, %d left", d.pageSize, tail)
	}
	return d.r.Err()
}

// page reads the rows of one page.
func (d *Database) page(at int64, tell func(Blob) error) error {
	start := at
	if at == 0 {
		start = headerSize
	}
	head := d.r.At(uint64(start), 12)
	kind := head.Uint8()
	head.Skip(2)
	cells := int64(head.UintBE(2))
	size := int64(8)
	switch kind {
	case indexInterior:
		size = 12
	case indexLeaf, tableLeaf:
	default:
		return nil
	}
	// More cells than a page has room for: bytes of another kind of page.
	if start+size+2*cells > at+d.usable {
		return nil
	}
	pointers := d.r.At(uint64(start+size), uint64(2*cells))
	for range cells {
		if !d.r.Step() {
			return d.r.Err()
		}
		if err := d.cell(at, int64(pointers.UintBE(2)), kind, tell); err != nil {
			return err
		}
	}
	return nil
}

// cell reads one row of a page, at an offset in it.
func (d *Database) cell(page, offset int64, kind uint8, tell func(Blob) error) error {
	if offset >= d.usable {
		return nil
	}
	c := d.r.At(uint64(page+offset), uint64(d.usable-offset))
	if kind == indexInterior {
		// The left child, in front of the cell's own fields.
		c.Skip(4)
	}
	size := varint(c)
	if kind == tableLeaf {
		varint(c) // the row's number
	}
	local := d.local(size, kind)
	if c.Err() != nil || size < 0 || local > c.Left() {
		return nil
	}
	w := row{offset: c.Offset(), local: local, size: size}
	if size > local {
		c.Skip(uint64(local))
		w.overflow = int64(c.UintBE(4))
	}
	return d.record(w, tell)
}

// local returns how many bytes of a row lie in its own page (section 1.6).
func (d *Database) local(size int64, kind uint8) int64 {
	most := d.usable - 35
	if kind != tableLeaf {
		most = (d.usable-12)*64/255 - 23
	}
	if size <= most {
		return size
	}
	least := (d.usable-12)*32/255 - 23
	if k := least + (size-least)%(d.usable-4); k <= most {
		return k
	}
	return least
}

// maxHeader bounds the header of a row, in bytes: the library has no more than
// 32767 columns, whose types take up to 9 bytes, as does its own size.
const maxHeader = 9 * (32767 + 1)

// record reads the header of a row, which may go on in other pages, and tells the
// blobs.
func (d *Database) record(w row, tell func(Blob) error) error {
	held := d.r.Budget().Held()
	defer d.r.Budget().Release(held)
	r := d.r.At(uint64(w.offset), uint64(w.local))
	end := varint(r)
	if r.Err() == nil && end > w.local && end <= maxHeader {
		header, err := d.bytes(w, 0, end)
		if err != nil {
			return passed(err)
		}
		r = hostile.NewReader(hostile.Bytes(header), int64(len(header)), d.r.Budget())
		varint(r)
	}
	behind := r.Start() + end
	for at := end; r.Offset() < behind && r.Step(); {
		kind := varint(r)
		size := width(kind)
		if r.Err() != nil || size < 0 || size > w.size-at {
			break
		}
		// Even serial types from 12 on are blobs, odd ones from 13 on texts.
		text := kind%2 == 1
		if kind >= 12 && size > 0 && (!text || size >= leastText) {
			if err := d.blob(Blob{Text: text, Size: size, row: w, skip: at}, tell); err != nil {
				return err
			}
		}
		at += size
	}
	return d.r.Budget().Spent()
}

// headBytes is how much of a blob its Head shows at most.
const headBytes = 4096

// blob tells a blob with its head, or with what its own page holds of that if the
// pages behind are not there.
func (d *Database) blob(b Blob, tell func(Blob) error) error {
	held := d.r.Budget().Held()
	defer d.r.Budget().Release(held)
	size := min(b.Size, headBytes)
	head, err := d.bytes(b.row, b.skip, size)
	if err != nil {
		local := b.row.local - b.skip
		if err := passed(err); err != nil || local <= 0 {
			return err
		}
		head = d.r.At(uint64(b.row.offset+b.skip), uint64(local)).Peek(int(min(size, local)))
	}
	b.Head = head
	return tell(b)
}

// passed is nil for the fault of a row that makes no sense, and err otherwise.
func passed(err error) error {
	var fault *hostile.Fault
	if errors.As(err, &fault) && (fault.Kind == hostile.Malformed || fault.Kind == hostile.Truncated) {
		return nil
	}
	return err
}

// width is the size of a value by its serial type (section 2.1), or -1.
func width(kind int64) int64 {
	switch {
	case kind >= 12:
		return (kind - 12) / 2
	case kind >= 0 && kind < 10:
		return [10]int64{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}[kind]
	}
	return -1
}

// varint reads a variable-length integer.
func varint(r *hostile.Reader) int64 {
	var v uint64
	for range 8 {
		c := r.Uint8()
		v = v<<7 | uint64(c&0x7f)
		if c < 0x80 {
			return int64(v)
		}
	}
	// The ninth byte counts with all its bits.
	return int64(v<<8 | uint64(r.Uint8()))
}
