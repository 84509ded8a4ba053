package hdf5_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/hdf5"
	"github.com/modelaudit/modelaudit/internal/detector/hidden"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/executable/executabletest"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// attacks decodes testdata/attacks.txt: h5py wrote the files, no Go code can.
func attacks(t *testing.T) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile("testdata/attacks.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]byte)
	for line := range strings.Lines(string(text)) {
		if name, packed, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			out[name] = unpack(t, packed)
		}
	}
	return out
}

func unpack(t *testing.T, text string) []byte {
	t.Helper()
	p, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(p))
	if err != nil {
		t.Fatal(err)
	}
	if p, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDetector(t *testing.T) {
	files := attacks(t)
	want := map[string][]string{
		"link_absolute_earliest":  {"hdf5-external-escape"},
		"link_absolute_latest":    {"hdf5-external-escape"},
		"link_beside_earliest":    {"hdf5-external-file"},
		"link_beside_latest":      {"hdf5-external-file"},
		"storage_parent_earliest": {"hdf5-external-escape"},
		"storage_parent_latest":   {"hdf5-external-escape"},
		"storage_beside_earliest": {"hdf5-external-file"},
		"storage_beside_latest":   {"hdf5-external-file"},
		"shape_bomb_earliest":     {"hdf5-shape-bomb"},
		"shape_bomb_latest":       {"hdf5-shape-bomb"},
		"virtual_windows":         {"hdf5-external-escape"},
		"virtual_beside":          {"hdf5-external-file"},
		"chunked_pickle_earliest": {"test-payload"},
		"chunked_pickle_latest":   {"test-payload"},
		"chunked_masked":          {"test-payload"},
		"chunked_column_earliest": {"test-payload"},
		"chunked_column_latest":   {"test-payload"},
		"chunked_rows_earliest":   {"test-payload"},
		"chunked_rows_latest":     {"test-payload"},
	}
	var cases []detectortest.Case
	for name, data := range files {
		// Rows that chunks divide are not put together.
		unread := strings.HasPrefix(name, "chunked_table_")
		cases = append(cases, detectortest.Case{Name: name, File: "model.h5", Data: data, Want: want[name], Unread: unread})
	}
	slices.SortFunc(cases, func(a, b detectortest.Case) int { return strings.Compare(a.Name, b.Name) })
	detectortest.Run(t, hdf5.Detector, cases, unpickler)
}

// TestPackedNumbers: what is packed, by whatever filter, is told as not searched.
func TestPackedNumbers(t *testing.T) {
	for name, data := range attacks(t) {
		if !strings.HasPrefix(name, "packed_") {
			continue
		}
		if got := detectortest.Scan([]*detector.Detector{hdf5.Detector}, "model.h5", data); got.Unsearched < 80 || got.Status != audit.Clean {
			t.Errorf("%s: %d bytes not searched, %s", name, got.Unsearched, got.Status)
		}
	}
}

// TestForeignFilter: what another program packed is told as not searched, and as
// not read where the model says that it is no numbers.
func TestForeignFilter(t *testing.T) {
	files := attacks(t)
	const deflate, blosc = "\x01\x00\x08\x00\x01\x00\x01\x00deflate\x00", "\x01\x7d\x08\x00\x01\x00\x01\x00deflate\x00"
	const integer, opaque = "\x10\x00\x00\x00\x01\x00\x00\x00\x00\x00\x08\x00", "\x15\x00\x00\x00\x01\x00\x00\x00\x00\x00\x08\x00"
	foreign := func(name string) []byte { return bytes.Replace(files[name], []byte(deflate), []byte(blosc), 1) }
	integers := foreign("chunked_pickle_earliest")
	for _, c := range []struct {
		name       string
		data       []byte
		unsearched bool
		unread     bool
	}{
		{name: "integers", data: integers, unsearched: true},
		{name: "behind the start of a pickle", data: foreign("chunked_masked"), unread: true},
		{name: "opaque", data: bytes.Replace(integers, []byte(integer), []byte(opaque), 1), unread: true},
	} {
		got := detectortest.Scan([]*detector.Detector{hdf5.Detector}, "model.h5", c.data)
		if got.Unsearched > 0 != c.unsearched || got.Unread() != c.unread {
			t.Errorf("%s: got %d bytes not searched, %s (%s)", c.name, got.Unsearched, got.Status, got.Reason)
		}
		if c.unread && !strings.Contains(got.Reason, "packed with Blosc (filter 32001)") {
			t.Errorf("%s: got reason %q, want the name of the filter", c.name, got.Reason)
		}
	}
}

// TestStreams: numbers that a filter makes files of are no files that are hidden
// among numbers, and are told as not searched.
func TestStreams(t *testing.T) {
	honest := attacks(t)["packed_bzip2"]
	elf := []byte(executabletest.ELF())
	all := []*detector.Detector{hdf5.Detector, hidden.Detector}
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{name: "numbers", data: honest},
		{name: "a program behind them", data: append(append(slices.Clone(honest), "0123456789abcdef"...), elf...), want: []string{"file-hidden-in-weights"}},
	} {
		got := detectortest.Scan(all, "model.h5", c.data)
		if ids := detectortest.RuleIDs(got); !slices.Equal(ids, c.want) || got.Unsearched == 0 {
			t.Errorf("%s: got %v, %d bytes not searched; want %v", c.name, ids, got.Unsearched, c.want)
		}
	}
}

var payload = &rule.Rule{
	ID: "test-payload", Title: "The payload was reached", Severity: rule.Critical, Precision: rule.Certain, Since: "0.1.0", Doc: "## test-payload\ntest",
}

// unpickler reports the pickle of the samples.
var unpickler = &detector.Detector{
	Name: "unpickler", Rules: []*rule.Rule{payload},
	Match: func(h *artifact.Head) bool {
		return h.HasPrefix("cposix\nsystem\n(S'echo poc'\ntR.") && h.Size == 130
	},
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Report(finding.Finding{Rule: payload, Key: "payload", Message: "Reached."})
		return nil
	},
}

// A message names the object by the path that deletes it: of an external link
// that is the link's own, not its group's.
func TestMessageNamesObject(t *testing.T) {
	files := attacks(t)
	for name, want := range map[string]string{
		"link_absolute_latest":  "/far is an external link to the file /etc/passwd.",
		"storage_parent_latest": "/outside is kept by external storage in the file ../../secret.",
	} {
		got := detectortest.Scan([]*detector.Detector{hdf5.Detector}, "model.h5", files[name])
		if len(got.Findings) != 1 {
			t.Errorf("%s: %d findings", name, len(got.Findings))
		} else if m := got.Findings[0].Message; !strings.HasPrefix(m, want) {
			t.Errorf("%s: got %q, want %q", name, m, want)
		}
	}
}
