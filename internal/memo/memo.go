// Package memo remembers what was found out before: models are made of the same few
// hundred names, and what is known of a name stands in many tables; and many files are
// alike. Beside memory that is used again, it is what changes after start-up.
package memo

import (
	"hash/maphash"
	"strings"
	"sync"
)

// A Memo remembers the answers of a function of two names that has no effect and
// always answers the same. It holds no more than Size answers to questions of Length bytes, and
// of LongHeld bytes of longer ones, so that a file full of names cannot fill it to
// anybody's harm. It may be used by many goroutines at once.
type Memo[V any] struct {
	answer func(module, name string) V
	mu     sync.RWMutex
	known  map[[2]string]V
	// Long questions are known by their hashes. One may have thousands of parts that
	// are looked up each, and be asked again by a few bytes of a file.
	seeds [2]maphash.Seed
	long  map[digest]V
	held  int // bytes of long questions
}

// A digest stands for a question.
type digest struct {
	module int // the length of the module
	hashes [2]uint64
}

// Bounds of a Memo. When it is full, it forgets everything.
const (
	Size   = 1 << 13 // answers
	Length = 1 << 7  // bytes of a question; of longer ones, LongHeld in all
	// LongHeld is how many bytes of long questions there may be answers to.
	LongHeld = 4 << 20
)

// Of returns a Memo that asks a function.
func Of[V any](answer func(module, name string) V) *Memo[V] {
	return &Memo[V]{
		answer: answer, known: make(map[[2]string]V),
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, long: make(map[digest]V),
	}
}

// Ask returns the answer for a name of a module.
func (m *Memo[V]) Ask(module, name string) V {
	if len(module)+len(name) > Length {
		return m.askLong(module, name)
	}
	m.mu.RLock()
	v, ok := m.known[[2]string{module, name}]
	m.mu.RUnlock()
	if ok {
		return v
	}
	module, name = strings.Clone(module), strings.Clone(name) // the answer may hold them
	v = m.answer(module, name)
	m.mu.Lock()
	if len(m.known) >= Size {
		clear(m.known)
	}
	m.known[[2]string{module, name}] = v
	m.mu.Unlock()
	return v
}

// askLong is Ask for a question of more than Length bytes.
func (m *Memo[V]) askLong(module, name string) V {
	q := digest{module: len(module)}
	for i, seed := range m.seeds {
		var h maphash.Hash
		h.SetSeed(seed)
		_, _ = h.WriteString(module)
		_, _ = h.WriteString(name)
		q.hashes[i] = h.Sum64()
	}
	m.mu.RLock()
	v, ok := m.long[q]
	m.mu.RUnlock()
	if ok {
		return v
	}
	v = m.answer(strings.Clone(module), strings.Clone(name))
	m.mu.Lock()
	if m.held += len(module) + len(name); m.held > LongHeld {
		clear(m.long)
		m.held = len(module) + len(name)
	}
	m.long[q] = v
	m.mu.Unlock()
	return v
}
