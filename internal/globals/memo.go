package globals

import (
	"strings"
	"sync"
)

// A memo remembers the answers of a function of two names that has no effect
// and always answers the same: models are made of the same few hundred names,
// and a search through the tables costs more than the opcodes that ask for it.
// Beside memory that is used again, it is what changes after start-up. It holds no
// more than memoSize answers to questions of memoLength bytes, so that a file
// full of names cannot fill it to anybody's harm.
type memo[V any] struct {
	answer func(module, name string) V
	mu     sync.RWMutex
	known  map[[2]string]V
}

const (
	memoSize   = 1 << 13
	memoLength = 1 << 7
)

func remembered[V any](answer func(module, name string) V) *memo[V] {
	return &memo[V]{answer: answer, known: make(map[[2]string]V)}
}

// of returns the answer for a name of a module.
func (m *memo[V]) of(module, name string) V {
	m.mu.RLock()
	v, ok := m.known[[2]string{module, name}]
	m.mu.RUnlock()
	if ok {
		return v
	}
	v = m.answer(module, name)
	if len(module)+len(name) <= memoLength {
		m.mu.Lock()
		if len(m.known) >= memoSize {
			clear(m.known)
		}
		m.known[[2]string{strings.Clone(module), strings.Clone(name)}] = v
		m.mu.Unlock()
	}
	return v
}
