package litertlm_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/litertlm"
	"github.com/modelaudit/modelaudit/internal/detector/template"
	format "github.com/modelaudit/modelaudit/internal/format/litertlm"
	"github.com/modelaudit/modelaudit/internal/format/litertlm/litertlmtest"
)

// described is metadata of a language model with a template.
func described(text string) litertlmtest.Section {
	return litertlmtest.Section{Type: format.LLMMetadata, Content: "\x0a\x07\x0a\x05<bos>" + "\x3a" + string(rune(len(text))) + text}
}

func Test(t *testing.T) {
	model := litertlmtest.Section{Type: format.Weights, Content: "weights"}
	detectortest.Run(t, litertlm.Detector, []detectortest.Case{
		{Name: "a model", File: "m.litertlm", Data: litertlmtest.File(model, described("{{ messages }}"))},
		{Name: "a template that reaches out", File: "m.litertlm", Data: litertlmtest.File(described("{{ cycler.__init__.__globals__.os.popen('echo poc') }}")), Want: []string{"template-runs-code"}},
		{Name: "cut", File: "m.litertlm", Data: litertlmtest.File(model)[:60], Unread: true},
	}, template.Detector)
}

// TestSections: every section comes back as the file that it is.
func TestSections(t *testing.T) {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	if _, err := w.Write([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	tokenizer := string(binary.LittleEndian.AppendUint64(nil, 2)) + packed.String()
	var got []string
	seen := &detector.Detector{Name: "seen", Match: func(h *artifact.Head) bool {
		if h.Depth > 0 {
			got = append(got, h.Name+": "+strings.ToValidUTF8(string(h.First[:min(len(h.First), 2)]), "?"))
		}
		return false
	}}
	detectortest.Scan([]*detector.Detector{litertlm.Detector, seen}, "m.litertlm", litertlmtest.File(
		litertlmtest.Section{Type: format.Model, Content: "model"}, litertlmtest.Section{Type: format.Tokenizer, Content: tokenizer},
		litertlmtest.Section{Type: format.Weights, Content: "weights"}, litertlmtest.Section{Type: 2, Content: "other"}))
	if want := []string{"0/model.tflite: mo", "1/tokenizer.json.zlib: x?", "3/section: ot"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
