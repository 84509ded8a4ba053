package sqlite_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/sqlite"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
	"github.com/modelaudit/modelaudit/internal/format/sqlite/sqlitetest"
)

// unpickler stands for the detector that knows pickles.
var unpickler = &detector.Detector{
	Name:  "unpickler",
	Match: func(h *artifact.Head) bool { return h.HasPrefix("\x80\x04", "(S'a'") },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("pickle")
		return nil
	},
}

func TestDetector(t *testing.T) {
	pickle := "\x80\x04]\x94."
	long := append([]byte(pickle), bytes.Repeat([]byte{0}, 1500)...)
	detectortest.Run(t, sqlite.Detector, []detectortest.Case{
		{Name: "shelf", Data: sqlitetest.Database([]byte("a"), []byte(pickle), []byte("b"), long)},
		{Name: "shelf of text", Data: sqlitetest.Database([]byte("a"), []byte("(S'a'\nicollections\nCounter\n."))},
		{Name: "overflow that is not there", Data: sqlitetest.Database([]byte("a"), long)[:512], Unread: true},
	}, unpickler)
}

// TestElsewhere: a database of other things is no model.
func TestElsewhere(t *testing.T) {
	got := detectortest.Scan([]*detector.Detector{sqlite.Detector}, "app.db", sqlitetest.Database([]byte("name"), []byte("a plain value")))
	if len(got.Formats) != 0 || got.Unread() || slices.Contains(detectortest.RuleIDs(got), "model-unrecognised") {
		t.Errorf("got %+v", got)
	}
}

// TestTexts: what a text encodes is looked into, in a page and across pages.
func TestTexts(t *testing.T) {
	shell := pickletest.New(4).Call("posix", "system", "echo poc").Stop()
	long := pickletest.New(4).Call("posix", "system", "echo poc").Str(strings.Repeat("poc ", 1000)).Tuple(2).Stop()
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"base64", base64.StdEncoding.EncodeToString(shell), true},
		{"base64 that overflows", base64.StdEncoding.EncodeToString(long), true},
		{"hexadecimal digits", hex.EncodeToString(shell), true},
		{"a plain text", "a plain value that is long enough to be told of, but for nothing", false},
	} {
		got := detectortest.Scan(catalog.Detectors(), "app.db", sqlitetest.Texts("key", c.value))
		if found := slices.Contains(detectortest.RuleIDs(got), "encoded-payload"); found != c.want || !c.want && len(got.Findings) > 0 {
			t.Errorf("%s: got %q", c.name, detectortest.RuleIDs(got))
		}
	}
}
