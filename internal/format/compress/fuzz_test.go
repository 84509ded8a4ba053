package compress_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// FuzzUnpack checks that no stream unpacks to more than the budget allows,
// reserves more than the memory limit, crashes, or depends on how its input is
// cut into reads.
func FuzzUnpack(f *testing.F) {
	for _, seed := range []string{
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcbH\xcd\xc9\xc9\x07\x00\x86\xa6\x106\x05\x00\x00\x00",
		"x\x9c\xcbH\xcd\xc9\xc9\x07\x00\x06,\x02\x15", "ZF0x5                x\x9c\xcbH\xcd\xc9\xc9\x07\x00\x06,\x02\x15",
		"\x04\x22\x4d\x18\x64\x40\xa7\x05\x00\x00\x80hello\x00\x00\x00\x00", "LZIP\x01\x0c\x00",
		"(\xb5/\xfd\x04X)\x00\x00hello\xd4\x0e\x1e\xc4", "]\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Add(xzWithDictionary(8))
	limits := hostile.DefaultLimits()
	limits.Inflated, limits.Memory, limits.Time = 1<<20, 20<<20, time.Second
	f.Fuzz(func(t *testing.T, data []byte) {
		format := compress.Sniff(data[:min(len(data), compress.HeadSize)])
		if format == nil {
			return
		}
		b := hostile.NewBudget(context.Background(), limits, 0, time.Now)
		c, err := format.Unpack(hostile.Bytes(data), int64(len(data)), b)
		if c.Size > limits.Inflated {
			t.Fatalf("%d bytes came out, %d allowed", c.Size, limits.Inflated)
		}
		if b.Held() > limits.Memory {
			t.Fatalf("%d bytes held, %d allowed", b.Held(), limits.Memory)
		}
		again, err2 := format.Unpack(oneByte{hostile.Bytes(data)}, int64(len(data)),
			hostile.NewBudget(context.Background(), limits, 0, time.Now))
		if c.Size != again.Size || (err == nil) != (err2 == nil) {
			t.Fatalf("got %d bytes, %v, and %d bytes, %v in short reads", c.Size, err, again.Size, err2)
		}
	})
}

// oneByte reads at most one byte at a time.
type oneByte struct{ io.ReaderAt }

func (o oneByte) ReadAt(p []byte, off int64) (int, error) {
	return o.ReaderAt.ReadAt(p[:min(1, len(p))], off)
}

// FuzzDeflate64 checks that the decoder ends and makes no more of its input than
// the format can.
func FuzzDeflate64(f *testing.F) {
	f.Add([]byte("\x01\x05\x00\xfa\xffhello"))
	f.Add([]byte("\xcbH\xcd\xc9\xc9\x07\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, _ := io.ReadAll(compress.NewDeflate64(bytes.NewReader(data)))
		if most := (len(data) + 1) * 8 * (1 << 16); len(out) > most {
			t.Fatalf("%d bytes of %d", len(out), len(data))
		}
	})
}
