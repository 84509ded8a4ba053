package tensorflow_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/tensorflow"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// A field is a field in the text format: its name, and the message it holds.
type field struct{ name, of string }

// messages are the fields that the cases have, by message and tag.
var messages = map[string]map[protobuf.Tag]field{
	"SavedModel": {1<<3 | vint: {name: "saved_model_schema_version"}, 2<<3 | byts: {"meta_graphs", "MetaGraph"}},
	"MetaGraph": {1<<3 | byts: {"meta_info_def", "Info"}, 2<<3 | byts: {"graph_def", "Graph"}, 6<<3 | byts: {"asset_file_def", "Asset"},
		7<<3 | byts: {"object_graph_def", "Objects"}},
	"Info":    {4<<3 | byts: {name: "tags"}, 5<<3 | byts: {name: "tensorflow_version"}},
	"Asset":   {1<<3 | byts: {"tensor_info", "Named"}, 2<<3 | byts: {name: "filename"}},
	"Named":   {1<<3 | byts: {name: "name"}},
	"Graph":   {1<<3 | byts: {"node", "Node"}, 2<<3 | byts: {"library", "Library"}, 4<<3 | byts: {"versions", "Versions"}},
	"Library": {1<<3 | byts: {"function", "Function"}}, "Versions": {1<<3 | vint: {name: "producer"}},
	"Function":  {1<<3 | byts: {"signature", "Signature"}, 3<<3 | byts: {"node_def", "Node"}},
	"Signature": {1<<3 | byts: {name: "name"}, 2<<3 | byts: {"input_arg", "Named"}},
	"Node":      {1<<3 | byts: {name: "name"}, 2<<3 | byts: {name: "op"}, 3<<3 | byts: {name: "input"}, 5<<3 | byts: {"attr", "Entry"}},
	"Entry":     {1<<3 | byts: {name: "key"}, 2<<3 | byts: {"value", "Value"}},
	"Value":     {1<<3 | byts: {"list", "List"}, 2<<3 | byts: {name: "s"}, 8<<3 | byts: {"tensor", "Tensor"}, 10<<3 | byts: {"func", "Reference"}},
	"List":      {2<<3 | byts: {name: "s"}}, "Tensor": {1<<3 | vint: {name: "dtype"}, 8<<3 | byts: {name: "string_val"}},
	"Reference": {1<<3 | byts: {name: "name"}},
	"Objects":   {1<<3 | byts: {"nodes", "Object"}}, "Object": {4<<3 | byts: {"user_object", "User"}},
	"User": {1<<3 | byts: {name: "identifier"}, 3<<3 | byts: {name: "metadata"}},
}

// asText writes a message in the text format.
func asText(b *strings.Builder, m protobuf.Message, message string) {
	for f := range m.Fields() {
		switch known := messages[message][f.Tag]; {
		case known.of != "":
			b.WriteString(known.name + " {\n")
			asText(b, f.Message(), known.of)
			b.WriteString("}\n")
		case f.Tag&7 == byts:
			fmt.Fprintf(b, "%s: %q\n", known.name, f.Text())
		default:
			fmt.Fprintf(b, "%s: %d\n", known.name, f.Uint)
		}
	}
}

// TestText: in the text format every file is judged as in the binary one.
func TestText(t *testing.T) {
	var texts []detectortest.Case
	for _, c := range cases() {
		if c.Unread || c.Name == "fingerprint" {
			continue // no text
		}
		root := protobuf.Root(hostiletest.Reader(c.Data))
		message := map[protobuf.Tag]string{1<<3 | vint: "SavedModel", 1<<3 | byts: "Graph"}
		for f := range root.Fields() {
			kind := message[f.Tag]
			if strings.HasSuffix(c.File, ".meta") {
				kind = "MetaGraph"
			}
			var b strings.Builder
			asText(&b, root, kind)
			c.File, c.Data, c.AnyPrefix = "graph.pbtxt", []byte(b.String()), "a text has no end"
			break
		}
		texts = append(texts, c)
	}
	texts = append(texts, detectortest.Case{Name: "no text", File: "saved_model.pbtxt", Data: []byte("meta_graphs { graph_def"), Unread: true},
		detectortest.Case{Name: "comments first", Data: []byte(strings.Repeat("# a comment\n", 1000) + `node { name: "r" op: "ReadFile" }`),
			Want: []string{"tensorflow-reads-file"}})
	detectortest.Run(t, tensorflow.Text, texts)
}

// TestOtherTexts: other formats that are written as texts are none of ours.
func TestOtherTexts(t *testing.T) {
	for _, text := range []string{
		"node {\n  calculator: \"FlowLimiter\"\n  input_stream: \"a\"\n}\n",
		"layer {\n  name: \"conv\"\n}\n", "item {\n  id: 1\n}\n", "# A title\n\nand words\n", "import os\n", "version: 2\njobs:\n  a: b\n",
		"version: '3'\nservices: {a: [b]}\n", "library = {}\n",
	} {
		got := detectortest.Scan([]*detector.Detector{tensorflow.Text}, "config.pbtxt", []byte(text))
		if got.Status != audit.NotAModel || len(got.Findings) > 0 {
			t.Errorf("%q: got %s %v, want not recognised", text, got.Status, got.Findings)
		}
	}
}

// TestPlaces: a finding is where the text says it.
func TestPlaces(t *testing.T) {
	text := `node { name: "a" op: "Const" } node { name: "r" op: "ReadFile" }`
	got := detectortest.Scan([]*detector.Detector{tensorflow.Text}, "graph.pbtxt", []byte(text))
	want := int64(strings.LastIndex(text, "node"))
	if len(got.Findings) != 1 || len(got.Findings[0].Evidence) != 1 || got.Findings[0].Evidence[0].Offset != want {
		t.Errorf("got %+v, want one at %d", got.Findings, want)
	}
}

// TestPlaceOfText: so is a text that is shown to other detectors.
func TestPlaceOfText(t *testing.T) {
	text := `node { name: "a" op: "NoOp" } node { name: "c" op: "Const" attr { key: "value" value { s: "a note of some length" } } }`
	var got []int64
	listener := &detector.Detector{
		Name:  "listener",
		Match: func(*artifact.Head) bool { return false },
		Run:   func(context.Context, *detector.Pass) error { return nil },
		Text:  func(_ *detector.Pass, _ string, offset int64, _ string) { got = append(got, offset) },
	}
	detectortest.Scan([]*detector.Detector{tensorflow.Text, listener}, "graph.pbtxt", []byte(text))
	if want := int64(strings.Index(text, "s:")); !slices.Equal(got, []int64{want}) {
		t.Errorf("got texts at %d, want one at %d", got, want)
	}
}
