package llamafile_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/llamafile"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// program is the start of an ELF executable for x86-64.
func program() []byte {
	out := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	out = binary.LittleEndian.AppendUint16(out, 2)    // executable
	out = binary.LittleEndian.AppendUint16(out, 0x3e) // x86-64
	out = binary.LittleEndian.AppendUint32(out, 1)
	out = append(out, make([]byte, 28)...)
	out = binary.LittleEndian.AppendUint16(out, 64) // bytes of this header
	out = append(out, make([]byte, 10)...)
	return append(out, "code that mentions GGUF\x03\x00\x00\x00 and more of it, so that it ends"...)
}

// model is the start of a GGUF model.
func model() []byte {
	out := binary.LittleEndian.AppendUint32([]byte("GGUF"), 3)
	for _, n := range []uint64{0, 1, 20} { // tensors, keys, bytes of the first key
		out = binary.LittleEndian.AppendUint64(out, n)
	}
	return append(out, "general.architecture"...)
}

var reached = &rule.Rule{
	ID: "test-model", Title: "The model was reached", Severity: rule.Info, Precision: rule.Certain, Since: "0.1.0", Doc: "## test-model\ntest",
}

// marker reports models that come back to the scan.
var marker = &detector.Detector{
	Name: "marker", Rules: []*rule.Rule{reached},
	Match: func(h *artifact.Head) bool { return h.HasPrefix("GGUF") },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("model")
		p.Report(finding.Finding{Rule: reached, Key: "model", Message: "Reached."})
		return nil
	},
}

func TestDetector(t *testing.T) {
	zipped := ziptest.Build([]ziptest.Member{{Name: "m.gguf", Data: string(model())}}, nil)
	decoy := append([]byte("GGUF"), bytes.Repeat([]byte{0xff}, 40)...)
	detectortest.Run(t, llamafile.Detector, []detectortest.Case{
		{Name: "model behind a program", File: "llm", Data: append(program(), model()...), Want: []string{"executable-carries-model", "test-model"}},
		{Name: "model behind a decoy", File: "llm", Data: append(append(program(), decoy...), model()...), Want: []string{"executable-carries-model", "test-model"}},
		{Name: "model behind many", File: "llm", Data: append(program(), bytes.Repeat(model(), 17)...), Want: []string{"executable-carries-model", "test-model"}, Unread: true},
		{Name: "model in a zip archive behind a program", File: "llm", Data: append(program(), zipped...), Want: []string{"executable-carries-model"}},
	}, marker)
}

// TestOthers checks that programs without a model, and models, are left alone.
func TestOthers(t *testing.T) {
	for _, data := range [][]byte{program(), model(), []byte("MZ is how this text starts")} {
		got := detectortest.Scan([]*detector.Detector{llamafile.Detector}, "file", data)
		if len(got.Findings) > 0 || got.Unread() {
			t.Errorf("%.20q: got %s, %v", data, got.Status, got.Findings)
		}
	}
}
