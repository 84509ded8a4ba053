package dbm

import "github.com/modelaudit/modelaudit/internal/hostile"

// A gdbm is the header of a file of GNU dbm (gdbm's src/gdbmdefs.h): a directory
// of buckets, whose elements say where a key with its value lies.
type gdbm struct {
	directory int64 // offset, of directorySize bytes
	size      int64
	bucket    int64 // bytes of a bucket
	elements  int64 // of a bucket
	layout    *layout
}

// A layout is how the structures of one width of file offsets lie.
type layout struct {
	offset  int64 // bytes of a file offset
	count   int64 // where the elements of a bucket start
	element int64 // bytes of one
}

var (
	layout32 = layout{offset: 4, count: 60, element: 20}
	layout64 = layout{offset: 8, count: 112, element: 24}
)

// Magics of gdbm: of the first releases, which had the offsets of their machine,
// then by width and with or without a count of synchronisations.
const (
	magicFirst         = 0x13579ace
	magicGDBM32        = 0x13579acd
	magicGDBM64        = 0x13579acf
	magicNumbered32    = 0x13579ad0
	magicNumbered64    = 0x13579ad1
	emptyElement       = 0xffffffff
	longestGDBM        = 1 << 31 // sizes are signed integers of 32 bits
	smallestBucketSize = 256
)

// width returns the layout that a magic stands for, or nil.
func width(magic uint32) *layout {
	switch magic {
	case magicGDBM32, magicNumbered32:
		return &layout32
	case magicGDBM64, magicNumbered64, magicFirst:
		return &layout64
	}
	return nil
}

// gdbmHeader reads the header. A file of the first releases has the offsets of
// the machine that wrote it: its layout is the one in which the header makes
// sense.
func (d *Database) gdbmHeader() {
	magic := uint32(d.uint(d.r, 4))
	d.r.Skip(4) // block size
	g := gdbm{layout: width(magic)}
	if magic == magicFirst && !d.fits(*g.layout) {
		g.layout = &layout32
	}
	d.readGDBM(&g, d.r)
	if d.r.Err() == nil && (g.bucket < smallestBucketSize || g.elements <= 0 || g.layout.count+g.elements*g.layout.element > g.bucket) {
		d.r.Fail(hostile.Malformed, "buckets of %d bytes with %d elements", g.bucket, g.elements)
	}
	d.gdbm = g
}

// readGDBM reads the fields whose places depend on the layout.
func (d *Database) readGDBM(g *gdbm, r *hostile.Reader) {
	g.directory = d.uint(r, int(g.layout.offset))
	g.size = d.uint(r, 4)
	r.Skip(4) // bits of the directory
	g.bucket = d.uint(r, 4)
	g.elements = d.uint(r, 4)
}

// fits reports whether the header makes sense in a layout.
func (d *Database) fits(l layout) bool {
	const fields = 8 // magic and block size
	g := gdbm{layout: &l}
	d.readGDBM(&g, d.r.At(fields, uint64(d.r.End()-fields)))
	return g.bucket >= smallestBucketSize && g.elements == (g.bucket-l.count-l.element)/l.element+1
}

// buckets tells the values of every bucket of the directory. Neighbours in it
// share a bucket.
func (d *Database) buckets(tell func(Item) error) error {
	g := &d.gdbm
	dir := d.r.At(uint64(g.directory), uint64(g.size))
	if err := dir.Err(); err != nil {
		return err
	}
	last := int64(-1)
	for dir.Left() >= g.layout.offset && dir.Step() {
		at := d.uint(dir, int(g.layout.offset))
		if at == last {
			continue
		}
		last = at
		if err := d.bucket(at, tell); err != nil {
			return err
		}
	}
	return dir.Err()
}

// bucket tells the values of a bucket. Elements hold the first bytes of their
// key, which the file has again in front of the value.
func (d *Database) bucket(at int64, tell func(Item) error) error {
	g := &d.gdbm
	r := d.r.At(uint64(at), uint64(g.bucket))
	r.Skip(uint64(g.layout.count))
	for range r.Count(uint64(g.elements), g.layout.element) {
		if !r.Step() {
			break
		}
		hash := uint32(d.uint(r, 4))
		r.Skip(4) // start of the key
		data := d.uint(r, int(g.layout.offset))
		key, size := d.uint(r, 4), d.uint(r, 4)
		if hash == emptyElement {
			continue
		}
		if key >= longestGDBM || size >= longestGDBM || data < 0 || data > d.r.End() {
			r.Fail(hostile.Malformed, "a value of %d bytes at byte %#x behind a key of %d", size, data, key)
			break
		}
		d.key = d.start(data, key)
		if err := d.item(data+key, size, tell); err != nil {
			return err
		}
	}
	if err := r.Err(); err != nil {
		d.note(err)
	}
	return d.r.Budget().Spent()
}
