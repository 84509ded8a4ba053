package ocdbt_test

import (
	"encoding/binary"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/ocdbt"
	"github.com/modelaudit/modelaudit/internal/format/ocdbt/ocdbttest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzDecode: whatever a record with a right checksum says, keys, paths and
// inline values are no larger than its body, the cursor ends behind the record,
// and every error is a Fault.
func FuzzDecode(f *testing.F) {
	add := func(record []byte) { f.Add(binary.BigEndian.Uint32(record), record[14:len(record)-4]) }
	files := []string{"d/a", "d/b"}
	add(ocdbttest.Manifest(files...))
	add(ocdbttest.Leaf(files, ocdbttest.Value{Key: "a", Inline: "v"}, ocdbttest.Value{Key: "b", File: 1, Offset: 5, Size: 7}))
	add(ocdbttest.Inner(files...))
	add(ocdbttest.Versions(files...))
	f.Fuzz(func(t *testing.T, magic uint32, body []byte) {
		data := append(ocdbttest.Record(magic, body), "behind"...)
		r := hostiletest.Reader(data)
		rec, err := ocdbt.Decode(r)
		hostiletest.OnlyFault(t, err)
		if rec.Kind == 0 {
			return
		}
		if r.Err() == nil && r.Left() != int64(len("behind")) {
			t.Errorf("%d bytes are left", r.Left())
		}
		for _, file := range rec.Files {
			if len(file.Path) > 65535 {
				t.Errorf("a path of %d bytes", len(file.Path))
			}
		}
		for _, e := range rec.Entries {
			if e.Inline && (e.Offset < 0 || e.Offset+e.Size > int64(len(body))) || !e.Inline && e.File >= len(rec.Files) {
				t.Errorf("%+v in %d bytes, %d files", e, len(body), len(rec.Files))
			}
		}
	})
}

// FuzzNext: what is found is whole, and the search ends.
func FuzzNext(f *testing.F) {
	f.Add(append([]byte("value\x0c\xdb"), ocdbttest.Inner("d/a")...))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := hostiletest.Reader(data)
		for last := int64(-1); ocdbt.Next(r); {
			if r.Offset() <= last || ocdbt.KindOf(r.Peek(4)) == 0 {
				t.Fatalf("at %d behind %d", r.Offset(), last)
			}
			last = r.Offset()
			r.Skip(1)
		}
	})
}
