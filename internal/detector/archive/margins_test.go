package archive_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/tar/tartest"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// pickle is one of protocol 0, which has no signature.
const pickle = "cposix\nsystem\n(S'echo poc'\ntR."

// older is one that starts with a MARK, and with text before it names anything.
const older = "(S'echo poc'\nios\nsystem\n."

// unpickler reports the pickle wherever it is reached.
var unpickler = &detector.Detector{
	Name: "unpickler", Rules: []*rule.Rule{payload},
	Match: func(h *artifact.Head) bool { return h.HasPrefix(pickle) || h.HasPrefix(older) },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Report(finding.Finding{Rule: payload, Key: "payload", Message: "Reached."})
		return nil
	},
}

// zipped is gzip's form of a text, with a header of its own.
func zipped(t *testing.T, h gzip.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Header = h
	if _, err := w.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestMargins: a pickle is found in the room that archives have beside members,
// and what else lies there is let be.
func TestMargins(t *testing.T) {
	field := func(data string) []byte { return append([]byte{0x46, 0x42, byte(len(data)), 0}, data...) }
	for _, c := range []struct {
		name string
		make func(text string) []byte
	}{
		{"comment of a zip archive", func(text string) []byte {
			return bent(func(e *ziptest.End) { e.Comment = text }, ziptest.Member{Name: "a", Data: "hello"})
		}},
		{"comment of a member", func(text string) []byte {
			return one(ziptest.Member{Name: "a", Data: "hello", Central: func(h *ziptest.Header) { h.Comment = text }})
		}},
		{"extra field of a directory", func(text string) []byte {
			return one(ziptest.Member{Name: "a", Data: "hello", Central: func(h *ziptest.Header) { h.Extra = append(field("Z"), field(text)...) }})
		}},
		{"extra field of a local header", func(text string) []byte {
			return one(ziptest.Member{Name: "a", Data: "hello", Local: func(h *ziptest.Header) { h.Extra = field(text) }})
		}},
		{"padding of a tar archive", func(text string) []byte {
			data := tartest.Build(tartest.Member{Name: "a", Data: "hello"})
			copy(data[512+100:], text)
			return data
		}},
		{"behind a tar archive", func(text string) []byte {
			return slices.Concat(tartest.Build(tartest.Member{Name: "a", Data: "hello"}), make([]byte, 2048), []byte(text))
		}},
		{"attribute in a pax header", func(text string) []byte {
			return tartest.Build(tartest.Member{Name: "a", Data: "hello", Pax: tartest.Record("SCHILY.xattr.user.a", text)})
		}},
		{"frame that zstd skips", func(text string) []byte {
			frame := append(binary.LittleEndian.AppendUint32([]byte("\x53\x2a\x4d\x18"), uint32(len(text))), text...)
			return append(frame, "\x28\xb5\x2f\xfd\x00\x58\x29\x00\x00hello"...)
		}},
		{"extra field of gzip", func(text string) []byte { return zipped(t, gzip.Header{Extra: []byte(text)}) }},
		{"extra field of a second stream of gzip", func(text string) []byte {
			return append(zipped(t, gzip.Header{}), zipped(t, gzip.Header{Extra: []byte(text)})...)
		}},
		{"comment of gzip", func(text string) []byte {
			return zipped(t, gzip.Header{Name: "a", Extra: []byte("Z"), Comment: text})
		}},
	} {
		detectors := []*detector.Detector{archive.Detector, archive.Compressed, unpickler}
		if got := detectortest.Scan(detectors, "", c.make(pickle)); !slices.Contains(detectortest.RuleIDs(got), payload.ID) {
			t.Errorf("%s: got %v", c.name, detectortest.RuleIDs(got))
		}
		if c.name == "behind a tar archive" {
			continue
		}
		if got := detectortest.Scan(detectors, "", c.make(older)); !slices.Contains(detectortest.RuleIDs(got), payload.ID) {
			t.Errorf("%s, INST: got %v", c.name, detectortest.RuleIDs(got))
		}
		if got := detectortest.Scan(detectors, "", c.make("(a text of somebody's own,\nclike\nothers)")); len(detectortest.RuleIDs(got)) > 0 || got.Unread() {
			t.Errorf("%s, a text: got %v, %s", c.name, detectortest.RuleIDs(got), got.Reason)
		}
	}
}

// TestBehindZlib: what follows a zlib stream is told.
func TestBehindZlib(t *testing.T) {
	data := append([]byte("\x78\x9c\x01\x05\x00\xfa\xffhello\x06\x2c\x02\x15"), pickle...)
	for n, unread := range map[int]bool{len(data): true, len(data) - len(pickle): false} {
		if got := detectortest.Scan([]*detector.Detector{archive.Compressed}, "model.zz", data[:n]); got.Unread() != unread {
			t.Errorf("%d bytes: got %s (%s)", n, got.Status, got.Reason)
		}
	}
}
