package keras_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/keras"
)

// packed is a zip archive of names and contents.
func packed(pairs ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		if m, err := w.Create(pairs[i]); err == nil {
			io.WriteString(m, pairs[i+1])
		}
	}
	w.Close()
	return b.Bytes()
}

func TestArchive(t *testing.T) {
	const model = `{"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": []}}`
	detectortest.Run(t, keras.Archive, []detectortest.Case{
		{Name: "model", File: "m.keras", Data: packed("metadata.json", "{}", "config.json", model)},
		{Name: "without a configuration", File: "m.keras", Data: packed("metadata.json", "{}"), Unread: true},
		{Name: "with half a configuration", File: "m.keras", Data: packed("config.json", `{"module": "keras",`), Unread: true},
	}, keras.Detector, archive.Detector)
}
