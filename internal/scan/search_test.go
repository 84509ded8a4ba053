package scan_test

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
)

// raw is a detector of files that start with RAW: weights, of which the bytes 10
// to 20 are handed on and 20 to 25 claimed. What starts with BOX is a container
// of one member, whose name is the first line behind it.
func raw(kind detector.Raw) []*detector.Detector {
	return []*detector.Detector{{
		Name: "raw", Raw: kind,
		Match: func(h artifact.Head) bool { return h.HasPrefix("RAW") },
		Run: func(_ context.Context, p *detector.Pass) error {
			p.Recognised("raw")
			p.Claim(20, 5)
			return p.Part("gap", 10, 10)
		},
	}, {
		Name: "box", Container: true,
		Match: func(h artifact.Head) bool { return h.HasPrefix("BOX") },
		Run: func(_ context.Context, p *detector.Pass) error {
			p.Recognised("box")
			r := p.Reader()
			r.Skip(3)
			name := string(r.Line(100))
			return p.Part(name, r.Offset(), r.Left())
		},
	}}
}

// searched scans a file and returns the regions that were shown, and what was
// left out.
func searched(f artifact.File, kind detector.Raw, limit int64) (regions []string, unsearched int64) {
	seen := &detector.Detector{
		Name:  "search",
		Match: func(artifact.Head) bool { return false },
		Search: func(p *detector.Pass, r detector.Region) error {
			region := fmt.Sprintf("%s %d+%d", strings.Join(p.File.Inside, "/"), r.Offset, r.Size)
			if r.Raw == detector.Data {
				region += ", as data"
			}
			regions = append(regions, region)
			return nil
		},
	}
	s := scan.Scanner{Detectors: append(raw(kind), seen), Limits: hostile.DefaultLimits(), Now: time.Now, Search: limit}
	return regions, s.File(context.Background(), f).Unsearched
}

func TestSearch(t *testing.T) {
	binary := "\x00" + strings.Repeat("x", 99)
	raw := "RAW" + strings.Repeat("\x00", 97)
	for _, c := range []struct {
		name, file, data string
		kind             detector.Raw
		limit            int64
		want             []string
		unsearched       int64
	}{
		{name: "around what is handed on, and that", data: raw, kind: detector.Weights, limit: scan.SearchAll,
			want: []string{"gap 0+10", " 0+10", " 25+75"}},
		{name: "no weights, but the gap", data: raw, kind: detector.Nothing, limit: scan.SearchAll, want: []string{"gap 0+10"}},
		{name: "gaps do not count", data: raw, kind: detector.Weights, limit: 0, want: []string{"gap 0+10"}, unsearched: 85},
		{name: "no larger than the limit", data: raw, kind: detector.Weights, limit: 100, want: []string{"gap 0+10", " 0+10", " 25+75"}},
		{name: "larger", data: raw, kind: detector.Weights, limit: 99, want: []string{"gap 0+10"}, unsearched: 85},
		{name: "larger inside", data: "BOXm/data/0\n" + binary, limit: 99, unsearched: 100},
		{name: "storage", data: "BOXm/data/0\n" + binary, limit: 1000, want: []string{"m/data/0 0+100"}},
		{name: "any member of a model", file: "m.pt", data: "BOXx.png\n" + binary, limit: 1000, want: []string{"x.png 0+100"}},
		{name: "any member of an archive", data: "BOXx.png\n" + binary, limit: 1000, want: []string{"x.png 0+100, as data"}},
		{name: "text", file: "m.pt", data: "BOXx\ntext", limit: 1000},
		{name: "on disk", file: "variables.data-00000-of-00001", data: binary, limit: 1000, want: []string{" 0+100"}},
		{name: "beside a network", file: "network.bin", data: binary, limit: 1000, want: []string{" 0+100"}},
		{name: "beside nothing", file: "firmware.bin", data: binary, limit: 1000, want: []string{" 0+100, as data"}},
		{name: "data that is larger", file: "firmware.bin", data: binary, limit: 99},
	} {
		f := artifact.File{Path: c.file, Content: hostile.Bytes(c.data), Size: int64(len(c.data)), Open: beside}
		if f.Path == "" {
			f.Path = "file"
		}
		got, unsearched := searched(f, c.kind, c.limit)
		if !slices.Equal(got, c.want) || unsearched != c.unsearched {
			t.Errorf("%s: got %q, %d unsearched, want %q, %d", c.name, got, unsearched, c.want, c.unsearched)
		}
	}
}

// beside knows one neighbour.
func beside(name string) (artifact.Entry, error) {
	if name == "network.xml" {
		return artifact.Entry{}, nil
	}
	return artifact.Entry{}, fs.ErrNotExist
}
