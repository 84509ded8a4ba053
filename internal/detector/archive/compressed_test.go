package archive_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/ocdbt"
	"github.com/modelaudit/modelaudit/internal/detector/zarr"
	"github.com/modelaudit/modelaudit/internal/format/ocdbt/ocdbttest"
)

func gz(data string) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write([]byte(data))
	w.Close()
	return b.Bytes()
}

func zl(data string) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(data))
	w.Close()
	return b.Bytes()
}

func xzip(data string) []byte {
	var b bytes.Buffer
	w, _ := xz.WriterConfig{DictCap: 1 << 16}.NewWriter(&b)
	w.Write([]byte(data))
	w.Close()
	return b.Bytes()
}

func zst(data string) []byte {
	w, _ := zstd.NewWriter(nil)
	defer w.Close()
	return w.EncodeAll([]byte(data), nil)
}

func lz(data string) []byte {
	var b bytes.Buffer
	w := lz4.NewWriter(&b)
	w.Write([]byte(data))
	w.Close()
	return b.Bytes()
}

func gzNest(depth int, data string) []byte {
	out := []byte(data)
	for range depth {
		out = gz(string(out))
	}
	return out
}

var zeros = strings.Repeat("\x00", 2<<20)

var compressedCases = []detectortest.Case{
	{Name: "gzip", Data: gz("hello")},
	{Name: "zstd", Data: zst("hello, with a checksum behind")},
	{Name: "xz", Data: xzip("hello")},
	{Name: "lz4", Data: lz("hello")},
	{Name: "zlib", File: "model.z", Data: zl("hello")},
	{Name: "gzip of a payload", Data: gz(evil), Want: []string{"test-payload"}},
	{Name: "xz of a payload", Data: xzip(evil), Want: []string{"test-payload"}},
	{Name: "zstd of a payload", Data: zst(evil), Want: []string{"test-payload"}},
	{Name: "lz4 of a payload", Data: lz(evil), Want: []string{"test-payload"}},
	{Name: "zlib of a payload", Data: zl(evil), Want: []string{"test-payload"}},
	{Name: "joblib's old wrapping of a payload", Data: slices.Concat([]byte("ZF0x15               "), zl(evil+strings.Repeat(" ", 64))), Want: []string{"test-payload"}},
	{Name: "payload over two gzip members", Data: slices.Concat(gz(evil[:9]), gz(evil[9:])), Want: []string{"test-payload"}},
	{Name: "gzip padded with zeros", Data: slices.Concat(gz("hello"), make([]byte, 512)), AnyPrefix: "the padding may be missing"},
	{Name: "gzip and garbage", Data: slices.Concat(gz(evil), []byte("garbage")), Want: []string{"test-payload"}, Unread: true},
	{Name: "gzip with a wrong checksum", Data: bend(gz(evil), -8, 0xff), Want: []string{"test-payload"}, Unread: true},
	{Name: "xz with a wrong checksum", Data: bend(xzip(evil), -24, 0xff), Want: []string{"test-payload"}, Unread: true},
	{Name: "gzip five deep", Data: gzNest(5, evil), Want: []string{"test-payload"}},
	{Name: "zeros", Data: gz(zeros), Want: []string{"archive-high-ratio"}, Heavy: true},
	{Name: "bomb", Data: gz(strings.Repeat(zeros, 33)), Want: []string{"archive-bomb-like"}, Heavy: true},
}

// bend changes the byte at an offset, which counts from the end if negative.
func bend(data []byte, at int, mask byte) []byte {
	out := bytes.Clone(data)
	out[(at+len(out))%len(out)] ^= mask
	return out
}

func TestCompressed(t *testing.T) {
	detectortest.Run(t, archive.Compressed, compressedCases, marker, archive.Detector)
}

// TestStores: chunks of arrays are compressed one by one, and what a store puts
// behind them is no damage.
func TestStores(t *testing.T) {
	chunk := zst("0123456789")
	record := ocdbttest.Leaf([]string{"d/f"}, ocdbttest.Value{Key: "w/0", Size: uint64(len(chunk))})
	for _, c := range []struct {
		name string
		data []byte
		want audit.Status
	}{
		{name: "shard", data: shard(chunk), want: audit.Clean},
		{name: "shard with another checksum", data: bend(shard(chunk), -1, 1), want: audit.Incomplete},
		{name: "record", data: slices.Concat(chunk, record), want: audit.Clean},
		{name: "damaged record", data: slices.Concat(chunk, bend(record, -1, 1)), want: audit.Incomplete},
		{name: "record behind a damaged chunk", data: slices.Concat(bend(chunk, -1, 1), record), want: audit.Incomplete},
	} {
		all := []*detector.Detector{archive.Compressed, zarr.Shard, ocdbt.Detector}
		for _, file := range []string{"ck/d/f", "ck/d/0123456789abcdef0123456789abcdef"} {
			if got := detectortest.Scan(all, file, c.data); got.Status != c.want {
				t.Errorf("%s as %s: got %s (%s), want %s", c.name, file, got.Status, got.Reason, c.want)
			}
		}
	}
}

// shard is one chunk with its index, as Zarr's sharding writes it.
func shard(chunk []byte) []byte {
	index := binary.LittleEndian.AppendUint64(make([]byte, 8), uint64(len(chunk)))
	sum := crc32.Checksum(index, crc32.MakeTable(crc32.Castagnoli))
	return slices.Concat(chunk, binary.LittleEndian.AppendUint32(index, sum))
}

// TestNotCompressed checks that a file with the two bytes of zlib's signature
// is not taken for a damaged model.
func TestNotCompressed(t *testing.T) {
	got := detectortest.Scan([]*detector.Detector{archive.Compressed}, "notes.txt", []byte("x^2 + y^2 = z^2"))
	if got.Unread() || len(got.Findings) > 0 {
		t.Errorf("got %s, %v", got.Status, got.Findings)
	}
}
