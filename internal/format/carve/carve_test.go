package carve_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ulikunitz/xz"

	"github.com/modelaudit/modelaudit/internal/format/carve"
	"github.com/modelaudit/modelaudit/internal/format/executable/executabletest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// find searches data. What the test calls a pickle names posix soon, and ends at
// the next STOP.
func find(data []byte) ([]carve.File, error) {
	budget := hostiletest.Budget(len(data))
	r := hostile.NewReader(bytes.NewReader(data), int64(len(data)), budget)
	return carve.Find(r, func(at int64) (int64, bool) {
		const soon = 24
		end := int64(bytes.IndexByte(data[at:], '.'))
		return at + end + 1, end > 0 && bytes.Contains(data[at:at+min(end, soon)], []byte("posix")) && (data[at] != '(' || data[at+1] == 0x8c)
	})
}

// noise is n random bytes, the same each time.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	p := make([]byte, 0, n+8)
	for len(p) < n {
		p = binary.LittleEndian.AppendUint64(p, r.Uint64())
	}
	return p[:n]
}

// elf is a program of 64 bytes of header, one segment, and a script in it.
func elf() []byte {
	h := []byte(executabletest.ELF())
	binary.LittleEndian.PutUint64(h[0x20:], 64)
	binary.LittleEndian.PutUint16(h[0x36:], 56)
	binary.LittleEndian.PutUint16(h[0x38:], 1)
	segment := make([]byte, 56)
	binary.LittleEndian.PutUint64(segment[8:], 0)
	binary.LittleEndian.PutUint64(segment[0x20:], 64+56+100)
	return append(append(h, segment...), strings.Repeat("#!/bin/sh\necho poc echo poc\n", 4)[:100]...)
}

func zipped(t testing.TB, name, content string, method uint16) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err == nil {
		_, err = io.WriteString(w, content)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zip64 is an archive whose end record leaves the directory to the 64-bit form.
func zip64(t testing.TB) []byte {
	p := zipped(t, "a.sh", "echo poc", zip.Deflate)
	end := len(p) - 22
	size, offset := binary.LittleEndian.Uint32(p[end+12:]), binary.LittleEndian.Uint32(p[end+16:])
	record := append([]byte("PK\x06\x06\x2c\x00\x00\x00\x00\x00\x00\x00\x2d\x00\x2d\x00"), make([]byte, 8)...)
	for _, n := range []uint64{1, 1, uint64(size), uint64(offset)} {
		record = binary.LittleEndian.AppendUint64(record, n)
	}
	locator := binary.LittleEndian.AppendUint64([]byte("PK\x06\x07\x00\x00\x00\x00"), uint64(end))
	last := slices.Clone(p[end:])
	binary.LittleEndian.PutUint32(last[12:], 0xffff_ffff)
	binary.LittleEndian.PutUint32(last[16:], 0xffff_ffff)
	return slices.Concat(p[:end], record, locator, []byte{1, 0, 0, 0}, last)
}

// bzipped is what bzip2 makes of "echo poc".
const bzipped = "BZh91AY&SY\xd2\x22\xd4\x80\x00\x00\x01\x91\x80@\x00\x0a@\xc0\x00 \x00!\x80\x0c\x02\x89\x05\xdb\x8b\xb9\x22\x9c(Hi\x11j@\x00"

func tarred(t testing.TB, names ...string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: 600, Mode: 0o600, Format: tar.FormatUSTAR}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(noise(600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(content string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, content)
	w.Close()
	return b.Bytes()
}

func xzed(t testing.TB, content string) []byte {
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err == nil {
		_, err = io.WriteString(w, content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sevenZipped() []byte {
	start := make([]byte, 20) // the header: 5 bytes at 7 behind the start header
	binary.LittleEndian.PutUint64(start, 7)
	binary.LittleEndian.PutUint64(start[8:], 5)
	h := append([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(h[8:], crc32.ChecksumIEEE(start))
	return append(append(h, start...), make([]byte, 12)...)
}

func pickled() []byte {
	return pickletest.New(2).Global("posix", "system").Str("echo poc").Tuple(1).Reduce().Stop()
}

func stackPickled(memo bool) []byte {
	s := pickletest.Raw().Op(0x8c, 5).Op('p', []byte("osix")...)
	if memo {
		s.Memoize()
	}
	return s.Str("system").StackGlobal().Str("echo poc").Tuple(1).Reduce().Stop()
}

// hidden are files of every kind, and as what they are found.
func hidden(t testing.TB) []hiddenFile {
	files := []hiddenFile{
		{"ELF", elf(), carve.Program, "ELF program, x86-64 shared object"},
		{"PE", append([]byte(executabletest.PE()), make([]byte, 0xf0)...), carve.Program, "Windows program, x86-64 executable"},
		{"WebAssembly", []byte("\x00asm\x01\x00\x00\x00\x01\x02\x60\x00"), carve.Program, "WebAssembly module, WebAssembly"},
		{"script", []byte("#!/usr/bin/env bash\necho poc echo poc echo poc\n"), carve.Script, "#!/usr/bin/env bash"},
		{"zip", zipped(t, "a.sh", "echo poc", zip.Deflate), carve.Zip, ""},
		{"zip with a program in it", zipped(t, "a", string(elf()), zip.Store), carve.Zip, ""},
		{"zip of 64 bits", zip64(t), carve.Zip, ""},
		{"tar", tarred(t, "a", "b"), carve.Tar, ""},
		{"7z", sevenZipped(), carve.SevenZip, ""},
		{"gzip", gzipped("echo poc"), carve.Gzip, ""},
		{"gzip, long", gzipped(string(noise(10_000))), carve.Gzip, ""},
		{"xz", xzed(t, "echo poc"), carve.XZ, ""},
		{"bzip2", []byte(bzipped), carve.Bzip2, ""},
		{"pickle", pickled(), carve.Pickle, ""},
		{"pickle without PROTO", pickled()[2:], carve.Pickle, ""},
		{"INST", pickletest.Raw().Mark().Str("echo poc").Inst("posix", "system").Stop(), carve.Pickle, ""},
		{"STACK_GLOBAL", stackPickled(false), carve.Pickle, ""},
		{"STACK_GLOBAL, memoised", stackPickled(true), carve.Pickle, ""},
	}
	return files
}

type hiddenFile struct {
	name   string
	data   []byte
	kind   carve.Kind
	detail string
}

// TestFind hides every kind at places that lie differently in what is read at
// once.
func TestFind(t *testing.T) {
	for _, h := range hidden(t) {
		for _, at := range []int{0, 1, 1000, 4095, 256<<10 - 3, 256<<10 - len(h.data)/2, 512<<10 - 1} {
			data := noise(600 << 10)
			copy(data[at:], append(slices.Clone(h.data), 0xff, 0xff, 0xff, 0xff)) // no text, no section, no padding
			got, err := find(data)
			want := []carve.File{{Kind: h.kind, Offset: int64(at), Size: int64(len(h.data)), Detail: h.detail}}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s at %d: %v (-want +got)\n%s", h.name, at, err, diff)
			}
		}
	}
}

// TestFindAtTheEnd: what is hidden may be the last that there is.
func TestFindAtTheEnd(t *testing.T) {
	for _, h := range hidden(t) {
		data := append(noise(1000), h.data...)
		got, err := find(data)
		if err != nil || len(got) != 1 || got[0].Kind != h.kind || got[0].Offset != 1000 {
			t.Errorf("%s: got %+v, %v", h.name, got, err)
		}
	}
}

// TestFindNothing: signatures without what belongs to them, and weights.
func TestFindNothing(t *testing.T) {
	cases := map[string][]byte{
		"empty": nil, "a byte": {0x7f}, "zeros": make([]byte, 1<<20), "random": noise(8 << 20),
		"signatures": []byte(strings.Repeat("\x7fELF MZ \xcf\xfa\xed\xfe \xca\xfe\xba\xbe \x00asm #!/ PK\x05\x06 ustar 7z\xbc\xaf\x27\x1c \x1f\x8b\x08 BZh9 \xfd7zXZ\x00 \x80\x04\x95", 400)),
		"empty zip":  append([]byte("PK\x05\x06"), make([]byte, 18)...),
		"text":       []byte(strings.Repeat("The word #!/bin is no script.\nimport os\nsystem\n", 1000)),
		"a heading":  []byte("#!/bin\n" + strings.Repeat("x", 100)),
	}
	for kind, fill := range weights {
		cases[kind] = generate(fill, 8<<20)
	}
	for name, data := range cases {
		if got, err := find(data); len(got) > 0 || err != nil {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

// TestManyFiles: a file full of others costs no more than its budget.
func TestManyFiles(t *testing.T) {
	got, err := find(bytes.Repeat(elf(), 10_000))
	if err != nil || len(got) == 0 || len(got) > 1000 {
		t.Errorf("got %d files, %v, want some", len(got), err)
	}
}

// TestManySignatures: a place that is nothing costs no memory, whatever it looks like.
func TestManySignatures(t *testing.T) {
	for _, signature := range []string{
		"\x78\x9c", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4\x46", "\x7fELF\x02\x01\x01", "\xca\xfe\xba\xbe", "PK\x05\x06",
	} {
		const every = 16
		data := noise(1 << 20)
		for i := 0; i+every <= len(data); i += every {
			copy(data[i:], signature)
		}
		src := struct{ io.ReaderAt }{bytes.NewReader(data)} // which is not in memory, as far as readers know
		r := hostile.NewReader(src, int64(len(data)), hostiletest.Budget(len(data)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := carve.Data(r, nil, func(carve.File) bool { return false }) // chance makes one now and then
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; err != nil || took > 128<<20 {
			t.Errorf("%q: %v, %d MiB allocated", signature, err, took>>20)
		}
	}
}

// weights are generators of the numbers of tensors by their type.
var weights = map[string]func(p []byte, r *rand.Rand){
	"float32": func(p []byte, r *rand.Rand) { binary.LittleEndian.PutUint32(p, math.Float32bits(normal(r))) },
	"bfloat16": func(p []byte, r *rand.Rand) {
		binary.LittleEndian.PutUint16(p, uint16(math.Float32bits(normal(r))>>16))
		binary.LittleEndian.PutUint16(p[2:], uint16(math.Float32bits(normal(r))>>16))
	},
	"float16": func(p []byte, r *rand.Rand) {
		binary.LittleEndian.PutUint16(p, half(normal(r)))
		binary.LittleEndian.PutUint16(p[2:], half(normal(r)))
	},
	"int8": func(p []byte, r *rand.Rand) {
		for i := range 4 {
			p[i] = byte(int8(max(-127, min(127, normal(r)*1500))))
		}
	},
	"uint8 around 128": func(p []byte, r *rand.Rand) {
		for i := range 4 {
			p[i] = byte(max(0, min(255, 128+normal(r)*1500)))
		}
	},
	"int4": func(p []byte, r *rand.Rand) {
		for i := range 4 {
			p[i] = nibble(r) | nibble(r)<<4
		}
	},
}

func normal(r *rand.Rand) float32 { return float32(r.NormFloat64() * 0.02) }
func nibble(r *rand.Rand) byte    { return byte(max(0, min(15, 8+r.NormFloat64()*2.5))) }

// half rounds towards zero; numbers of less than 2^-14 become zeros.
func half(f float32) uint16 {
	b := math.Float32bits(f)
	exponent := int(b>>23&0xff) - 127 + 15
	if exponent <= 0 {
		return uint16(b >> 16 & 0x8000)
	}
	return uint16(b>>16&0x8000) | uint16(exponent)<<10 | uint16(b>>13&0x3ff)
}

func generate(fill func([]byte, *rand.Rand), n int) []byte {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	p := make([]byte, n)
	for i := 0; i+4 <= n; i += 4 {
		fill(p[i:i+4], r)
	}
	return p
}

func BenchmarkFind(b *testing.B) {
	inputs := map[string][]byte{"random": noise(16 << 20), "zeros": make([]byte, 16<<20)}
	for kind, fill := range weights {
		inputs[kind] = generate(fill, 16<<20)
	}
	for name, data := range inputs {
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if got, err := find(data); len(got) > 0 || err != nil {
					b.Fatal(got, err)
				}
			}
		})
	}
}
