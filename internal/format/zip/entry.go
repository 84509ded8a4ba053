package zip

import (
	"slices"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// An Entry is one member by the place of its data.
type Entry struct {
	Central *Header // nil: no directory lists it
	Local   *Header // nil: no local header stands where the directory points
	Data    int64   // offset of its data, when there is a local header
	End     int64   // of its bytes, data descriptor included
	Again   bool    // an earlier entry has the same local header
}

// Entry reads the i-th entry in file order. An error is a fault of this entry,
// or the end of the budget.
func (a *Archive) Entry(i int) (*Entry, error) {
	s := a.slots[i]
	e := &Entry{End: s.end, Again: s.again}
	if err := a.r.Budget().Step(); err != nil {
		return e, err
	}
	if s.central >= 0 {
		r := a.r.At(uint64(s.central), uint64(min(a.r.End()-s.central, centralSize+256)))
		e.Central = decodeCentral(r)
		if r.Err() != nil {
			r = a.r.At(uint64(s.central), uint64(min(a.r.End()-s.central, centralSize+3*0xffff)))
			e.Central = decodeCentral(r)
		}
		if r.Err() != nil {
			return e, r.Err()
		}
	}
	if s.missing {
		return e, hostile.Faultf(hostile.Malformed, s.central, "no local header stands at byte %#x", s.local)
	}
	hint := 0
	if e.Central != nil {
		hint = len(e.Central.Name)
	}
	if e.Local = a.readLocal(s.local, hint); e.Local == nil {
		return e, hostile.Faultf(hostile.Truncated, s.local, "the local header ends behind the file")
	}
	e.Data = e.Local.Offset + e.Local.Length
	return e, nil
}

// Name returns the name that the directory gives the entry, or else its local
// header.
func (e *Entry) Name() string {
	switch {
	case e.Central != nil:
		return e.Central.Name
	case e.Local != nil:
		return e.Local.Name
	default:
		return ""
	}
}

// Header returns the header that most readers go by: the central one if there
// is one.
func (e *Entry) Header() *Header {
	if e.Central != nil {
		return e.Central
	}
	return e.Local
}

// A Reading is one way to read the data of an entry.
type Reading struct {
	Method     uint16
	Flags      uint16
	Offset     int64  // of the data
	Compressed uint64 // bytes of data claimed; may reach behind the file
	Size       uint64 // bytes that come out, as claimed
}

// Readings returns the ways in which readers read the entry: by the directory,
// and by the local header where that says something else. None if no local
// header tells where the data is.
func (e *Entry) Readings() []Reading {
	if e.Local == nil {
		return nil
	}
	var out []Reading
	for _, h := range []*Header{e.Central, e.Local} {
		if h == nil {
			continue
		}
		x := Reading{Method: h.Method, Flags: h.Flags, Offset: e.Data, Compressed: h.Compressed, Size: h.Size}
		if h == e.Local && deferred(h, h.Compressed) {
			x.Compressed, x.Size = uint64(e.End-e.Data), 0
			if e.Central != nil {
				x.Compressed, x.Size = e.Central.Compressed, e.Central.Size
			}
		}
		if !slices.ContainsFunc(out, x.same) {
			out = append(out, x)
		}
	}
	return out
}

func (x Reading) same(y Reading) bool {
	return x.Method == y.Method && x.Compressed == y.Compressed
}

// deferred reports whether a local header leaves a size to the data descriptor.
func deferred(h *Header, size uint64) bool {
	return h.Streamed() && (size == 0 || size == 0xffffffff)
}

// A Field is a property of an entry that its two headers state.
type Field string

// The fields on which headers may disagree to hide something.
const (
	FieldName       Field = "name"
	FieldMethod     Field = "compression method"
	FieldEncryption Field = "encryption"
	FieldCompressed Field = "compressed size"
	FieldSize       Field = "size"
	FieldChecksum   Field = "checksum"
)

// Disagreements returns the fields on which the two headers differ. Sizes and
// checksum that the local header leaves to the data descriptor do not count.
func (e *Entry) Disagreements() []Field {
	c, l := e.Central, e.Local
	if c == nil || l == nil {
		return nil
	}
	var out []Field
	differ := func(f Field, yes bool) {
		if yes {
			out = append(out, f)
		}
	}
	differ(FieldName, c.Name != l.Name && (c.Flags|l.Flags)&FlagMaskedName == 0)
	differ(FieldMethod, c.Method != l.Method)
	differ(FieldEncryption, c.Encrypted() != l.Encrypted())
	differ(FieldCompressed, !deferred(l, l.Compressed) && c.Compressed != l.Compressed)
	differ(FieldSize, !deferred(l, l.Size) && c.Size != l.Size)
	differ(FieldChecksum, !l.Streamed() && c.CRC != l.CRC)
	return out
}
