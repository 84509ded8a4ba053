package sevenzip_test

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/sevenzip"
	"github.com/modelaudit/modelaudit/internal/format/sevenzip/sevenziptest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// FuzzDecode checks that no header makes the reader hold more than the budget
// allows, and that every file lies in its folder. The checksums are mended, or
// hardly any input would get past them.
func FuzzDecode(f *testing.F) {
	files := []sevenziptest.File{{Name: "a", Data: "hello"}, {Name: "dir"}, {Name: "b", Data: "world"}}
	f.Add(sevenziptest.Build(sevenziptest.Archive{Files: files}))
	f.Add(sevenziptest.Build(sevenziptest.Archive{Files: files, Pack: func(h []byte) ([]byte, []byte) { return []byte{1, 0}, h }}))
	f.Add(sevenziptest.Build(sevenziptest.Archive{Files: files, Coder: []byte{0x21, 0x21, 1, 24}, Packed: []byte("\x01\x00\x09helloworld\x00")}))
	f.Add(sevenziptest.Build(sevenziptest.Archive{Files: files, Behind: []byte{0x04, 0}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		mend(data)
		limits := hostile.Limits{Steps: 1 << 16, Memory: 1 << 22, Inflated: 1 << 20, Members: 1, Time: time.Second}
		b := hostile.NewBudget(context.Background(), limits, 0, time.Now)
		a, err := sevenzip.Decode(hostile.Bytes(data), hostile.NewReader(hostile.Bytes(data), int64(len(data)), b))
		if b.Held() > limits.Memory {
			t.Fatalf("%d bytes held, %d allowed", b.Held(), limits.Memory)
		}
		if err != nil {
			return
		}
		used := make([]uint64, len(a.Folders))
		for _, file := range a.Files {
			if file.Folder >= 0 {
				used[file.Folder] += file.Size
			}
		}
		for i := range a.Folders {
			if used[i] > a.Folders[i].Size {
				t.Fatalf("files of %d bytes in a folder of %d", used[i], a.Folders[i].Size)
			}
			hostile.Unpack(b, func() (io.Reader, error) { return a.Folders[i].Open(hostile.Bytes(data), int64(len(data)), b) })
		}
	})
}

// mend makes the checksums of the start header and of the header right.
func mend(data []byte) {
	if len(data) < 32 {
		return
	}
	at := 32 + binary.LittleEndian.Uint64(data[12:])
	size := binary.LittleEndian.Uint64(data[20:])
	if at <= uint64(len(data)) && size <= uint64(len(data))-at {
		binary.LittleEndian.PutUint32(data[28:], crc32.ChecksumIEEE(data[at:at+size]))
	}
	binary.LittleEndian.PutUint32(data[8:], crc32.ChecksumIEEE(data[12:32]))
}
