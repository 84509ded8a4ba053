package tar_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/tar"
	"github.com/modelaudit/modelaudit/internal/format/tar/tartest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// outline is what is stated about an archive: a word for each entry with its content,
// each fault, and the end.
func outline(data []byte) string {
	budget := hostiletest.Budget(len(data))
	w := tar.Walk(hostile.NewReader(hostile.Bytes(data), int64(len(data)), budget))
	var out []string
	for {
		e, err := w.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			out = append(out, "<"+err.Error()+">")
		}
		if e == nil {
			continue
		}
		word := fmt.Sprintf("%s@%d", e.Name, e.Header)
		if e.Link != "" {
			word += "->" + e.Link
		}
		if e.HeaderName != "" {
			word += ",header " + e.HeaderName
		}
		if e.HeaderLink != "" || e.Link == "c" {
			word += ",link " + e.HeaderLink
		}
		if e.HeaderSize >= 0 {
			word += fmt.Sprintf(",header %d", e.HeaderSize)
		}
		if e.Skipped {
			word += ",skipped"
		}
		if err == nil && e.Regular() {
			word += "=" + content(e, data, budget)
		}
		out = append(out, word)
	}
	if end, ok := w.Ended(); ok {
		out = append(out, fmt.Sprintf("end@%d", end))
	}
	return strings.Join(out, " ")
}

// content reads an entry in pieces of three bytes, with holes as dots.
func content(e *tar.Entry, data []byte, budget *hostile.Budget) string {
	r, n, err := e.Content(hostile.Bytes(data), int64(len(data)), budget)
	var b strings.Builder
	p := make([]byte, 3)
	for at := int64(0); at < n && err == nil; at += 3 {
		var got int
		got, err = r.ReadAt(p, at)
		b.Write(p[:got])
	}
	if _, behind := r.ReadAt(p, n); behind != io.EOF {
		return fmt.Sprintf("behind its end: %v", behind)
	}
	return strings.ReplaceAll(b.String(), "\x00", ".")
}

// sparse writes the fields of an old GNU map into a header: pairs of offset and
// length, whether more follow, and the size.
func sparse(size int, more byte, pairs ...int) func([]byte) {
	return func(b []byte) {
		copy(b[257:], "ustar  \x00")
		copy(b[345:], make([]byte, 155))
		for i, n := range pairs {
			copy(b[386+12*i:], fmt.Sprintf("%011o\x00", n))
		}
		b[482] = more
		copy(b[483:], fmt.Sprintf("%011o\x00", size))
	}
}

// further is a block of an old GNU map.
func further(more byte, pairs ...int) string {
	b := make([]byte, 512)
	for i, n := range pairs {
		copy(b[12*i:], fmt.Sprintf("%011o\x00", n))
	}
	b[504] = more
	return string(b)
}

func TestOutline(t *testing.T) {
	field := func(at int, s string) func([]byte) {
		return func(b []byte) { copy(b[at:at+12], s+"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00") }
	}
	base256 := func(n int64) func([]byte) {
		return func(b []byte) {
			binary.BigEndian.PutUint64(b[128:], uint64(n))
			copy(b[124:], "\x80\x00\x00\x00")
			if n < 0 {
				copy(b[124:], "\xff\xff\xff\xff")
			}
		}
	}
	one := func(m tartest.Member) []byte {
		if m.Name == "" {
			m.Name = "a"
		}
		return tartest.Build(m, tartest.Member{Name: "b", Data: "two"})
	}
	pax := func(pairs ...string) []byte {
		var records string
		for i := 0; i < len(pairs); i += 2 {
			records += tartest.Record(pairs[i], pairs[i+1])
		}
		return one(tartest.Member{Pax: records, Data: "hello"})
	}
	global := func(pairs ...string) []byte {
		var records string
		for i := 0; i < len(pairs); i += 2 {
			records += tartest.Record(pairs[i], pairs[i+1])
		}
		return append(tartest.Open(tartest.Member{Name: "g", Type: 'g', Data: records}), one(tartest.Member{Data: "hello"})...)
	}
	padded := func(extension tartest.Member, behind string) []byte {
		block := tartest.Open(extension)
		copy(block[512+len(extension.Data):], behind)
		return append(block, one(tartest.Member{Data: "hello"})...)
	}
	unpadded := func(data string) string { return strings.TrimRight(data, "\x00") }
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{name: "two", data: one(tartest.Member{Data: "hello"}), want: `a@0=hello b@1024=two end@3072`},
		{name: "a size of blanks", data: one(tartest.Member{Bend: field(124, "          0 ")}), want: `a@0= b@512=two end@2560`},
		{name: "a size in base 256", data: one(tartest.Member{Data: "hello", Bend: base256(5)}), want: `a@0=hello b@1024=two end@3072`},
		{name: "a size below zero", data: one(tartest.Member{Data: "hello", Bend: base256(-1)}), want: `<malformed at byte 0x7c: the size in a tar header is no number> b@1024=two end@3072`},
		{name: "a size that is no number", data: one(tartest.Member{Data: "hello", Bend: field(124, "0000000008")}), want: `<malformed at byte 0x7c: the size in a tar header is no number> b@1024=two end@3072`},
		{name: "a size behind the file", data: one(tartest.Member{Data: "hello", Bend: field(124, "00000100000")}), want: `<truncated at byte 0x200: 32768 bytes claimed, 2560 left> a@0`},
		{name: "a broken checksum", data: one(tartest.Member{Data: "hello", Break: func(b []byte) { b[0]++ }}), want: `<malformed at byte 0x0: the checksum of a tar header does not match> b@1024=two end@3072`},
		{name: "a prefix", data: one(tartest.Member{Data: "hello", Bend: func(b []byte) { copy(b[345:], "dir") }}), want: `dir/a@0=hello b@1024=two end@3072`},
		{name: "GNU's fields in place of a prefix", data: one(tartest.Member{Data: "hello", Bend: func(b []byte) { copy(b[257:], "ustar  \x00dir"); copy(b[345:], "dir") }}), want: `a@0=hello b@1024=two end@3072`},
		{name: "a link", data: one(tartest.Member{Type: '1', Link: "target"}), want: `a@0->target b@512=two end@2560`},
		{name: "a directory with data that is there", data: one(tartest.Member{Type: '5', Data: "hello"}), want: `a@0,skipped b@1024=two end@3072`},
		{name: "a directory with data that is not", data: one(tartest.Member{Type: '5', Data: "hello", NoData: true}), want: `a@0 b@512=two end@2560`},
		{name: "a directory of V7", data: one(tartest.Member{Name: "a/", Type: 1, Bend: func(b []byte) { b[156] = 0 }}), want: `a/@0 b@512=two end@2560`},

		{name: "a name of pax", data: pax("path", "longer"), want: `longer@1024,header a=hello b@2048=two end@4096`},
		{name: "a name that is not ASCII", data: pax("path", "é"), want: `é@1024=hello b@2048=two end@4096`},
		{name: "a link of pax", data: pax("linkpath", "longer"), want: `a@1024->longer=hello b@2048=two end@4096`},
		{name: "a size of pax", data: pax("size", "4"), want: `a@1024,header 5=hell b@2048=two end@4096`},
		{name: "a size of pax that is none", data: pax("size", "-4"), want: `<malformed at byte 0x200: a pax record is not what its key demands> a@1024=hello b@2048=two end@4096`},
		{name: "another record", data: pax("comment", "hidden"), want: `a@1024=hello b@2048=two end@4096`},
		{name: "a record of no length", data: one(tartest.Member{Pax: "x path=b\n", Data: "hello"}), want: `<malformed at byte 0x200: a pax record has no valid length> a@1024=hello b@2048=two end@4096`},
		{name: "a record that is too long", data: one(tartest.Member{Pax: "99 path=b\n", Data: "hello"}), want: `<malformed at byte 0x200: a pax record has no valid length> a@1024=hello b@2048=two end@4096`},
		{name: "a name of 99 characters", data: pax("path", strings.Repeat("n", 99)), want: strings.Repeat("n", 99) + `@1024,header a=hello b@2048=two end@4096`},
		{name: "a name of 100", data: pax("path", strings.Repeat("n", 100)), want: strings.Repeat("n", 100) + `@1024=hello b@2048=two end@4096`},
		{name: "a long name", data: one(tartest.Member{GNU: "longer", Data: "hello"}), want: `longer@1024,header a=hello b@2048=two end@4096`},
		{name: "two long names", data: one(tartest.Member{GNU: "longer", Pax: tartest.Record("path", "other"), Data: "hello"}), want: `other@2048,header longer=hello b@3072=two end@5120`},

		{name: "an old map", data: one(tartest.Member{Type: 'S', Data: "hello", Bend: sparse(9, 0, 1, 2, 5, 3)}), want: `a@0=.he..llo. b@1024=two end@3072`},
		{name: "an old map of more blocks", data: one(tartest.Member{Type: 'S', Data: further(1, 5, 1) + further(0, 7, 2) + "hello", Bend: func(b []byte) {
			sparse(9, 1, 1, 2)(b)
			copy(b[124:], fmt.Sprintf("%011o\x00", 5))
		}}), want: `a@0=.he..l.lo b@2048=two end@4096`},
		{name: "an old map that does not fit", data: one(tartest.Member{Type: 'S', Data: "hello", Bend: sparse(9, 0, 1, 2, 2, 3)}), want: `<malformed at byte 0x0: the map of a sparse file does not fit its data> a@0 b@1024=two end@3072`},
		{name: "an old map behind its size", data: one(tartest.Member{Type: 'S', Data: "hello", Bend: sparse(7, 0, 1, 2, 5, 3)}), want: `<malformed at byte 0x0: the map of a sparse file does not fit its data> a@0 b@1024=two end@3072`},
		{name: "an old map of more than there is", data: one(tartest.Member{Type: 'S', Data: "hello", Bend: sparse(99, 0, 1, 2, 5, 4)}), want: `<malformed at byte 0x0: the map of a sparse file does not fit its data> a@0 b@1024=two end@3072`},
		{name: "an old map of no size", data: one(tartest.Member{Type: 'S', Data: "hello", Bend: func(b []byte) { sparse(9, 0, 1, 2)(b); copy(b[483:], "nine") }}), want: `<malformed at byte 0x1e3: the size of a sparse file is no number> b@1024=two end@3072`},
		{name: "an old map of no numbers", data: one(tartest.Member{Type: 'S', Data: "hello", Bend: func(b []byte) { sparse(9, 0, 1, 2)(b); copy(b[398:], "two") }}), want: `<malformed at byte 0x182: the map of a sparse file holds no numbers> b@1024=two end@3072`},
		{name: "a map of 0.0", data: pax("GNU.sparse.size", "9", "GNU.sparse.offset", "1", "GNU.sparse.numbytes", "2", "GNU.sparse.offset", "5", "GNU.sparse.numbytes", "3"), want: `a@1024=.he..llo. b@2048=two end@4096`},
		{name: "a map of 0.1", data: pax("GNU.sparse.size", "9", "GNU.sparse.map", "1,2,5,3", "GNU.sparse.name", "real"), want: `real@1024=.he..llo. b@2048=two end@4096`},
		{name: "half a pair", data: pax("GNU.sparse.size", "9", "GNU.sparse.map", "1,2,5"), want: `<malformed at byte 0x400: the map of a sparse file ends in the middle of a pair> a@1024 b@2048=two end@4096`},
		{name: "a map of no numbers", data: pax("GNU.sparse.size", "9", "GNU.sparse.map", "1,-2"), want: `<malformed at byte 0x215: a pax record is not what its key demands> a@1024=hello b@2048=two end@4096`},
		{name: "a map of 1.0", data: one(tartest.Member{
			Pax:  tartest.Record("GNU.sparse.major", "1") + tartest.Record("GNU.sparse.minor", "0") + tartest.Record("GNU.sparse.realsize", "9"),
			Data: "2\n1\n2\n5\n3\n" + strings.Repeat("\x00", 502) + "hello",
		}), want: `a@1024=.he..llo. b@2560=two end@4608`},
		{name: "a map of 1.0 longer than its data", data: one(tartest.Member{
			Pax: tartest.Record("GNU.sparse.major", "1") + tartest.Record("GNU.sparse.minor", "0") + tartest.Record("GNU.sparse.realsize", "9"), Data: "2\n1\n2\n5\n3\n",
		}), want: `<malformed at byte 0x600: the map of a sparse file is longer than its data> a@1024 b@2048=two end@4096`},
		{name: "a map of 1.0 that is no number", data: one(tartest.Member{
			Pax: tartest.Record("GNU.sparse.major", "1") + tartest.Record("GNU.sparse.minor", "0") + tartest.Record("GNU.sparse.realsize", "9"), Data: "2\n1\nx\n5\n3\n" + strings.Repeat("\x00", 502) + "hello",
		}), want: `<malformed at byte 0x606: a line of a sparse map is no number> a@1024 b@2560=two end@4608`},

		{name: "a map of two formats", data: pax("GNU.sparse.size", "9", "GNU.sparse.map", "1,2,5,3", "GNU.sparse.major", "1", "GNU.sparse.minor", "0"), want: `<malformed at byte 0x400: a sparse file has a map of format 0 and is said to be of format ["1" "0"]> a@1024 b@2048=two end@4096`},
		{name: "a size for sparse files alone", data: pax("GNU.sparse.realsize", "9"), want: `<malformed at byte 0x400: a sparse file has no map and is not of format 1.0> a@1024 b@2048=two end@4096`},
		{name: "a name for sparse files alone", data: pax("GNU.sparse.name", "c"), want: `<malformed at byte 0x400: a sparse file has no map and is not of format 1.0> c@1024 b@2048=two end@4096`},
		{name: "a format that there is not", data: pax("GNU.sparse.major", "2", "GNU.sparse.minor", "0"), want: `<malformed at byte 0x400: a sparse file has no map and is not of format 1.0> a@1024 b@2048=two end@4096`},

		{name: "a name for all", data: global("path", "c"), want: `c@1024,header a=hello c@2048,header b=two end@4096`},
		{name: "a link for all", data: global("linkpath", "c"), want: `a@1024->c,link =hello b@2048->c,link =two end@4096`},
		{name: "a size for all", data: global("size", "4"), want: `a@1024,header 5=hell b@2048,header 3=two. end@4096`},
		{name: "a size for all that is larger", data: global("size", "513"), want: `a@1024,header 5=hello` + strings.Repeat(".", 507) + `b b@2048,header 3=two` + strings.Repeat(".", 510) + ` end@4096`},
		{name: "a size for all, behind records of its own", data: append(tartest.Open(tartest.Member{Name: "g", Type: 'g', Data: tartest.Record("size", "513")}), pax("comment", "c")...), want: `a@2048,header 5=hello` + strings.Repeat(".", 507) + `b <malformed at byte 0xe00: the checksum of a tar header does not match>`},
		{name: "a map for all", data: global("GNU.sparse.map", "0,5"), want: `<unsupported at byte 0x200: a pax header says of all files that follow that they are sparse> a@1024 b@2048=two end@4096`},
		{name: "records in the padding", data: padded(tartest.Member{Type: 'x', Data: tartest.Record("comment", "c")}, tartest.Record("path", "c")), want: `<malformed at byte 0x20d: behind a tar extension of 13 bytes is more, which is part of it to some readers> c@1024,header a b@2048=two end@4096`},
		{name: "a name in the padding", data: padded(tartest.Member{Type: 'L', Data: "long"}, "er"), want: `<malformed at byte 0x204: behind a tar extension of 4 bytes is more, which is part of it to some readers> longer@1024,header a b@2048=two end@4096`},

		{name: "one block of zeros", data: append(tartest.Open(tartest.Member{Name: "a", Data: "hello"}), make([]byte, 512)...), want: `a@0=hello <truncated at byte 0x400: two blocks of zeros end a tar archive, one is there> end@1536`},
		{name: "no end", data: tartest.Open(tartest.Member{Name: "a", Data: "hello"}), want: `a@0=hello`},
		{name: "cut in the data", data: []byte(unpadded(string(tartest.Open(tartest.Member{Name: "a", Data: "hello"})))), want: `a@0=hello`},
		{name: "cut in a header", data: tartest.Open(tartest.Member{Name: "a"})[:500], want: `<truncated at byte 0x0: 512 bytes claimed, 500 left>`},
	} {
		if got := outline(c.data); got != c.want {
			t.Errorf("%s: got\n\t%s, want\n\t%s", c.name, got, c.want)
		}
	}
}
