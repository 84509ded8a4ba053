package archive_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/tar/tartest"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

// flood is a deflate stream of n MiB of zeros: one flushed piece, repeated.
func flood(n int) []byte {
	var piece bytes.Buffer
	w, _ := flate.NewWriter(&piece, flate.BestCompression)
	w.Write(make([]byte, 1<<20))
	w.Flush()
	return append(bytes.Repeat(piece.Bytes(), n), 3, 0) // an empty final block
}

// zipFlood is a zip file of one member of n MiB.
func zipFlood(n int) []byte {
	return one(ziptest.Member{Name: "0.dll", Method: 8, Packed: flood(n), Local: sizeOnly(n), Central: sizeOnly(n)})
}

func sizeOnly(mib int) func(*ziptest.Header) {
	return func(h *ziptest.Header) { h.Size, h.CRC = uint32(mib<<20), 0 }
}

// fan packs data width times into a zip file, depth times over.
func fan(data []byte, width, depth int) []byte {
	for range depth {
		var members []ziptest.Member
		for i := range width {
			members = append(members, ziptest.Member{Name: fmt.Sprintf("lib %x.zip", i), Data: string(data), Deflate: true})
		}
		data = ziptest.Build(members, nil)
	}
	return data
}

// overlapping is a zip file of n stored members, each from its header to the end
// of all: n²/2 headers to read for n.
func overlapping(n int) []byte {
	var locals, directory bytes.Buffer
	const header = 30 + 5
	for i := range n {
		name := fmt.Sprintf("%05d", i)
		size := uint32((n - 1 - i) * header)
		put := func(b *bytes.Buffer, sig string, fields ...any) {
			b.WriteString(sig)
			for _, f := range fields {
				binary.Write(b, binary.LittleEndian, f)
			}
			b.WriteString(name)
		}
		put(&locals, "PK\x03\x04", uint16(20), uint16(0), uint16(0), uint32(0), uint32(0), size, size, uint16(5), uint16(0))
		put(&directory, "PK\x01\x02", uint16(20), uint16(20), uint16(0), uint16(0), uint32(0), uint32(0), size, size, uint16(5),
			uint16(0), uint16(0), uint16(0), uint16(0), uint32(0), uint32(i*header))
	}
	end := binary.LittleEndian.AppendUint32([]byte("PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff"), uint32(directory.Len()))
	end = binary.LittleEndian.AppendUint32(end, uint32(locals.Len()))
	return slices.Concat(locals.Bytes(), directory.Bytes(), end, []byte{0, 0})
}

// crowd is a zip file of n empty members.
func crowd(n int, name func(int) string) []byte {
	members := make([]ziptest.Member, n)
	for i := range members {
		members[i] = ziptest.Member{Name: name(i)}
	}
	return ziptest.Build(members, func(e *ziptest.End) {
		e.Zip64, e.Count = true, 0xffff
		e.Bend64 = func(v *[3]uint64) { v[0] = uint64(n) }
	})
}

// oneHeader is a zip file of n members that share a local header with a long name.
func oneHeader(n int) []byte {
	members := make([]ziptest.Member, n)
	for i := range members {
		members[i] = ziptest.Member{Name: fmt.Sprintf("%05d", i), NoContent: i > 0,
			Local: func(h *ziptest.Header) { h.Name = strings.Repeat("n", 65_000) }, Central: func(h *ziptest.Header) { h.Offset = 0 }}
	}
	return ziptest.Build(members, func(e *ziptest.End) {
		e.Zip64, e.Count = true, 0xffff
		e.Bend64 = func(v *[3]uint64) { v[0] = uint64(n) }
	})
}

// gzipFlood is a gzip file of n MiB of zeros.
func gzipFlood(n int) []byte {
	head := []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
	tail := binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(nil))
	return slices.Concat(head, flood(n), binary.LittleEndian.AppendUint32(tail, uint32(n<<20)))
}

// peak runs f and returns the largest heap that was seen meanwhile.
func peak(f func()) uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	before, most := sample[0].Value.Uint64(), uint64(0)
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
				metrics.Read(sample)
				most = max(most, sample[0].Value.Uint64())
			}
		}
	})
	f()
	close(done)
	watch.Wait()
	return max(most, before) - before
}

// TestBombs scans files that cost others memory and time, under the default
// limits: each ends within ten seconds and 256 MiB, and none in silence.
func TestBombs(t *testing.T) {
	for _, c := range []struct {
		name string
		data func() []byte
		want string // in a finding, or in the reason
	}{
		{name: "42.zip", data: func() []byte { return fan(zipFlood(1000), 16, 4) }, want: "max-inflated"},
		{name: "overlapping members", data: func() []byte { return overlapping(20_000) }, want: "archive-members-overlap"},
		{name: "gzip, thousandfold", data: func() []byte { return gzipFlood(2000) }, want: "max-inflated"},
		{name: "gzip, nested", data: func() []byte { return gz(string(gz(string(gzipFlood(2000))))) }, want: "max-inflated"},
		{name: "gzip, a hundred deep", data: func() []byte { return gzNest(100, evil) }, want: "max-depth"},
		{name: "zip, a hundred deep", data: func() []byte { return nest(100, evil) }, want: "max-depth"},
		{name: "a million files", data: func() []byte { return crowd(1_000_000, func(i int) string { return fmt.Sprintf("%06x", i) }) }},
		{name: "names of 64 KiB", data: func() []byte {
			return crowd(2000, func(i int) string { return fmt.Sprintf("%06x", i) + strings.Repeat("n", 65_000) })
		}},
		{name: "one name", data: func() []byte { return crowd(200_000, func(int) string { return "data.pkl" }) }},
		{name: "tar of 9 EiB", data: func() []byte {
			return tartest.Build(m{Name: "model.bin", Data: evil, Pax: tartest.Record("GNU.sparse.map", "0,21") + tartest.Record("GNU.sparse.size", "9223372036854775807")})
		}, want: "archive-bomb-like"},
		{name: "tar with one name for all", data: func() []byte {
			return slices.Concat(tartest.Open(m{Name: "g", Type: 'g', Data: tartest.Record("path", strings.Repeat("a/", 400_000))}),
				tartest.Build(slices.Repeat([]m{{Name: "x", Data: evil}}, 20_000)...))
		}, want: "max-steps"},
		{name: "tar of deep names behind a link", data: func() []byte {
			return tartest.Build(append([]m{{Name: "link", Type: '2', Link: "/etc"}}, slices.Repeat([]m{{Name: "x", GNU: strings.Repeat("d/", 500_000)}}, 30)...)...)
		}, want: "max-steps"},
		{name: "zip of members with one header", data: func() []byte { return oneHeader(100_000) }, want: "max-steps"},
		{name: "tar of links", data: func() []byte {
			return bytes.Repeat(tartest.Open(m{Name: "a", Type: '1', Link: "b"}), 200_000)
		}, want: "cut off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := c.data()
			name := filepath.Join(t.TempDir(), "bomb")
			size := int64(len(data))
			if err := os.WriteFile(name, data, 0o600); err != nil {
				t.Fatal(err)
			}
			data = nil
			var got audit.File
			start := cpuTime()
			held := peak(func() { got = scanFile(t, name, size) })
			took := cpuTime() - start
			t.Logf("%d bytes: %v, %d MiB: %s, %s, %v", size, took, held>>20, got.Status, got.Reason, detectortest.RuleIDs(got))
			if took > 10*time.Second || held > 256<<20 {
				t.Errorf("took %v and %d MiB", took, held>>20)
			}
			if said := fmt.Sprint(got.Reason, detectortest.RuleIDs(got)); !strings.Contains(said, c.want) {
				t.Errorf("got %s, want %s", said, c.want)
			}
		})
	}
}

// scanFile scans a file on disk.
func scanFile(t *testing.T, name string, size int64) audit.File {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := []*detector.Detector{archive.Detector, archive.Compressed, marker}
	return detectortest.ScanFile(all, artifact.File{Path: "bomb", Content: f, Size: size})
}

// TestManyOfOneKind: what an archive has many of hides none that is unlike them.
func TestManyOfOneKind(t *testing.T) {
	for _, c := range []struct {
		name string
		data func() []byte
		want string
	}{
		{name: "members of one name with one content, and one with another", want: "archive-duplicate-member", data: func() []byte {
			var members []ziptest.Member
			for i := range 150 {
				name := fmt.Sprintf("%03d", i)
				members = append(members, ziptest.Member{Name: name, Data: "same"}, ziptest.Member{Name: name, Data: "same"})
			}
			return ziptest.Build(append(members, ziptest.Member{Name: "z", Data: "one"}, ziptest.Member{Name: "z", Data: "another"}), nil)
		}},
		{name: "similar names, and members of one name", want: "archive-duplicate-member", data: func() []byte {
			var members []ziptest.Member
			for i := range 150 {
				members = append(members, ziptest.Member{Name: fmt.Sprintf("A%03d", i), Data: "one"}, ziptest.Member{Name: fmt.Sprintf("a%03d", i), Data: "another"})
			}
			return ziptest.Build(append(members, ziptest.Member{Name: "z", Data: "one"}, ziptest.Member{Name: "z", Data: "another"}), nil)
		}},
		{name: "links of a root file system, and a member through the last", want: "archive-link-escapes", data: func() []byte {
			return rootOfLinks(100_001, m{Name: "var/run/c", Data: "hello"})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "archive")
			data := c.data()
			if err := os.WriteFile(name, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if got := detectortest.RuleIDs(scanFile(t, name, int64(len(data)))); !slices.Contains(got, c.want) {
				t.Errorf("got %v, want %s among them", got, c.want)
			}
		})
	}
}

// rootOfLinks is a root file system with n links that lead out of it, of which
// var/run is the last, and members behind them.
func rootOfLinks(n int, behind ...m) []byte {
	var out bytes.Buffer
	for i := range n - 1 {
		out.Write(tartest.Open(m{Name: fmt.Sprintf("etc/%d", i), Type: '2', Link: "/proc/mounts"}))
	}
	out.Write(tartest.Open(m{Name: "var/run", Type: '2', Link: "/run"}))
	out.Write(tartest.Build(append(behind, m{Name: "usr/b"}, m{Name: "bin/d"}, m{Name: "etc/a"})...))
	return out.Bytes()
}
