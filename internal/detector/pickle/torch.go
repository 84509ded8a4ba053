package pickle

import (
	_ "embed"
	"math/bits"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed vulnerabilities.txt
var vulnerabilitiesText string

// vulnerabilities are published numbers, by "module name".
var vulnerabilities = table.Once(vulnerabilitiesText, byCallable)

// vulnerability returns the number of the vulnerability that goes through a
// callable, or "".
func vulnerability(n *pickle.Name) string { return vulnerabilities()[n.Module+" "+n.Name] }

// tensorMaker reports whether a function of torch makes a tensor of a storage.
func tensorMaker(n *pickle.Name) bool {
	return n.Module == "torch._utils" && strings.HasPrefix(n.Name, "_rebuild_")
}

// corrupts reports items set on a tensor: the loader for weights alone does not
// ask what it sets them on.
func (j *judge) corrupts(e pickle.Effect, u *use) {
	j.add(corrupts, e, "item", func() string {
		return "Loading this file sets items of what " + finding.Quote(u.name) + " returns, which is no dict: the loader for weights alone writes to memory for it."
	})
}

// tensor judges a tensor that claims to reach further than its storage:
// _rebuild_tensor_v2(storage, offset, size, stride, …) of the persistent id
// ("storage", class, key, location, elements, view).
func (j *judge) tensor(e pickle.Effect, n *pickle.Name) {
	if len(e.Args) < 4 || n.Name != "_rebuild_tensor" && n.Name != "_rebuild_tensor_v2" {
		return
	}
	id, _ := j.m.Items(j.m.PersistentID(e.Args[0]))
	if len(id) < 5 || len(id) > 5 && j.m.Kind(id[5]) != pickle.None {
		return
	}
	held, ok1 := j.uint(id[4])
	last, ok2 := j.lastElement(e.Args[1], e.Args[2], e.Args[3])
	if ok1 && ok2 && last > held {
		j.add(corrupts, e, "size", func() string {
			return "A tensor of this file claims elements behind the end of its storage: " + finding.Code(j.m.PythonCall(e.Fn, e.Args[:4], 0), finding.QuoteLimit) + "."
		})
	}
}

// lastElement returns how many elements of the storage a tensor needs.
func (j *judge) lastElement(offset, size, stride pickle.Value) (uint64, bool) {
	sizes, ok1 := j.items(size)
	strides, ok2 := j.items(stride)
	n, ok3 := j.uint(offset)
	if !ok1 || !ok2 || !ok3 || len(sizes) != len(strides) {
		return 0, false
	}
	for i := range sizes {
		s, ok1 := j.uint(sizes[i])
		d, ok2 := j.uint(strides[i])
		switch {
		case !ok1 || !ok2:
			return 0, false
		case s == 0:
			return 0, true
		}
		over, more := bits.Mul64(s-1, d)
		sum, carry := bits.Add64(n, more, 0)
		if over != 0 || carry != 0 {
			return 1<<64 - 1, true
		}
		n = sum
	}
	return n + 1, true
}

// uint returns an integer that is none below zero.
func (j *judge) uint(v pickle.Value) (uint64, bool) {
	n, ok := j.m.Int(v)
	if !ok || !n.IsUint64() {
		return 0, false
	}
	return n.Uint64(), true
}
