package triton_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/triton"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func TestDecode(t *testing.T) {
	const text = `name: "m"  # a comment
backend: "python"
model_operations { op_library_filename: "a.so" op_library_filename: "b.so" }
cc_model_filenames [{ key: "7.5" value: "m.plan" }]
parameters: { key: "EXECUTION_ENV_PATH", value: { string_value: "env.tar.gz" } }
parameters { value { string_value: "1" } key: "x" }
input [ { name: "x" data_type: TYPE_FP32 dims: [ 1, -1 ] } ]
`
	want := []triton.Value{
		{Key: "name", Text: "m"}, {Key: "backend", Text: "python"},
		{Key: "op_library_filename", Text: "a.so"}, {Key: "op_library_filename", Text: "b.so"},
		{Key: "cc_model_filenames", Text: "m.plan"},
		{Key: "EXECUTION_ENV_PATH", Text: "env.tar.gz"}, {Key: "x", Text: "1"},
	}
	got, err := triton.Decode(hostiletest.Reader(text))
	if err != nil || len(got) != len(want) {
		t.Fatalf("got %v, %v, want %v", got, err, want)
	}
	for i, v := range got {
		if v.Key != want[i].Key || v.Text != want[i].Text {
			t.Errorf("value %d: got %v, want %v", i, v, want[i])
		}
	}
}

// FuzzDecode: whatever the text, no value lies outside of it.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`name: "m"`, `parameters { key: "a" value { string_value: 'b' } }`, `model_operations < op_library_filename: "x" >`, "a: {"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, _ := triton.Decode(hostiletest.Reader(text))
		for _, v := range all {
			if v.Offset < 0 || v.Offset > int64(len(text)) {
				t.Errorf("%q: %v at %d of %d", text, v, v.Offset, len(text))
			}
		}
	})
}
