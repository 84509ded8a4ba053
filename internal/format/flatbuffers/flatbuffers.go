// Package flatbuffers reads FlatBuffers (https://flatbuffers.dev/internals/) with
// every offset checked: the library's own accessors trust what the file says.
// What no one asks for is not read.
package flatbuffers

import (
	"iter"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Table is one table of a buffer.
type Table struct {
	r      *hostile.Reader
	at     int64 // in the file
	fields int   // slots in its vtable
	vtable int64
}

// Root returns the root table of the buffer that fills the window of r, and its
// file identifier, which may be any four bytes.
func Root(r *hostile.Reader) (Table, string) {
	head := r.At(uint64(r.Start()), uint64(r.End()-r.Start()))
	offset := head.UintLE(4)
	id := string(head.Peek(4))
	if head.Err() != nil {
		r.FailAt(r.Start(), hostile.Truncated, "a buffer of %d bytes", r.End()-r.Start())
		return Table{r: r}, id
	}
	return table(r, r.Start()+int64(offset)), id
}

// Is reports whether a file that starts with first has a file identifier.
func Is(first []byte, identifier string) bool {
	return len(first) >= 8 && string(first[4:8]) == identifier
}

// RootOf is Root for a file that must have the identifier.
func RootOf(r *hostile.Reader, identifier string) Table {
	root, id := Root(r)
	if r.Err() == nil && id != identifier {
		r.FailAt(r.Start()+4, hostile.Malformed, "the identifier %q where %q belongs", id, identifier)
	}
	return root
}

// window returns a reader of n bytes at an offset, or one whose fault is also
// that of r.
func window(r *hostile.Reader, at int64, n uint64) *hostile.Reader {
	w := r.At(uint64(max(0, at)), n)
	if at < 0 {
		w.FailAt(at, hostile.Malformed, "an offset before the buffer")
	}
	if w.Err() != nil && r.Err() == nil {
		r.FailAt(max(0, at), hostile.Truncated, "%v", w.Err())
	}
	return w
}

// table reads the vtable of the table at an offset.
func table(r *hostile.Reader, at int64) Table {
	t := Table{r: r, at: at}
	back := int64(int32(window(r, at, 4).UintLE(4)))
	t.vtable = at - back
	v := window(r, t.vtable, 4)
	size, inline := v.UintLE(2), v.UintLE(2)
	if r.Err() != nil {
		return t
	}
	if size < 4 || size%2 != 0 {
		r.FailAt(t.vtable, hostile.Malformed, "a vtable of %d bytes", size)
		return t
	}
	window(r, t.vtable, size)
	window(r, at, inline)
	t.fields = int(size-4) / 2
	return t
}

// Offset returns where the table lies in the file.
func (t Table) Offset() int64 { return t.at }

// field returns where the value of a field lies, and whether the table has it.
func (t Table) field(i int) (int64, bool) {
	if i >= t.fields || t.r.Err() != nil {
		return 0, false
	}
	offset := window(t.r, t.vtable+4+2*int64(i), 2).UintLE(2)
	return t.at + int64(offset), offset != 0
}

// Has reports whether the table has a field.
func (t Table) Has(i int) bool {
	_, ok := t.field(i)
	return ok
}

// Uint returns an unsigned scalar field of n bytes, or a default.
func (t Table) Uint(i, n int, or uint64) uint64 {
	at, ok := t.field(i)
	if !ok {
		return or
	}
	return window(t.r, at, uint64(n)).UintLE(n)
}

// follow returns where the offset that a field holds leads to.
func (t Table) follow(i int) (int64, bool) {
	at, ok := t.field(i)
	if !ok {
		return 0, false
	}
	return at + int64(window(t.r, at, 4).UintLE(4)), t.r.Err() == nil
}

// Table returns a field that is a table.
func (t Table) Table(i int) (Table, bool) {
	at, ok := t.follow(i)
	if !ok {
		return Table{}, false
	}
	return table(t.r, at), t.r.Err() == nil
}

// Vector returns a cursor over the elements of a field that is a vector, of size
// bytes each, and their number.
func (t Table) Vector(i int, size int64) (*hostile.Reader, int) {
	at, ok := t.follow(i)
	if !ok {
		return window(t.r, t.r.Start(), 0), 0
	}
	n := window(t.r, at, 4).UintLE(4)
	w := window(t.r, at+4, n*uint64(size))
	if t.r.Err() != nil {
		return w, 0
	}
	return w, int(n)
}

// String returns a field that is a string, up to limit bytes of it.
func (t Table) String(i, limit int) string {
	w, n := t.Vector(i, 1)
	return string(w.Peek(min(n, limit)))
}

// Tables yields the elements of a field that is a vector of tables.
func (t Table) Tables(i int) iter.Seq2[int, Table] {
	return func(yield func(int, Table) bool) {
		w, n := t.Vector(i, 4)
		for k := range n {
			if !t.r.Step() {
				return
			}
			at := w.Offset() + int64(w.UintLE(4))
			if e := table(t.r, at); t.r.Err() != nil || !yield(k, e) {
				return
			}
		}
	}
}

// Texts yields the elements of a field that is a vector of strings, in place.
func (t Table) Texts(i int) iter.Seq[*hostile.Reader] {
	return func(yield func(*hostile.Reader) bool) {
		w, n := t.Vector(i, 4)
		for range n {
			if !t.r.Step() {
				return
			}
			at := w.Offset() + int64(w.UintLE(4))
			size := window(t.r, at, 4).UintLE(4)
			if text := window(t.r, at+4, size); t.r.Err() != nil || !yield(text) {
				return
			}
		}
	}
}
