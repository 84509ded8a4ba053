package prototext

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

const raw = 4<<3 | protobuf.Bytes

var jsonSchema = Schema{"Node": {
	"name": {Tag: name}, "sub_node": {Tag: sub, Of: "Node"}, "size": {Tag: size, Names: map[string]uint64{"LARGE": 7}},
	"raw_data": {Tag: raw, Base64: true}}}

// TestEncodeJSON: JSON comes to the same as the text of the same message.
func TestEncodeJSON(t *testing.T) {
	for _, c := range []struct{ name, json, text string }{
		{"nothing", `{}`, ""},
		{"fields", `{"name": "aé", "size": 3}`, `name: "aé" size: 3`},
		{"names of JSON", `{"subNode": {"rawData": "YQ=="}}`, `sub_node { raw_data: "a" }`},
		{"names of the schema", `{"sub_node": {"raw_data": "YQ"}}`, `sub_node { raw_data: "a" }`},
		{"other alphabet", `{"raw_data": "_-8="}`, `raw_data: "\xff\xef"`},
		{"white space in base64", `{"raw_data": "_-\n8="}`, `raw_data: "\xff\xef"`},
		{"lists", `{"subNode": [{"name": "a"}, {}], "name": ["b", "c"]}`, `sub_node { name: "a" } sub_node {} name: "b" name: "c"`},
		{"null", `{"name": null, "sub_node": null}`, ""},
		{"numbers", `{"size": ["12", 1e1, true, false, "LARGE", -1]}`, `size: [12, 10, true, false, LARGE, -1]`},
		{"what is not asked for", `{"other": [{"name": "x"}], "name": "a"}`, `other { name: "x" } name: "a"`},
	} {
		got, err := EncodeJSON(hostiletest.Reader(c.json), jsonSchema, "Node")
		want, wantErr := Encode(hostiletest.Reader(c.text), jsonSchema, "Node")
		if err != nil || wantErr != nil || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%s: got %x (%v), want %x (%v)", c.name, got.Data, err, want.Data, wantErr)
		}
	}
}

// TestEncodeJSONRefuses: what is no message of the schema is a fault, and what is in
// front of it stands.
func TestEncodeJSONRefuses(t *testing.T) {
	deep := strings.Repeat(`{"sub_node":`, maxDepth+2) + `{}` + strings.Repeat(`}`, maxDepth+2)
	for _, text := range []string{
		``, `[]`, `{"name": 1}`, `{"sub_node": "a"}`, `{"size": {}}`, `{"raw_data": "a=b"}`, `{"name": "a"`, `{} {}`, deep,
	} {
		var fault *hostile.Fault
		if _, err := EncodeJSON(hostiletest.Reader(text), jsonSchema, "Node"); !errors.As(err, &fault) {
			t.Errorf("%.40s: got %v, want a fault", text, err)
		}
	}
	if got, _ := EncodeJSON(hostiletest.Reader(`{"name": "a", "size": [1, {}`), jsonSchema, "Node"); !strings.Contains(string(got.Data), "a") {
		t.Errorf("got %x, want what is in front of the fault", got.Data)
	}
}

// FuzzEncodeJSON: what is written is a message, and every byte of it has a place in
// the text.
func FuzzEncodeJSON(f *testing.F) {
	f.Add(`{"name": "a", "subNode": [{"rawData": "YQ==", "size": "3"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := EncodeJSON(hostiletest.Reader(text), jsonSchema, "Node")
		for i := range got.Data {
			if at := got.Place(int64(i)); at < 0 || at > int64(len(text)) {
				t.Fatalf("%q: byte %d is at %d", text, i, at)
			}
		}
		r := hostiletest.Reader(string(got.Data))
		for range protobuf.Root(r).Fields() {
		}
		if err == nil && r.Err() != nil {
			t.Errorf("%q: %v", text, r.Err())
		}
	})
}
