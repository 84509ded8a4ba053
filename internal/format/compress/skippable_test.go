package compress_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// skippableFrame is a frame of size bytes that zstd and lz4 leave out.
func skippableFrame(size int) []byte {
	out := binary.LittleEndian.AppendUint32(nil, 0x184D2A5F)
	return append(binary.LittleEndian.AppendUint32(out, uint32(size)), make([]byte, size)...)
}

func TestSkippable(t *testing.T) {
	var packed bytes.Buffer
	w := lz4.NewWriter(&packed)
	io.WriteString(w, "content")
	w.Close()
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	inZstd := e.EncodeAll([]byte("content"), nil)
	for _, c := range []struct {
		name   string
		frames []byte
		stream []byte
	}{
		{"zstd", skippableFrame(4), inZstd},
		{"lz4", skippableFrame(4), packed.Bytes()},
		{"zstd behind two", append(skippableFrame(0), skippableFrame(9)...), inZstd},
		{"zstd behind one that is larger than what is looked at", skippableFrame(200_000), inZstd},
		{"lz4 behind one that is larger than what is looked at", skippableFrame(200_000), packed.Bytes()},
	} {
		data := append(c.frames, c.stream...)
		f := compress.Sniff(data[:min(len(data), compress.HeadSize)])
		if f == nil {
			t.Errorf("%s: not recognised", c.name)
			continue
		}
		budget := hostiletest.Budget(len(data))
		got, err := f.Unpack(bytes.NewReader(data), int64(len(data)), budget)
		if err != nil || got.Size != int64(len("content")) {
			t.Errorf("%s: got %d bytes, %v, want %d", c.name, got.Size, err, len("content"))
		}
	}
	if f := compress.Sniff(skippableFrame(100)[:60]); f == nil {
		t.Error("a frame that is cut: not recognised")
	}
}
