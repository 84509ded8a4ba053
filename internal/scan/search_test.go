package scan_test

import (
	"context"
	"errors"
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
		Match: func(h *artifact.Head) bool { return h.HasPrefix("RAW") },
		Run: func(_ context.Context, p *detector.Pass) error {
			p.Recognised("raw")
			p.Claim(20, 5)
			return p.Part("gap", 10, 10)
		},
	}, {
		Name: "box", Container: true,
		Match: func(h *artifact.Head) bool { return h.HasPrefix("BOX") },
		Run: func(_ context.Context, p *detector.Pass) error {
			p.Recognised("box")
			r := p.Reader()
			r.Skip(3)
			name := string(r.Line(100))
			return p.Part(name, r.Offset(), r.Left())
		},
	}, {
		Name: "numbers", Raw: detector.Data, // which tell of 10 weights
		Match: func(h *artifact.Head) bool { return h.HasPrefix("NUM") },
		Run: func(_ context.Context, p *detector.Pass) error {
			p.Recognised("numbers")
			p.Weights(10, 10)
			p.Weights(30, 0)
			return nil
		},
	}, {
		Name:  "twins", // which hold the same twice
		Match: func(h *artifact.Head) bool { return h.HasPrefix("TWINS") },
		Run: func(_ context.Context, p *detector.Pass) error {
			p.Recognised("twins")
			return errors.Join(p.Part("data/0", 6, 60), p.Part("data/1", 6, 60))
		},
		Container: true,
	}, {
		Name: "nosy", Raw: detector.Weights, // which knows nothing
		Match: func(*artifact.Head) bool { return true },
		Run:   func(context.Context, *detector.Pass) error { return nil },
	}}
}

// searched scans a file and returns the regions that were shown, and what was
// left out.
func searched(f artifact.File, kind detector.Raw, limit int64) (regions []string, unsearched int64) {
	seen := &detector.Detector{
		Name:  "search",
		Match: func(*artifact.Head) bool { return false },
		Search: func(p *detector.Pass, r detector.Region) error {
			region := fmt.Sprintf("%s %d+%d", strings.Join(p.File.Inside, "/"), r.Offset, r.Size)
			switch r.Raw {
			case detector.Data:
				region += ", as data"
			case detector.Weights:
			default:
				region += fmt.Sprintf(", as %d", r.Raw)
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
		{name: "as much as is searched", file: "firmware.bin", data: binary, limit: 100, want: []string{" 0+100, as data"}},
		{name: "all data", file: "firmware.bin", data: binary, limit: scan.SearchAll, want: []string{" 0+100, as data"}},
		{name: "told of by themselves", data: "NUM" + strings.Repeat("\x00", 97), limit: 1000, want: []string{" 10+10", " 0+10, as data", " 20+10, as data", " 30+70, as data"}},
		{name: "together more than is searched", data: "TWINS" + strings.Repeat("\x00", 95), limit: 100, want: []string{"data/0 0+60"}, unsearched: 60},
		{name: "in a directory", file: "d/variables.data-00000-of-00001", data: binary, limit: 1000, want: []string{" 0+100"}},
		{name: "beside nothing that is known, inside", data: "BOXd/network.weird\n" + binary, limit: 1000, want: []string{"d/network.weird 0+100, as data"}},
		{name: "named like a model itself", data: "BOXm.pt\n" + binary, limit: 1000, want: []string{"m.pt 0+100, as data"}},
		{name: "in a model in an archive", data: "BOXm.pt\nBOXx.png\n" + binary, limit: 1000, want: []string{"m.pt/x.png 0+100"}},
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

// TestSearchFails: what could not be searched was not read, and memory that a search
// holds is given back.
func TestSearchFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		search func(p *detector.Pass) error
		rules  []string
	}{
		{name: "a fault", search: func(*detector.Pass) error { return hostile.Faultf(hostile.Unsupported, 7, "encrypted") }, rules: []string{"scan-incomplete"}},
		{name: "a crash", search: func(*detector.Pass) error { panic("nil map") }, rules: []string{"scan-crashed"}},
		{name: "memory", search: func(p *detector.Pass) error { return p.Budget.Hold(1 << 20) }},
	} {
		limits := hostile.DefaultLimits()
		limits.Memory = 1 << 20
		searches := &detector.Detector{
			Name:   "search",
			Match:  func(*artifact.Head) bool { return false },
			Search: func(p *detector.Pass, _ detector.Region) error { return c.search(p) },
		}
		holds := &detector.Detector{
			Name:  "holds",
			Match: func(h *artifact.Head) bool { return h.HasPrefix("RAW") },
			Run:   func(_ context.Context, p *detector.Pass) error { return p.Budget.Hold(1 << 20) },
		}
		s := scan.Scanner{Detectors: append(raw(detector.Weights), holds, searches), Limits: limits, Now: time.Now, Search: scan.SearchAll}
		got := s.File(context.Background(), artifact.File{Path: "m", Content: hostile.Bytes("RAW" + strings.Repeat("\x00", 97)), Size: 100})
		if ids := slices.Compact(ruleIDs(got)); !slices.Equal(ids, c.rules) {
			t.Errorf("%s: got %v (%s), want %v", c.name, ids, got.Reason, c.rules)
		}
	}
}
