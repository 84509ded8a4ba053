package arrow_test

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

var le = binary.LittleEndian

// schema is a message with a column of a type that Python defines.
func schema(pickled []byte) string {
	value := string(le.AppendUint32(nil, uint32(len(pickled)))) + string(pickled)
	return "\x10\x00\x00\x00\x00\x00\x0a\x00ARROW:extension:name\x00\x00\x00\x00\x17\x00\x00\x00arrow.py_extension_type\x00" +
		"\x18\x00\x00\x00ARROW:extension:metadata\x00\x00\x00\x00" + value + strings.Repeat("\x00", 16)
}

// file is an Arrow file of a schema.
func file(text string) string {
	return "ARROW1\x00\x00\xff\xff\xff\xff" + string(le.AppendUint32(nil, uint32(len(text)))) + text + "\x00\x00\x00\x00ARROW1"
}

// parquet is a Parquet file with a key and its value in the metadata.
func parquet(key, value string) string {
	text := "\x15\x02\x19\x3c\x18" + string(rune(len(key))) + key + "\x18" + string(binary.AppendUvarint(nil, uint64(len(value)))) + value + "\x00"
	return "PAR1\x15\x00\x15\x10" + text + string(le.AppendUint32(nil, uint32(len(text)))) + "PAR1"
}

func TestTables(t *testing.T) {
	shell := pickletest.New(4).Call("posix", "system", "echo poc").Stop()
	unknown := pickletest.New(4).Call("models", "make", "x").Stop()
	known := pickletest.New(4).Global("collections", "OrderedDict").EmptyList().Tuple(1).Reduce().Stop()
	encoded := func(p []byte) string { return base64.StdEncoding.EncodeToString([]byte(schema(p))) }
	for _, c := range []struct {
		name, data string
		want       string
		status     audit.Status
	}{
		{"type in Arrow", file(schema(shell)), "pickle-executes-code", audit.Findings},
		{"type in Parquet", parquet("ARROW:schema", encoded(shell)), "pickle-executes-code", audit.Findings},
		{"unknown type in Parquet", parquet("ARROW:schema", encoded(unknown)), "pickle-unknown-call", audit.Findings},
		{"harmless type", parquet("ARROW:schema", encoded(known)), "", audit.Clean},
		{"metadata of Parquet", parquet("weights", base64.StdEncoding.EncodeToString(shell)), "encoded-payload", audit.Findings},
		{"metadata of Arrow", file("\x00\x00weights\x00" + base64.StdEncoding.EncodeToString(shell) + "\x00"), "encoded-payload", audit.Findings},
		{"honest Arrow", file("\x10\x00column\x00"), "", audit.NotAModel},
		{"honest Parquet", parquet("pandas", `{"index_columns": [{"kind": "range"}]}`), "", audit.NotAModel},
		{"cut", file(schema(shell))[:40], "", audit.NotAModel},
		{"footer that is larger than the file", "PAR1\x15\x00\x15\x10\xff\xff\xff\xffPAR1", "", audit.NotAModel},
	} {
		got := detectortest.Scan(catalog.Detectors(), "table", []byte(c.data))
		rules := detectortest.RuleIDs(got)
		if got.Status != c.status || c.want != "" && !slices.Contains(rules, c.want) {
			t.Errorf("%s: got %s %q (%s), want %s %q", c.name, got.Status, rules, got.Reason, c.status, c.want)
		}
	}
}
