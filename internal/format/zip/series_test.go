package zip_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// shard is an archive as torch.save writes it to a stream.
func shard(data string, bend func(*ziptest.End)) []byte {
	return ziptest.Build([]ziptest.Member{{Name: "archive/data.pkl", Data: data, Streamed: true}, {Name: "archive/version", Data: "3\n"}}, bend)
}

// wide writes the records of zip64, as PyTorch does.
func wide(e *ziptest.End) { e.Zip64 = true }

func TestSeries(t *testing.T) {
	small, large := shard("a", wide), shard("a longer object of some more bytes", wide)
	// The second part's directory lies as far from its start as the planted record
	// from the start of the file.
	astray := slices.Concat(shard(strings.Repeat("x", 300), nil), shard(strings.Repeat("x", 60), nil))
	at := bytes.Index(shard(strings.Repeat("x", 60), nil), []byte("PK\x01\x02"))
	copy(astray[at:], "PK\x01\x02")
	end64 := slices.Concat(shard(strings.Repeat("x", 500), wide), shard("a", wide))
	copy(end64[bytes.Index(small, []byte("PK\x06\x06")):], "PK\x06\x06")
	for _, tt := range []struct {
		name string
		data []byte
		want []int64 // the parts' starts
	}{
		{"one archive", small, nil},
		{"two archives", slices.Concat(small, large), []int64{0, int64(len(small))}},
		{"three archives", slices.Concat(large, small, small), []int64{0, int64(len(large)), int64(len(large) + len(small))}},
		{"without zip64", slices.Concat(shard("a", nil), shard("bc", nil)), []int64{0, int64(len(shard("a", nil)))}},
		{"a gap between", slices.Concat(small, []byte("gap"), large), nil},
		{"something in front", slices.Concat([]byte("gap"), small, large), nil},
		{"something behind", slices.Concat(small, large, []byte("gap")), nil},
		{"a comment", slices.Concat(small, shard("a", func(e *ziptest.End) { e.Comment = "gap" }), large), nil},
		{"archives of something else", slices.Concat(ziptest.Build([]ziptest.Member{{Name: "a.txt", Data: "a"}}, nil), small), nil},
		{"a directory that lies elsewhere", astray, nil},
		{"an end record that lies elsewhere", end64, nil},
		{"records that disagree", slices.Concat(small, shard("b", func(e *ziptest.End) { e.Zip64, e.Bend64 = true, func(c *[3]uint64) { c[0]++ } })), nil},
	} {
		b := hostiletest.Budget(len(tt.data))
		var got []int64
		for _, p := range zip.Series(hostile.NewReader(hostile.Bytes(tt.data), int64(len(tt.data)), b)) {
			got = append(got, p.Start)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: parts at %v, want %v", tt.name, got, tt.want)
		}
	}
}
