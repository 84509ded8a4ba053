package gguf_test

import (
	"context"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/gguf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// FuzzDecode: whatever the bytes, texts and tensors lie inside the file unless a
// fault says otherwise, and no memory is taken by a number in the file.
func FuzzDecode(f *testing.F) {
	header := "GGUF\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"
	value := "\x01\x00\x00\x00\x00\x00\x00\x00k\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00v"
	tensor := "\x01\x00\x00\x00\x00\x00\x00\x00t\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	f.Add([]byte(header + value + tensor + "0123456789012345678901234567890123456789"))
	f.Add([]byte("tjgg\x03\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		size := int64(len(data))
		budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), size, time.Now)
		reader := func() *hostile.Reader { return hostile.NewReader(hostile.Bytes(data), size, budget) }
		var end uint64
		file, err := gguf.Decode(reader(), gguf.Visitor{
			Text: func(x gguf.Text) {
				if x.Offset < 0 || x.Size < 0 || x.Offset+x.Size > size {
					t.Fatalf("text at %d of %d bytes is not inside %d", x.Offset, x.Size, size)
				}
			},
			Tensor: func(x gguf.Tensor) { end = max(end, x.Offset+x.Size) },
			Absurd: func(int64, string) {},
		})
		if err == nil && end > 0 && (file.Data < 0 || file.End > size || file.End < file.Data) {
			t.Fatalf("no fault, and data from %d to %d of %d", file.Data, file.End, size)
		}
		gguf.Legacy(reader())
		if budget.Held() != 0 {
			t.Fatalf("%d bytes are held", budget.Held())
		}
	})
}
