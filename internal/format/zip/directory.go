package zip

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

// A Directory is one central directory.
type Directory struct {
	Range           // of its records, as walked
	Bias    int64   // added to every offset in it, as by readers that find it by its size
	Records uint64  // walked
	Claims  []Claim // what the end records that lead here say of it
}

// A Claim is what an end record says about its directory. CPython walks as many
// bytes, miniz as many records.
type Claim struct{ Count, Size uint64 }

// True reports whether the claim agrees with the directory. Writers without
// zip64 count 65536 as 0.
func (d *Directory) True(c Claim) bool {
	return c.Size == uint64(d.End-d.Start) && (c.Count == d.Records || c.Count == d.Records&0xffff)
}

// walk reads the records of a directory up to the first bytes that are none.
func (a *Archive) walk(d *Directory) error {
	r := a.r.At(uint64(d.Start), uint64(a.r.End()-d.Start))
	d.End = d.Start
	if err := a.grow(r.Count(min(d.Claims[0].Count, uint64(r.Left()/centralSize)), centralSize)); err != nil {
		return err
	}
	for r.Step() && string(r.Peek(4)) == sigCentral {
		h := decodeCentral(r)
		if r.Err() != nil {
			break
		}
		if err := a.addCentral(h, d.Bias); err != nil {
			return err
		}
		d.Records++
		d.End = r.Offset()
	}
	return r.Err()
}

// addCentral remembers the entry of a central record, with the extent that its
// local header and sizes give it.
func (a *Archive) addCentral(h *Header, bias int64) error {
	s := slot{central: h.Offset, bias: bias, name: foldedHash(h.Name)}
	local := a.local(h, &s)
	if s.missing {
		s.end = s.local
		return a.add(s)
	}
	data := local.Offset + local.Length
	s.end = data + int64(min(h.Compressed, uint64(max(0, a.r.End()-data))))
	s.end += a.descriptor(s.end, h, local)
	return a.add(s)
}

// local reads the local header of a central record: at its offset with the
// directory's bias, or without it where none stands there.
func (a *Archive) local(h *Header, s *slot) *Header {
	for _, bias := range []int64{s.bias, 0} {
		at := int64(min(h.LocalOffset, uint64(a.r.End()))) + bias
		if l := a.readLocal(at, len(h.Name)); l != nil {
			s.local, s.bias = at, bias
			return l
		}
	}
	s.local, s.missing = int64(min(h.LocalOffset, uint64(a.r.End()))), true
	return nil
}

// readLocal reads the local header at an offset, or returns nil where none
// stands or it does not end in the file.
func (a *Archive) readLocal(at int64, nameHint int) *Header {
	const extraHint = 128 // the fields of most writers; PyTorch pads to 64 bytes
	if at < a.r.Start() || at > a.r.End()-localSize {
		return nil
	}
	left := a.r.End() - at
	r := a.r.At(uint64(at), uint64(min(left, int64(localSize+nameHint+extraHint))))
	if string(r.Peek(4)) != sigLocal {
		return nil
	}
	h := decodeLocal(r)
	if r.Err() != nil {
		r = a.r.At(uint64(at), uint64(min(left, localSize+2*0xffff)))
		h = decodeLocal(r)
	}
	if r.Err() != nil {
		return nil
	}
	// Any number of records may share one header. Who goes on to the next record
	// sees that the budget is spent.
	_ = a.r.Budget().Steps(h.Length / headerPerStep)
	return h
}

// headerPerStep is how many bytes of a header are read in a step.
const headerPerStep = 4

// descriptor returns how many bytes of data descriptor follow an entry's data:
// with or without signature, with sizes of four or eight bytes (APPNOTE 4.3.9).
func (a *Archive) descriptor(at int64, central, local *Header) int64 {
	if !central.Streamed() && !local.Streamed() {
		return 0
	}
	for _, width := range []int{4, 8} {
		for _, signature := range []int64{4, 0} {
			n := signature + 4 + 2*int64(width)
			if at > a.r.End()-n {
				continue
			}
			r := a.r.At(uint64(at), uint64(n))
			if signature > 0 && string(r.Peek(4)) != sigDescriptor {
				continue
			}
			r.Skip(uint64(signature))
			crc, compressed, size := r.UintLE(4), r.UintLE(width), r.UintLE(width)
			if compressed == central.Compressed && size == central.Size && (signature > 0 || uint32(crc) == central.CRC) {
				return n
			}
		}
	}
	return 0
}

// foldedHash hashes a name as the most careless reader compares it. The author
// of the file must not be able to choose collisions.
func foldedHash(name string) uint64 {
	sum := sha256.Sum256([]byte(fold(name)))
	return binary.LittleEndian.Uint64(sum[:])
}

// fold reduces a name to what readers have been seen to compare: up to a NUL
// (CPython), without case (miniz), with one separator and without empty or dot
// elements (extractors).
func fold(name string) string {
	name, _, _ = strings.Cut(name, "\x00")
	name = strings.ToLower(strings.ReplaceAll(name, `\`, "/"))
	if !strings.Contains(name, "./") && !strings.Contains(name, "//") && !strings.HasPrefix(name, "/") {
		return name
	}
	parts := strings.Split(name, "/")
	kept := parts[:0]
	for i, p := range parts {
		if (p != "" && p != ".") || i == len(parts)-1 {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "/")
}
