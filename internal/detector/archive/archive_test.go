package archive_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// evil is what the marker detector looks for: content that must be found
// wherever an archive hides it.
const evil = "echo poc, the payload"

var payload = &rule.Rule{
	ID: "test-payload", Title: "The payload was reached", Severity: rule.Critical,
	Precision: rule.Certain, Since: "0.1.0", Doc: "## test-payload\ntest",
}

// marker reports members that are the payload.
var marker = &detector.Detector{
	Name: "marker", Rules: []*rule.Rule{payload},
	Match: func(h *artifact.Head) bool { return h.HasPrefix("echo poc") },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("payload")
		text := make([]byte, min(p.File.Size, 1<<20))
		n, err := p.File.Content.ReadAt(text, 0)
		if strings.HasPrefix(string(text[:n]), evil) {
			p.Report(finding.Finding{Rule: payload, Key: "payload", Message: "Reached."})
			return nil
		}
		return err
	},
}

func one(m ziptest.Member) []byte { return ziptest.Build([]ziptest.Member{m}, nil) }

// tensor is an archive as PyTorch writes it to a stream.
func tensor(data string) []byte { return one(ziptest.Member{Name: "archive/version", Data: data}) }

func bent(bend func(*ziptest.End), members ...ziptest.Member) []byte {
	return ziptest.Build(members, bend)
}

func random(n int) string {
	var b strings.Builder
	x := uint32(1)
	for range n {
		x = x*1664525 + 1013904223
		b.WriteByte(byte(x >> 24))
	}
	return b.String()
}

var zipCases = []detectortest.Case{
	{Name: "stored member", Data: one(ziptest.Member{Name: "a.txt", Data: "hello"})},
	{Name: "deflated member", Data: one(ziptest.Member{Name: "a.txt", Data: strings.Repeat("hello ", 100), Deflate: true})},
	{Name: "streamed members", Data: ziptest.Build([]ziptest.Member{
		{Name: "a/version", Data: "3\n", Streamed: true}, {Name: "a/data", Data: random(300), Deflate: true, Streamed: true},
	}, nil)},
	{Name: "empty archive", Data: ziptest.Build(nil, nil)},
	{Name: "zip64", Data: bent(func(e *ziptest.End) { e.Zip64 = true }, ziptest.Member{Name: "a", Data: "hello"})},
	{Name: "comment", Data: bent(func(e *ziptest.End) { e.Comment = "hello" }, ziptest.Member{Name: "a", Data: "hello"})},
	{Name: "stored zip last in a zip", Data: one(ziptest.Member{Name: "b.zip", Data: string(one(ziptest.Member{Name: "a.txt", Data: "hello"}))})},

	{Name: "shard of a checkpoint", File: "__0_0.distcp", AnyPrefix: "each archive is whole", Data: slices.Concat(tensor("hello"), tensor("good day"), tensor("hello"))},
	{Name: "payload in a shard", File: "__0_0.distcp", Data: slices.Concat(tensor("hello"), tensor(evil), tensor("hello")), Want: []string{"test-payload"}},
	{Name: "payload stored", Data: one(ziptest.Member{Name: "a.txt", Data: evil}), Want: []string{"test-payload"}},
	{Name: "payload deflated", Data: one(ziptest.Member{Name: "a.txt", Data: evil, Deflate: true}), Want: []string{"test-payload"}},
	{Name: "payload three zips deep", Data: nest(3, evil), Want: []string{"test-payload"}},
	{Name: "local name differs",
		Data: one(ziptest.Member{Name: "data.pkl", Data: evil, Local: func(h *ziptest.Header) { h.Name = "datap.kl" }}),
		Want: []string{"archive-headers-disagree", "test-payload"}},
	{Name: "local method differs, directory right",
		Data: one(ziptest.Member{Name: "a", Data: evil, Local: func(h *ziptest.Header) { h.Method = 8 }}),
		Want: []string{"archive-headers-disagree", "test-payload"}},
	{Name: "central method differs, local header right",
		Data: one(ziptest.Member{Name: "a", Data: evil, Central: func(h *ziptest.Header) { h.Method = 8 }}),
		Want: []string{"archive-headers-disagree", "test-payload"}, Unread: true},
	{Name: "encryption flag on both headers", Data: one(ziptest.Member{Name: "a", Data: evil, Local: encrypt, Central: encrypt}),
		Want: []string{"archive-false-encryption", "test-payload"}},
	{Name: "encryption flag on the local header", Data: one(ziptest.Member{Name: "a", Data: evil, Local: encrypt}),
		Want: []string{"archive-headers-disagree", "test-payload"}},
	{Name: "encryption flag on the directory", Data: one(ziptest.Member{Name: "a", Data: evil, Deflate: true, Central: encrypt}),
		Want: []string{"archive-false-encryption", "archive-headers-disagree", "test-payload"}},
	{Name: "strong encryption flag", Data: one(ziptest.Member{Name: "a", Data: evil, Local: strong, Central: strong}),
		Want: []string{"archive-false-encryption", "test-payload"}},
	{Name: "patched data flag", Data: one(ziptest.Member{Name: "a", Data: evil, Local: patched, Central: patched}),
		Want: []string{"test-payload"}},
	{Name: "encrypted", Data: one(ziptest.Member{Name: "a", Data: random(4096), Local: encrypted, Central: encrypted}), Unread: true},
	{Name: "checksum wrong", Data: one(ziptest.Member{Name: "a", Data: evil, Local: badCRC, Central: badCRC}),
		Want: []string{"archive-content-differs", "test-payload"}},
	{Name: "checksum zero", Data: one(ziptest.Member{Name: "a", Data: evil, Local: noCRC, Central: noCRC}),
		Want: []string{"test-payload"}},
	{Name: "member in no directory", Data: ziptest.Build([]ziptest.Member{
		{Name: "hidden", Data: evil, Unlisted: true}, {Name: "a", Data: "hello"}}, nil),
		Want: []string{"archive-hidden-member", "test-payload"}},
	{Name: "streamed member in no directory", Data: ziptest.Build([]ziptest.Member{
		{Name: "hidden", Data: evil, Unlisted: true, Deflate: true, Streamed: true}, {Name: "a", Data: "hello"}}, nil),
		Want: []string{"archive-extra-bytes", "archive-hidden-member", "test-payload"}},
	{Name: "count of one, two records", Data: bent(func(e *ziptest.End) { e.Count = 1 },
		ziptest.Member{Name: "a", Data: "hello"}, ziptest.Member{Name: "b", Data: evil}),
		Want: []string{"archive-directory-lies", "test-payload"}},
	{Name: "zip64 record contradicts", Data: bent(func(e *ziptest.End) {
		e.Zip64 = true
		e.Bend64 = func(v *[3]uint64) { v[0] = 1 }
	}, ziptest.Member{Name: "a", Data: "hello"}, ziptest.Member{Name: "b", Data: evil}),
		Want: []string{"archive-directory-lies", "test-payload"}},
	{Name: "two archives, last harmless", Data: slices.Concat(one(ziptest.Member{Name: "a", Data: evil}), one(ziptest.Member{Name: "a", Data: "hello"})),
		Want: []string{"archive-duplicate-member", "archive-several-directories", "test-payload"}},
	{Name: "two archives, last with the payload", Data: slices.Concat(one(ziptest.Member{Name: "a", Data: "hello"}), one(ziptest.Member{Name: "a", Data: evil})),
		Want: []string{"archive-duplicate-member", "archive-several-directories", "test-payload"}},
	{Name: "end record in the comment of another", Data: bent(func(e *ziptest.End) {
		e.Comment = string(ziptest.Build(nil, nil))
	}, ziptest.Member{Name: "a", Data: evil}), Want: []string{"test-payload"}},
	{Name: "comment reaches behind the file", Data: bent(func(e *ziptest.End) { e.CommentSize = 9 }, ziptest.Member{Name: "a", Data: evil}),
		Want: []string{"test-payload"}, Unread: true},
	{Name: "duplicate, first with the payload", Data: ziptest.Build([]ziptest.Member{{Name: "a", Data: evil}, {Name: "a", Data: "hello"}}, nil),
		Want: []string{"archive-duplicate-member", "test-payload"}},
	{Name: "duplicate of the same content", Data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello"}, {Name: "a", Data: "hello"}}, nil)},
	{Name: "names differ in case", Data: ziptest.Build([]ziptest.Member{{Name: "a/data.x", Data: "hello"}, {Name: "a/DATA.X", Data: evil}}, nil),
		Want: []string{"archive-similar-names", "test-payload"}},
	{Name: "names differ in separators", Data: ziptest.Build([]ziptest.Member{{Name: "a/data.x", Data: "hello"}, {Name: `.\a//data.x`, Data: evil}}, nil),
		Want: []string{"archive-similar-names", "test-payload"}},
	{Name: "NUL in a name", Data: one(ziptest.Member{Name: "data.pkl\x00.txt", Data: evil}),
		Want: []string{"archive-ambiguous-name", "test-payload"}},
	{Name: "Unicode path names another file", Data: one(ziptest.Member{Name: "readme.txt", Data: evil,
		Central: func(h *ziptest.Header) { h.Extra = ziptest.UnicodePath("readme.txt", "data.pkl") }}),
		Want: []string{"archive-ambiguous-name", "test-payload"}},
	{Name: "Unicode path spells the name", Data: one(ziptest.Member{Name: "mod\x8al", Data: "hello",
		Central: func(h *ziptest.Header) { h.Extra = ziptest.UnicodePath("mod\x8al", "modèl") }})},
	{Name: "absolute name", Data: one(ziptest.Member{Name: "/etc/profile.d/a.sh", Data: "hello"}), Want: []string{"archive-path-escapes"}},
	{Name: "climbing name", Data: one(ziptest.Member{Name: `a\..\..\b`, Data: "hello"}), Want: []string{"archive-path-escapes"}},
	{Name: "a hundred absolute names", Data: crowd(100, func(i int) string { return fmt.Sprintf("/%d", i) }), Want: []string{"archive-path-escapes"}},
	{Name: "drive letter", Data: one(ziptest.Member{Name: `C:\a`, Data: "hello"}), Want: []string{"archive-path-escapes"}},
	{Name: "dots that stay inside", Data: one(ziptest.Member{Name: "a/../b..c/...", Data: "hello"})},
	{Name: "link out", Data: one(ziptest.Member{Name: "a/link", Data: "../../etc/passwd", Mode: 0xa1ff}), Want: []string{"archive-link-escapes"}},
	{Name: "link inside", Data: one(ziptest.Member{Name: "a/link", Data: "../b", Mode: 0xa1ff})},
	{Name: "two members over one piece of data", Data: ziptest.Build([]ziptest.Member{
		{Name: "a", Data: random(64)},
		{Name: "b", Data: random(40), Local: sizes(90), Central: sizes(90)},
		{Name: "c", Data: random(90)}}, nil),
		Want: []string{"archive-content-differs", "archive-members-overlap"}},
	{Name: "sparse content", Data: one(ziptest.Member{Name: "a", Data: strings.Repeat("\x00", 2<<20), Deflate: true}), Want: []string{"archive-high-ratio"}, Heavy: true},
	{Name: "bomb", Data: one(ziptest.Member{Name: "a", Data: strings.Repeat("\x00", 65<<20), Deflate: true}), Want: []string{"archive-bomb-like"}, Heavy: true},
	{Name: "payload behind the archive", Data: slices.Concat(one(ziptest.Member{Name: "a", Data: "hello"}), []byte(evil)),
		Want: []string{"archive-extra-bytes", "test-payload"}},
	{Name: "payload between records", Data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello"}, {Name: "b", Data: "hello b", Before: evil}}, nil),
		Want: []string{"archive-extra-bytes", "test-payload"}},
	{Name: "prefix, offsets not moved", Data: slices.Concat([]byte("#!/bin/sh\n"), one(ziptest.Member{Name: "a", Data: evil})),
		Want: []string{"archive-extra-bytes", "test-payload"}},
	{Name: "behind a model of TensorFlow Lite", Data: slices.Concat([]byte("\x1c\x00\x00\x00TFL3"), one(ziptest.Member{Name: "labels.txt", Data: "cat"}))},
	{Name: "behind a gzip stream like a model of TensorFlow Lite", Data: slices.Concat([]byte("\x1f\x8b\x08\x00TFL3"), one(ziptest.Member{Name: "labels.txt", Data: "cat"})),
		Want: []string{"archive-polyglot"}},
	{Name: "prefix, offsets moved", Data: one(ziptest.Member{Name: "a", Data: evil, Before: "#!/bin/sh\n"}),
		Want: []string{"archive-extra-bytes", "test-payload"}},
	{Name: "pickle in front", Data: slices.Concat([]byte("\x80\x02N."), one(ziptest.Member{Name: "a", Data: evil})),
		Want: []string{"archive-polyglot", "test-payload"}},
	{Name: "constants of a pickle", Data: slices.Concat([]byte("\x80\x03C\x79"), one(ziptest.Member{Name: "a", Data: evil}), []byte("C\x79"), one(ziptest.Member{Name: "a", Data: "hello, all is well, x"}), []byte(".")),
		Want: []string{"test-payload"}},
	{Name: "constant of a pickle", Data: slices.Concat([]byte("\x80\x03C\x79"), one(ziptest.Member{Name: "a", Data: evil}), []byte(".")),
		Want: []string{"test-payload"}},
	{Name: "image in front", Data: slices.Concat([]byte("\x89PNG\r\n\x1a\n and so on"), one(ziptest.Member{Name: "a", Data: evil})),
		Want: []string{"archive-polyglot", "test-payload"}},
	{Name: "spanned marker", Data: one(ziptest.Member{Name: "a", Data: evil, Before: "PK\x07\x08"}), Want: []string{"test-payload"}},
	{Name: "no local header", Data: one(ziptest.Member{Name: "a", Data: evil, NoContent: true}), Unread: true},
	{Name: "padding behind", Data: slices.Concat(one(ziptest.Member{Name: "a", Data: "hello"}), make([]byte, 512)),
		AnyPrefix: "the padding may be missing"},
}

func nest(depth int, data string) []byte {
	out := []byte(data)
	for i := range depth {
		out = one(ziptest.Member{Name: fmt.Sprint(i), Data: string(out), Deflate: i%2 == 0})
	}
	return out
}

func encrypt(h *ziptest.Header)   { h.Flags |= 1 }
func strong(h *ziptest.Header)    { h.Flags |= 0x41 }
func patched(h *ziptest.Header)   { h.Flags |= 0x20 }
func badCRC(h *ziptest.Header)    { h.CRC ^= 1 }
func noCRC(h *ziptest.Header)     { h.CRC = 0 }
func encrypted(h *ziptest.Header) { h.Flags |= 1; h.Size -= 12 }

func sizes(n uint32) func(*ziptest.Header) {
	return func(h *ziptest.Header) { h.Compressed, h.Size = n, n }
}

func TestDetector(t *testing.T) {
	detectortest.Run(t, archive.Detector, slices.Concat(zipCases, tarCases, sevenCases), marker)
}
