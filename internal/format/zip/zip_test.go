package zip_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// outline is what is stated about an archive, a word for each fact.
func outline(a *zip.Archive) string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for i := range a.Len() {
		e, err := a.Entry(i)
		where := "+"
		if e.Local != nil {
			where = fmt.Sprintf("%d-%d", e.Local.Offset, e.End)
		}
		if e.Central == nil {
			where += ",unlisted"
		}
		if e.Again {
			where += ",again"
		}
		if err != nil {
			where += ",broken"
		}
		say("%q:%s", e.Name(), where)
	}
	for _, d := range a.Directories {
		word := fmt.Sprintf("directory:%d-%d,%d", d.Start, d.End, d.Records)
		if d.Bias != 0 {
			word += fmt.Sprintf(",bias %d", d.Bias)
		}
		for _, c := range d.Claims {
			if !d.True(c) {
				word += ",false"
			}
		}
		say("%s", word)
	}
	for _, e := range a.Ends {
		word := fmt.Sprintf("end:%d", e.Offset)
		if e.Disagrees() {
			word += ",disagrees"
		}
		say("%s", word)
	}
	for _, g := range a.Gaps {
		say("gap:%d-%d", g.Start, g.End)
	}
	for _, p := range a.Overlaps {
		say("overlap:%d/%d", p.First, p.Second)
	}
	for _, c := range a.Collisions {
		say("collision:%d/%d,%v", c.First, c.Second, c.Exact)
	}
	return strings.Join(out, " ")
}

// descriptor is a data descriptor without a signature, of sizes of width bytes.
func descriptor(crc uint32, compressed, size uint64, width int) string {
	p := binary.LittleEndian.AppendUint32(nil, crc)
	for _, n := range []uint64{compressed, size} {
		p = append(p, binary.LittleEndian.AppendUint64(nil, n)[:width]...)
	}
	return string(p)
}

// streamed says in the local header that sizes come behind the data.
func streamed(h *ziptest.Header) {
	h.Flags |= 8
	h.CRC, h.Compressed, h.Size = 0, 0, 0
}

// TestOutline: every record that some reader takes is found, with all its bytes.
func TestOutline(t *testing.T) {
	const crc = 0x3610a686 // of hello
	member := func(name string) ziptest.Member { return ziptest.Member{Name: name, Data: "hello"} }
	said := func(before string) []byte {
		a, b := member("a"), member("b")
		a.Local, a.Central, b.Before = streamed, func(h *ziptest.Header) { h.Flags |= 8 }, before
		return ziptest.Build([]ziptest.Member{a, b}, nil)
	}
	lost := func(data string, more ...ziptest.Member) []byte {
		first := ziptest.Member{Name: "a", Data: data, Streamed: true, Unlisted: true}
		return ziptest.Build(append([]ziptest.Member{first}, more...), nil)
	}
	pair := func(x, y string, same bool) []byte {
		a, b := member(x), ziptest.Member{Name: y, Data: "world"}
		if same {
			b.Data = a.Data
		}
		if strings.HasSuffix(y, "/") {
			b.Data = ""
		}
		return ziptest.Build([]ziptest.Member{a, b}, nil)
	}
	end := func(bend func(*ziptest.End)) []byte { return ziptest.Build([]ziptest.Member{member("a")}, bend) }
	empty := func(bend func(*ziptest.End)) []byte { return ziptest.Build(nil, bend) }
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{name: "a descriptor", data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Streamed: true}}, nil),
			want: `"a":0-52 directory:52-99,1 end:99`},
		{name: "a descriptor without signature", data: said(descriptor(crc, 5, 5, 4)),
			want: `"a":0-48 "b":48-84 directory:84-178,2 end:178`},
		{name: "a wide one", data: said(descriptor(crc, 5, 5, 8)),
			want: `"a":0-56 "b":56-92 directory:92-186,2 end:186`},
		{name: "a wide one with signature", data: said("PK\x07\x08" + descriptor(crc, 5, 5, 8)),
			want: `"a":0-60 "b":60-96 directory:96-190,2 end:190`},
		{name: "one of another size packed", data: said(descriptor(crc, 6, 5, 4)),
			want: `"a":0-36 "b":48-84 directory:84-178,2 end:178 gap:36-48`},
		{name: "one of another size", data: said(descriptor(crc, 5, 6, 4)),
			want: `"a":0-36 "b":48-84 directory:84-178,2 end:178 gap:36-48`},
		{name: "one of another checksum", data: said(descriptor(crc+1, 5, 5, 4)),
			want: `"a":0-36 "b":48-84 directory:84-178,2 end:178 gap:36-48`},
		{name: "one of another checksum, with signature", data: said("PK\x07\x08" + descriptor(crc+1, 5, 5, 4)),
			want: `"a":0-52 "b":52-88 directory:88-182,2 end:182`},
		{name: "a descriptor that nobody announced", data: ziptest.Build([]ziptest.Member{member("a"), {Name: "b", Data: "hello", Before: descriptor(crc, 5, 5, 4)}}, nil),
			want: `"a":0-36 "b":48-84 directory:84-178,2 end:178 gap:36-48`},

		{name: "lost, up to its descriptor", data: lost("hello", member("b")),
			want: `"a":0-36,unlisted "b":52-88 directory:88-135,1 end:135 gap:36-52`},
		{name: "lost, up to a wide descriptor", data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Local: streamed, Unlisted: true}, {Name: "b", Data: "hello", Before: "PK\x07\x08" + descriptor(crc, 5, 5, 8)}}, nil),
			want: `"a":0-36,unlisted "b":60-96 directory:96-143,1 end:143 gap:36-60`},
		{name: "lost, with beginnings of signatures", data: lost("PK PK\x07\x08PK PKPK\x03", member("b")),
			want: `"a":0-46,unlisted "b":62-98 directory:98-145,1 end:145 gap:46-62`},
		{name: "lost, up to the directory", data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Local: streamed, Unlisted: true}, {Name: "b", NoContent: true}}, nil),
			want: `"a":0-36,unlisted "b":+,broken directory:36-83,1 end:83`},
		{name: "lost, up to the next", data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Local: streamed, Unlisted: true}, {Name: "b", Data: "hello", Unlisted: true}}, nil),
			want: `"a":0-36,unlisted "b":36-72,unlisted end:72`},
		{name: "lost, up to the end record", data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Local: streamed, Unlisted: true}}, nil),
			want: `"a":0-36,unlisted end:36`},
		{name: "lost and no header: no name", data: ziptest.Build([]ziptest.Member{{Data: "hello", Unlisted: true}, member("b")}, nil),
			want: `"b":35-71 directory:71-118,1 end:118 gap:0-35`},
		{name: "lost and no header: a control character", data: ziptest.Build([]ziptest.Member{{Name: "a\x01", Data: "hello", Unlisted: true}, member("b")}, nil),
			want: `"b":37-73 directory:73-120,1 end:120 gap:0-37`},
		{name: "lost, with a NUL in its name", data: ziptest.Build([]ziptest.Member{{Name: "a\x00", Data: "hello", Unlisted: true}, member("b")}, nil),
			want: `"a\x00":0-37,unlisted "b":37-73 directory:73-120,1 end:120`},
		{name: "lost and no header: no method", data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Local: func(h *ziptest.Header) { h.Method = 77 }, Unlisted: true}, member("b")}, nil),
			want: `"b":36-72 directory:72-119,1 end:119 gap:0-36`},
		{name: "lost, packed by XZ", data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Local: func(h *ziptest.Header) { h.Method = 95 }, Unlisted: true}, member("b")}, nil),
			want: `"a":0-36,unlisted "b":36-72 directory:72-119,1 end:119`},
		{name: "lost, said to reach behind the file", data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Local: func(h *ziptest.Header) { h.Compressed = 1 << 30 }, Unlisted: true}, member("b")}, nil),
			want: `"a":0-141,unlisted "b":36-72 directory:72-119,1 end:119 overlap:0/1`},

		{name: "a record that leads to the header of another", data: ziptest.Build([]ziptest.Member{{Name: "a", NoContent: true}, member("b")}, nil),
			want: `"a":0-31 "b":0-36,again directory:36-130,2 end:130`},
		{name: "a record that leads to no header", data: ziptest.Build([]ziptest.Member{member("a"), {Name: "b", NoContent: true, Central: func(h *ziptest.Header) { h.Offset = 5 }}}, nil),
			want: `"a":0-36 "b":+,broken directory:36-130,2 end:130 overlap:0/1`},
		{name: "two of one local header", data: ziptest.Build([]ziptest.Member{member("a"), {Name: "b", NoContent: true, Central: func(h *ziptest.Header) { h.Offset = 0 }}}, nil),
			want: `"a":0-36 "b":0-31,again directory:36-130,2 end:130`},
		{name: "one reaches into the next", data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Central: func(h *ziptest.Header) { h.Compressed = 6 }}, member("b")}, nil),
			want: `"a":0-37 "b":36-72 directory:72-166,2 end:166 overlap:0/1`},

		{name: "one name", data: pair("a", "a", false),
			want: `"a":0-36 "a":36-72 directory:72-166,2 end:166 collision:0/1,true`},
		{name: "one name and content", data: pair("a", "a", true),
			want: `"a":0-36 "a":36-72 directory:72-166,2 end:166`},
		{name: "another case", data: pair("a", "A", false),
			want: `"a":0-36 "A":36-72 directory:72-166,2 end:166 collision:0/1,false`},
		{name: "another separator", data: pair("a/b", `a\b`, false),
			want: `"a/b":0-38 "a\\b":38-76 directory:76-174,2 end:174 collision:0/1,false`},
		{name: "up to a NUL", data: pair("a", "a\x00b", false),
			want: `"a":0-36 "a\x00b":36-74 directory:74-170,2 end:170 collision:0/1,false`},
		{name: "an empty element", data: pair("a/b", "a//b", false),
			want: `"a/b":0-38 "a//b":38-77 directory:77-176,2 end:176 collision:0/1,false`},
		{name: "a dot", data: pair("a/b", "a/./b", false),
			want: `"a/b":0-38 "a/./b":38-78 directory:78-178,2 end:178 collision:0/1,false`},
		{name: "a root", data: pair("a", "/a", false),
			want: `"a":0-36 "/a":36-73 directory:73-168,2 end:168 collision:0/1,false`},
		{name: "a directory is no file", data: pair("a", "./a/", false),
			want: `"a":0-36 "./a/":36-70 directory:70-167,2 end:167`},
		{name: "another name", data: pair("a/b", "a.b", false),
			want: `"a/b":0-38 "a.b":38-76 directory:76-174,2 end:174`},

		{name: "long fields", data: ziptest.Build([]ziptest.Member{
			{Name: "a", Data: "hello", Local: func(h *ziptest.Header) { h.Extra = make([]byte, 500) }, Central: func(h *ziptest.Header) { h.Comment = strings.Repeat("c", 500) }},
			{Name: "b", Data: "hello", Local: func(h *ziptest.Header) { h.Extra = make([]byte, 500) }, Unlisted: true},
		}, nil),
			want: `"a":0-536 "b":536-1072,unlisted directory:1072-1619,1 end:1619`},
		{name: "too many are claimed", data: end(func(e *ziptest.End) { e.Count++ }),
			want: `"a":0-36 directory:36-83,1,false end:83`},
		{name: "too much is claimed", data: end(func(e *ziptest.End) { e.Size++ }),
			want: `"a":0-36 directory:36-83,1,false end:83`},
		{name: "the directory is elsewhere", data: end(func(e *ziptest.End) { e.Offset-- }),
			want: `"a":0-36 directory:36-83,1,bias 1 end:83`},
		{name: "a comment", data: end(func(e *ziptest.End) { e.Comment = "PK\x05\x06" }),
			want: `"a":0-36 directory:36-83,1 end:83`},
		{name: "a comment behind the end", data: end(func(e *ziptest.End) { e.CommentSize = 9 }),
			want: `"a":0-36 directory:36-83,1 end:83`},
		{name: "zip64", data: end(func(e *ziptest.End) { e.Zip64 = true }),
			want: `"a":0-36 directory:36-83,1 end:159`},
		{name: "zip64 that the record refers to", data: end(func(e *ziptest.End) {
			e.Zip64, e.Count, e.Size, e.Offset = true, 0xffff, 0xffffffff, 0xffffffff
			e.Bend64 = func(c *[3]uint64) { *c = [3]uint64{1, 47, 36} }
		}),
			want: `"a":0-36 directory:36-83,1 end:159`},
		{name: "zip64 that disagrees", data: end(func(e *ziptest.End) { e.Zip64, e.Bend64 = true, func(c *[3]uint64) { c[0]++ } }),
			want: `"a":0-36 directory:36-83,1,false end:159,disagrees`},
		{name: "zip64 that leads elsewhere", data: end(func(e *ziptest.End) { e.Zip64, e.Bend64 = true, func(c *[3]uint64) { c[1], c[2] = 1<<40, 1<<40 } }),
			want: `"a":0-36 directory:36-83,1 end:159,disagrees`},
		{name: "empty", data: empty(nil),
			want: `end:0`},
		{name: "empty, and said to be of a size", data: empty(func(e *ziptest.End) { e.Size = 1 })},
		{name: "empty, and said to be of one file", data: empty(func(e *ziptest.End) { e.Count = 1 })},
		{name: "empty, behind the end", data: empty(func(e *ziptest.End) { e.Offset = 1 })},
		{name: "empty, of zip64", data: empty(func(e *ziptest.End) { e.Zip64 = true })},
		{name: "an end that is cut", data: bytes.TrimSuffix(empty(nil), []byte{0, 0})},
	} {
		a, err := decode(c.data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := outline(a); got != c.want {
			t.Errorf("%s: got\n\t%s, want\n\t%s", c.name, got, c.want)
		}
	}
}

// TestManyDirectories: what a file has too many of is told.
func TestManyDirectories(t *testing.T) {
	one := ziptest.Files("a", "hello")
	for n, fails := range map[int]bool{16: false, 17: true} {
		if _, err := decode(slices.Repeat(one, n)); (err != nil) != fails {
			t.Errorf("%d directories: got %v", n, err)
		}
	}
}

// TestManyEnds: so with the ends of archives that hold nothing.
func TestManyEnds(t *testing.T) {
	one := ziptest.Files("a", "hello")
	empty := append([]byte("PK\x05\x06"), make([]byte, 18)...)
	for n, fails := range map[int]bool{200: false, 300: true, 20_000: true} {
		if a, err := decode(append(one, slices.Repeat(empty, n)...)); (err != nil) != fails || len(a.Ends) > n+1 || len(a.Ends) > 300 {
			t.Errorf("%d ends: got %d (%v)", n+1, len(a.Ends), err)
		}
	}
}

// TestOpen: what cannot be unpacked is a fault, and what came before it is shown.
func TestOpen(t *testing.T) {
	flate := ziptest.Deflate("hello")
	for _, c := range []struct {
		name    string
		method  uint16
		packed  string
		bend    func(*ziptest.Header)
		content string
		fault   string
	}{
		{name: "stored", packed: "hello", content: "hello"},
		{name: "deflated", method: zip.Deflate, packed: string(flate), content: "hello"},
		{name: "deflated and cut", method: zip.Deflate, packed: string(flate[:4]), content: "hel", fault: "truncated at"},
		{name: "stored, and said to be longer than the file", packed: "hello", bend: func(h *ziptest.Header) { h.Compressed = 1 << 20 }, content: "hello", fault: "truncated at byte 0x1f: 1048576 bytes of member data claimed"},
		{name: "deflated, and said to be longer than the file", method: zip.Deflate, packed: string(flate), bend: func(h *ziptest.Header) { h.Compressed = 1 << 20 }, content: "hello", fault: "truncated at byte 0x1f: 1048576 bytes of member data claimed"},
		{name: "by a method of nobody", method: 77, packed: "hello", fault: "unsupported at byte 0x1f: compressed by"},
		{name: "LZMA that is cut", method: zip.LZMA, packed: "\x09\x14\x05\x00]", fault: "truncated at"},
		{name: "LZMA with other properties", method: zip.LZMA, packed: "\x09\x14\x06\x00]\x00\x00\x80\x00hello", fault: "unsupported at byte 0x1f: LZMA properties of 6 bytes"},
		{name: "LZMA with many properties", method: zip.LZMA, packed: "\x09\x14\x05\x01]\x00\x00\x80\x00hello", fault: "unsupported at byte 0x1f: LZMA properties of 261 bytes"},
	} {
		data := ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Method: c.method, Packed: []byte(c.packed), Local: c.bend, Central: c.bend}}, nil)
		a, err := decode(data)
		if err != nil {
			t.Fatal(err)
		}
		e, err := a.Entry(0)
		if err != nil {
			t.Fatal(err)
		}
		var content, fault string
		e.Look(hostile.Bytes(data), int64(len(data)), hostiletest.Budget(len(data)), func(r io.ReaderAt, n int64) error {
			p := make([]byte, n)
			_, err := r.ReadAt(p, 0)
			content += string(p)
			return err
		}, func(err error) { fault += err.Error() })
		if !strings.HasPrefix(content, c.content) || c.content == "" && content != "" || !strings.HasPrefix(fault, c.fault) || c.fault == "" && fault != "" {
			t.Errorf("%s: got %.20q, %s, want %q, %s", c.name, content, fault, c.content, c.fault)
		}
	}
}
