package shard_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/shard"
	"github.com/modelaudit/modelaudit/internal/walk"
)

func TestParse(t *testing.T) {
	for s, want := range map[string]shard.Shard{"0/1": {Of: 1}, "7/8": {Index: 7, Of: 8}, "255/256": {Index: 255, Of: 256}} {
		if got, err := shard.Parse(s); err != nil || got != want || got.String() != s {
			t.Errorf("%s: got %v, %v", s, got, err)
		}
	}
	if got, want := (shard.Shard{}).Share([]walk.File{{Path: "a"}, {Path: "b"}}, size), 2; len(got) != want {
		t.Errorf("everything: got %d files, want %d", len(got), want)
	}
	for _, s := range []string{"", "1", "8/8", "-1/8", "0/0", "0/257", "a/b", "1/2/3", "0 / 8", "x/8", "/8", "0/x", "0/", "0", "0/-1"} {
		if got, err := shard.Parse(s); err == nil {
			t.Errorf("%q: got %v, want an error", s, got)
		}
	}
}

// Every file has one owner, all agree, and nobody has much more than another.
func TestDivide(t *testing.T) {
	var files []walk.File
	for i := range 500 {
		files = append(files, walk.File{Path: fmt.Sprintf("%03d", i), Size: int64((i*7919)%1000+1) << 20})
	}
	for _, n := range []int{1, 2, 7, 64, 256} {
		seen := make(map[string]int)
		least, most := int64(1)<<62, int64(0)
		for i, part := range shard.Divide(files, n, size) {
			least, most = min(least, part.Bytes), max(most, part.Bytes)
			for _, f := range part.Files {
				seen[f.Path]++
			}
			if !slices.IsSortedFunc(part.Files, func(a, b walk.File) int { return cmpPath(a, b) }) {
				t.Errorf("%d shards: shard %d is not in the order given", n, i)
			}
			if share := (shard.Shard{Index: i, Of: n}).Share(files, size); len(share) != len(part.Files) {
				t.Errorf("%d shards: shard %d has %d files, its share is %d", n, i, len(part.Files), len(share))
			}
		}
		if len(seen) != len(files) {
			t.Errorf("%d shards: %d files of %d have an owner", n, len(seen), len(files))
		}
		if most-least > 1001<<20 {
			t.Errorf("%d shards: from %d to %d bytes", n, least, most)
		}
	}
}

func size(f walk.File) int64 { return f.Size }

// The heaviest is dealt out first, and opening a file costs something, too.
func TestDivideByWeight(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		name  string
		sizes []int64
		want  []int // files of each shard
	}{
		{name: "the heaviest last", sizes: []int64{mb, mb, 2 * mb}, want: []int{1, 2}},
		{name: "of one weight", sizes: []int64{mb, mb, mb}, want: []int{2, 1}},
		{name: "empty", sizes: []int64{0, 0, 0, 0}, want: []int{2, 2}},
		{name: "small beside large", sizes: []int64{mb, 0, 0, 0, 0}, want: []int{1, 4}},
		{name: "very many small beside large", sizes: append([]int64{mb}, make([]int64, 18)...), want: []int{2, 17}},
	} {
		var files []walk.File
		for i, n := range c.sizes {
			files = append(files, walk.File{Path: fmt.Sprintf("%03d", i), Size: n})
		}
		var got []int
		for _, p := range shard.Divide(files, 2, size) {
			got = append(got, len(p.Files))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %d files of each, want %d", c.name, got, c.want)
		}
	}
}

// What files claim cannot upset the division.
func TestDivideByClaims(t *testing.T) {
	files := []walk.File{{Path: "a", Size: 130}, {Path: "b", Size: 130}, {Path: "c", Size: 1 << 30}, {Path: "d", Size: 130}}
	claims := func(f walk.File) int64 {
		switch f.Path {
		case "a":
			return 1<<63 - 1
		case "b":
			return -1 << 63
		default:
			return f.Size
		}
	}
	parts := shard.Divide(files, 2, claims)
	if len(parts[0].Files) != 1 || parts[0].Files[0].Path != "a" || len(parts[1].Files) != 3 {
		t.Errorf("got %+v", parts)
	}
	for _, p := range parts {
		if p.Bytes <= 0 {
			t.Errorf("%d bytes", p.Bytes)
		}
	}
}

func cmpPath(a, b walk.File) int {
	switch {
	case a.Path < b.Path:
		return -1
	case a.Path > b.Path:
		return 1
	}
	return 0
}
