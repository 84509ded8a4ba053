package prototext

import (
	"bytes"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
	"github.com/modelaudit/modelaudit/internal/referencetest"
)

// generator prints texts put together from pieces of the format, of which the reference
// implementation takes what it parses, and the strings that it finds in each.
const generator = `
import json, random
from google.protobuf import descriptor_pb2, text_format
random.seed(1)
pieces = ["name:", "name ", "'a1'", '"b2"', '"\\x41\\102c"', "'d\\'", '"', "'", "message_type", "nested_type", "{", "}", "<", ">", ":", ",", ";", "#", "\n", "\r", " ", "\t", "\f", "\v", "[", "]",
          "package: 'x'", "syntax: 'y'", "public_dependency: 1", "public_dependency: [1, 0x2, 03]", "options { deprecated: true }", "options { uninterpreted_option { double_value: -inf } }",
          "message_type { name: 'e5' }", "message_type: [{name: 'f6'}, <name: 'g7'>]", "field { number: 1 label: LABEL_REPEATED }", "\\", "\\n", "\\?", "\\u0041", "-", "+", "1", "1.5f", "inf", "_", "\u00e9", "/*", "//"]
def strings(m):
    out = [m.name] if m.HasField("name") else []
    for n in (m.message_type if isinstance(m, descriptor_pb2.FileDescriptorProto) else m.nested_type):
        out += strings(n)
    return out
for _ in range(60_000):
    text = "".join(random.choice(pieces) for _ in range(random.randint(1, 9)))
    try:
        found = strings(text_format.Parse(text, descriptor_pb2.FileDescriptorProto()))
    except Exception:
        continue
    if found:
        print(json.dumps([text, found]))
`

// TestStringsLikeReference: what the reference implementation finds in a text is in the
// binary form, or the text is refused.
func TestStringsLikeReference(t *testing.T) {
	const types = 4<<3 | protobuf.Bytes
	nested := Schema{"File": {"name": {Tag: name}, "message_type": {Tag: types, Of: "Type"}}, "Type": {"name": {Tag: name}, "nested_type": {Tag: sub, Of: "Type"}}}
	for text, want := range referencetest.Pairs(t, generator, 400) {
		got, err := Encode(hostiletest.Reader(text), nested, "File")
		for _, w := range want {
			if err == nil && !bytes.Contains(got.Data, []byte(w)) {
				t.Errorf("%q: got %x, want %q in it", text, got.Data, w)
			}
		}
	}
}
