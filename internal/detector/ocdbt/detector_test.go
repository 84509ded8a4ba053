package ocdbt_test

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/ocdbt"
	"github.com/modelaudit/modelaudit/internal/detector/zarr"
	ot "github.com/modelaudit/modelaudit/internal/format/ocdbt/ocdbttest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
)

const (
	name = "ck/d/0123456789abcdef0123456789abcdef"
	own  = "d/0123456789abcdef0123456789abcdef"
	text = "a data file may hold values alone"
)

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

func TestDetector(t *testing.T) {
	outside := []string{"ocdbt-file-escapes"}
	broken := ot.Leaf(nil, ot.Value{Key: "k", Inline: "v"})
	broken[20] ^= 1
	beyond := ot.Leaf([]string{own}, ot.Value{Key: "k", Offset: 1 << 40, Size: 8})
	detectortest.Run(t, ocdbt.Detector, []detectortest.Case{
		{Name: "manifest", File: "ck/manifest.ocdbt", Data: ot.Manifest(own)},
		{Name: "manifest by its content", Data: ot.Manifest(own)},
		{Name: "leaf", File: name, Data: ot.Leaf([]string{own}, ot.Value{Key: "a/.zgroup", Inline: "{}"}, ot.Value{Key: "b", Inline: "data"})},
		{Name: "inner", File: name, Data: ot.Inner("ocdbt.process_0/" + own)},
		{Name: "versions", File: name, Data: ot.Versions(own)},
		{Name: "values in front", File: name, Data: join([]byte("valuevalue"), ot.Leaf([]string{own}, ot.Value{Key: "a", Offset: 0, Size: 10})), AnyPrefix: text},
		{Name: "manifest climbs", File: "manifest.ocdbt", Data: ot.Manifest(own, "../../secrets"), Want: outside},
		{Name: "leaf is absolute", File: name, Data: ot.Leaf([]string{"/etc/passwd"}, ot.Value{Key: "a", Size: 100}), Want: outside},
		{Name: "inner climbs", File: name, Data: ot.Inner("d/../../x"), Want: outside},
		{Name: "versions climb", File: name, Data: ot.Versions(`..\x`), Want: outside},
		{Name: "behind values", File: name, Named: "its head is values", Data: join([]byte(strings.Repeat("v", 100_000)), ot.Inner("../x")), Want: outside, Heavy: true},
		{Name: "broken", File: name, Data: broken, Unread: true},
		{Name: "no manifest", File: "manifest.ocdbt", Data: []byte("something else"), Unread: true},
		{Name: "a value that is not there", File: name, Data: beyond, Unread: true},
		{Name: "more than its entries", Data: ot.Record(0x0cdb20de, []byte{0, 0, 0, 1}), Unread: true},
		{Name: "a file that is not listed", Data: ot.Record(0x0cdb20de, []byte{0, 0, 1, 1, 'k', 1, 1, 7, 0}), Unread: true},
	})
}

// TestValues: values go back to the scan under their keys, wherever they are.
func TestValues(t *testing.T) {
	data := join([]byte("gapvalue"), ot.Leaf([]string{own, "d/other"}, ot.Value{Key: "a", Inline: "inline"},
		ot.Value{Key: "b", Offset: 3, Size: 5}, ot.Value{Key: "c", File: 1, Offset: 3, Size: 5}))
	got := detectortest.Told(t, ocdbt.Detector, name, data)
	if want := []string{"a: inline", "b: value", "value: gap"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLimit: chunks are looked into as far as weights are searched, and what is
// beyond that is told; descriptions are read in any case.
func TestLimit(t *testing.T) {
	description := `{"zarr_format":2,"filters":[{"id":"pickle"}]}`
	data := join([]byte("chunkchunk"+description), ot.Leaf([]string{own}, ot.Value{Key: "w/0", Size: 10},
		ot.Value{Key: "w/.zarray", Offset: 10, Size: uint64(len(description))}))
	s := scan.Scanner{Detectors: []*detector.Detector{ocdbt.Detector, zarr.Detector}, Limits: hostile.DefaultLimits(), Now: time.Now, Search: 9}
	got := s.File(context.Background(), artifact.File{Path: name, Content: hostile.Bytes(data), Size: int64(len(data))})
	if got.Unsearched != 10 || got.Unread() || !slices.Equal(detectortest.RuleIDs(got), []string{"zarr-pickle-codec"}) {
		t.Errorf("got %d bytes not searched, %s (%s), %+v", got.Unsearched, got.Status, got.Reason, got.Findings)
	}
}

// TestNestedDescription: what an array inside of the database says counts.
func TestNestedDescription(t *testing.T) {
	data := ot.Leaf(nil, ot.Value{Key: "w/.zarray", Inline: `{"zarr_format":2,"filters":[{"id":"pickle"}]}`})
	got := detectortest.Scan([]*detector.Detector{ocdbt.Detector, zarr.Detector}, name, data)
	if ids := detectortest.RuleIDs(got); !slices.Equal(ids, []string{"zarr-pickle-codec"}) {
		t.Errorf("got %v", ids)
	}
}

// TestNotOurs: two bytes make no database, and values alone are for others.
func TestNotOurs(t *testing.T) {
	for _, data := range []string{"\x0c\xdb\x20\xdd and so on", "text \x0c\xdb text", "values alone"} {
		if got := detectortest.Scan([]*detector.Detector{ocdbt.Detector}, name, []byte(data)); got.Status != audit.NotAModel {
			t.Errorf("%q: got %s (%s), want %s", data, got.Status, got.Reason, audit.NotAModel)
		}
	}
}

// TestFalseStarts: many records that never end cost no more than the budget
// allows, and that it is spent is told.
func TestFalseStarts(t *testing.T) {
	const n = 1 << 17
	data := []byte("x")
	for i := range n {
		data = binary.LittleEndian.AppendUint64(append(data, "\x0c\xdb\x20\xde"...), uint64(14*(n-i)))
		data = append(data, 0, 0)
	}
	if got := detectortest.Scan([]*detector.Detector{ocdbt.Detector}, name, data); got.Status != audit.Incomplete {
		t.Errorf("got %s (%s), want %s", got.Status, got.Reason, audit.Incomplete)
	}
}
