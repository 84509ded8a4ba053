package keras_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/keras"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

func TestArchive(t *testing.T) {
	const model = `{"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": []}}`
	detectortest.Run(t, keras.Archive, []detectortest.Case{
		{Name: "model", File: "m.keras", Data: ziptest.Files("metadata.json", "{}", "config.json", model)},
		{Name: "without a configuration", File: "m.keras", Data: ziptest.Files("metadata.json", "{}"), Unread: true},
		{Name: "with a configuration that is none", File: "m.keras", Data: ziptest.Files("config.json", "\x8b\x00\xf1 nothing"), Unread: true},
		{Name: "with half a configuration", File: "m.keras", Data: ziptest.Files("config.json", `{"module": "keras",`), Unread: true},
	}, keras.Detector, archive.Detector)
}
