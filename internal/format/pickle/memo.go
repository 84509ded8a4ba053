package pickle

// A memo is the unpickler's memo: keys near to how many are in use lie in
// pages, others in a map, so that a key costs memory by being used and not by
// being large.
type memo struct {
	pages  []*[memoPage]Value
	sparse map[uint64]Value
	n      int // keys in use: MEMOIZE stores under this one
}

const (
	memoPage       = 1 << 9
	sparseMemoCost = 64 // bytes for the memory budget
)

// get returns what is stored under key, or zero.
func (t *memo) get(key uint64) Value {
	if p := key / memoPage; p < uint64(len(t.pages)) {
		if v := t.pages[p][key%memoPage]; v != 0 {
			return v
		}
	}
	return t.sparse[key]
}

// next stores v under the number of keys in use, and reports false if that needs
// a put.
func (t *memo) next(v Value) bool {
	p := uint(t.n) / memoPage
	if p >= uint(len(t.pages)) || t.sparse != nil || t.pages[p][uint(t.n)%memoPage] != 0 {
		return false
	}
	t.pages[p][uint(t.n)%memoPage] = v
	t.n++
	return true
}

// put stores v under key; hold reserves memory or refuses.
func (t *memo) put(key uint64, v Value, hold func(uint64) bool) bool {
	if len(t.sparse) > 0 {
		if _, ok := t.sparse[key]; ok {
			t.sparse[key] = v
			return true
		}
	}
	page := key / memoPage
	if page > uint64(t.n/memoPage+1) && page >= uint64(len(t.pages)) {
		return t.putSparse(key, v, hold)
	}
	for uint64(len(t.pages)) <= page {
		if !hold(memoPage * 8) {
			return false
		}
		t.pages = another(t.pages)
	}
	slot := &t.pages[page][key%memoPage]
	if *slot == 0 {
		t.n++
	}
	*slot = v
	return true
}

// putSparse stores under a key that is far above those before it. A dense list
// up to it would let eight bytes of a file claim gigabytes.
func (t *memo) putSparse(key uint64, v Value, hold func(uint64) bool) bool {
	if !hold(sparseMemoCost) {
		return false
	}
	if t.sparse == nil {
		t.sparse = make(map[uint64]Value)
	}
	t.sparse[key] = v
	t.n++
	return true
}

// each replaces every stored value by f of it.
func (t *memo) each(f func(Value) Value) {
	for _, p := range t.pages {
		for i, v := range p {
			if v != 0 {
				p[i] = f(v)
			}
		}
	}
	for k, v := range t.sparse {
		t.sparse[k] = f(v)
	}
}
