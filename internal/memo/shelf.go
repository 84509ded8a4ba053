package memo

import "sync"

// A Shelf keeps values under a number, of which many may have the same one. It holds no
// more than a limit: when it is full, it forgets everything. It may be used by many
// goroutines at once.
type Shelf[V any] struct {
	limit int
	mu    sync.RWMutex
	held  int
	under map[int64][]V
}

// NewShelf returns a Shelf for so many values.
func NewShelf[V any](limit int) *Shelf[V] {
	return &Shelf[V]{limit: limit, under: make(map[int64][]V)}
}

// Find returns the first value under a number that is wanted.
func (s *Shelf[V]) Find(number int64, wanted func(V) bool) (found V, ok bool) {
	s.mu.RLock()
	values := s.under[number]
	s.mu.RUnlock()
	for _, v := range values {
		if wanted(v) {
			return v, true
		}
	}
	return found, false
}

// Put keeps a value, which must not be changed any more.
func (s *Shelf[V]) Put(number int64, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held++; s.held > s.limit {
		clear(s.under)
		s.held = 1
	}
	s.under[number] = append(s.under[number], v)
}

// Held returns how many values there are.
func (s *Shelf[V]) Held() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.held
}

// Clear forgets everything.
func (s *Shelf[V]) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.under)
	s.held = 0
}
