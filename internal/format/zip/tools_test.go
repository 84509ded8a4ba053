package zip_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func decode(data []byte) (*zip.Archive, error) {
	return zip.Decode(hostiletest.Reader(data))
}

// TestSameMembers checks that the names and sizes that are read are those that
// Python's zipfile, bsdtar and 7-Zip list.
func TestSameMembers(t *testing.T) {
	var members []ziptest.Member
	for i := range 50 {
		members = append(members, ziptest.Member{Name: fmt.Sprintf("dir/%02d.bin", i), Data: strings.Repeat("weights ", i),
			Deflate: i%2 == 0, Streamed: i%3 == 0})
	}
	name := filepath.Join(t.TempDir(), "a.zip")
	data := ziptest.Build(members, func(e *ziptest.End) { e.Zip64, e.Comment = true, "comment" })
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for e, err := range a.Entries() {
		if err != nil || len(e.Disagreements()) > 0 || len(e.Readings()) != 1 {
			t.Errorf("%s: %v, %v", e.Name(), err, e.Disagreements())
		}
		want = append(want, e.Name())
	}
	for _, lister := range [][]string{
		{"python3", "-c", "import sys,zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep='\\n')", name},
		{"bsdtar", "-tf", name}, {"unzip", "-Z1", name},
	} {
		if _, err := exec.LookPath(lister[0]); err != nil {
			t.Logf("%s is not installed", lister[0])
			continue
		}
		out, err := exec.Command(lister[0], lister[1:]...).Output()
		if got := strings.Fields(string(out)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, got %v, want %v", lister[0], err, got, want)
		}
	}
}

// TestFacts checks what is stated about archives that readers see differently.
func TestFacts(t *testing.T) {
	one := ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello"}}, nil)
	for _, c := range []struct {
		name                                          string
		data                                          []byte
		entries, ends, directories, gaps, overlapping int
	}{
		{name: "one", data: one, entries: 1, ends: 1, directories: 1},
		{name: "two in a row", data: append(bytes.Clone(one), one...), entries: 2, ends: 2, directories: 2},
		{name: "behind a prefix", data: append([]byte("prefix"), one...), entries: 1, ends: 1, directories: 1, gaps: 1},
		{name: "cut off in the directory", data: one[:40], entries: 1, gaps: 1},
		{name: "not listed", data: ziptest.Build([]ziptest.Member{{Name: "a", Data: "hello", Unlisted: true}}, nil), entries: 1, ends: 1},
		{name: "stored in another", data: ziptest.Build([]ziptest.Member{{Name: "b", Data: string(one)}}, nil), entries: 1, ends: 1, directories: 1},
		{name: "no archive", data: []byte("text about PK\x05\x06 and what it means")},
	} {
		a, err := decode(c.data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		got := []int{a.Len(), len(a.Ends), len(a.Directories), len(a.Gaps), len(a.Overlaps)}
		if want := []int{c.entries, c.ends, c.directories, c.gaps, c.overlapping}; !slices.Equal(got, want) {
			t.Errorf("%s: entries, ends, directories, gaps, overlaps: got %v, want %v", c.name, got, want)
		}
	}
}

// BenchmarkDecode reads the structure of a checkpoint of a thousand tensors.
func BenchmarkDecode(b *testing.B) {
	var members []ziptest.Member
	for i := range 1000 {
		members = append(members, ziptest.Member{Name: fmt.Sprintf("archive/data/%d", i), Data: strings.Repeat("weights ", 100), Streamed: true})
	}
	data := ziptest.Build(members, nil)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if a, err := decode(data); err != nil || a.Len() != len(members) {
			b.Fatal(err)
		}
	}
}
