// Package memo remembers what functions answered: models are made of the same few
// hundred names, and what is known of a name stands in many tables.
package memo

import (
	"strings"
	"sync"
)

// A Memo remembers the answers of a function of two names that has no effect and
// always answers the same. Beside memory that is used again, it is what changes
// after start-up. It holds no more than Size answers to questions of Length bytes, so
// that a file full of names cannot fill it to anybody's harm. It may be used by many
// goroutines at once.
type Memo[V any] struct {
	answer func(module, name string) V
	mu     sync.RWMutex
	known  map[[2]string]V
}

// Bounds of a Memo. When it is full, it forgets everything.
const (
	Size   = 1 << 13 // answers
	Length = 1 << 7  // bytes of a question
)

// Of returns a Memo that asks a function.
func Of[V any](answer func(module, name string) V) *Memo[V] {
	return &Memo[V]{answer: answer, known: make(map[[2]string]V)}
}

// Ask returns the answer for a name of a module.
func (m *Memo[V]) Ask(module, name string) V {
	m.mu.RLock()
	v, ok := m.known[[2]string{module, name}]
	m.mu.RUnlock()
	if ok {
		return v
	}
	if len(module)+len(name) > Length {
		return m.answer(module, name)
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
