package hdf5

import (
	"cmp"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Messages that several objects have in common stand once: in the header of a
// committed object, or in heaps that the superblock's extension leads to
// (specification IV.A.2, "Shared Message", and III.H).

// sharedHeap is the place of a shared message of version 3 that is in a heap; of
// any other the address of an object header follows.
const sharedHeap = 1

// sharedIDSize is the size of a heap ID of a shared message, in bytes.
const sharedIDSize = 8

// shared returns the body of the message of a kind that r refers to.
func (f *File) shared(kind int, r *hostile.Reader) (*hostile.Reader, error) {
	version, place := r.Uint8(), r.Uint8()
	if version == 1 {
		r.Skip(6)
	}
	if version == 3 && place == sharedHeap {
		id := r.Bytes(sharedIDSize)
		if r.Err() != nil {
			return nil, r.Err()
		}
		return f.inSharedHeap(kind, id)
	}
	address := f.address(r)
	if r.Err() != nil {
		return nil, r.Err()
	}
	var body *hostile.Reader
	err := f.messages(address, func(m message) {
		if m.kind == kind && m.flags&flagShared == 0 && body == nil {
			body = m.body
		}
	})
	if err == nil && body == nil {
		err = r.Fail(hostile.Malformed, "an object that is to hold a message of type %d holds none", kind)
	}
	return body, err
}

// inSharedHeap returns a message of a kind from the heap for it.
func (f *File) inSharedHeap(kind int, id []byte) (*hostile.Reader, error) {
	if f.sharedHeaps == nil {
		f.sharedHeaps = make(map[int]*fractalHeap)
		if err := f.readSharedHeaps(); err != nil {
			return nil, err
		}
	}
	h := f.sharedHeaps[kind]
	if h == nil {
		return nil, malformed("there is no heap of shared messages of type %d", kind)
	}
	return h.object(id)
}

// readSharedHeaps finds the table of shared messages by the superblock's
// extension and opens the heap of each of its indexes.
func (f *File) readSharedHeaps() error {
	if f.extension == undefined {
		return nil
	}
	var failed error
	err := f.messages(f.extension, func(m message) {
		if m.kind == msgSharedTable && failed == nil {
			failed = f.sharedTable(m.body)
		}
	})
	return cmp.Or(err, failed)
}

// sharedTable reads a shared message table message, and the table.
func (f *File) sharedTable(r *hostile.Reader) error {
	r.Skip(1) // version
	table, indexes := f.address(r), r.Uint8()
	if r.Err() != nil {
		return r.Err()
	}
	t := f.signed(table, "SMTB")
	for range indexes {
		t.Skip(1 + 1) // version, type of index
		kinds := t.UintLE(2)
		t.Skip(4 + 2 + 2 + 2) // smallest message, cut-offs, number of messages
		f.address(t)          // of the index
		address := f.address(t)
		if t.Err() != nil {
			return t.Err()
		}
		if address == undefined {
			continue
		}
		h, err := f.fractalHeap(address)
		if err != nil {
			return err
		}
		for kind := range 16 {
			if kinds>>kind&1 == 1 {
				f.sharedHeaps[kind] = h
			}
		}
	}
	return nil
}
