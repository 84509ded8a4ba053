package safetensors_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/format/safetensors"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func decode(data []byte) (*safetensors.Header, error) {
	return safetensors.Decode(hostiletest.Reader(data))
}

// file is a header and size zero bytes behind it.
func file(header string, size int) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), make([]byte, size)...)
}

// tensors is a header of U8 tensors a, b, … at the given pairs of offsets.
func tensors(offsets ...uint64) string {
	var parts []string
	for i := 0; i < len(offsets); i += 2 {
		parts = append(parts, fmt.Sprintf(`"%c":{"dtype":"U8","shape":[%d],"data_offsets":[%d,%d]}`,
			'a'+i/2, offsets[i+1]-offsets[i], offsets[i], offsets[i+1]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestDecode(t *testing.T) {
	header := `{"__metadata__":{"format":"pt","format":"np"},"w":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12],"more":[1]}}`
	got, err := decode(file(header, 12))
	if err != nil {
		t.Fatal(err)
	}
	want := &safetensors.Header{
		Data: int64(8 + len(header)), DataSize: 12,
		Metadata: []safetensors.Entry{
			{Name: safetensors.Name{Text: "format", Offset: 25}, Value: "pt"},
			{Name: safetensors.Name{Text: "format", Offset: 39}, Value: "np"},
		},
		Repeated: []safetensors.Name{{Text: "format", Offset: 39}},
		Tensors: []safetensors.Tensor{{
			Name: safetensors.Name{Text: "w", Offset: 54}, DType: "BF16", Bits: 16, Shape: []uint64{2, 3}, End: 12,
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestDecodeFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		kind hostile.Kind
	}{
		{name: "no length", data: []byte("1234567"), kind: hostile.Truncated},
		{name: "no header", data: []byte("\x02\x00\x00\x00\x00\x00\x00\x00{"), kind: hostile.Truncated},
		{name: "length of zero", data: make([]byte, 16), kind: hostile.Truncated},
		{name: "length over the limit", data: []byte("\x01\xe1\xf5\x05\x00\x00\x00\x00{}"), kind: hostile.Malformed},
		{name: "length over everything", data: []byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"), kind: hostile.Malformed},
		{name: "array", data: file(`[]`, 0), kind: hostile.Malformed},
		{name: "text behind", data: file(`{}x`, 0), kind: hostile.Malformed},
		{name: "tensor is no object", data: file(`{"a":[]}`, 0), kind: hostile.Malformed},
		{name: "no shape", data: file(`{"a":{"dtype":"U8","data_offsets":[0,0]}}`, 0), kind: hostile.Malformed},
		{name: "three offsets", data: file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}`, 0), kind: hostile.Malformed},
		{name: "negative offset", data: file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[-1,0]}}`, 0), kind: hostile.Malformed},
		{name: "fraction in the shape", data: file(`{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}`, 1), kind: hostile.Malformed},
		{name: "string in the shape", data: file(`{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}`, 1), kind: hostile.Malformed},
		{name: "dtype is no string", data: file(`{"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}}`, 1), kind: hostile.Malformed},
		{name: "metadata is an array", data: file(`{"__metadata__":[]}`, 0), kind: hostile.Malformed},
		{name: "metadata in metadata", data: file(`{"__metadata__":{"a":{}}}`, 0), kind: hostile.Malformed},
	} {
		_, err := decode(c.data)
		var f *hostile.Fault
		if !errors.As(err, &f) || f.Kind != c.kind {
			t.Errorf("%s: got %v, want %v", c.name, err, c.kind)
		}
	}
}

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		name, header string
		size         int
		want         string
	}{
		{name: "none", header: `{}`},
		{name: "in another order", header: tensors(4, 8, 0, 4), size: 8},
		{name: "empty tensors", header: tensors(0, 0, 0, 4, 4, 4), size: 4},
		{name: "hole in front", header: tensors(1, 4), size: 4, want: "hole 0-1"},
		{name: "hole between", header: tensors(0, 1, 3, 4), size: 4, want: "hole 1-3"},
		{name: "hole behind", header: tensors(0, 1), size: 4, want: "hole 1-4"},
		{name: "nothing but a hole", header: `{}`, size: 4, want: "hole 0-4"},
		{name: "twice the same", header: tensors(0, 4, 0, 4), size: 4, want: "overlap 0-4"},
		{name: "one in another", header: tensors(0, 4, 1, 2), size: 4, want: "overlap 1-2"},
		{name: "behind one in another", header: tensors(0, 4, 1, 2, 3, 5), size: 5, want: "overlap 1-2 overlap 3-4"},
		{name: "outside", header: tensors(0, 4), size: 3, want: "outside 0-4"},
		{name: "backwards", header: `{"a":{"dtype":"U8","shape":[0],"data_offsets":[4,0]}}`, want: "outside 4-0"},
		{name: "mismatch", header: `{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}`, size: 8, want: "mismatch 0-8 want 16"},
		{name: "half a byte", header: `{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}`, size: 1, want: "mismatch 0-1 want 1"},
	} {
		h, err := decode(file(c.header, c.size))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := show(h.Layout()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func show(flaws []safetensors.Flaw) string {
	names := map[safetensors.FlawKind]string{
		safetensors.Hole: "hole", safetensors.Overlap: "overlap", safetensors.Mismatch: "mismatch", safetensors.Outside: "outside",
	}
	var out []string
	for _, f := range flaws {
		s := fmt.Sprintf("%s %d-%d", names[f.Kind], f.Begin, f.End)
		if f.Kind == safetensors.Mismatch {
			s += fmt.Sprintf(" want %d", f.Want)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestLooks(t *testing.T) {
	for _, c := range []struct {
		name          string
		data          string
		looks, braced bool
	}{
		{name: "header", data: "\x02\x00\x00\x00\x00\x00\x00\x00{}", looks: true, braced: true},
		{name: "space", data: "\x09\x00\x00\x00\x00\x00\x00\x00 \n{ \"", looks: true, braced: true},
		{name: "too long", data: "\x00\x00\x00\x00\x00\x00\x00\x01{}", braced: true},
		{name: "other text", data: "\x02\x00\x00\x00\x00\x00\x00\x00{1"},
		{name: "short", data: "\x02\x00\x00\x00\x00\x00\x00\x00"},
	} {
		if got := safetensors.Looks([]byte(c.data)); got != c.looks {
			t.Errorf("%s: Looks: got %v, want %v", c.name, got, c.looks)
		}
		if got := safetensors.Braced([]byte(c.data)); got != c.braced {
			t.Errorf("%s: Braced: got %v, want %v", c.name, got, c.braced)
		}
	}
}
