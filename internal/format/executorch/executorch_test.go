package executorch_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/format/executorch"
	"github.com/modelaudit/modelaudit/internal/format/executorch/executorchtest"
	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func decode(data []byte) (executorch.Program, error) {
	return executorch.Decode(hostiletest.Reader(data))
}

func TestDecode(t *testing.T) {
	data := executorchtest.Program([]string{"aten::add", "mine::op"}, []string{"XnnpackBackend"})
	got, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range got.Operators {
		if name := strings.TrimSuffix(n.Text, ".out"); !strings.HasPrefix(string(data[n.Offset:]), name) {
			t.Errorf("%q does not stand at byte %#x", name, n.Offset)
		}
		names = append(names, n.Text)
	}
	if diff := cmp.Diff([]string{"aten::add.out", "mine::op.out"}, names); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if !executorch.Looks(data) {
		t.Errorf("Looks: got false")
	}
}

// TestSize: segments are not of the program, where a header says that they are.
func TestSize(t *testing.T) {
	bare := executorchtest.Program([]string{"aten::add"}, nil)
	const header = 24
	root := binary.LittleEndian.Uint32(bare) + header
	extended := append(binary.LittleEndian.AppendUint32(nil, root), "ET12eh00\x18\x00\x00\x00"...)
	size := uint64(len(bare) + header)
	extended = binary.LittleEndian.AppendUint64(extended, size)
	extended = binary.LittleEndian.AppendUint64(extended, size+10)
	extended = append(append(extended, bare[8:]...), make([]byte, 1000)...)
	for name, c := range map[string]struct {
		data []byte
		want int64
	}{
		"bare": {bare, int64(len(bare))}, "extended": {extended, int64(size + 10)},
	} {
		got, err := decode(c.data)
		if err != nil || got.Size != c.want || len(got.Operators) != 1 {
			t.Errorf("%s: got %+v, %v, want a program of %d bytes", name, got, err, c.want)
		}
	}
}

func TestDecodeFaults(t *testing.T) {
	whole := executorchtest.Program([]string{"aten::add"}, nil)
	delegated := executorchtest.Program(nil, []string{"XnnpackBackend"})
	shared := fb.Shared{Table: fb.Table{0: strings.Repeat("n", 4<<10)}, Count: 100_000}
	for _, c := range []struct {
		name string
		data []byte
		kind hostile.Kind
	}{
		{name: "empty", kind: hostile.Malformed},
		{name: "another file", data: []byte("\x00\x00\x00\x00TFL3"), kind: hostile.Malformed},
		{name: "cut", data: whole[:len(whole)-1], kind: hostile.Truncated},
		{name: "cut in a delegate", data: delegated[:len(delegated)-1], kind: hostile.Truncated},
		{name: "a long name", data: executorchtest.Program([]string{strings.Repeat("n", 4<<10+1)}, nil), kind: hostile.Unsupported},
		{name: "one operator many times", data: fb.Build("ET12", fb.Table{1: []fb.Table{{6: shared}}}), kind: hostile.OverBudget},
		{name: "segments behind the file", data: append([]byte("\x08\x00\x00\x00ET12eh00\x18\x00\x00\x00"), bytes.Repeat([]byte{1}, 16)...), kind: hostile.Truncated},
		{name: "cut in the header", data: []byte("\x08\x00\x00\x00ET12eh00\x18\x00"), kind: hostile.Truncated},
		{name: "root behind the file", data: []byte("\xff\xff\xff\x7fET12"), kind: hostile.Truncated},
	} {
		_, err := decode(c.data)
		var f *hostile.Fault
		if !errors.As(err, &f) || f.Kind != c.kind {
			t.Errorf("%s: got %v, want %v", c.name, err, c.kind)
		}
	}
}

// FuzzDecode: the names that are told lie in the file.
func FuzzDecode(f *testing.F) {
	f.Add(executorchtest.Program([]string{"aten::add", "b::c"}, []string{"d"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := decode(data)
		if err != nil {
			return
		}
		if p.Size < 0 || p.Size > int64(len(data)) {
			t.Errorf("a program of %d bytes in %d", p.Size, len(data))
		}
		for _, n := range p.Operators {
			if n.Offset < 0 || n.Offset > int64(len(data)) {
				t.Errorf("%+v lies outside of %d bytes", n, len(data))
			}
		}
	})
}
