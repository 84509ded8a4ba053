package archive_test

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/tar/tartest"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

type m = tartest.Member

var block = strings.Repeat("-", 512)

// oldSparse makes an old GNU sparse header: one piece of data at an offset of
// content of a size.
func oldSparse(offset, length, size string) func([]byte) {
	return func(b []byte) {
		b[156] = 'S'
		copy(b[257:], "ustar  \x00")
		clear(b[345:500])
		copy(b[386:], offset)
		copy(b[398:], length)
		copy(b[483:], size)
	}
}

var tarCases = []detectortest.Case{
	{Name: "tar", File: "model.tar", Data: tartest.Build(m{Name: "a", Data: "hello"}, m{Name: "b/", Type: '5'}, m{Name: "b/c", Data: block})},
	{Name: "tar with a zip last", Data: tartest.Build(m{Name: "a.zip", Data: string(one(ziptest.Member{Name: "a", Data: "hello"}))})},
	{Name: "pax name", Data: tartest.Build(m{Name: "modl.bin", Pax: tartest.Record("path", "modèl.bin"), Data: "hello"})},
	{Name: "GNU long name", Data: tartest.Build(m{Name: strings.Repeat("a", 99), GNU: strings.Repeat("a", 200), Data: "hello"})},
	{Name: "links inside", Data: tartest.Build(m{Name: "a/b", Type: '2', Link: "../c"}, m{Name: "d", Type: '1', Link: "a/b"})},
	{Name: "sparse", Data: tartest.Build(m{Name: "a", Data: "hello", Bend: oldSparse("00000002000", "00000000005", "00000004000")})},

	{Name: "payload in a tar", Data: tartest.Build(m{Name: "a", Data: "hello"}, m{Name: "b", Data: evil}), Want: []string{"test-payload"}},
	{Name: "payload in an unknown type", Data: tartest.Build(m{Name: "a", Type: 'Q', Data: evil}), Want: []string{"test-payload"}},
	{Name: "payload in a sparse file", Data: tartest.Build(m{Name: "a", Data: evil, Bend: oldSparse("00000000000", "00000000025", "00000001000")}),
		Want: []string{"test-payload"}},
	{Name: "payload in a sparse file of pax 1.0", Data: tartest.Build(m{Name: "a", Data: "1\n0\n21\n" + strings.Repeat("\x00", 505) + evil,
		Pax: tartest.Record("GNU.sparse.major", "1") + tartest.Record("GNU.sparse.minor", "0") + tartest.Record("GNU.sparse.realsize", "4096")}),
		Want: []string{"test-payload"}},
	{Name: "payload in a sparse file of pax 0.1", Data: tartest.Build(m{Name: "a", Data: evil,
		Pax: tartest.Record("GNU.sparse.map", "0,21") + tartest.Record("GNU.sparse.size", "4096")}),
		Want: []string{"test-payload"}},
	{Name: "payload behind one block of zeros", Data: slices.Concat(tartest.Open(m{Name: "a", Data: "hello"}), make([]byte, 512), tartest.Build(m{Name: "b", Data: evil})),
		Want: []string{"archive-extra-bytes", "test-payload"}, Unread: true},
	{Name: "payload behind the end", Data: slices.Concat(tartest.Build(m{Name: "a", Data: "hello"}), tartest.Build(m{Name: "b", Data: evil})),
		Want: []string{"archive-extra-bytes", "test-payload"}},
	{Name: "payload behind a damaged header", Data: slices.Concat(tartest.Open(m{Name: "a", Data: "hello", Break: func(b []byte) { b[0] = 'x' }}), tartest.Build(m{Name: "b", Data: evil})),
		Want: []string{"test-payload"}, Unread: true},
	{Name: "payload under a wrong size", Data: tartest.Build(m{Name: "a", Data: evil, Bend: func(b []byte) { copy(b[124:], "zzzzzzzzzzz") }}, m{Name: "b", Data: evil}),
		Want: []string{"test-payload"}, Unread: true},
	{Name: "pax size smaller than the header's", Data: tartest.Build(
		m{Name: "a", Pax: tartest.Record("size", "512"), Data: evil + strings.Repeat(" ", 512-len(evil)) + string(tartest.Open(m{Name: "c", Data: evil}))}, m{Name: "b", Data: "hello"}),
		Want: []string{"archive-headers-disagree", "test-payload"}},
	{Name: "content of a directory", Data: tartest.Build(m{Name: "a/", Type: '5', Data: evil}, m{Name: "b", Data: "hello"}),
		Want: []string{"archive-headers-disagree", "test-payload"}},
	{Name: "size of a hard link, no content", Data: tartest.Build(m{Name: "a", Type: '1', Link: "b", Data: "hello", NoData: true}, m{Name: "b", Data: "hello"})},
	{Name: "pax renames", Data: tartest.Build(m{Name: "readme.txt", Pax: tartest.Record("path", "model.bin"), Data: evil}),
		Want: []string{"archive-ambiguous-name", "test-payload"}},
	{Name: "GNU long name and pax name differ", Data: tartest.Build(m{Name: "a", GNU: strings.Repeat("a", 120), Pax: tartest.Record("path", strings.Repeat("b", 120)), Data: evil}),
		Want: []string{"archive-ambiguous-name", "test-payload"}},
	{Name: "absolute name", Data: tartest.Build(m{Name: "/etc/cron.d/a", Data: "hello"}), Want: []string{"archive-path-escapes"}},
	{Name: "climbing pax name", Data: tartest.Build(m{Name: strings.Repeat("a", 99), Pax: tartest.Record("path", "../"+strings.Repeat("a", 120)), Data: "hello"}),
		Want: []string{"archive-path-escapes"}},
	{Name: "link out", Data: tartest.Build(m{Name: "a", Type: '2', Link: "/etc/passwd"}), Want: []string{"archive-link-escapes"}},
	{Name: "hard link out", Data: tartest.Build(m{Name: "a/b", Type: '1', Link: "../c"}), Want: []string{"archive-link-escapes"}},
	{Name: "links of a root file system", Data: tartest.Build(m{Name: "etc/mtab", Type: '2', Link: "/proc/mounts"}, m{Name: "etc/a", Data: "hello"},
		m{Name: "usr/b", Data: "hello"}, m{Name: "var/c", Data: "hello"}, m{Name: "bin/d", Data: "hello"})},
	{Name: "written through a link of a root file system", Data: tartest.Build(m{Name: "./var/run", Type: '2', Link: "/run"}, m{Name: "etc/a", Data: "hello"},
		m{Name: "usr/b", Data: "hello"}, m{Name: "var/run/c", Data: "hello"}, m{Name: "bin/d", Data: "hello"}), Want: []string{"archive-link-escapes"}},
	{Name: "device", Data: tartest.Build(m{Name: "a", Type: '3'}), Want: []string{"archive-special-file"}},
	{Name: "pipe", Data: tartest.Build(m{Name: "a", Type: '6'}), Want: []string{"archive-special-file"}},
	{Name: "no end", Data: tartest.Open(m{Name: "a", Data: evil}), Want: []string{"test-payload"}, Unread: true},
	{Name: "pax record without an end", Data: tartest.Build(m{Name: "a", Pax: "99 path=b\n", Data: evil}), Unread: true, Want: []string{"test-payload"}},
	{Name: "pax name of a sparse file that is none", Data: tartest.Build(m{Name: "a", Data: evil, Pax: tartest.Record("GNU.sparse.name", "b")}),
		Want: []string{"test-payload"}, Unread: true},
	{Name: "pax link of all files", Data: tartest.Build(m{Name: "pax", Type: 'g', Data: tartest.Record("linkpath", "/etc/passwd")}, m{Name: "a", Type: '2', Link: "b"}, m{Name: "b", Data: "hello"}),
		Want: []string{"archive-link-escapes"}},
	{Name: "link of a header, and another of all files", Data: tartest.Build(m{Name: "pax", Type: 'g', Data: tartest.Record("linkpath", "b")}, m{Name: "a", Type: '2', Link: "/etc/passwd"}, m{Name: "b", Data: "hello"}),
		Want: []string{"archive-link-escapes"}},
	{Name: "pax size of all files that hides one", Data: tartest.Build(m{Name: "pax", Type: 'g', Data: tartest.Record("size", "1024")}, m{Name: "a", Data: "hello"}, m{Name: "b", Data: evil}, m{Name: "c", Data: "hello"}),
		Want: []string{"archive-headers-disagree", "test-payload"}},
	{Name: "climbing name in the padding of a pax header", Data: slices.Concat(unended(tartest.Record("comment", "c"), tartest.Record("path", "../a")), tartest.Build(m{Name: "a", Data: "hello"})),
		Want: []string{"archive-ambiguous-name", "archive-path-escapes"}, Unread: true},
	{Name: "sparse file of 9 EiB", Data: tartest.Build(m{Name: "a", Data: "hello",
		Pax: tartest.Record("GNU.sparse.map", "0,5") + tartest.Record("GNU.sparse.size", "9223372036854775807")}), Want: []string{"archive-bomb-like"}},
	{Name: "sparse map that does not fit", Data: tartest.Build(m{Name: "a", Data: "hello",
		Pax: tartest.Record("GNU.sparse.map", "0,500") + tartest.Record("GNU.sparse.size", "600")}), Unread: true},
	{Name: "tar and zip", Data: slices.Concat(tartest.Build(m{Name: "a", Data: "hello"}), one(ziptest.Member{Name: "a", Data: evil})),
		Want: []string{"archive-polyglot", "test-payload"}},
}

// unended is a pax header with further records in the padding behind it.
func unended(records, behind string) []byte {
	header := tartest.Open(m{Name: "pax", Type: 'x', Data: records})
	copy(header[512+len(records):], behind)
	return header
}
