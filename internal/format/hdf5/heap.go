package hdf5

import "github.com/modelaudit/modelaudit/internal/hostile"

// globalObject finds an object of a global heap collection (specification
// III.E).
func (f *File) globalObject(address uint64, index uint16) (*hostile.Reader, error) {
	r := f.signed(address, "GCOL")
	version := r.Uint8()
	r.Skip(3)
	size := f.length(r)
	head := uint64(8 + f.lengthSize)
	if r.Err() == nil && (version != 1 || size < head) {
		r.Fail(hostile.Malformed, "a global heap of version %d and %d bytes", version, size)
	}
	if r.Err() != nil {
		return nil, r.Err()
	}
	objects := r.Window(size - head)
	for objects.Left() >= int64(8+f.lengthSize) && objects.Step() {
		id := uint16(objects.UintLE(2))
		objects.Skip(2 + 4) // reference count, reserved
		n := f.length(objects)
		if id == 0 {
			break // free space to the end
		}
		if id == index {
			return objects.Window(n), objects.Err()
		}
		objects.Skip((n + 7) &^ 7)
	}
	return nil, objects.Fail(hostile.Malformed, "object %d is not in the global heap", index)
}

// localHeap is the data segment of a local heap (specification III.D): the names
// of an old-style group.
func (f *File) localHeap(address uint64) (*hostile.Reader, error) {
	r := f.signed(address, "HEAP")
	r.Skip(4) // version, reserved
	size := f.length(r)
	f.length(r) // free list
	data := f.address(r)
	if r.Err() != nil {
		return nil, r.Err()
	}
	segment := f.at(data, size)
	return segment, segment.Err()
}

// maxName bounds a link name in an old-style group; the library has no bound,
// its writers stay far below.
const maxName = 32 << 10

// heapName reads the NUL-terminated name at an offset of a local heap. Many links may
// have one name, of which only the first is in the file.
func heapName(heap *hostile.Reader, offset uint64) (string, error) {
	if offset > uint64(heap.End()-heap.Start()) {
		return "", heap.Fail(hostile.Malformed, "a name at %d of a heap of %d bytes", offset, heap.End()-heap.Start())
	}
	at := uint64(heap.Start()) + offset
	name := cstring(heap.At(at, uint64(heap.End())-at).Peek(maxName))
	return name, heap.Hold(uint64(len(name)))
}
