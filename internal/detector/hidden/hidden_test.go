package hidden_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/hidden"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/executable/executabletest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
	"github.com/modelaudit/modelaudit/internal/format/rds/rdstest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
)

const (
	id     = "file-hidden-in-weights"
	dataID = "pickle-in-data"
)

// noise is n random bytes, the same each time.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(3, uint64(n)))
	p := make([]byte, 0, n+8)
	for len(p) < n {
		p = binary.LittleEndian.AppendUint64(p, r.Uint64())
	}
	return p[:n]
}

// within is noise with something in it.
func within(n, at int, what []byte) []byte {
	p := noise(n)
	copy(p[at:], what)
	return p
}

// tensor is a safetensors file of one tensor of bytes.
func tensor(data []byte) []byte {
	header := fmt.Sprintf(`{"w":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}`, len(data), len(data))
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

func zipped(method uint16, names ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(names); i += 2 {
		w, _ := z.CreateHeader(&zip.FileHeader{Name: names[i], Method: method})
		io.WriteString(w, names[i+1])
	}
	z.Close()
	return b.Bytes()
}

func gzipped(content string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, content)
	w.Close()
	return b.Bytes()
}

func zlibbed(content string) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	io.WriteString(w, content)
	w.Close()
	return b.Bytes()
}

func call() []byte {
	return pickletest.New(2).Global("posix", "system").Str("echo poc").Tuple(1).Reduce().Stop()
}

// storages is an archive as torch.save writes it, with a storage.
func storages(data []byte) []byte {
	return zipped(zip.Store, "m/data.pkl", "\x80\x02}q\x00.", "m/data/0", string(data), "m/version", "3\n")
}

func TestDetector(t *testing.T) {
	others := slices.DeleteFunc(catalog.Detectors(), func(d *detector.Detector) bool { return d == hidden.Detector })
	detectortest.Run(t, hidden.Detector, []detectortest.Case{
		{Name: "weights", File: "m.safetensors", Data: tensor(noise(100_000))},
		{Name: "harmless pickle", File: "m.safetensors", Data: tensor(within(10_000, 500, pickletest.New(2).Global("collections", "OrderedDict").EmptyList().Tuple(1).Reduce().Stop()))},
		{Name: "name of a dangerous callable", File: "m.safetensors", Data: tensor(within(10_000, 500, []byte("cposix\nsystem\n.")))},
		{Name: "ELF", File: "m.safetensors", Data: tensor(within(10_000, 500, []byte(executabletest.ELF()))), Want: []string{id}},
		{Name: "ELF at the start of the tensor", File: "m.safetensors", Data: tensor(within(10_000, 0, []byte(executabletest.ELF()))), Want: []string{id}},
		{Name: "PE", File: "m.safetensors", Data: tensor(within(10_000, 501, []byte(executabletest.PE()))), Want: []string{id}},
		{Name: "script", File: "m.safetensors", Data: tensor(within(10_000, 502, []byte("#!/bin/sh\necho poc echo poc echo poc\n"))), Want: []string{id}},
		{Name: "zip", File: "m.safetensors", Data: tensor(within(100_000, 503, zipped(zip.Deflate, "a.txt", "echo poc"))), Want: []string{id}},
		{Name: "pickle", File: "m.safetensors", Data: tensor(within(10_000, 504, call())), Want: []string{id}},
		{Name: "pickle that calls what it makes", File: "m.safetensors", Data: tensor(within(10_000, 504,
			pickletest.New(2).Global("wrappers", "wrap").Global("posix", "system").Tuple(1).Reduce().Str("echo poc").Tuple(1).Reduce().Stop())), Want: []string{id}},
		{Name: "pickle in a zip", File: "m.safetensors", Data: tensor(within(100_000, 505, zipped(zip.Deflate, "a.pkl", string(call())))), Want: []string{id}},
		{Name: "pickle in a gzip stream", File: "m.safetensors", Data: tensor(within(10_000, 506, gzipped(string(call())))), Want: []string{id}},
		{Name: "behind the tensors", File: "m.safetensors", Data: append(tensor(noise(1000)), within(10_000, 507, []byte(executabletest.ELF()))...),
			Want: []string{id, "safetensors-hidden-bytes"}},
		{Name: "storage of PyTorch", File: "m.pt", Data: storages(within(10_000, 508, []byte(executabletest.ELF()))), Want: []string{id}},
		{Name: "clean storage", File: "m.pt", Data: storages(noise(10_000))},
		{Name: "bytes in a pickle", File: "m.pkl", Data: pickletest.New(4).Data(within(10_000, 509, []byte(executabletest.ELF()))).Stop(), Want: []string{id}},
		{Name: "bytes in a pickle, behind many scripts", File: "m.pkl", Data: pickletest.New(4).Data(append([]byte(strings.Repeat("\xff#!/bin/sh\necho poc echo poc echo poc\n", 300)), executabletest.ELF()...)).Stop(), Want: []string{id}},
		{Name: "bytes in a pickle, behind a long stream", File: "m.pkl", Data: pickletest.New(4).Data(append([]byte("\xff"+string(gzipped(strings.Repeat("a", 5<<20)))), executabletest.ELF()...)).Stop(), Want: []string{id}, Heavy: true},
		{Name: "value of a store", File: "data.mdb", Data: within(10_000, 512, call()), Want: []string{dataID}},
		{Name: "packed value of a store", File: "data.mdb", Data: within(10_000, 512, zlibbed(string(call()))), Want: []string{dataID}},
		{Name: "value of a store in base64", File: "data.mdb", Data: within(2<<20, 1<<20-50, []byte("\x00"+base64.StdEncoding.EncodeToString(call())+"\x00")), Want: []string{dataID}, Heavy: true},
		{Name: "value of a store behind many packed ones", File: "data.mdb", Data: append(bytes.Repeat(zlibbed("harmless harmless harmless"), 300), call()...), Want: []string{dataID}, Heavy: true},
		{Name: "raw vector of R", File: "m.rds", Data: rdstest.Object(rdstest.Raw(string(within(10_000, 511, []byte(executabletest.ELF()))))), Want: []string{id}},
		{Name: "archive in a pickle", File: "m.pkl", Data: pickletest.New(4).Data(within(10_000, 510, zipped(zip.Deflate, "a", "b"))).Stop()},
	}, others...)
}

// TestHonestData: nothing is told of data without pickles that do harm.
func TestHonestData(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"harmless pickle", within(10_000, 512, pickletest.New(2).Global("collections", "OrderedDict").EmptyList().Tuple(1).Reduce().Stop())},
		{"harmless packed text", within(10_000, 512, zlibbed("a pickle may start with cposix\nsystem\n"))},
		{"noise", noise(100_000)},
	} {
		got := detectortest.Scan(catalog.Detectors(), "data.mdb", c.data)
		if len(got.Findings) > 0 || got.Status != audit.NotAModel {
			t.Errorf("%s: got %s, %s", c.name, got.Status, strings.Join(detectortest.RuleIDs(got), " "))
		}
	}
}

// limited scans a file of weights of which n bytes are searched.
func limited(data []byte, n int64) audit.File {
	s := scan.Scanner{Detectors: catalog.Detectors(), Limits: hostile.DefaultLimits(), Now: time.Now, Search: n}
	return s.File(context.Background(), artifact.File{Path: "m.safetensors", Content: hostile.Bytes(data), Size: int64(len(data))})
}

// TestLimit: the weights of a file beyond the limit are not searched, and that is
// told.
func TestLimit(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name       string
		at         int
		limit      int64
		found      bool
		unsearched int64
	}{
		{name: "all", at: 4 * mib, limit: scan.SearchAll, found: true},
		{name: "enough", at: 4 * mib, limit: 64 * mib, found: true},
		{name: "none", at: 100, limit: 0, unsearched: 8 * mib},
		{name: "too few", at: 100, limit: 8 * mib, unsearched: 8 * mib},
	} {
		data := tensor(within(8*mib, c.at, []byte(executabletest.ELF())))
		got := limited(data, c.limit)
		if found := slices.Contains(detectortest.RuleIDs(got), id); found != c.found {
			t.Errorf("%s: found %v, want %v", c.name, found, c.found)
		}
		if header := int64(len(data) - 8*mib); got.Unsearched != c.unsearched && got.Unsearched != c.unsearched+header {
			t.Errorf("%s: %d bytes unsearched, want %d", c.name, got.Unsearched, c.unsearched)
		}
		if got.Unread() {
			t.Errorf("%s: unread: %s", c.name, got.Reason)
		}
	}
}

// TestPlace: a finding says what was found, and where.
func TestPlace(t *testing.T) {
	data := tensor(within(10_000, 500, []byte(executabletest.ELF())))
	got := limited(data, scan.SearchAll).Findings[0]
	if want := int64(len(data) - 10_000 + 500); got.Location.Offset != want || !strings.Contains(got.Message, "ELF program, x86-64 shared object") {
		t.Errorf("got %#x: %s, want %#x", got.Location.Offset, got.Message, want)
	}
}

// TestInside: what is inside of a hidden file stands in the evidence.
func TestInside(t *testing.T) {
	got := limited(tensor(within(100_000, 505, zipped(zip.Deflate, "a.pkl", string(call())))), scan.SearchAll).Findings
	if len(got) != 1 || !slices.ContainsFunc(got[0].Evidence, func(s finding.Step) bool { return strings.HasPrefix(s.Text, "in it: ") }) {
		t.Errorf("got %+v, want one finding with what is in the archive", got)
	}
}

// TestStoreOfR: what is dangerous to R alone is no pickle.
func TestStoreOfR(t *testing.T) {
	value := rdstest.Object(rdstest.Promise(rdstest.Symbol("x"), rdstest.Named("system", rdstest.Strings("echo poc"))))
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{name: "promise", data: within(10_000, 512, zlibbed(string(value)))},
		{name: "promise, and a pickle behind it", data: append(within(10_000, 512, zlibbed(string(value))), zlibbed(string(call()))...), want: []string{dataID}},
	} {
		got := detectortest.Scan(catalog.Detectors(), "stats.rdb", c.data)
		var ids []string
		for _, f := range got.Findings {
			ids = append(ids, f.Rule.ID)
		}
		if !slices.Equal(ids, c.want) {
			t.Errorf("%s: got %v (%s), want %v", c.name, ids, got.Reason, c.want)
		}
	}
}
