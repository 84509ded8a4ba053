package hdf5

import (
	"cmp"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// An Object is a group, a dataset or a committed datatype, with all that its
// header says.
type Object struct {
	Path       string // "/" for the root group; the first one that led here
	Offset     int64  // of its header, in the file
	Attributes []*Attribute
	Links      []Link
	Dataset    *Dataset // nil if it is none
	Faults     []error  // what kept parts of it from being read

	kinds uint32 // of messages met, a bit each
}

// single are the kinds of messages of which an object has one, a bit each. Of two the
// library reads the first.
const single = 1<<msgDataspace | 1<<msgLinkInfo | 1<<msgDatatype | 1<<msgExternalFiles | 1<<msgLayout | 1<<msgFilters |
	1<<msgSymbolTable | 1<<msgAttributeInfo

// placeCost is what an object that is yet to be visited is charged, beside its path.
const placeCost = 64

// Walk visits every object that hard links reach from the root group, each
// once. Objects that cannot be read at all are visited with their fault. It
// stops with the error of visit, or when the budget is spent.
func (f *File) Walk(visit func(*Object) error) error {
	type place struct {
		path    string
		address uint64
	}
	queue := []place{{"/", f.root}}
	seen := map[uint64]bool{f.root: true}
	for len(queue) > 0 {
		if !f.r.Step() {
			return f.r.Err()
		}
		at := queue[0]
		queue = queue[1:]
		o := f.object(at.path, at.address)
		for _, l := range o.Links {
			if l.Kind != Hard || seen[l.address] {
				continue
			}
			if f.r.Hold(uint64(len(at.path)+len("/")+len(l.Name)+placeCost)) != nil {
				return f.r.Err()
			}
			seen[l.address] = true
			queue = append(queue, place{child(at.path, l.Name), l.address})
		}
		if err := visit(o); err != nil {
			return err
		}
	}
	return f.r.Err()
}

// child joins the path of a group and the name of a link.
func child(path, name string) string {
	if path == "/" {
		return path + name
	}
	return path + "/" + name
}

// object reads one object header.
func (f *File) object(path string, address uint64) *Object {
	o := &Object{Path: path, Offset: int64(f.base + address)}
	var d Dataset
	note := func(err error) {
		if err != nil {
			o.Faults = append(o.Faults, err)
		}
	}
	note(f.messages(address, func(m message) { note(f.message(o, &d, m)) }))
	if d.Type != nil && (d.data != nil || d.Layout != Compact || d.Dims != nil) {
		note(f.finish(&d))
		o.Dataset = &d
	}
	// An empty group's header names the same table, which was read then.
	if path == "/" && len(o.Links) == 0 && f.rootTable != nil && !f.nodes[f.rootTable.btree] {
		note(f.table(*f.rootTable, func(l Link) { o.Links = append(o.Links, l) }))
	}
	return o
}

// message adds what one header message says to the object.
func (f *File) message(o *Object, d *Dataset, m message) (err error) {
	addLink := func(l Link) { o.Links = append(o.Links, l) }
	addAttribute := func(a *Attribute) { o.Attributes = append(o.Attributes, a) }
	r := m.body
	if (single&o.kinds)>>m.kind&1 == 1 {
		return r.Fail(hostile.Malformed, "a second message of type %d", m.kind)
	}
	o.kinds |= 1 << m.kind
	if m.flags&flagShared != 0 {
		if r, err = f.shared(m.kind, r); err != nil {
			return err
		}
	}
	switch m.kind {
	case msgDataspace:
		d.Dims, d.maxDims = f.dataspace(r)
	case msgDatatype:
		d.Type = datatype(r, 0)
	case msgLayout:
		f.layout(r, d)
	case msgFilters:
		d.pipeline = filters(r)
	case msgExternalFiles:
		err = f.external(r, d)
	case msgLinkInfo:
		err = f.linkInfo(r, addLink)
	case msgSymbolTable:
		err = f.table(symbolTable{btree: f.address(r), heap: f.address(r)}, addLink)
	case msgAttributeInfo:
		err = f.attributeInfo(r, addAttribute)
	case msgLink:
		var l Link
		if l, err = f.link(r); err == nil {
			addLink(l)
		}
	case msgAttribute:
		var a *Attribute
		if a, err = f.attribute(r); err == nil {
			addAttribute(a)
		}
	}
	return cmp.Or(err, r.Err())
}

// finish works out the sizes of a dataset and the sources of a virtual one.
func (f *File) finish(d *Dataset) error {
	// Stays so where the dimensions overflow: larger than any file.
	d.Declared = 1 << 63
	if n, ok := elements(d.Dims); ok && (n == 0 || d.Type.Size <= 1<<62/n) {
		d.Declared = n * d.Type.Size
	}
	return cmp.Or(f.countChunks(d), f.sources(d))
}

// Data returns the bytes of a dataset that is stored in one piece, unfiltered,
// or nil.
func (d *Dataset) Data() *hostile.Reader {
	if d.data == nil || len(d.pipeline) > 0 || len(d.Files) > 0 {
		return nil
	}
	return d.data
}
