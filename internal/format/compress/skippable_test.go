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
		{"zstd behind many that are more than is looked at", bytes.Repeat(skippableFrame(4), 9), inZstd},
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

// TestWindow: a frame that claims a larger window than it has use for is unpacked
// with a smaller one, by the content's size or by how little is packed.
func TestWindow(t *testing.T) {
	for _, c := range []struct {
		name         string
		content      []byte
		window, size int64
	}{
		{"unknown size", sample(300), 1 << 29, -1},
		{"known size", sample(3 << 20), 1 << 29, 3 << 20},
		{"known size, 128 MiB", sample(3 << 20), 1 << 27, 3 << 20},
	} {
		var out bytes.Buffer
		w, err := zstd.NewWriter(&out, zstd.WithWindowSize(int(c.window)), zstd.WithSingleSegment(false))
		if err != nil {
			t.Fatal(err)
		}
		if c.size >= 0 {
			w.ResetContentSize(&out, c.size)
		}
		w.Write(c.content)
		w.Close()
		_, got, err := unpack(t, out.Bytes())
		if err != nil || !bytes.Equal(got, c.content) {
			t.Errorf("%s: got %d bytes, %v, want %d", c.name, len(got), err, len(c.content))
		}
	}
}
