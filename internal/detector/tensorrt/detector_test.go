package tensorrt_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/tensorrt"
)

var le = binary.LittleEndian

// engine is an engine in the layout of TensorRT 8.6, or in the older one.
func engine(layout uint32, body string) []byte {
	p := le.AppendUint32([]byte("ftrt"), layout)
	if layout < 0x57 {
		p = append(p, 1, 0, 0, 0, 0, 0, 0, 0)
		p = le.AppendUint64(p, uint64(len(body)))
	} else {
		p = append(p, 1, 0, 0, 0)
		p = le.AppendUint64(p, uint64(len(body)))
		p = append(p, 0, 0, 0, 0)
	}
	return append(p, body...)
}

// body is what stands behind the header: the version of TensorRT, and pieces
// apart from each other.
func body(pieces ...string) string {
	return "\x08\x06\x01\x06" + strings.Repeat("\xa5", 60) + strings.Join(pieces, strings.Repeat("\x00\x01", 40)) + strings.Repeat("\xa5", 60)
}

// elf is the header of a shared object for a machine.
func elf(machine uint16) string {
	p := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	le.PutUint16(p[16:], 3)
	le.PutUint16(p[18:], machine)
	return string(p)
}

// dll is the header of a Windows library.
func dll() string {
	p := make([]byte, 0x80+24+64)
	copy(p, "MZ")
	p[0x3c] = 0x80
	copy(p[0x80:], "PE\x00\x00\x64\x86\x03\x00")
	le.PutUint16(p[0x80+22:], 0x2022)
	return string(p)
}

// ahead puts JSON text in front of an engine, as exporters do.
func ahead(metadata string, engine []byte) []byte {
	p := le.AppendUint32(nil, uint32(len(metadata)))
	return append(append(p, metadata...), engine...)
}

func TestDetector(t *testing.T) {
	opaque, host := []string{"tensorrt-engine"}, []string{"tensorrt-engine", "tensorrt-native-code"}
	kernels := elf(190)
	detectortest.Run(t, tensorrt.Detector, []detectortest.Case{
		{Name: "engine", File: "m.engine", Data: engine(0x61, body(kernels, kernels)), Want: opaque},
		{Name: "older", File: "m.plan", Data: engine(0, body(kernels)), Want: opaque},
		{Name: "of a layout that is not known", Data: engine(0xf1, body(kernels)), Want: opaque},
		{Name: "with metadata", File: "yolo.engine", Data: ahead(`{"task": "detect"}`, engine(0x61, body("EfficientNMS_TRT"))), Want: opaque},
		{Name: "words", Data: engine(0x61, body("importance /tmp/x evaluate MZ python.so")), Want: opaque},
		{Name: "host library", File: "m.trt", Data: engine(0x61, body(kernels, elf(62))), Want: host},
		{Name: "host library for ARM", Data: engine(0x61, body(elf(183))), Want: host},
		{Name: "Windows library", Data: engine(0x61, body(dll())), Want: host},
		{Name: "far in the body", Data: engine(0x61, body(strings.Repeat("\x11", 100_000), elf(62))), Want: host, Heavy: true},
		{Name: "across windows", Data: engine(0x61, body(strings.Repeat("\x11", 32<<10-64-24-2-20), elf(62))), Want: host, Heavy: true},
		{Name: "cut", Data: engine(0x61, body(elf(62)))[:200], Want: host, Unread: true},
		{Name: "header alone", Data: []byte("ftrt\x61\x00\x00\x00"), Want: opaque, Unread: true},
		{Name: "claims 2^63 bytes", Data: append([]byte("ptrt\x61\x00\x00\x00\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f\x00\x00\x00\x00"), "abc"...), Want: opaque, Unread: true},
	})
}

// TestEvidence: what can be read of an engine is shown.
func TestEvidence(t *testing.T) {
	got := detectortest.Scan([]*detector.Detector{tensorrt.Detector}, "m.engine", engine(0x61, body("AcmePlugin", "BatchedNMS_TRT", "BatchedNMS_TRT")))
	if got.Status != audit.Findings || len(got.Findings) != 1 {
		t.Fatalf("got %s %+v, want one finding", got.Status, got.Findings)
	}
	var steps []string
	for _, s := range got.Findings[0].Evidence[1:] {
		steps = append(steps, s.Text)
	}
	if want := []string{"built with TensorRT 8.6.1", "names the plugin AcmePlugin", "names the plugin BatchedNMS_TRT"}; !slices.Equal(steps, want) {
		t.Errorf("got %q, want %q", steps, want)
	}
}

// TestNotOurs: text of a stated length is no engine by itself.
func TestNotOurs(t *testing.T) {
	for _, data := range [][]byte{ahead(`{"a": 1}`, []byte("0123456789")), []byte("ftr"), []byte("\xff\xff\xff\x00{")} {
		if got := detectortest.Scan([]*detector.Detector{tensorrt.Detector}, "x", data); got.Status != audit.NotAModel {
			t.Errorf("%q: got %s, want %s", data, got.Status, audit.NotAModel)
		}
	}
}

// TestTold: what stands around an engine goes to whoever looks at it.
func TestTold(t *testing.T) {
	got := detectortest.Told(t, tensorrt.Detector, "m.engine", append(ahead(`{"task": "detect"}`, engine(0x61, body())), "more"...))
	if want := []string{`metadata.json: {"task": "detect"}`, "trailing data: more"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
