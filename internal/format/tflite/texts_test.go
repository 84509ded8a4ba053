package tflite

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// TestTexts: texts are where people write them, and numbers are none.
func TestTexts(t *testing.T) {
	data := fb.Build(Identifier, fb.Table{
		2: []fb.Table{{0: []fb.Table{{1: uint8(typeString), 2: uint32(1), 3: "labels"}, {1: uint8(0), 2: uint32(2), 3: "weights"}}}},
		3: "a model",
		4: []fb.Table{{}, {0: []byte("cat dog")}, {0: []byte("1234")}, {0: []byte("about it")}},
		6: []fb.Table{{0: "notes", 1: uint32(3)}, {0: "empty", 1: uint32(0)}, {0: "of nothing", 1: uint32(9)}},
	})
	m, err := Decode(hostiletest.Reader(data))
	var got []string
	for _, x := range m.Texts {
		got = append(got, x.Name+": "+string(data[x.Offset:x.Offset+x.Size]))
	}
	if diff := cmp.Diff([]string{"labels: cat dog", "description: a model", "notes: about it"}, got); diff != "" || err != nil {
		t.Errorf("%v, want (-), got (+):\n%s", err, diff)
	}
}
