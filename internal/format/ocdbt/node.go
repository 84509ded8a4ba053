package ocdbt

import "github.com/modelaudit/modelaudit/internal/hostile"

// numbered is the kind of manifests that hold the configuration alone; the
// versions are in files of their own.
const numbered = 1

// manifest reads the configuration and the newest versions.
func (rec *Record) manifest(r *hostile.Reader) {
	r.Skip(16) // identifier
	kind := r.Uvarint()
	r.Uvarint() // the largest inline value
	r.Uvarint() // the largest node
	r.Uint8()   // arity
	if method := r.Uvarint(); method == 1 {
		r.Skip(4) // level
	} else if method > 1 {
		r.Fail(hostile.Unsupported, "compression %d", method)
	}
	if kind == numbered && r.Left() == 0 {
		return
	}
	rec.files(r)
	rec.leaves(r)
	rec.inner(r, true)
}

// versions reads a node of the tree of versions.
func (rec *Record) versions(r *hostile.Reader) {
	r.Uint8() // arity
	height := r.Uint8()
	rec.files(r)
	if height == 0 {
		rec.leaves(r)
		return
	}
	rec.inner(r, false)
}

// leaves reads references to roots of the tree of keys, column by column.
func (rec *Record) leaves(r *hostile.Reader) {
	n := r.Count(r.Uvarint(), 1)
	varints(r, n) // generations
	r.Skip(uint64(n))
	rec.references(r, n)
	varints(r, n) // lengths
	varints(r, 3*n)
	r.Skip(8 * uint64(n)) // times
}

// inner reads references to nodes of the tree of versions.
func (rec *Record) inner(r *hostile.Reader, heights bool) {
	n := r.Count(r.Uvarint(), 1)
	varints(r, n) // generations
	rec.references(r, n)
	varints(r, n) // lengths
	varints(r, n) // numbers of generations
	r.Skip(8 * uint64(n))
	if heights {
		r.Skip(uint64(n))
	}
}

func varints(r *hostile.Reader, n int) {
	for i := 0; i < n && r.Step(); i++ {
		r.Uvarint()
	}
}

// references reads n indexes of files, and n offsets in them.
func (rec *Record) references(r *hostile.Reader, n int) {
	for i := 0; i < n && r.Step(); i++ {
		rec.file(r)
	}
	varints(r, n)
}

// file reads the index of a file.
func (rec *Record) file(r *hostile.Reader) int {
	id := r.Uvarint()
	if id >= uint64(len(rec.Files)) && r.Err() == nil {
		r.Fail(hostile.Malformed, "file %d of %d", id, len(rec.Files))
		return 0
	}
	return int(id)
}

// column reads n numbers of at most limit.
func column(r *hostile.Reader, n int, limit uint64) []uint64 {
	if r.Hold(8*uint64(n)) != nil {
		return nil
	}
	out := make([]uint64, n)
	for i := range out {
		if !r.Step() {
			break
		}
		if out[i] = r.Uvarint(); out[i] > limit && r.Err() == nil {
			r.Fail(hostile.Malformed, "%d where at most %d fits", out[i], limit)
		}
	}
	return out
}

// prefixes reads how many bytes each text shares with the one before it; of the
// first, that is none.
func prefixes(r *hostile.Reader, n int) []uint64 {
	if n == 0 {
		return nil
	}
	return append(make([]uint64, 1, n), column(r, n-1, maxKey)...)
}

// texts reads n texts of which each begins like the one before it, and tells
// them one by one.
func texts(r *hostile.Reader, prefix, suffix []uint64, tell func(text []byte)) {
	var current []byte
	for i := range suffix {
		if !r.Step() {
			return
		}
		if prefix[i] > uint64(len(current)) || prefix[i]+suffix[i] > maxKey {
			r.Fail(hostile.Malformed, "%d bytes shared with a text of %d, %d more", prefix[i], len(current), suffix[i])
			return
		}
		if suffix[i] > uint64(r.Left()) {
			r.Fail(hostile.Truncated, "%d bytes of text claimed, %d left", suffix[i], r.Left())
			return
		}
		current = append(current[:prefix[i]], r.Peek(int(suffix[i]))...)
		r.Skip(suffix[i])
		if r.Err() == nil && r.Hold(uint64(len(current))) == nil {
			tell(current)
		}
	}
}

// files reads the table of data files.
func (rec *Record) files(r *hostile.Reader) {
	n := r.Count(r.Uvarint(), 2)
	prefix, suffix := prefixes(r, n), column(r, n, maxPath)
	column(r, n, maxPath) // how many bytes of each the files behind nodes in it share
	if r.Err() != nil {
		return
	}
	texts(r, prefix, suffix, func(path []byte) { rec.Files = append(rec.Files, File{Path: string(path)}) })
}

// keys reads a node of the tree of keys.
func (rec *Record) keys(r *hostile.Reader) {
	height := r.Uint8()
	rec.files(r)
	n := r.Count(r.Uvarint(), 2)
	prefix, suffix := prefixes(r, n), column(r, n, maxKey)
	if height > 0 {
		varints(r, n) // what all keys below share
	}
	if r.Err() != nil || r.Hold(uint64(n)*entryCost) != nil {
		return
	}
	entries := make([]Entry, 0, n)
	texts(r, prefix, suffix, func(key []byte) {
		entries = append(entries, Entry{Key: string(key)})
	})
	if height > 0 {
		rec.references(r, n)
		varints(r, 4*n) // lengths, and what is below
		return
	}
	rec.values(r, entries)
}

// entryCost is what an entry takes beside its key, in bytes.
const entryCost = 64

// values reads where the values of keys are. Those that are inline follow each
// other at the end.
func (rec *Record) values(r *hostile.Reader, entries []Entry) {
	n := len(entries)
	sizes, kinds := column(r, n, 1<<62), column(r, n, 1)
	if r.Err() != nil {
		return
	}
	for i := range entries {
		entries[i].Size, entries[i].Inline = int64(sizes[i]), kinds[i] == 0
	}
	for i := range entries {
		if !entries[i].Inline {
			entries[i].File = rec.file(r)
		}
	}
	for i := range entries {
		if !entries[i].Inline {
			entries[i].Offset = int64(min(r.Uvarint(), 1<<62))
		}
	}
	inline(r, entries)
	if r.Err() == nil {
		rec.Entries = entries
	}
}

// inline places the values that stand in the node.
func inline(r *hostile.Reader, entries []Entry) {
	for i := range entries {
		if entries[i].Inline {
			entries[i].Offset = r.Offset()
			r.Skip(uint64(entries[i].Size))
		}
	}
}
