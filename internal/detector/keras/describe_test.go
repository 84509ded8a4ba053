package keras_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/keras"
)

// The source of a layer is shown as it is.
func TestSourceIsShown(t *testing.T) {
	const source = `lambda x: print("a\n")`
	data, err := json.Marshal(model(layer("Lambda", object{"function": source})))
	if err != nil {
		t.Fatal(err)
	}
	f := detectortest.Scan([]*detector.Detector{keras.Detector}, "config.json", data)
	if len(f.Findings) == 0 || !strings.HasSuffix(f.Findings[0].Evidence[0].Text, ": "+source) {
		t.Errorf("got %+v, want the evidence %s", f.Findings, source)
	}
}
