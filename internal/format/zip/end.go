package zip

import (
	"bytes"
	"cmp"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// tailSize is where readers look for the end record: it and the longest comment
// (CPython _EndRecData, miniz mz_zip_reader_locate_header_sig).
const tailSize = endSize + 1<<16

// maxDirectories bounds how many central directories one file may have; honest
// ones have one.
const maxDirectories = 16

// maxEnds bounds how many end records one file may have: what is covered is
// computed anew for each.
const maxEnds = 256

// slotsPerStep is how many entries are put in order, as they mostly are, in the
// time of a step.
const slotsPerStep = 8

// An End is an end-of-central-directory record with its zip64 counterpart.
type End struct {
	Range            // of the records, comment included, as far as it is in the file
	Offset    int64  // of the end record itself
	Count     uint64 // entries claimed
	Size      uint64 // bytes of the central directory claimed
	Directory uint64 // offset of the central directory claimed
	Comment   int    // bytes of comment claimed
	Zip64     *End64 // nil without a zip64 locator that leads to a record
}

// Commented returns where the comment lies, as claimed: it may reach behind the
// end of the file.
func (e *End) Commented() Range {
	start := e.Offset + endSize
	return Range{start, start + int64(e.Comment)}
}

// An End64 is what the zip64 end record claims.
type End64 struct {
	Offset                 int64
	Count, Size, Directory uint64
}

// refers reports whether the 32-bit record refers to the zip64 one.
func (e *End) refers() bool {
	return e.Count == 0xffff || e.Size == 0xffffffff || e.Directory == 0xffffffff
}

// Disagrees reports whether the two records make different claims although the
// 32-bit one is not a reference: CPython takes the zip64 record whenever there
// is one, others only when they are referred to it.
func (e *End) Disagrees() bool {
	z := e.Zip64
	return z != nil && (differs(e.Count, 0xffff, z.Count) ||
		differs(e.Size, 0xffffffff, z.Size) || differs(e.Directory, 0xffffffff, z.Directory))
}

func differs(short, sentinel, long uint64) bool { return short != sentinel && short != long }

// A claim is one reading of an end record.
type claim struct {
	end                    int64 // what the directory is said to end at
	count, size, directory uint64
}

// claims returns the readings of both records. A directory that is found by its
// size ends where the first of the end records starts, zip64's included.
func (e *End) claims() []claim {
	var out []claim
	if z := e.Zip64; z != nil {
		out = append(out, claim{z.Offset, z.Count, z.Size, z.Directory})
	}
	if e.Zip64 == nil || !e.refers() {
		out = append(out, claim{e.Start, e.Count, e.Size, e.Directory})
	}
	return out
}

// findEnds looks for end records in the file's tail, last first, and walks the
// directories that they lead to.
func (a *Archive) findEnds() error {
	from := max(a.r.Start(), a.r.End()-tailSize)
	tail := a.r.At(uint64(from), uint64(a.r.End()-from))
	held := a.r.Budget().Held()
	defer a.r.Budget().Release(held)
	text := tail.Bytes(uint64(tail.Left()))
	for end := len(text); tail.Step(); {
		i := bytes.LastIndex(text[:end], []byte(sigEnd))
		if i < 0 {
			break
		}
		end = i
		if err := a.tryEnd(from + int64(i)); err != nil {
			return err
		}
	}
	return tail.Err()
}

// tryEnd decodes the end record at an offset and walks the directories that it
// leads to. The last record is what most readers take, one whose comment
// reaches the end of the file is what the others take; any other one counts
// unless it lies inside an entry, as that of a stored archive does.
func (a *Archive) tryEnd(offset int64) error {
	e, ok := a.decodeEnd(offset)
	if !ok {
		return nil
	}
	taken := len(a.Ends) == 0 || e.Commented().End == a.r.End()
	if !taken && a.covered(offset) {
		return nil
	}
	if len(a.Ends) >= maxEnds {
		return hostile.Faultf(hostile.Unsupported, offset, "more than %d ends of an archive", maxEnds)
	}
	found := e.Count == 0 && e.Size == 0 && e.Zip64 == nil && e.Directory <= uint64(offset)
	var err error
	for _, c := range e.claims() {
		for _, d := range a.directories(c) {
			found = true
			if fault := a.addDirectory(d); err == nil {
				err = fault
			}
		}
	}
	if found {
		a.Ends = append(a.Ends, e)
		a.covers()
		err = cmp.Or(err, a.r.Budget().Steps(int64(len(a.slots)/slotsPerStep)))
	}
	return err
}

// decodeEnd reads an end record. Its comment may reach behind the end of the
// file: CPython and miniz take it all the same.
func (a *Archive) decodeEnd(offset int64) (End, bool) {
	r := a.r.At(uint64(offset), uint64(min(endSize, a.r.End()-offset)))
	r.Skip(uint64(len(sigEnd)))
	e := End{Offset: offset}
	r.Skip(2 + 2 + 2) // this disk, disk of the directory, entries on this disk
	e.Count, e.Size, e.Directory = r.UintLE(2), r.UintLE(4), r.UintLE(4)
	e.Comment = int(r.UintLE(2))
	e.Range = Range{offset, min(a.r.End(), e.Commented().End)}
	if r.Err() != nil {
		return e, false
	}
	if z, start := a.decodeEnd64(&e); z != nil {
		e.Zip64, e.Start = z, start
	}
	return e, true
}

// decodeEnd64 reads the locator in front of an end record and the record that
// it leads to: directly in front of the locator, where CPython looks, or at the
// offset that it claims. It returns where the first of the two starts, if the
// record is in its place.
func (a *Archive) decodeEnd64(e *End) (*End64, int64) {
	at := e.Offset - locator64Size
	if at < a.r.Start() {
		return nil, 0
	}
	l := a.r.At(uint64(at), locator64Size)
	if string(l.Peek(4)) != sigLocator64 {
		return nil, 0
	}
	l.Skip(4 + 4) // signature, disk
	for _, offset := range []uint64{uint64(max(at-end64Size, 0)), l.UintLE(8)} {
		r := a.r.At(offset, end64Size)
		if string(r.Peek(4)) != sigEnd64 {
			continue
		}
		r.Skip(4 + 8 + 2 + 2 + 4 + 4 + 8) // signature to entries on this disk
		z := &End64{Offset: int64(offset), Count: r.UintLE(8), Size: r.UintLE(8), Directory: r.UintLE(8)}
		return z, min(z.Offset, at)
	}
	return nil, 0
}

// directories returns the places that a reading of an end record leads to where
// a central record stands: the claimed offset (miniz), and as many bytes before
// the record as it claims (CPython), which then shifts every offset in the
// directory.
func (a *Archive) directories(c claim) []Directory {
	var out []Directory
	said := Claim{Count: c.count, Size: c.size}
	if c.directory <= uint64(a.r.End()) && a.isDirectory(int64(c.directory)) {
		out = append(out, Directory{Range: Range{Start: int64(c.directory)}, Claims: []Claim{said}})
	}
	if c.size > uint64(c.end) || c.directory > uint64(a.r.End()) {
		return out
	}
	start := c.end - int64(c.size)
	if bias := start - int64(c.directory); bias != 0 && a.isDirectory(start) {
		out = append(out, Directory{Range: Range{Start: start}, Bias: bias, Claims: []Claim{said}})
	}
	return out
}

func (a *Archive) isDirectory(offset int64) bool {
	return offset >= a.r.Start() && a.r.End()-offset >= centralSize &&
		string(a.r.At(uint64(offset), centralSize).Peek(4)) == sigCentral
}

// addDirectory walks a directory, once for every place and bias.
func (a *Archive) addDirectory(d Directory) error {
	for i := range a.Directories {
		old := &a.Directories[i]
		if old.Start == d.Start && old.Bias == d.Bias {
			old.Claims = append(old.Claims, d.Claims...)
			return nil
		}
	}
	if len(a.Directories) >= maxDirectories {
		return hostile.Faultf(hostile.Unsupported, d.Start, "more than %d central directories", maxDirectories)
	}
	err := a.walk(&d)
	a.Directories = append(a.Directories, d)
	return err
}
