package pickle

import "sync"

// spare holds the memory of machines that are done: to follow a small pickle takes
// less time than the kernel takes to provide memory for it.
var spare = sync.Pool{New: func() any { return new(Machine) }}

// Bounds on the memory of a machine that is used again. That of a larger one is
// given back.
const (
	spareObjects = 1 << 13
	spareNames   = 1 << 10
	spareStack   = 1 << 12
)

// Release hands the machine's memory on to machines made later. Neither the
// machine nor a Value or an Effect of it may be used from then on.
func (m *Machine) Release() {
	if m.heap.n > spareObjects || m.memo.n > spareObjects || cap(m.stack) > spareStack || cap(m.marks) > spareStack ||
		len(m.texts) > spareNames || len(m.known) > spareNames || len(m.byValue) > spareNames || len(m.outer) > 0 {
		return
	}
	m.heap.reset()
	m.memo.reset()
	m.cache.reset()
	m.tables.reset()
	*m = Machine{heap: m.heap, memo: m.memo, cache: m.cache, tables: m.tables, stack: m.stack[:0], marks: m.marks[:0], gaps: gaps{all: m.gaps.all[:0]}}
	spare.Put(m)
}

// reset empties the heap and keeps its pages.
func (h *heap) reset() {
	for i, p := range h.pages {
		clear(p[:min(h.n-i*objectPage, objectPage)])
	}
	*h = heap{pages: h.pages[:0], slabs: h.slabs[:0]}
}

// reset empties the memo and keeps its pages.
func (t *memo) reset() {
	for _, p := range t.pages {
		clear(p[:])
	}
	*t = memo{pages: t.pages[:0]}
}

// reset forgets all constants.
func (c *textCache) reset() { clear(c.rows) }

// reset forgets all names.
func (t *tables) reset() {
	clear(t.known)
	clear(t.texts)
	clear(t.globals)
	clear(t.byValue)
	clear(t.patched)
	clear(t.registry)
	t.known, t.texts = t.known[:0], t.texts[:0]
}

// another returns pages with one more: one that was kept, or one of zeros.
func another[T any](pages []*T) []*T {
	if n := len(pages); n < cap(pages) {
		if kept := pages[:n+1]; kept[n] != nil {
			return kept
		}
	}
	return append(pages, new(T))
}
