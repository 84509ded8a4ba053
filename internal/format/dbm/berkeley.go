package dbm

import "github.com/modelaudit/modelaudit/internal/hostile"

// pages is the first page of a file of Berkeley DB (dbinc/db_page.h), which says
// how long the pages are and what each has in front of its items.
type pages struct {
	size int64
	head int64 // bytes of the header of a page
}

// Magics of Berkeley DB, by access method.
const (
	magicBtree = 0x053162
	magicHash  = 0x061561
	magicQueue = 0x042253
	magicHeap  = 0x074582
)

// Types of pages.
const (
	pageHashUnsorted = 2
	pageBtreeLeaf    = 5
	pageRecnoLeaf    = 6
	pageOverflow     = 7
	pageQueue        = 11
	pageDuplicates   = 12
	pageHash         = 13
	pageHeap         = 15
)

// Types of items on pages of trees; deleted may be added to each.
const (
	itemData     = 1
	itemOverflow = 3
	itemBlob     = 4
	deleted      = 0x80
)

// Types of items on pages of hash tables.
const (
	hashData       = 1
	hashDuplicates = 2
	hashOff        = 3
	hashBlob       = 5
)

const (
	pageHeader   = 26   // bytes
	checksums    = 0x01 // flag of the first page: pages have checksums
	checksumSize = 6    // bytes that they add to the header
)

// pagesHeader reads the generic part of the first page (DBMETA). It is the same
// for all access methods, and pages are told by their own types.
func (d *Database) pagesHeader() {
	r := d.r
	r.Skip(20)
	d.pages = pages{size: d.uint(r, 4), head: pageHeader}
	encrypted := r.Uint8()
	r.Skip(1) // type
	flags := r.Uint8()
	switch size := d.pages.size; {
	case r.Err() != nil:
	case size < 512 || size > 1<<16 || size&(size-1) != 0:
		r.Fail(hostile.Malformed, "pages of %d bytes", size)
	case encrypted != 0:
		r.Fail(hostile.Unsupported, "the database is encrypted")
	case flags&checksums != 0:
		d.pages.head += checksumSize
	}
}

// eachPage tells the items of every page, whether a tree leads to it or not.
func (d *Database) eachPage(tell func(Item) error) error {
	size := d.pages.size
	for at := int64(0); at+size <= d.r.End() && d.r.Step(); at += size {
		if err := d.page(at, tell); err != nil {
			return err
		}
	}
	// Pages are written whole: a file that ends within one was cut.
	if tail := d.r.End() % size; d.r.Err() == nil && tail != 0 {
		d.note(hostile.Faultf(hostile.Truncated, d.r.End()-tail, "a page of %d bytes claimed, %d left", size, tail))
	}
	return d.r.Err()
}

// page tells the items of one page, by its type. Pages of other types hold no
// items: inner nodes of trees, metadata, free pages, and overflow pages, which
// are reached from their items.
func (d *Database) page(at int64, tell func(Item) error) error {
	head := d.r.At(uint64(at), uint64(d.pages.size))
	// LSN, own number, number before and behind: they do not matter here.
	head.Skip(20)
	count := d.uint(head, 2)
	head.Skip(3)
	kind := head.Uint8()
	l := leaf{at: at, count: count, item: d.leafItem}
	switch kind {
	case pageHash, pageHashUnsorted:
		l.item, l.keyed, l.header = d.hashItem, true, 1
	case pageBtreeLeaf:
		l.keyed, l.header = true, 3
	case pageRecnoLeaf, pageDuplicates:
	case pageQueue, pageHeap:
		d.note(hostile.Faultf(hostile.Unsupported, at, "a page of a queue or a heap"))
		return nil
	default:
		return nil
	}
	return d.entries(head, l, tell)
}

// A leaf is a page with items.
type leaf struct {
	at, count int64
	keyed     bool  // every other item is the key of the next
	header    int64 // bytes in front of a key
	item      func(at, size int64, tell func(Item) error) error
}

// entries tells the items of a page, whose places stand behind its header.
func (d *Database) entries(head *hostile.Reader, l leaf, tell func(Item) error) error {
	head.MoveTo(l.at + d.pages.head)
	end := d.pages.size
	key := ""
	for i := range head.Count(uint64(l.count), 2) {
		if !head.Step() {
			break
		}
		from := d.uint(head, 2)
		to := end
		if end = from; from >= to || to > d.pages.size { // items of trees lie in any order
			to = d.pages.size
		}
		// An item in the header would be one that the library reads something
		// else from.
		if from < d.pages.head || from >= d.pages.size {
			head.Fail(hostile.Malformed, "an item at byte %d of a page of %d", from, d.pages.size)
			break
		}
		d.key = key
		if err := l.item(l.at+from, to-from, tell); err != nil {
			return err
		}
		if key = ""; l.keyed && i%2 == 0 {
			key = d.keyAt(l, from, to)
		}
	}
	if err := head.Err(); err != nil {
		d.note(err)
	}
	return d.r.Budget().Spent()
}

// keyAt returns the key in the item between two places of a page.
func (d *Database) keyAt(l leaf, from, to int64) string {
	at, size := l.at+from+l.header, to-from-l.header
	if l.header > 1 {
		size = d.uint(d.r.At(uint64(l.at+from), 2), 2)
	}
	return d.start(at, max(0, min(size, l.at+d.pages.size-at)))
}

// leafItem tells an item of a page of a tree.
func (d *Database) leafItem(at, _ int64, tell func(Item) error) error {
	r := d.r.At(uint64(at), uint64(min(d.r.End()-at, 12)))
	size := d.uint(r, 2)
	kind := r.Uint8()
	switch {
	case kind&deleted != 0:
	case kind == itemData:
		return d.item(at+3, size, tell)
	case kind == itemOverflow:
		return d.offPage(r, tell)
	case kind == itemBlob:
		d.note(hostile.Faultf(hostile.Unsupported, at, "a value in a file of its own"))
	}
	return nil
}

// hashItem tells an item of a page of a hash table, which reaches up to the item
// before it.
func (d *Database) hashItem(at, size int64, tell func(Item) error) error {
	r := d.r.At(uint64(at), uint64(size))
	switch r.Uint8() {
	case hashData:
		return d.item(at+1, size-1, tell)
	case hashDuplicates:
		return d.duplicates(r, tell)
	case hashOff:
		r.Skip(2)
		return d.offPage(r, tell)
	case hashBlob:
		d.note(hostile.Faultf(hostile.Unsupported, at, "a value in a file of its own"))
	}
	return nil
}

// duplicates tells the values of one key, each between two copies of its length.
func (d *Database) duplicates(r *hostile.Reader, tell func(Item) error) error {
	for r.Left() >= 4 && r.Step() {
		size := d.uint(r, 2)
		at := r.Offset()
		r.Skip(uint64(size) + 2)
		if r.Err() != nil {
			d.note(r.Err())
			return nil
		}
		if err := d.item(at, size, tell); err != nil {
			return err
		}
	}
	return nil
}

// offPage tells an item on pages of its own.
func (d *Database) offPage(r *hostile.Reader, tell func(Item) error) error {
	r.Skip(1)
	number, size := d.uint(r, 4), d.uint(r, 4)
	at := number * d.pages.size
	first := d.r.At(uint64(at), uint64(d.pages.size))
	first.Skip(uint64(d.pages.head))
	// More than the whole file: no chain of its pages can hold that without
	// using one twice.
	if size > d.r.End() {
		first.Fail(hostile.Malformed, "an item of %d bytes in a file of %d", size, d.r.End())
	}
	offset := first.Offset()
	head := first.Peek(int(min(size, HeadBytes)))
	if first.Err() != nil {
		d.note(first.Err())
		return nil
	}
	return tell(Item{Offset: offset, Size: size, Head: head, Key: d.key, overflow: number})
}

// chain finds the pages of an item.
func (d *Database) chain(out *hostile.Pieces, it Item) error {
	for number := it.overflow; out.Size < it.Size; {
		at := number * d.pages.size
		r := d.r.At(uint64(at), uint64(d.pages.size))
		r.Skip(16)
		number = d.uint(r, 4)
		r.Skip(2)
		n := min(d.uint(r, 2), it.Size-out.Size)
		r.MoveTo(at + d.pages.head)
		// Without this a ring of empty pages would be followed until the budget
		// is spent.
		if r.Step() && n == 0 {
			r.Fail(hostile.Malformed, "a page of an item without a byte of it, %d are left", it.Size-out.Size)
		}
		if n > r.Left() {
			r.Fail(hostile.Malformed, "%d bytes of an item on a page that holds %d", n, r.Left())
		}
		if r.Err() != nil {
			return r.Err()
		}
		if err := out.Add(r.Offset(), n); err != nil {
			return err
		}
	}
	return nil
}
