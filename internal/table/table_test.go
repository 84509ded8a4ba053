package table_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/table"
)

const text = "# what it says\n#\na\n\n  b  c  d e\r\nf g"

func TestOnce(t *testing.T) {
	reads := 0
	list := table.Once("a", func(text string) string { reads++; return text + "!" })
	if reads != 0 {
		t.Error("the text was read before it was asked for")
	}
	if got := list() + list(); got != "a!a!" || reads != 1 {
		t.Errorf("got %q after %d reads, want %q after one", got, reads, "a!a!")
	}
}

func TestLines(t *testing.T) {
	if got, want := slices.Collect(table.Lines(text)), []string{"a", "b  c  d e", "f g"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRows(t *testing.T) {
	for n, want := range map[int][][]string{
		1: {{"a"}, {"b  c  d e"}, {"f g"}},
		2: {{"a", ""}, {"b", "c  d e"}, {"f", "g"}},
		3: {{"a", "", ""}, {"b", "c", "d e"}, {"f", "g", ""}},
	} {
		if got := slices.Collect(table.Rows(text, n)); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%d columns: got %q, want %q", n, got, want)
		}
	}
}

func TestStopsEarly(t *testing.T) {
	for row := range table.Rows(text, 1) {
		if row[0] != "a" {
			t.Fatalf("got %q behind the first record", row)
		}
		break
	}
}

func TestSet(t *testing.T) {
	if got, want := table.Set(text), map[string]bool{"a": true, "b  c  d e": true, "f g": true}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMap(t *testing.T) {
	if got, want := table.Map(text), map[string]string{"a": "", "b": "c  d e", "f": "g"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

const kinds = "x a\ny b c\nx d\n"

func TestKinds(t *testing.T) {
	if got, want := table.Kinds(kinds), map[string]string{"a": "x", "b c": "y", "d": "x"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLists(t *testing.T) {
	if got, want := table.Lists(kinds), map[string][]string{"x": {"a", "d"}, "y": {"b c"}}; !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSets(t *testing.T) {
	want := map[string]map[string]bool{"x": {"a": true, "d": true}, "y": {"b c": true}}
	if got := table.Sets(kinds); !maps.EqualFunc(got, want, maps.Equal) {
		t.Errorf("got %v, want %v", got, want)
	}
}
