package archive_test

import (
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/tar/tartest"
)

// TestContainerImages checks that the layers of container images are read
// however they are packed, also the files that a later layer takes away.
func TestContainerImages(t *testing.T) {
	lower := string(tartest.Build(m{Name: "etc/mtab", Type: '2', Link: "/proc/mounts"}, m{Name: "usr/a", Data: "hello"},
		m{Name: "var/b", Data: "hello"}, m{Name: "bin/c", Data: "hello"}, m{Name: "etc/d", Data: "hello"}, m{Name: "models/m.bin", Data: evil}))
	upper := string(tartest.Build(m{Name: "models/.wh.m.bin"}, m{Name: "models/.wh..wh..opq"}))
	saved := func(layer string) []byte {
		return tartest.Build(
			m{Name: "manifest.json", Data: `[{"Config": "c.json", "Layers": ["one/layer.tar", "two/layer.tar"]}]`},
			m{Name: "one/layer.tar", Data: layer}, m{Name: "two/layer.tar", Data: upper})
	}
	layout := func(layer string) []byte {
		return tartest.Build(
			m{Name: "oci-layout", Data: `{"imageLayoutVersion": "1.0.0"}`}, m{Name: "index.json", Data: `{"schemaVersion": 2}`},
			m{Name: "blobs/sha256/" + strings.Repeat("a", 64), Data: layer}, m{Name: "blobs/sha256/" + strings.Repeat("b", 64), Data: upper})
	}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{name: "docker save", data: saved(lower)},
		{name: "docker save, gzip", data: gz(string(saved(lower)))},
		{name: "image layout, gzip", data: layout(string(gz(lower)))},
		{name: "image layout, zstd", data: layout(string(zst(lower)))},
		{name: "image layout, a blob on disk", data: zst(lower)},
	} {
		got := detectortest.Scan([]*detector.Detector{archive.Detector, archive.Compressed, marker}, "blob", c.data)
		if rules := detectortest.RuleIDs(got); len(rules) != 1 || rules[0] != "test-payload" || got.Unread() {
			t.Errorf("%s: got %s, %v, %s, want the payload", c.name, got.Status, rules, got.Reason)
		}
	}
}
