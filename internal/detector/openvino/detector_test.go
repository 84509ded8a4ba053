package openvino_test

import (
	"context"
	"io/fs"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/openvino"
)

// net is an OpenVINO network with one more layer.
func net(before, layer string) []byte {
	return []byte(`<?xml version="1.0"?>` + before + `<net name="m" version="11"><layers>` +
		`<layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,3" element_type="f32"/></layer>` +
		`<layer id="1" name="aten::__and__/BitwiseAnd" type="BitwiseAnd" version="opset13"/>` + layer +
		`</layers><edges/></net>`)
}

// inDirectory gives a detector's files a neighbour model.bin of some size.
func inDirectory(size int64) *detector.Detector {
	d := *openvino.Detector
	d.Run = func(ctx context.Context, p *detector.Pass) error {
		p.File.Open = func(name string) (artifact.Entry, error) {
			if name != "model.bin" {
				return artifact.Entry{}, fs.ErrNotExist
			}
			return artifact.Entry{Size: size}, nil
		}
		return openvino.Detector.Run(ctx, p)
	}
	return &d
}

func TestDetector(t *testing.T) {
	constant := `<layer id="2" name="w" type="Const" version="opset1"><data element_type="f32" shape="4" offset="0" size="16"/></layer>`
	far := `<layer id="2" name="w" type="Const" version="opset1"><data element_type="f32" shape="4" offset="1000" size="16"/></layer>`
	detectortest.Run(t, inDirectory(64), []detectortest.Case{
		{Name: "behind a comment", Data: net("<!--"+strings.Repeat(" ", artifact.FirstSize)+"-->", `<layer id="2" name="c" type="MyOp" version="extension"/>`), Want: []string{"openvino-custom-layer"}},
		{Name: "behind text", File: "model.xml", Data: append([]byte(strings.Repeat("x", artifact.FirstSize)), net("", `<layer id="2" name="c" type="MyOp" version="extension"/>`)[21:]...), Want: []string{"openvino-custom-layer"}},
		{Name: "plain", File: "model.xml", Data: net("", constant)},
		{Name: "entity", File: "model.xml", Data: net(`<!DOCTYPE net [<!ENTITY x SYSTEM "file:///etc/passwd">]>`, ""), Want: []string{"openvino-external-entity"}},
		{Name: "entity behind a long comment", File: "model.xml", Data: net("<!--"+strings.Repeat("x", 20_000)+`--><!DOCTYPE net [<!ENTITY x SYSTEM "file:///etc/passwd">]>`, ""), Want: []string{"openvino-external-entity"}},
		{Name: "definition", File: "model.xml", Data: net(`<!DOCTYPE net SYSTEM "http://example.org/x.dtd">`, ""), Want: []string{"openvino-external-entity"}},
		{Name: "extension", File: "model.xml", Data: net("", `<layer id="2" name="c" type="MyOp" version="extension"/>`), Want: []string{"openvino-custom-layer"}},
		{Name: "python layer", File: "model.xml", Data: net("", `<layer id="2" name="c" type="Python"/>`), Want: []string{"openvino-custom-layer"}},
		{Name: "library", File: "model.xml", Data: net("", `<layer id="2" name="c" type="Relu" version="opset1" library="/tmp/evil.so"/>`), Want: []string{"openvino-native-library"}},
		{Name: "library in data", File: "model.xml", Data: net("", `<layer id="2" name="c" type="Relu" version="opset1"><data implementation="../evil.so"/></layer>`), Want: []string{"openvino-native-library"}},
		{Name: "far constant", File: "model.xml", Data: net("", far), Want: []string{"openvino-data-outside"}},
		{Name: "kernel", File: "kernels.xml", Data: []byte(`<CustomLayer name="c" type="SimpleGPU" version="1"><Kernel entry="k"><Source filename="k.cl"/></Kernel></CustomLayer>`), Want: []string{"openvino-native-library"}},
	})
}

// TestManyLayers: what is wrong with many layers is one finding, with their names.
func TestManyLayers(t *testing.T) {
	layers := strings.Repeat(`<layer id="2" name="c" type="MyOp" version="extension"/>`, 20)
	got := detectortest.Scan([]*detector.Detector{openvino.Detector}, "model.xml", net("", layers)).Findings
	if len(got) != 1 || len(got[0].Evidence) != 11 || got[0].Evidence[0].Text != "layer c" || got[0].Evidence[10].Text != "and 10 more" {
		t.Errorf("got %+v, want one finding with ten layers and the number of the others", got)
	}
}

func TestOtherXML(t *testing.T) {
	got := detectortest.Scan([]*detector.Detector{openvino.Detector}, "network.xml", []byte(`<net><host name="a" path="/etc"/></net>`))
	if len(got.Formats) != 0 || len(got.Findings) != 0 {
		t.Errorf("network.xml: got %v %v, want not recognised", got.Formats, got.Findings)
	}
}
