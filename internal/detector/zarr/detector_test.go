package zarr_test

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/zarr"
)

// array2 is the .zarray of TensorStore, with a compressor and filters.
func array2(compressor, filters string) []byte {
	return []byte(`{"chunks":[3,4],"compressor":` + compressor + `,"dimension_separator":".","dtype":"<f4","fill_value":null,"filters":` +
		filters + `,"order":"C","shape":[3,4],"zarr_format":2}`)
}

// array3 is the zarr.json of TensorStore, with one codec in a shard.
func array3(codec string) []byte {
	return []byte(`{"chunk_grid":{"configuration":{"chunk_shape":[3,4]},"name":"regular"},"chunk_key_encoding":{"name":"default"},` +
		`"codecs":[{"configuration":{"chunk_shape":[3,4],"codecs":[{"configuration":{"endian":"little"},"name":"bytes"},` + codec +
		`],"index_codecs":[{"name":"bytes"},{"name":"crc32c"}]},"name":"sharding_indexed"}],"data_type":"float32","fill_value":0.0,` +
		`"node_type":"array","shape":[3,4],"zarr_format":3}`)
}

func TestDetector(t *testing.T) {
	pickled, foreign := []string{"zarr-pickle-codec"}, []string{"zarr-unknown-codec"}
	zstd := `{"id":"zstd","level":1}`
	detectortest.Run(t, zarr.Detector, []detectortest.Case{
		{Name: "version 2", File: "w/.zarray", Data: array2(zstd, "null")},
		{Name: "version 3", File: "w/zarr.json", Data: array3(`{"configuration":{"level":3},"name":"zstd"}`)},
		{Name: "under another name", Data: array2(zstd, "null")},
		{Name: "group", File: ".zgroup", Data: []byte(`{"zarr_format": 2}`)},
		{Name: "text", File: "w/.zarray", Data: array2(zstd, `[{"id":"vlen-utf8"}]`)},
		{Name: "of numcodecs", Data: array3(`{"configuration":{"id":"lz4"},"name":"numcodecs.lz4"}`)},
		{Name: "attributes", File: "zarr.json", Data: []byte(`{"zarr_format": 3, "attributes": {"filters": [{"id": "pickle"}]}}`)},
		{Name: "pickle", File: "w/.zarray", Data: array2(zstd, `[{"id":"pickle","protocol":5}]`), Want: pickled},
		{Name: "pickle for a compressor", File: "w/.zarray", Data: array2(`{"id":"pickle"}`, "null"), Want: pickled},
		{Name: "pickle in a shard", Data: array3(`{"name":"numcodecs.pickle"}`), Want: pickled},
		{Name: "pickle by its configuration", Data: array3(`{"configuration":{"id":"pickle"},"name":"numcodecs.zstd"}`), Want: pickled},
		{Name: "by the name alone", Data: array3(`"numcodecs.pickle"`), Want: pickled},
		{Name: "in other letters", File: ".zarray", Data: []byte(`{"z\u0061rr_format":2,"filters":[{"id":"\u0070ickle"}]}`), Want: pickled},
		{Name: "consolidated", File: ".zmetadata", Data: []byte(`{"metadata":{"a/.zarray":` + string(array2("null", `[{"id":"pickle"}]`)) + `},"zarr_consolidated_format":1}`), Want: pickled},
		{Name: "consolidated, of an array named as a member", File: "zarr.json", Data: []byte(`{"consolidated_metadata":{"metadata":{"attributes":` + string(array3(`{"name":"numcodecs.pickle"}`)) + `}},"zarr_format":3}`), Want: pickled},
		{Name: "foreign", Data: array2(`{"id":"acme"}`, "null"), Want: foreign},
		{Name: "no JSON", File: "zarr.json", Data: []byte(`{"zarr_format": 3, "codecs": [`), Unread: true},
	})
}

// shard is the chunks, in order, behind each other, with their index.
func shard(chunks ...string) []byte {
	var data, index []byte
	for _, c := range chunks {
		if c == "" {
			index = append(index, strings.Repeat("\xff", 16)...)
			continue
		}
		index = binary.LittleEndian.AppendUint64(index, uint64(len(data)))
		index = binary.LittleEndian.AppendUint64(index, uint64(len(c)))
		data = append(data, c...)
	}
	sum := crc32.Checksum(index, crc32.MakeTable(crc32.Castagnoli))
	return binary.LittleEndian.AppendUint32(append(data, index...), sum)
}

func TestShard(t *testing.T) {
	broken := shard("one", "two")
	broken[len(broken)-1] ^= 1
	cases := []struct {
		name string
		data []byte
		want string // the chunks, last first
	}{
		{name: "one", data: shard("payload"), want: "chunk 0 from the end: payload"},
		{name: "some are not there", data: shard("one", "", "two", ""), want: "chunk 0 from the end: two, chunk 1 from the end: one"},
		{name: "none is there", data: shard("", "")},
		{name: "another checksum", data: broken, want: "not a shard"},
		{name: "zeros", data: make([]byte, 400), want: "not a shard"},
		{name: "short", data: []byte("no shard"), want: "not a shard"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(detectortest.Told(t, zarr.Shard, "c/0/0", c.data), ", ")
			if detectortest.Scan([]*detector.Detector{zarr.Shard}, "c/0/0", c.data).Status == audit.NotAModel {
				got = "not a shard"
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
