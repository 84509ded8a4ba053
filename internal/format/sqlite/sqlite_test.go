package sqlite_test

import (
	"bytes"
	"context"
	"slices"
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
		c, err := d.Content(b)
		content, whole := c.Whole()
		if err == nil && !whole {
			panic("not held whole")
		}
		if err == nil && (int64(len(content)) != b.Size || !bytes.Equal(content[:min(b.Size, 4096)], b.Head)) {
			panic("not the content that was claimed")
		}
		out = append(out, content)
		return err
	})
	return out, err
}

func TestBlobs(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 200)
	for _, want := range [][][]byte{
		{[]byte("key"), []byte("value"), []byte("k"), long},
		{long, []byte("behind a long key")},
		{long, long[:100]},
	} {
		if got, err := blobs(sqlitetest.Database(want...)); err != nil || !slices.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("got %.20q, %v, want %.20q", got, err, want)
		}
	}
}

// TestWideHeader: the types of a row may go on in other pages, where its values
// are then, too.
func TestWideHeader(t *testing.T) {
	key, value := bytes.Repeat([]byte("k"), 100), bytes.Repeat([]byte("v"), 900)
	got, err := blobs(sqlitetest.Wide(60, key, value))
	if err != nil || len(got) != 2 || !bytes.Equal(got[0], key) || !bytes.Equal(got[1], value) {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestLarge: a value for which there is no memory is read page by page.
func TestLarge(t *testing.T) {
	value := bytes.Repeat([]byte("0123456789"), 800)
	data := sqlitetest.Database([]byte("key"), value)
	limits := hostile.DefaultLimits()
	limits.Memory = 6000
	size := int64(len(data))
	d, err := sqlite.Open(hostile.NewReader(hostile.Bytes(data), size, hostile.NewBudget(context.Background(), limits, size, time.Now)))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	err = d.Blobs(func(b sqlite.Blob) error {
		c, err := d.Content(b)
		got := make([]byte, c.Size)
		if _, short := c.Reader().ReadAt(got, 0); short == nil && bytes.Equal(got, value) {
			found = true
		}
		return err
	})
	if err != nil || !found {
		t.Errorf("got %v and no value of %d bytes", err, len(value))
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
		if got, err := blobs(c.data); err == nil {
			t.Errorf("%s: got %d blobs and no error", c.name, len(got))
		}
	}
}

// FuzzBlobs: contents are as long as they claim, whatever the pages say.
func FuzzBlobs(f *testing.F) {
	f.Add(sqlitetest.Database([]byte("key"), []byte("value"), []byte("k"), bytes.Repeat([]byte("x"), 2000)))
	f.Fuzz(func(t *testing.T, data []byte) { blobs(data) })
}
