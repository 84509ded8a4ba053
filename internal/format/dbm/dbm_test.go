package dbm_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/dbm"
	"github.com/modelaudit/modelaudit/internal/format/dbm/dbmtest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

func reader(data []byte) *hostile.Reader { return within(hostile.DefaultLimits(), data) }

// within is a reader with limits.
func within(limits hostile.Limits, data []byte) *hostile.Reader {
	size := int64(len(data))
	return hostile.NewReader(hostile.Bytes(data), size, hostile.NewBudget(context.Background(), limits, size, time.Now))
}

// contents returns the keys and the contents of all items, as "key=content".
func contents(data []byte) ([]string, error) { return read(reader(data)) }

func read(r *hostile.Reader) (out []string, err error) {
	d, err := dbm.Open(r)
	if err != nil {
		return nil, err
	}
	err = d.Items(func(it dbm.Item) error {
		content, err := d.Content(it)
		if err != nil {
			return err
		}
		p, err := io.ReadAll(io.NewSectionReader(content, 0, content.Size))
		out = append(out, it.Key+"="+string(p))
		return err
	})
	return out, err
}

var long = bytes.Repeat([]byte("0123456789"), 150)

func TestItems(t *testing.T) {
	little, big := binary.LittleEndian, binary.BigEndian
	values := []string{"a=one", "b=" + string(long)}
	all := []string{"=a", "a=one", "=b", "b=" + string(long)}
	pairs := [][]byte{[]byte("a"), []byte("one"), []byte("b"), long}
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{name: "gdbm", data: dbmtest.GDBM(little, pairs...), want: values},
		{name: "gdbm, big-endian", data: dbmtest.GDBM(big, pairs...), want: values},
		{name: "tree", data: dbmtest.Berkeley(little, dbmtest.Btree, 100, pairs...), want: all},
		{name: "tree, big-endian", data: dbmtest.Berkeley(big, dbmtest.Btree, 100, pairs...), want: all},
		{name: "hash table", data: dbmtest.Berkeley(little, dbmtest.Hash, 100, pairs...), want: all},
		{name: "hash table, big-endian", data: dbmtest.Berkeley(big, dbmtest.Hash, 100, pairs...), want: all},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := contents(c.data)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
			}
			for n := range c.data {
				if got, err := contents(c.data[:n]); err == nil && len(got) == len(c.want) {
					t.Errorf("%s: the first %d of %d bytes have all items", c.name, n, len(c.data))
				}
			}
		})
	}
}

// TestLarge: a value need not fit into memory.
func TestLarge(t *testing.T) {
	limits := hostile.DefaultLimits()
	limits.Memory = 1000
	want := []string{"=a", "a=" + string(long)}
	got, err := read(within(limits, dbmtest.Berkeley(binary.LittleEndian, dbmtest.Btree, 100, []byte("a"), long)))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// TestDamage: what follows a damaged item is told all the same.
func TestDamage(t *testing.T) {
	data := dbmtest.Berkeley(binary.LittleEndian, dbmtest.Btree, 100, []byte("a"), long, []byte("b"), []byte("two"))
	at := bytes.Index(data, []byte{0, 0, 3, 0, 2, 0, 0, 0})
	data[at+7] = 0xff // the page that the long value begins on
	got, err := contents(data)
	if want := []string{"=a", "=b", "b=two"}; err == nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q and a fault", got, err, want)
	}
}

func TestRefused(t *testing.T) {
	encrypted := dbmtest.Berkeley(binary.LittleEndian, dbmtest.Hash, 100)
	encrypted[24] = 1
	endless := dbmtest.Berkeley(binary.LittleEndian, dbmtest.Hash, 100, []byte("a"), long)
	copy(endless[2*dbmtest.PageSize+22:], "\x00\x00") // a page of an item without a byte
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{name: "another file", data: make([]byte, 64), want: "malformed at byte 0x0: no signature of a dbm database"},
		{name: "encrypted", data: encrypted, want: "unsupported at byte 0x1b: the database is encrypted"},
		{name: "endless", data: endless, want: "malformed at byte 0x41a: a page of an item without a byte of it, 1500 are left"},
	} {
		if _, err := contents(c.data); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func FuzzItems(f *testing.F) {
	pairs := [][]byte{[]byte("a"), []byte("one"), []byte("b"), long}
	f.Add(dbmtest.GDBM(binary.LittleEndian, pairs...))
	f.Add(dbmtest.Berkeley(binary.LittleEndian, dbmtest.Btree, 100, pairs...))
	f.Add(dbmtest.Berkeley(binary.BigEndian, dbmtest.Hash, 100, pairs...))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := dbm.Open(reader(data))
		if err != nil {
			return
		}
		d.Items(func(it dbm.Item) error {
			if it.Size < 0 || it.Offset < 0 || it.Offset+int64(len(it.Head)) > int64(len(data)) || int64(len(it.Head)) > it.Size {
				t.Fatalf("%+v in %d bytes", it, len(data))
			}
			p, err := d.Content(it)
			if err == nil && p.Size != it.Size {
				t.Fatalf("%d bytes of %+v", p.Size, it)
			}
			return nil
		})
	})
}
