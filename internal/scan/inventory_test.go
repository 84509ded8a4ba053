package scan_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
)

// licensed recognises what is no text and reads none of it; each model has
// another, with another licence, inside.
var licensed = &detector.Detector{
	Name:  "licensed",
	Match: func(h *artifact.Head) bool { return !h.HasPrefix("text") },
	Run: func(_ context.Context, p *detector.Pass) error {
		if p.File.Nested() {
			p.License("WTFPL")
			return nil
		}
		p.Recognised("licensed")
		if r := p.Reader(); string(r.Bytes(7)) == "pointer" {
			p.Refused("not here")
			return nil
		}
		for _, text := range []string{" mit ", "mit", "", "a\x1bb", "Apache-2.0"} {
			p.License(text)
		}
		return p.Nested(p.File.Member("inner", hostile.Bytes("inner"), 5))
	},
}

func inventoried(name string, data []byte, size int64) audit.File {
	s := scan.Scanner{Detectors: []*detector.Detector{licensed}, Limits: hostile.DefaultLimits(), Now: time.Now, Digest: true}
	return s.File(context.Background(), artifact.File{Path: name, Content: bytes.NewReader(data), Size: size})
}

func TestDigest(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789abcdef"), 3<<16+1) // a part of a piece more than three
	for _, c := range []struct {
		name   string
		data   []byte
		size   int64
		want   []byte // what is hashed; nil: nothing
		status audit.Status
		reason string
	}{
		{name: "short", data: []byte("model"), size: 5, want: []byte("model"), status: audit.Clean},
		{name: "longer than a piece", data: long, size: int64(len(long)), want: long, status: audit.Clean},
		{name: "shorter than it was", data: long, size: int64(len(long)) + 1, status: audit.Incomplete,
			reason: "truncated at byte 0x300010: 3145745 bytes claimed, 3145744 left"},
		{name: "elsewhere", data: []byte("pointer"), size: 7, status: audit.NotScanned, reason: "not here"},
		{name: "no model", data: []byte("text"), size: 4, status: audit.NotAModel},
		{name: "unknown.safetensors", data: []byte("text"), size: 4, want: []byte("text"), status: audit.Incomplete},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := inventoried(c.name, c.data, c.size)
			var want []byte
			if c.want != nil {
				sum := sha256.Sum256(c.want)
				want = sum[:]
			}
			if !bytes.Equal(got.Digest, want) || got.Status != c.status || c.reason != "" && got.Reason != c.reason {
				t.Errorf("got %x %s (%s), want %x %s (%s)", got.Digest, got.Status, got.Reason, want, c.status, c.reason)
			}
		})
	}
}

func TestLicenses(t *testing.T) {
	got := inventoried("m", []byte("model"), 5).Licenses
	if want := []string{"MIT", `a\x1bb`, "Apache-2.0"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLicensesBeyond: that a file names more licences than are kept is told.
func TestLicensesBeyond(t *testing.T) {
	several := func(n int) *detector.Detector {
		return &detector.Detector{Name: "several", Match: func(*artifact.Head) bool { return true }, Run: func(_ context.Context, p *detector.Pass) error {
			p.Recognised("several")
			for i := range 2 * n {
				p.License("licence " + string(rune('a'+i%n)))
			}
			return nil
		}}
	}
	for _, n := range []int{8, 9} {
		s := scan.Scanner{Detectors: []*detector.Detector{several(n)}, Limits: hostile.DefaultLimits(), Now: time.Now}
		f := s.File(context.Background(), artifact.File{Path: "m", Content: bytes.NewReader([]byte("model")), Size: 5})
		if len(f.Licenses) != 8 || f.MoreLicenses != (n > 8) {
			t.Errorf("%d licences: got %q, more: %v", n, f.Licenses, f.MoreLicenses)
		}
	}
}

// TestDenied: a licence is told of where the policy denies it, inside of files too.
func TestDenied(t *testing.T) {
	s := scan.Scanner{Detectors: []*detector.Detector{licensed}, Limits: hostile.DefaultLimits(), Now: time.Now, Denied: []string{"MIT", "WTF*", ""}}
	f := s.File(context.Background(), artifact.File{Path: "m", Content: bytes.NewReader([]byte("model")), Size: 5})
	if f.Digest != nil {
		t.Errorf("got digest %x, and nobody asked", f.Digest)
	}
	var got []string
	for _, found := range f.Findings {
		got = append(got, found.Rule.ID+" "+found.Message)
	}
	want := []string{
		"license-denied The file declares the licence MIT, which the policy denies.",
		"license-denied The file declares the licence WTFPL, which the policy denies.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
