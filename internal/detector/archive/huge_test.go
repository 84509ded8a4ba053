package archive_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/tar/tartest"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

// TestHuge scans a checkpoint in the layout of PyTorch, with a stored member of
// 10 GiB, in a tar archive: nothing of the weights is read.
func TestHuge(t *testing.T) {
	const weights = 10 << 30
	name := filepath.Join(t.TempDir(), "model.tar")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	head, tail := split(weights)
	size := int64(len(head)) + weights + int64(len(tail))
	outer := tartest.Open(tartest.Member{Name: "model.pt", Bend: func(b []byte) {
		b[124] = 0x80 // base 256: the size does not fit octal digits
		clear(b[125:128])
		binary.BigEndian.PutUint64(b[128:], uint64(size))
	}})
	for _, part := range []struct {
		at   int64
		data []byte
	}{{0, outer}, {512, head}, {512 + int64(len(head)) + weights, tail}} {
		if _, err := f.WriteAt(part.data, part.at); err != nil {
			t.Fatal(err)
		}
	}
	total := 512 + size + -size&511 + 1024
	if err := f.Truncate(total); err != nil {
		t.Skipf("no sparse files here: %v", err)
	}
	var got audit.File
	start := cpuTime()
	held := peak(func() { got = scanFile(t, name, total) })
	took := cpuTime() - start
	t.Logf("%v, %d KiB", took, held>>10)
	if rules := detectortest.RuleIDs(got); got.Unread() || len(rules) != 1 || rules[0] != "test-payload" {
		t.Errorf("got %s, %v, %s, want the payload", got.Status, rules, got.Reason)
	}
	if took > time.Second || held > 64<<20 {
		t.Errorf("took %v and %d MiB", took, held>>20)
	}
}

// split is a zip archive of weights and a payload, without the weights: what
// stands in front of them, and what behind.
func split(weights uint64) (head, tail []byte) {
	extra := binary.LittleEndian.AppendUint16([]byte{1, 0}, 16) // zip64: size, compressed size
	extra = binary.LittleEndian.AppendUint64(extra, weights)
	extra = binary.LittleEndian.AppendUint64(extra, weights)
	long := func(h *ziptest.Header) {
		h.Compressed, h.Size, h.CRC, h.Extra = 1<<32-1, 1<<32-1, 0, extra
	}
	all := ziptest.Build([]ziptest.Member{
		{Name: "archive/data.txt", Data: evil},
		{Name: "archive/data/0", Local: long, Central: long},
		{Name: "archive/version", Data: "3\n"},
	}, nil)
	cut := bytes.LastIndex(all, []byte("PK\x03\x04"))
	head, tail = all[:cut:cut], bytes.Clone(all[cut:])
	directory := bytes.Index(tail, []byte("PK\x01\x02"))
	last := bytes.LastIndex(tail, []byte("PK\x01\x02"))
	extra = binary.LittleEndian.AppendUint64([]byte{1, 0, 8, 0}, uint64(cut)+weights) // zip64: offset
	binary.LittleEndian.PutUint32(tail[last+42:], 1<<32-1)
	binary.LittleEndian.PutUint16(tail[last+30:], uint16(len(extra)))
	end := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	return head, slices.Concat(tail[:end], extra, zip64End(3, uint64(end-directory+len(extra)), uint64(cut+directory)+weights))
}

// zip64End is a zip64 end record with its locator, and the end record that
// refers to it.
func zip64End(count, size, directory uint64) []byte {
	var b bytes.Buffer
	put := func(fields ...any) {
		for _, f := range fields {
			binary.Write(&b, binary.LittleEndian, f)
		}
	}
	put([]byte("PK\x06\x06"), uint64(44), uint16(45), uint16(45), uint32(0), uint32(0), count, count, size, directory)
	put([]byte("PK\x06\x07"), uint32(0), directory+size, uint32(1))
	put([]byte("PK\x05\x06"), uint32(0), uint16(0xffff), uint16(0xffff), uint32(0xffffffff), uint32(0xffffffff), uint16(0))
	return b.Bytes()
}
