package sqlite_test

import (
	"bytes"
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/sqlite"
	"github.com/modelaudit/modelaudit/internal/format/sqlite/sqlitetest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// blobs returns the contents of all blobs of a database.
func blobs(data []byte) ([][]byte, error) { return within(hostile.DefaultLimits(), data) }

// within is blobs within limits.
func within(limits hostile.Limits, data []byte) (out [][]byte, err error) {
	budget := hostile.NewBudget(context.Background(), limits, int64(len(data)), time.Now)
	d, err := sqlite.Open(hostile.NewReader(hostile.Bytes(data), int64(len(data)), budget))
	if err != nil {
		return nil, err
	}
	err = d.Blobs(func(b sqlite.Blob) error {
		c, err := d.Content(b)
		if err != nil {
			return err
		}
		content, err := io.ReadAll(io.NewSectionReader(c, 0, c.Size))
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

// TestLarge: a value need not fit into memory.
func TestLarge(t *testing.T) {
	limits := hostile.DefaultLimits()
	limits.Memory = 6000
	value := bytes.Repeat([]byte("0123456789"), 800)
	if got, err := within(limits, sqlitetest.Database([]byte("key"), value)); err != nil || len(got) != 2 || !bytes.Equal(got[1], value) {
		t.Errorf("got %d blobs, %v", len(got), err)
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
