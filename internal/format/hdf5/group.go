package hdf5

import (
	"cmp"
	"errors"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A LinkKind says what a link leads to.
type LinkKind uint8

// The kinds of links (specification IV.A.2.g).
const (
	Hard     LinkKind = 0
	Soft     LinkKind = 1
	External LinkKind = 64
)

// A Link is a name in a group.
type Link struct {
	Name    string
	Kind    LinkKind
	Target  string // path in this file for Soft, in File for External
	File    string // for External
	address uint64 // for Hard
}

// link reads a link message, which is also what a fractal heap of links holds.
func (f *File) link(r *hostile.Reader) (Link, error) {
	r.Skip(1) // version
	flags := r.Uint8()
	var l Link
	if flags&0x08 != 0 {
		l.Kind = LinkKind(r.Uint8())
	}
	if flags&0x04 != 0 {
		r.Skip(8) // creation order
	}
	if flags&0x10 != 0 {
		r.Skip(1) // character set
	}
	size := r.UintLE(1 << (flags & 3))
	l.Name = string(r.Bytes(size))
	switch l.Kind {
	case Hard:
		l.address = f.address(r)
	case Soft:
		l.Target = string(r.Bytes(r.UintLE(2)))
	case External:
		l.File, l.Target = externalTarget(r.Bytes(r.UintLE(2)))
	default: // a user-defined link means nothing without the program that defined it
		r.Skip(r.UintLE(2))
	}
	return l, r.Err()
}

// externalTarget splits the value of an external link: a flag byte, the file's
// name and the object's path, each ended by NUL.
func externalTarget(p []byte) (file, target string) {
	if len(p) == 0 {
		return "", ""
	}
	file = cstring(p[1:])
	if rest := p[1:]; len(file) < len(rest) {
		target = cstring(rest[len(file)+1:])
	}
	return file, target
}

// dense visits the objects of a fractal heap that a version 2 B-tree indexes,
// links or attributes alike.
func (f *File) dense(heapAddress, index uint64, visit func(*hostile.Reader) error) error {
	if heapAddress == undefined || index == undefined {
		return nil
	}
	h, err := f.fractalHeap(heapAddress)
	if err != nil {
		return err
	}
	var failed error // the first
	err = f.btree2(index, func(kind int, record *hostile.Reader) {
		id, shared := heapID(kind, record)
		if record.Err() != nil {
			return
		}
		object, err := f.denseObject(h, id, shared)
		if err == nil {
			err = visit(object)
		}
		failed = cmp.Or(failed, err)
	})
	return cmp.Or(failed, err)
}

// heapID takes the fractal heap ID out of a record of a B-tree that indexes
// links by name (type 5) or order (6), or attributes by name (8) or order (9), and
// whether it is one of the heap of shared attributes.
func heapID(kind int, record *hostile.Reader) (id []byte, shared bool) {
	switch kind {
	case 5:
		record.Skip(4)
		return record.Bytes(7), false
	case 6:
		record.Skip(8)
		return record.Bytes(7), false
	case 8, 9:
		return record.Bytes(sharedIDSize), record.Uint8()&flagShared != 0
	default:
		record.Fail(hostile.Malformed, "a B-tree of type %d where names are indexed", kind)
		return nil, false
	}
}

// denseObject returns what an ID refers to, in h or among the shared attributes.
func (f *File) denseObject(h *fractalHeap, id []byte, shared bool) (*hostile.Reader, error) {
	if shared {
		return f.inSharedHeap(msgAttribute, id)
	}
	return h.object(id)
}

// linkInfo reads a link info message and visits the links stored densely.
func (f *File) linkInfo(r *hostile.Reader, visit func(Link)) error {
	r.Skip(1)
	if r.Uint8()&1 != 0 {
		r.Skip(8) // maximum creation order
	}
	heap, index := f.address(r), f.address(r)
	if r.Err() != nil {
		return r.Err()
	}
	return f.dense(heap, index, func(object *hostile.Reader) error {
		l, err := f.link(object)
		if err == nil {
			visit(l)
		}
		return err
	})
}

// attributeInfo reads an attribute info message and visits the attributes
// stored densely.
func (f *File) attributeInfo(r *hostile.Reader, visit func(*Attribute)) error {
	r.Skip(1)
	if r.Uint8()&1 != 0 {
		r.Skip(2)
	}
	heap, index := f.address(r), f.address(r)
	if r.Err() != nil {
		return r.Err()
	}
	return f.dense(heap, index, func(object *hostile.Reader) error {
		a, err := f.attribute(object)
		if err == nil {
			visit(a)
		}
		return err
	})
}

// table visits the links of an old-style group: a B-tree of symbol nodes, and a
// local heap of names.
func (f *File) table(t symbolTable, visit func(Link)) error {
	heap, err := f.localHeap(t.heap)
	if err != nil {
		return err
	}
	return f.btree1(t.btree, 0, uint64(f.lengthSize), func(_ *hostile.Reader, child uint64) error {
		return f.symbolNode(child, heap, visit)
	})
}

// symbolNode visits the links of a symbol table node (specification III.B and
// III.C). A link that is damaged is passed over, and is the error when the
// others have been told.
func (f *File) symbolNode(address uint64, heap *hostile.Reader, visit func(Link)) error {
	r := f.signed(address, "SNOD")
	r.Skip(2)
	n := r.UintLE(2)
	var failed error // the first
	for range r.Count(n, int64(2*f.offsetSize+4+4+16)) {
		nameAt := r.UintLE(f.offsetSize)
		l := Link{Kind: Hard, address: f.address(r)}
		cache := r.UintLE(4)
		r.Skip(4)
		scratch := r.Window(16)
		var err error
		if l.Name, err = heapName(heap, nameAt); err == nil && cache == 2 {
			l.Kind = Soft
			l.Target, err = heapName(heap, scratch.UintLE(4))
		}
		if err == nil {
			visit(l)
		}
		failed = cmp.Or(failed, err)
	}
	return errors.Join(r.Err(), failed)
}
