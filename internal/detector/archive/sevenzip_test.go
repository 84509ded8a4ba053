package archive_test

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/sevenzip/sevenziptest"
)

func seven(a sevenziptest.Archive, files ...sevenziptest.File) []byte {
	a.Files = files
	return sevenziptest.Build(a)
}

type f7 = sevenziptest.File

// Coders as they stand in a header: length of the identifier and whether
// properties follow, identifier, properties.
var (
	coderAES      = []byte{0x24, 0x06, 0xf1, 0x07, 0x01, 2, 0, 0}
	coderUnknown  = []byte{0x02, 0x7e, 0x7e}
	coderLZMA2    = []byte{0x21, 0x21, 1, 24}
	coderLZMA4GiB = []byte{0x23, 0x03, 0x01, 0x01, 5, 0x5d, 0xff, 0xff, 0xff, 0xff}
	coderPPMd4GiB = []byte{0x23, 0x03, 0x04, 0x01, 5, 6, 0xd0, 0xff, 0xff, 0xff}
)

var sevenCases = []detectortest.Case{
	{Name: "7z", Data: seven(sevenziptest.Archive{}, f7{Name: "a.txt", Data: "hello"}, f7{Name: "empty"}, f7{Name: "b", Data: "world"})},
	{Name: "7z of nothing", Data: seven(sevenziptest.Archive{}, f7{Name: "empty"})},
	{Name: "7z, packed header", Data: seven(sevenziptest.Archive{Pack: func(h []byte) ([]byte, []byte) { return nil, h }}, f7{Name: "a", Data: "hello"})},
	{Name: "7z, payload", Data: seven(sevenziptest.Archive{}, f7{Name: "a.txt", Data: "hello"}, f7{Name: "b.txt", Data: evil}), Want: []string{"test-payload"}},
	{Name: "7z, LZMA2 chunk, payload", Data: seven(sevenziptest.Archive{Coder: coderLZMA2, Packed: []byte("\x01\x00\x14" + evil + "\x00")}, f7{Name: "a", Data: evil}),
		Want: []string{"test-payload"}},
	{Name: "7z, streams told of twice", Data: seven(sevenziptest.Archive{Behind: []byte{0x04, 0}}, f7{Name: "a", Data: evil}), Unread: true},
	{Name: "7z, encrypted", Data: seven(sevenziptest.Archive{Coder: coderAES}, f7{Name: "a", Data: evil}), Unread: true},
	{Name: "7z, encrypted header", Data: seven(sevenziptest.Archive{Pack: func(h []byte) ([]byte, []byte) { return coderAES, h }}, f7{Name: "a", Data: evil}), Unread: true},
	{Name: "7z, unknown method", Data: seven(sevenziptest.Archive{Coder: coderUnknown}, f7{Name: "a", Data: evil}), Unread: true},
	{Name: "7z, dictionary of 4 GiB for 21 bytes", Data: seven(sevenziptest.Archive{Coder: coderLZMA4GiB, Packed: make([]byte, 40)}, f7{Name: "a", Data: evil}), Want: []string{"archive-content-differs"}},
	{Name: "7z, model of 4 GiB", Data: seven(sevenziptest.Archive{Coder: coderPPMd4GiB, Packed: make([]byte, 40)}, f7{Name: "a", Data: evil}), Unread: true},
	{Name: "7z, four billion files", Data: seven(sevenziptest.Archive{FileCount: sevenziptest.Number(1<<32 - 1)}, f7{Name: "a", Data: evil}), Unread: true},
	{Name: "7z, header of 8 EiB", Data: seven(sevenziptest.Archive{HeaderSize: 1 << 63}, f7{Name: "a", Data: evil}), Unread: true},
	{Name: "7z, wrong checksum", Data: seven(sevenziptest.Archive{BendCRC: true}, f7{Name: "a", Data: evil}), Want: []string{"archive-content-differs", "test-payload"}},
	{Name: "7z, climbing name", Data: seven(sevenziptest.Archive{}, f7{Name: `..\a`, Data: "hello"}), Want: []string{"archive-path-escapes"}},
	{Name: "7z, link out", Data: seven(sevenziptest.Archive{}, f7{Name: "a", Data: "/etc/passwd", Attributes: 0xa1ff8000}), Want: []string{"archive-link-escapes"}},
	{Name: "7z, payload behind", Data: slices.Concat(seven(sevenziptest.Archive{}, f7{Name: "a", Data: "hello"}), []byte(evil)), Want: []string{"archive-extra-bytes", "test-payload"}},
	{Name: "7z, long name", Data: seven(sevenziptest.Archive{}, f7{Name: strings.Repeat("n", 60_000), Data: evil}), Want: []string{"test-payload"}, Heavy: true},
}
