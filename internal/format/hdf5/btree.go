package hdf5

import (
	"math/bits"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// maxTreeDepth bounds the height of a B-tree; one of 32 levels would hold more
// records than any disk.
const maxTreeDepth = 32

// node returns a reader behind the signature of a B-tree node that was not
// visited before: a node that is used twice would make a walk without end of a
// small file.
func (f *File) node(address uint64, signature string) *hostile.Reader {
	r := f.signed(address, signature)
	if f.nodes[address] && r.Err() == nil {
		r.Fail(hostile.Malformed, "the B-tree node is used twice")
	}
	f.nodes[address] = true
	return r
}

// btree1 visits the leaves' children of a version 1 B-tree (specification
// III.A.1): node type 0 indexes groups, 1 indexes chunks. visit gets a reader at
// each key, whose size is keySize, and the address behind it.
func (f *File) btree1(address uint64, node uint8, keySize uint64, visit func(key *hostile.Reader, child uint64) error) error {
	return f.btree1Node(address, node, keySize, maxTreeDepth, visit)
}

// btree1Node visits a node that must be of a lower level than depth. Siblings
// are not followed: the level above names them all.
func (f *File) btree1Node(address uint64, node uint8, keySize uint64, depth int, visit func(*hostile.Reader, uint64) error) error {
	r := f.node(address, "TREE")
	kind, level := r.Uint8(), int(r.Uint8())
	n := r.UintLE(2)
	f.address(r) // left sibling
	f.address(r) // right sibling
	switch {
	case r.Err() != nil:
	case kind != node:
		r.Fail(hostile.Malformed, "a B-tree node of type %d where %d belongs", kind, node)
	case level >= depth:
		r.Fail(hostile.Malformed, "a B-tree of level %d below one of %d", level, depth)
	}
	for range r.Count(n, int64(keySize)+int64(f.offsetSize)) {
		if !r.Step() {
			break
		}
		key := r.Window(keySize)
		child := f.address(r)
		var err error
		if level > 0 {
			err = f.btree1Node(child, node, keySize, level, visit)
		} else {
			err = visit(key, child)
		}
		if err != nil {
			return err
		}
	}
	return r.Err()
}

// tree2 is the header of a version 2 B-tree (specification III.A.2).
type tree2 struct {
	kind       int
	nodeSize   uint64
	recordSize uint64
	depth      int
	root       uint64
	rootCount  uint64
}

// btree2 visits every record of a version 2 B-tree. Each record's reader ends
// with the record.
func (f *File) btree2(address uint64, visit func(kind int, record *hostile.Reader)) error {
	r := f.signed(address, "BTHD")
	r.Skip(1)
	t := tree2{kind: int(r.Uint8()), nodeSize: r.UintLE(4), recordSize: r.UintLE(2), depth: int(r.UintLE(2))}
	r.Skip(2) // split and merge percents
	t.root = f.address(r)
	t.rootCount = r.UintLE(2)
	f.length(r) // records in all
	if r.Err() == nil && (t.depth > maxTreeDepth || t.recordSize == 0 || t.nodeSize < 10+t.recordSize) {
		r.Fail(hostile.Malformed, "a B-tree of depth %d, records of %d in nodes of %d bytes", t.depth, t.recordSize, t.nodeSize)
	}
	if r.Err() != nil || t.root == undefined {
		return r.Err()
	}
	return f.node2(&t, t.root, t.rootCount, t.depth, visit)
}

// node2 visits an internal node or a leaf.
func (f *File) node2(t *tree2, address, count uint64, depth int, visit func(int, *hostile.Reader)) error {
	signature := "BTLF"
	if depth > 0 {
		signature = "BTIN"
	}
	r := f.node(address, signature)
	r.Skip(2) // version, type
	n := r.Count(count, int64(t.recordSize))
	for range n {
		if !r.Step() {
			break
		}
		record := r.Window(t.recordSize)
		visit(t.kind, record)
		if record.Err() != nil {
			return record.Err()
		}
	}
	if depth == 0 || r.Err() != nil {
		return r.Err()
	}
	return f.children2(t, r, n+1, depth, visit)
}

// children2 follows the pointers behind the records of an internal node.
func (f *File) children2(t *tree2, r *hostile.Reader, n, depth int, visit func(int, *hostile.Reader)) error {
	countSize, totalSize := t.pointerSizes(depth)
	for range n {
		child := f.address(r)
		count := r.UintLE(countSize)
		if depth > 1 {
			r.UintLE(totalSize)
		}
		if r.Err() != nil {
			return r.Err()
		}
		if err := f.node2(t, child, count, depth-1, visit); err != nil {
			return err
		}
	}
	return r.Err()
}

// pointerSizes returns how many bytes the counts in a node pointer take: enough
// for the largest number of records a child may hold, and all below it.
func (t *tree2) pointerSizes(depth int) (count, total int) {
	const overhead = 10 // signature, version, type, checksum
	leaf := (t.nodeSize - overhead) / t.recordSize
	count = byteLen(leaf)
	most, cumulative := leaf, leaf
	cumulativeSize := 0
	for level := 1; level < depth; level++ {
		pointer := 8 + uint64(count) + uint64(cumulativeSize)
		most = (t.nodeSize - min(t.nodeSize, overhead+pointer)) / (t.recordSize + pointer)
		if hi, lo := bits.Mul64(most+1, cumulative); hi == 0 && lo < 1<<62 {
			cumulative = lo + most
		} else {
			cumulative = 1 << 62
		}
		cumulativeSize = byteLen(cumulative)
	}
	return count, max(1, cumulativeSize)
}

// byteLen is the library's H5VM_limit_enc_size: how many bytes a number up to n
// takes.
func byteLen(n uint64) int { return max(1, (bits.Len64(n)+7)/8) }
