package catboost_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/catboost"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
)

// model is a header and a core that names its parts.
func model(parts ...string) []byte {
	core := fb.Build("\x00\x00\x00\x00", fb.Table{
		0: "FlabuffersModel_v1", 1: fb.Table{}, 2: []fb.Table{{0: "params", 1: `{"note": "eval(x) 1.2.3.4"}`}}, 3: parts,
	})
	return append(binary.LittleEndian.AppendUint32([]byte("CBM1"), uint32(len(core))), core...)
}

func TestDetector(t *testing.T) {
	const last = "the last part has no end that the core knows"
	detectortest.Run(t, catboost.Detector, []detectortest.Case{
		{Name: "plain", File: "model.cbm", Data: model()},
		{Name: "with parts", File: "model.cbm", Data: append(model("static_ctr_provider_v1"), "table"...), AnyPrefix: last},
		{Name: "more behind it", File: "model.cbm", Data: append(model(), "MZ and more"...), Want: []string{"catboost-trailing-data"}},
		{Name: "claims too much", File: "model.cbm", Data: []byte("CBM1\xff\xff\xff\x7fabc"), Unread: true},
		{Name: "offsets out of it", File: "model.cbm", Data: []byte("CBM1\x08\x00\x00\x00\xff\xff\xff\x7fabcd"), Unread: true},
	})
}

// TestTold: texts of the model and what follows it go to whoever looks at them.
func TestTold(t *testing.T) {
	got := detectortest.Told(t, catboost.Detector, "model.cbm", append(model("part"), "the part"...))
	if want := []string{`params: {"note": "eval(x) 1.2.3.4"}`, "parts: the part"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
