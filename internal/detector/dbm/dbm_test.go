package dbm_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/dbm"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/dbm/dbmtest"
)

// unpickler stands for the detector that knows pickles.
var unpickler = &detector.Detector{
	Name:  "unpickler",
	Match: func(h *artifact.Head) bool { return h.HasPrefix("\x80\x04", "(dp1\n") },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("pickle")
		return nil
	},
}

var (
	binaryPickle = []byte("\x80\x04]\x94(K\x01K\x02e.")
	textPickle   = []byte("(dp1\nS'lr'\np2\nF0.1\ns.")
)

func TestDetector(t *testing.T) {
	long := append(bytes.Clone(binaryPickle), bytes.Repeat([]byte{0}, 1500)...)
	pairs := [][]byte{[]byte("weights"), binaryPickle, []byte("b"), long}
	detectortest.Run(t, dbm.Detector, []detectortest.Case{
		{Name: "gdbm", Data: dbmtest.GDBM(binary.LittleEndian, pairs...)},
		{Name: "hash table", Data: dbmtest.Berkeley(binary.LittleEndian, dbmtest.Hash, 100, pairs...)},
		{Name: "tree", Data: dbmtest.Berkeley(binary.LittleEndian, dbmtest.Btree, 100, pairs...)},
		{Name: "text pickles", Data: dbmtest.GDBM(binary.BigEndian, []byte("a"), textPickle)},
		{Name: "overflow that is not there", Data: dbmtest.Berkeley(binary.LittleEndian, dbmtest.Btree, 100, pairs...)[:3*dbmtest.PageSize], Unread: true},
	}, unpickler)
}

// TestElsewhere: a database of other things is no model.
func TestElsewhere(t *testing.T) {
	data := dbmtest.GDBM(binary.LittleEndian, []byte("name"), []byte("a plain value"))
	got := detectortest.Scan([]*detector.Detector{dbm.Detector}, "app.db", data)
	if len(got.Formats) != 0 || got.Unread() || slices.Contains(detectortest.RuleIDs(got), "model-unrecognised") {
		t.Errorf("got %+v", got)
	}
}

// TestProgram: what a value is may stand far behind its start.
func TestProgram(t *testing.T) {
	program := make([]byte, 0x104)
	copy(program, "MZ")
	program[0x3d] = 1 // its header is at 0x100
	copy(program[0x100:], "PE\x00\x00")
	got := detectortest.Scan([]*detector.Detector{dbm.Detector}, "", dbmtest.GDBM(binary.LittleEndian, []byte("a"), program))
	if !slices.Equal(got.Formats, []string{"gdbm"}) {
		t.Errorf("got %q, want gdbm", got.Formats)
	}
}

// TestNames: what is found in a value names the value's key.
func TestNames(t *testing.T) {
	named := &detector.Detector{Name: "named", Match: unpickler.Match, Run: func(_ context.Context, p *detector.Pass) error {
		if want := []string{"value of weights"}; !slices.Equal(p.File.Inside, want) {
			t.Errorf("got %q, want %q", p.File.Inside, want)
		}
		return nil
	}}
	for _, kind := range []byte{dbmtest.Btree, dbmtest.Hash} {
		data := dbmtest.Berkeley(binary.LittleEndian, kind, 100, []byte("weights"), binaryPickle)
		detectortest.Scan([]*detector.Detector{dbm.Detector, named}, "", data)
	}
}
