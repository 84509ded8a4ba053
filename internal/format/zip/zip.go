// Package zip reads zip archives the way all of their readers together see them.
//
// Readers of zip files disagree: some trust the central directory at the end,
// some the local headers in front of the data; some find the directory by its
// offset, some by its size; some take the first of two members of one name, some
// the last. An attacker needs one reader to differ from the scanner. So this
// package walks every directory that some reader would find and every local
// header, joins them into entries by the place of their data, and states where
// the two disagree. It follows PKWARE's APPNOTE 6.3.10 and the behaviour of
// CPython's zipfile, miniz (which PyTorch uses), Info-ZIP, libarchive and 7-Zip.
package zip

import (
	"cmp"
	"iter"
	"slices"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Signatures of the records (APPNOTE 4.3).
const (
	sigLocal      = "PK\x03\x04"
	sigCentral    = "PK\x01\x02"
	sigEnd        = "PK\x05\x06"
	sigEnd64      = "PK\x06\x06"
	sigLocator64  = "PK\x06\x07"
	sigDescriptor = "PK\x07\x08" // also the marker of a spanned archive in front of the first header
	sigSpanned    = "PK00"       // marker of an archive that was meant to be spanned
)

// Fixed sizes of the records, variable parts excluded.
const (
	localSize     = 30
	centralSize   = 46
	endSize       = 22
	end64Size     = 56
	locator64Size = 20
)

// An Archive is the structure of one zip file.
type Archive struct {
	Ends        []End       // end records that some reader takes, last in the file first
	Directories []Directory // central directories that some reader walks, in order of discovery
	Gaps        []Range     // bytes that belong to no record and no entry, in file order
	Overlaps    []Pair      // entries that share bytes, up to maxFacts
	Collisions  []Collision // entries of different content whose names are the same to some reader, up to maxFacts of one name and as many of similar ones

	r     *hostile.Reader
	slots []slot  // by offset of the local header, once Decode has returned
	cover []Range // bytes of slots and directories, merged, in file order
}

// maxFacts bounds the lists of disagreements: the first few prove the point.
const maxFacts = 100

// A Range is a range of bytes of the file.
type Range struct{ Start, End int64 }

// A Pair is two entries, by their index for Entry.
type Pair struct{ First, Second int }

// A Collision is a pair of entries whose names some reader does not tell apart.
type Collision struct {
	Pair
	Exact bool // the names are equal byte for byte; else only to readers that fold case or separators
}

// A slot is what is remembered of an entry; the rest is read again when asked
// for, so that a million entries stay small.
type slot struct {
	local   int64  // offset of the local header
	central int64  // offset of the central record, or -1
	end     int64  // of the entry's bytes, descriptor included
	name    uint64 // hash of the folded name
	bias    int64  // added to the offset in the central record
	missing bool   // no local header stands at local
	again   bool   // an earlier slot has the same local header
}

// slotSize is what a slot costs the memory budget, with the copy that sorts names.
const slotSize = 72

// Decode reads the structure of a zip file: end records, directories, local
// headers and the gaps between them. With an error (*hostile.Fault, or one of
// the machine) the archive holds what was found, and its entries can be read.
// An archive without entries, ends and error is no zip file.
func Decode(r *hostile.Reader) (*Archive, error) {
	a := &Archive{r: r}
	err := a.findEnds()
	if spent := r.Budget().Spent(); spent != nil {
		return a, spent
	}
	err = cmp.Or(err, a.carve())
	a.mark()
	return a, cmp.Or(err, a.collide())
}

// Len returns the number of entries.
func (a *Archive) Len() int { return len(a.slots) }

// Extent returns the range from the first to the last byte that belongs to the
// archive.
func (a *Archive) Extent() Range {
	if len(a.cover) == 0 {
		return Range{}
	}
	return Range{a.cover[0].Start, a.cover[len(a.cover)-1].End}
}

// Entries yields every entry in file order, each once: what two directories list
// alike is one entry. The error concerns that entry alone, unless the budget is
// spent.
func (a *Archive) Entries() iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		for i := range a.slots {
			e, err := a.Entry(i)
			if !yield(e, err) {
				return
			}
		}
	}
}

// add remembers one entry, charged to the memory budget.
func (a *Archive) add(s slot) error {
	if len(a.slots) == cap(a.slots) {
		if err := a.grow(max(64, cap(a.slots)/2)); err != nil {
			return err
		}
	}
	a.slots = append(a.slots, s)
	return nil
}

// grow makes room for n more entries.
func (a *Archive) grow(n int) error {
	if n -= cap(a.slots) - len(a.slots); n <= 0 {
		return nil
	}
	if err := a.r.Budget().Hold(uint64(n) * slotSize); err != nil {
		return err
	}
	slots := make([]slot, len(a.slots), cap(a.slots)+n)
	copy(slots, a.slots)
	a.slots = slots
	return nil
}

// sort puts the slots in file order; of slots at one place, those that a
// directory lists come first.
func (a *Archive) sort() {
	slices.SortStableFunc(a.slots, func(x, y slot) int {
		return cmp.Or(cmp.Compare(x.local, y.local), -cmp.Compare(min(x.central, 0), min(y.central, 0)))
	})
}
