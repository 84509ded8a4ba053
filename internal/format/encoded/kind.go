package encoded

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/format/tar"
)

// A magic is a signature that tells a kind by itself.
type magic struct{ prefix, kind string }

// magics are those of all kinds.
var magics = []magic{
	{"PK\x03\x04", "zip"}, {"PK\x05\x06", "zip"},
	{"\x1f\x8b\x08", "gzip"},
	{"\xfd7zXZ\x00", "xz"},
	{"7z\xbc\xaf\x27\x1c", "7z"},
	{"\x28\xb5\x2f\xfd", "zstd"},
	{"\x04\x22\x4d\x18", "lz4"},
	{"LZIP\x01", "lzip"}, {"ZF0x", "joblib-zfile"},
	{"\x93NUMPY", "numpy"}, {"SQLite format 3\x00", "sqlite"}, {"PAR1\x15", "parquet"}, {"ARROW1\x00\x00", "arrow"},
	{"\x89HDF\r\n\x1a\n", "hdf5"},
	{"\x7fELF", "ELF executable"},
	{"\xcf\xfa\xed\xfe\x07\x00\x00\x01", "Mach-O executable"}, {"\xcf\xfa\xed\xfe\x0c\x00\x00\x01", "Mach-O executable"},
	{"\x00asm\x01\x00\x00\x00", "WebAssembly"},
	{"#!/", "script"},
}

// magicsOf are the magics by their first byte, which most data does not have.
var magicsOf = sync.OnceValue(func() *[256][]magic {
	t := new([256][]magic)
	for _, m := range magics {
		t[m.prefix[0]] = append(t[m.prefix[0]], m)
	}
	return t
})

// Kind names what a loader or an operating system would take data for, or
// returns "" for anything that only its reader knows.
func Kind(data []byte) string {
	if len(data) == 0 {
		return ""
	}
	for _, m := range magicsOf()[data[0]] {
		if bytes.HasPrefix(data, []byte(m.prefix)) {
			return m.kind
		}
	}
	switch {
	case binaryPickle(data), textPickle(data):
		return "pickle"
	case portable(data):
		return "PE executable"
	case deflated(data):
		return "zlib"
	case len(data) > 262 && string(data[257:262]) == "ustar" && tar.Is(data):
		return "tar"
	case len(data) > 10 && string(data[:3]) == "BZh" && string(data[4:10]) == "1AY&SY":
		return "bzip2"
	}
	return ""
}

// maxStart is in how many bytes a pickle of protocol 0 names its first global.
const maxStart = 256

// textPickle reports whether data starts like a pickle of protocol 0 that names a
// global soon: a few opcodes that make or drop something, two lines of names, and
// an opcode.
func textPickle(data []byte) bool {
	const few = 8
	rest := data[:min(len(data), maxStart)]
	for n := 0; n < few && len(rest) > 0 && strings.IndexByte("(]})l0dt", rest[0]) >= 0; n++ {
		rest = rest[1:]
	}
	if len(rest) == 0 || rest[0] != 'c' && rest[0] != 'i' {
		return false
	}
	module, rest, _ := bytes.Cut(rest[1:], []byte("\n"))
	name, rest, _ := bytes.Cut(rest, []byte("\n"))
	return isName(module) && isName(name) && len(rest) > 0 && strings.IndexByte("(]})0123456789IVSLFNtpRogcq", rest[0]) >= 0
}

// isName reports whether p is an identifier, or several with dots between them.
func isName(p []byte) bool {
	for i, c := range p {
		switch {
		case c == '_', c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && (c == '.' || c >= '0' && c <= '9'):
		default:
			return false
		}
	}
	return len(p) > 0
}

// binaryPickle reports whether data starts with a protocol, 0 to 5, and an
// opcode of that can follow it in an honest pickle.
func binaryPickle(data []byte) bool {
	const opcodes = "().0123FGIJKLMNPQRSTUVX]abcdeghijlopqrstu}\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x91\x95\x96B\x80C"
	return len(data) > 2 && data[0] == 0x80 && data[1] <= 5 && strings.IndexByte(opcodes, data[2]) >= 0
}

// portable reports whether data has a DOS header that leads to a PE header, or
// is long enough only for the first.
func portable(data []byte) bool {
	const newHeader = 0x3c // e_lfanew
	if len(data) < newHeader+4 || data[0] != 'M' || data[1] != 'Z' {
		return false
	}
	at := uint64(binary.LittleEndian.Uint32(data[newHeader:]))
	return at+4 <= uint64(len(data)) && string(data[at:at+4]) == "PE\x00\x00"
}

// deflated reports whether data is a zlib stream as far as its first bytes go.
func deflated(data []byte) bool {
	const sample = 16
	if len(data) < sample || data[0] != 0x78 {
		return false
	}
	r, err := zlib.NewReader(bytes.NewReader(bytes.Clone(data)))
	if err != nil {
		return false
	}
	n, err := r.Read(make([]byte, sample))
	return n == sample && err == nil
}
