package sstable

import (
	"fmt"
	"strings"
	"testing"

	test "github.com/modelaudit/modelaudit/internal/format/sstable/sstabletest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func list(p []byte) (string, *hostile.Budget, error) {
	budget := hostiletest.Budget(len(p))
	r := hostile.NewReader(hostile.Bytes(p), int64(len(p)), budget)
	var b strings.Builder
	for e := range Entries(r) {
		fmt.Fprintf(&b, "%s=%s ", e.Key, e.Value.Bytes(uint64(e.Value.Left())))
	}
	return b.String(), budget, r.Err()
}

func TestEntries(t *testing.T) {
	blocks := [][]test.Pair{{{"", "head"}, {"abc", "1"}, {"abd", "2"}}, {{"b", ""}, {"bcd", "3"}}}
	const want = "=head abc=1 abd=2 b= bcd=3 "
	long := [][]test.Pair{{{"k", strings.Repeat("x", 1000)}}}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{name: "plain", data: test.Build(false, blocks...), want: want},
		{name: "packed", data: test.Build(true, blocks...), want: want},
		{name: "packed tightly", data: test.Build(true, long...), want: "k=" + strings.Repeat("x", 1000) + " "},
		{name: "empty", data: test.Build(false)},
	} {
		if got, _, err := list(c.data); got != c.want || err != nil || !Ends(c.data) {
			t.Errorf("%s: got %q and %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestDamaged(t *testing.T) {
	good := test.Build(false, []test.Pair{{"abc", "1"}})
	patch := func(at int, c byte) []byte {
		p := []byte(string(good))
		p[at] = c
		return p
	}
	footer := len(good) - 48
	for _, c := range []struct {
		name string
		data []byte
	}{
		{name: "no footer", data: good[:len(good)-1]},
		{name: "too short", data: []byte("abc")},
		{name: "a key that shares what is not there", data: patch(0, 9)},
		{name: "a value behind the block", data: patch(2, 99)},
		{name: "an unknown compression", data: patch(15, 7)},
		{name: "an index outside", data: patch(footer+2, 0x7F)},
		{name: "more restarts than bytes", data: patch(11, 9)},
	} {
		if got, _, err := list(c.data); err == nil {
			t.Errorf("%s: got %q and no fault", c.name, got)
		}
	}
}

// TestOverlap: a block that is named twice is not read twice.
func TestOverlap(t *testing.T) {
	data := test.Block([]test.Pair{{"a", "1"}})
	file := append(append([]byte(nil), data...), 0, 0, 0, 0, 0)
	handle := string([]byte{0, byte(len(data))})
	index := test.Block([]test.Pair{{"a", handle}, {"b", handle}})
	footer := []byte{0, 0, byte(len(file)), byte(len(index))}
	file = append(append(file, index...), 0, 0, 0, 0, 0)
	file = append(append(file, append(footer, make([]byte, 36)...)...), magic...)
	if got, _, err := list(file); got != "a=1 " || err == nil {
		t.Errorf("got %q and %v, want one entry and a fault", got, err)
	}
}

// FuzzEntries: whatever the bytes, reading ends with a Fault or well, and gives
// back what memory it held but for the values that were copied.
func FuzzEntries(f *testing.F) {
	blocks := [][]test.Pair{{{"", "head"}, {"abc", "1"}, {"abd", "2"}}, {{"b", ""}}}
	f.Add(test.Build(false, blocks...))
	f.Add(test.Build(true, blocks...))
	f.Fuzz(func(t *testing.T, p []byte) {
		_, budget, err := list(p)
		hostiletest.OnlyFault(t, err)
		if budget.Held() > 64 {
			t.Errorf("%d bytes are still held", budget.Held())
		}
	})
}
