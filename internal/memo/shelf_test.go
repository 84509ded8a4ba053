package memo_test

import (
	"sync"
	"testing"

	"github.com/modelaudit/modelaudit/internal/memo"
)

func TestShelf(t *testing.T) {
	s := memo.NewShelf[string](3)
	is := func(want string) func(string) bool { return func(v string) bool { return v == want } }
	s.Put(4, "aaaa")
	s.Put(4, "bbbb")
	s.Put(1, "c")
	for _, c := range []struct {
		number int64
		value  string
		want   bool
	}{{4, "aaaa", true}, {4, "bbbb", true}, {1, "c", true}, {4, "c", false}, {2, "aaaa", false}} {
		if v, ok := s.Find(c.number, is(c.value)); ok != c.want || ok && v != c.value {
			t.Errorf("Find(%d, %q) = %q, %t", c.number, c.value, v, ok)
		}
	}
	s.Put(1, "d")
	if _, ok := s.Find(4, is("aaaa")); ok || s.Held() != 1 {
		t.Errorf("%d values, and the first of them is there: %t; want the last alone", s.Held(), ok)
	}
	s.Clear()
	if _, ok := s.Find(1, is("d")); ok || s.Held() != 0 {
		t.Errorf("%d values after all are forgotten", s.Held())
	}
}

// TestShelfOfMany: who looks while others put is no race.
func TestShelfOfMany(t *testing.T) {
	s := memo.NewShelf[int](8)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 100 {
				s.Put(int64(n%2), i)
				s.Find(int64(n%2), func(v int) bool { return v == i })
			}
		})
	}
	all.Wait()
	if s.Held() > 8 {
		t.Errorf("%d values, 8 are the limit", s.Held())
	}
}
