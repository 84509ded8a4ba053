package compress_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// sample is text with a little structure, so that every coding tool of a format
// gets used.
func sample(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "layer.%d.weight = %d\n", i, i*2654435761%97)
	}
	return b.Bytes()[:n]
}

func budget() *hostile.Budget {
	return hostiletest.Budget(1 << 20)
}

// unpack returns what comes out of a stream, by the format that Sniff tells.
func unpack(t *testing.T, packed []byte) (string, []byte, error) {
	t.Helper()
	f := compress.Sniff(packed[:min(len(packed), compress.HeadSize)])
	if f == nil {
		return "", nil, nil
	}
	c, err := f.Unpack(hostile.Bytes(packed), int64(len(packed)), budget())
	out, _ := c.Whole()
	return f.Name, out, err
}

// The tools that people pack with. Each reads standard input.
var packers = []struct {
	name, format string
	command      []string
}{
	{name: "gzip", format: "gzip", command: []string{"gzip", "-9c"}},
	{name: "bzip2", format: "bzip2", command: []string{"bzip2", "-c"}},
	{name: "xz", format: "xz", command: []string{"xz", "-c"}},
	{name: "xz of several blocks", format: "xz", command: []string{"xz", "-c", "-T2", "--block-size=40000"}},
	{name: "xz with sha256", format: "xz", command: []string{"xz", "-c", "-0", "--check=sha256"}},
	{name: "xz with crc32", format: "xz", command: []string{"xz", "-c", "-0", "--check=crc32"}},
	{name: "xz without a check", format: "xz", command: []string{"xz", "-c", "-0", "--check=none"}},
	{name: "xz with delta", format: "xz", command: []string{"xz", "-c", "--delta=dist=4", "--lzma2=preset=0"}},
	{name: "lzma", format: "lzma", command: []string{"xz", "-c", "--format=lzma"}},
	{name: "lzma with other properties", format: "lzma", command: []string{"xz", "-c", "--format=lzma", "--lzma1=preset=1,lc=0,lp=2,pb=0"}},
	{name: "lzip", format: "lzip", command: []string{"lzip", "-c"}},
	{name: "zstd", format: "zstd", command: []string{"zstd", "-c"}},
	{name: "zstd with checksum and long window", format: "zstd", command: []string{"zstd", "-c", "-19", "--long=26", "--check"}},
	{name: "lz4", format: "lz4", command: []string{"lz4", "-c"}},
	{name: "lz4 of linked blocks", format: "lz4", command: []string{"lz4", "-c", "-BD", "-B4"}},
	{name: "lz4 legacy", format: "lz4", command: []string{"lz4", "-c", "-l"}},
	{name: "zlib by Python", format: "zlib", command: []string{"python3", "-c", "import sys,zlib; i=sys.stdin.buffer.read(); sys.stdout.buffer.write(zlib.compress(i))"}},
	{name: "lzma by Python", format: "lzma", command: []string{"python3", "-c", "import sys,lzma; i=sys.stdin.buffer.read(); sys.stdout.buffer.write(lzma.compress(i,format=lzma.FORMAT_ALONE))"}},
}

func pack(t *testing.T, command []string, data []byte) []byte {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skipf("%s is not installed", command[0])
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin = bytes.NewReader(data)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("%v: %v: %s", command, err, complaint.String())
	}
	return out
}

// TestAgainstTools checks every format against the tool that writes it: whole,
// twice in a row, and cut short.
func TestAgainstTools(t *testing.T) {
	data := sample(100_000)
	for _, c := range packers {
		t.Run(c.name, func(t *testing.T) {
			packed := pack(t, c.command, data)
			format, out, err := unpack(t, packed)
			if format != c.format || err != nil || !bytes.Equal(out, data) {
				t.Fatalf("got %s, %d bytes, %v, want %s, %d bytes", format, len(out), err, c.format, len(data))
			}
			for _, n := range []int{len(packed) / 2, len(packed) - 1} {
				if _, out, err := unpack(t, packed[:n]); err == nil || !bytes.HasPrefix(data, out) {
					t.Errorf("the first %d of %d bytes: got %d bytes, %v, want an error and no wrong byte", n, len(packed), len(out), err)
				}
			}
			if c.format == "zlib" || c.format == "lzma" {
				return // their tools make one stream of two in no case
			}
			_, out, err = unpack(t, append(bytes.Clone(packed), packed...))
			if err != nil || len(out) != 2*len(data) {
				t.Errorf("two streams: got %d bytes, %v, want %d", len(out), err, 2*len(data))
			}
		})
	}
}

func TestTrailingBytes(t *testing.T) {
	data := sample(1000)
	for _, c := range packers {
		packed := pack(t, c.command, data)
		_, out, err := unpack(t, append(bytes.Clone(packed), "trailing garbage"...))
		if !bytes.Equal(out, data) {
			t.Errorf("%s: got %d bytes, want %d", c.name, len(out), len(data))
		}
		if err == nil && c.format != "zlib" && c.format != "lzma" {
			t.Errorf("%s: bytes behind the stream are no news", c.name)
		}
	}
}

// TestHugeClaims checks that a dictionary or window that a few bytes claim is
// refused and not allocated.
func TestHugeClaims(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
	}{
		{name: "xz, dictionary of 4 GiB", data: xzWithDictionary(40)},
		{name: "lzma, dictionary of 4 GiB", data: append([]byte{0x5d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, make([]byte, 20)...)},
		{name: "lzma, dictionary of 2 GiB", data: append([]byte{0x5d, 0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, make([]byte, 20)...)},
		{name: "lzip, dictionary of 512 MiB", data: append([]byte("LZIP\x01\x1d"), make([]byte, 30)...)},
		{name: "zstd, window of 3.75 TiB that its blocks may fill", data: append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff}, make([]byte, 1<<20)...)},
		{name: "zstd, one segment of 2 EiB", data: append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x20}, make([]byte, 20)...)},
	} {
		_, out, err := unpack(t, c.data)
		var fault *hostile.Fault
		if !errors.As(err, &fault) || fault.Limit != hostile.LimitMemory || len(out) != 0 {
			t.Errorf("%s: got %d bytes, %v, want the memory limit", c.name, len(out), err)
		}
	}
}

// TestManyStreams: streams that follow each other cost what is in them, not what they
// claim.
func TestManyStreams(t *testing.T) {
	const most = 10 * time.Second
	const n, code64MiB = 3000, 28
	start := time.Now()
	_, out, err := unpack(t, bytes.Repeat(xzStored(code64MiB, "a"), n))
	if err != nil || len(out) != n {
		t.Errorf("got %d bytes, %v, want %d", len(out), err, n)
	}
	if took := time.Since(start); took > most {
		t.Errorf("%d streams took %v", n, took)
	}
}

func TestSniff(t *testing.T) {
	for _, c := range []struct{ name, head, want string }{
		{name: "empty", head: ""},
		{name: "text that looks like zlib", head: "x^2 + y^2 = z^2", want: "zlib"},
		{name: "pickle", head: "\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00}."},
		{name: "text that starts like bzip2", head: "BZh9 is what bzip2 starts with"},
		{name: "zeros", head: strings.Repeat("\x00", 64)},
		{name: "a tensor", head: "]\x00\x00\x80\x3f\x00\x00\x80\x3f\x00\x00\x80\x3f\x00\x00\x80\x3f"},
		{name: "joblib's old wrapping", head: "ZF0x3e8              x\x9c\x03\x00", want: "joblib-zfile"},
		{name: "joblib's old wrapping of Python 2", head: "ZF0x3e8L              x\x9c\x03\x00", want: "joblib-zfile"},
	} {
		got := ""
		if f := compress.Sniff([]byte(c.head)); f != nil {
			got = f.Name
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTrim(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"model.pkl.gz", "model.pkl"}, {"model.TGZ", "model.tar"}, {"model.pkl", "model.pkl"}, {".gz", ".gz"}, {"a.gz.gz", "a.gz"},
	} {
		if got := compress.Sniff([]byte("\x1f\x8b\x08")).Trim(c.name); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestBranchFilters unpacks machine code that xz filtered: this program's own,
// and bytes in which every instruction looks like a call.
func TestBranchFilters(t *testing.T) {
	self, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	calls := make([]byte, 64<<10)
	for i := range calls {
		calls[i] = "\xe8\xe9\xff\x00\xeb\xf0\xf8\x48\x01\x40\x7f\x94\x97\x90\xb0"[uint32(i)*2654435761>>24%15]
	}
	for _, filter := range []string{"x86", "powerpc", "arm", "armthumb", "sparc", "arm64"} {
		for _, data := range [][]byte{self[:1<<20], calls, calls[:3]} {
			packed := pack(t, []string{"xz", "-c", "--" + filter, "--lzma2=preset=0"}, data)
			if _, out, err := unpack(t, packed); err != nil || !bytes.Equal(out, data) {
				t.Errorf("%s: got %d bytes, %v, want %d", filter, len(out), err, len(data))
			}
		}
	}
}

// TestDeflate64 unpacks what 7-Zip packs.
func TestDeflate64(t *testing.T) {
	if _, err := exec.LookPath("7z"); err != nil {
		t.Skip("7z is not installed")
	}
	for _, data := range [][]byte{sample(300_000), bytes.Repeat([]byte{0}, 200_000)} {
		dir := t.TempDir()
		if err := os.WriteFile(dir+"/x", data, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("7z", "a", "-tzip", "-mm=Deflate64", dir+"/a.zip", dir+"/x")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("7z: %v: %s", err, out)
		}
		raw := member(t, dir+"/a.zip")
		out, err := io.ReadAll(compress.NewDeflate64(bytes.NewReader(raw)))
		if err != nil || !bytes.Equal(out, data) {
			t.Errorf("got %d bytes, %v, want %d", len(out), err, len(data))
		}
		if _, err := io.ReadAll(compress.NewDeflate64(bytes.NewReader(raw[:len(raw)-1]))); err == nil {
			t.Error("a stream that is cut short is no news")
		}
	}
}
