package flax_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/flax"
)

func text(s string) string { return string([]byte{0xa0 | byte(len(s))}) + s }

// array is an array of three bytes as flax.serialization writes it.
func array(dtype string) string {
	packed := "\x93\x91\x03" + text(dtype) + "\xc4\x03abc"
	return string([]byte{0xc7, byte(len(packed)), 1}) + packed
}

func checkpoint(dtype string) []byte {
	return []byte("\x82" + text("params") + "\x81" + text("kernel") + array(dtype) + text("step") + "\x07")
}

// holder is a checkpoint whose only array is elsewhere.
func holder(placeholder string) []byte {
	return []byte("\x81" + text("params") + "\x81" + text("w") + text(placeholder))
}

func TestDetector(t *testing.T) {
	detectortest.Run(t, flax.Detector, []detectortest.Case{
		{Name: "checkpoint", File: "flax_model.msgpack", Data: checkpoint("float32")},
		{Name: "under no name", Data: checkpoint("int8")},
		{Name: "prose", File: "m.msgpack", Named: "one map of one text is no checkpoint but by name", Data: []byte("\x81" + text("note") + text("no subprocess here"))},
		{Name: "objects", File: "m.msgpack", Data: checkpoint("object"), Want: []string{"flax-object-array"}},
		{Name: "placeholder", File: "checkpoint", Data: holder("//GDAPlaceholder:params/w")},
		{Name: "placeholder outside", File: "checkpoint", Data: holder("//GDAPlaceholder:/etc/w"), Want: []string{"flax-array-outside"}},
		{Name: "placeholder of Orbax", File: "checkpoint", Data: holder("PLACEHOLDER://params.w")},
		{Name: "placeholder of Orbax that climbs", Data: holder("PLACEHOLDER://../../w"), Want: []string{"flax-array-outside"}},
		{Name: "more behind it", File: "m.msgpack", Data: append(checkpoint("float32"), "MZ and more"...), Want: []string{"flax-trailing-data"}},
		{Name: "claims too much", File: "m.msgpack", Data: []byte("\x81" + text("kernel") + "\xc9\xff\xff\xff\xff\x01abc"), Unread: true},
	})
}
