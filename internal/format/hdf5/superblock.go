// Package hdf5 reads the structure of HDF5 files: the objects, their links and
// attributes, and where the data of each dataset lies. It follows the HDF5 File
// Format Specification, version 3.0, for superblocks 0 to 3, and reads no more
// of a dataset than it is asked for.
//
// Checksums are not verified: the library refuses what they contradict, and a
// reader that refuses less sees more.
package hdf5

import (
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Signature starts a superblock (specification II.A).
const Signature = "\x89HDF\r\n\x1a\n"

// undefined is an address that points nowhere, in 8 bytes.
const undefined = ^uint64(0)

// maxUserBlock bounds the search for the superblock: it stands at 0, 512, and
// every doubling of that.
const maxUserBlock = 1 << 40

// A File is an open HDF5 file.
type File struct {
	r           *hostile.Reader
	Version     int   // of the superblock
	Start       int64 // where the superblock stands: the size of the user block
	offsetSize  int   // of an address, in bytes
	lengthSize  int   // of a length, in bytes
	base        uint64
	EndOfFile   uint64 // what the file claims to be its length, from base
	root        uint64 // address of the root group's object header
	rootTable   *symbolTable
	extension   uint64               // address of the superblock extension's object header
	sharedHeaps map[int]*fractalHeap // of shared messages, by their type; nil: not yet read
	nodes       map[uint64]bool      // B-tree nodes visited: none belongs to two trees
}

// A symbolTable is where an old-style group keeps its links.
type symbolTable struct{ btree, heap uint64 }

// Find returns where the superblock stands, or -1.
func Find(r *hostile.Reader) int64 {
	for at := int64(0); at+int64(len(Signature)) <= r.End() && at < maxUserBlock; at = max(512, at*2) {
		if string(r.At(uint64(at), uint64(len(Signature))).Peek(len(Signature))) == Signature {
			return at
		}
	}
	return -1
}

// Open reads the superblock. The error is a *hostile.Fault.
func Open(r *hostile.Reader) (*File, error) {
	f := &File{r: r, Start: Find(r), extension: undefined, nodes: make(map[uint64]bool)}
	if f.Start < 0 {
		return nil, r.Fail(hostile.Malformed, "no HDF5 superblock at 0, 512 or a doubling of it")
	}
	s := r.At(uint64(f.Start), uint64(r.End()-f.Start))
	s.Skip(uint64(len(Signature)))
	f.Version = int(s.Uint8())
	switch f.Version {
	case 0, 1:
		f.superblock0(s)
	case 2, 3:
		f.superblock2(s)
	default:
		s.Fail(hostile.Unsupported, "superblock version %d", f.Version)
	}
	if s.Err() != nil {
		return nil, s.Err()
	}
	return f, f.checkEnd()
}

// superblock0 reads versions 0 and 1 (specification II.A).
func (f *File) superblock0(s *hostile.Reader) {
	s.Skip(4) // versions of free-space storage and root symbol table, reserved, version of shared headers
	f.offsetSize, f.lengthSize = int(s.Uint8()), int(s.Uint8())
	if !f.sizes(s) {
		return
	}
	s.Skip(1 + 2 + 2 + 4) // reserved, group leaf K, group internal K, consistency flags
	if f.Version == 1 {
		s.Skip(2 + 2) // indexed storage K, reserved
	}
	f.base = f.address(s)
	f.address(s) // free-space information
	f.EndOfFile = f.address(s)
	f.address(s) // driver information
	f.address(s) // root entry: name offset
	f.root = f.address(s)
	if cache := s.UintLE(4); cache == 1 {
		s.Skip(4)
		f.rootTable = &symbolTable{btree: f.address(s), heap: f.address(s)}
	}
}

// superblock2 reads versions 2 and 3.
func (f *File) superblock2(s *hostile.Reader) {
	f.offsetSize, f.lengthSize = int(s.Uint8()), int(s.Uint8())
	if !f.sizes(s) {
		return
	}
	s.Skip(1) // consistency flags
	f.base = f.address(s)
	f.extension = f.address(s)
	f.EndOfFile = f.address(s)
	f.root = f.address(s)
	s.Skip(4) // checksum
}

// sizes refuses what the library never wrote: with other widths every address
// behind would be another one.
func (f *File) sizes(s *hostile.Reader) bool {
	for _, n := range []int{f.offsetSize, f.lengthSize} {
		if n != 2 && n != 4 && n != 8 {
			s.Fail(hostile.Unsupported, "addresses of %d and lengths of %d bytes", f.offsetSize, f.lengthSize)
			return false
		}
	}
	return true
}

// checkEnd compares the length that the file claims with what is there.
func (f *File) checkEnd() error {
	if f.base != uint64(f.Start) && f.base != 0 {
		return f.r.FailAt(f.Start, hostile.Unsupported, "base address %#x in a superblock at %#x", f.base, f.Start)
	}
	f.base = uint64(f.Start)
	if f.EndOfFile > uint64(f.r.End()) {
		return f.r.FailAt(f.Start, hostile.Truncated, "the file claims %d bytes, %d are there", f.EndOfFile, f.r.End())
	}
	return nil
}

// address reads an address; all bits set is undefined whatever its size.
func (f *File) address(r *hostile.Reader) uint64 {
	v := r.UintLE(f.offsetSize)
	if f.offsetSize < 8 && v == 1<<(8*f.offsetSize)-1 {
		return undefined
	}
	return v
}

// length reads a number of bytes or of things, in the superblock's size of
// lengths.
func (f *File) length(r *hostile.Reader) uint64 { return r.UintLE(f.lengthSize) }

// at returns a reader of n bytes at an address of the file.
func (f *File) at(address, n uint64) *hostile.Reader {
	if address == undefined || address > uint64(f.r.End()) {
		r := f.r.At(uint64(f.r.Start()), 0)
		r.Fail(hostile.Malformed, "address %#x points out of the file", address)
		return r
	}
	return f.r.At(f.base+address, n)
}

// from returns a reader from an address to the end of the file.
func (f *File) from(address uint64) *hostile.Reader {
	if at := f.base + address; address != undefined && at >= address && at <= uint64(f.r.End()) {
		return f.r.At(at, uint64(f.r.End())-at)
	}
	return f.at(undefined, 0)
}

// signed returns a reader behind a four-byte signature at an address.
func (f *File) signed(address uint64, signature string) *hostile.Reader {
	r := f.from(address)
	if got := string(r.Peek(4)); r.Err() == nil && got != signature {
		r.Fail(hostile.Malformed, "a block %q is pointed to, %q found", signature, got)
	}
	r.Skip(4)
	return r
}

// malformed is a fault about references between blocks, which no one reader is
// in the midst of.
func malformed(format string, args ...any) *hostile.Fault {
	return hostile.Faultf(hostile.Malformed, 0, format, args...)
}
