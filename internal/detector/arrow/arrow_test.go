package arrow_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/arrow/arrowtest"
	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

func TestTables(t *testing.T) {
	shell := pickletest.New(4).Call("posix", "system", "echo poc").Stop()
	unknown := pickletest.New(4).Call("models", "make", "x").Stop()
	known := pickletest.New(4).Global("collections", "OrderedDict").EmptyList().Tuple(1).Reduce().Stop()
	old := []byte("cposix\nsystem\n(S'echo poc'\ntR.") // protocol 0
	column := func(p []byte) fb.Table { return arrowtest.Column(string(p)) }
	embedded := func(columns ...fb.Table) string {
		return arrowtest.Parquet("ARROW:schema", base64.StdEncoding.EncodeToString([]byte(arrowtest.Stream(columns...))))
	}
	swapped := arrowtest.ParquetSwapped("ARROW:schema", base64.StdEncoding.EncodeToString([]byte(arrowtest.Stream(column(shell)))))
	deep := column(shell)
	for range 100 {
		deep = arrowtest.Group(deep)
	}
	plain := arrowtest.Stream(arrowtest.Plain("{}"))
	const claim = 18 // where the first table's own size stands, which Arrow does not look at
	long := arrowtest.Stream(column(unknown))
	long = long[:claim] + "\xff\xff" + long[claim+2:]
	for _, c := range []struct {
		name, data string
		want       string
		status     audit.Status
	}{
		{"type in a file", arrowtest.File(plain, column(shell)), "pickle-executes-code", audit.Findings},
		{"type in a file, of protocol 0", arrowtest.File(plain, column(old)), "pickle-executes-code", audit.Findings},
		{"type in a column of columns", arrowtest.File(plain, arrowtest.Group(arrowtest.Plain("x"), column(shell))), "pickle-executes-code", audit.Findings},
		{"type in a stream", arrowtest.Stream(column(shell)), "pickle-executes-code", audit.Findings},
		{"unknown type in a stream without marks", arrowtest.Stream(column(unknown))[4:], "pickle-unknown-call", audit.Findings},
		{"damaged stream with a type", long, "", audit.Incomplete},
		{"type in a file that is cut", arrowtest.Cut(arrowtest.Stream(column(shell))), "pickle-executes-code", audit.Findings},
		{"type in Parquet", embedded(column(shell)), "pickle-executes-code", audit.Findings},
		{"type in Parquet, of protocol 0", embedded(column(old)), "pickle-executes-code", audit.Findings},
		{"type in Parquet in front of its key", swapped, "pickle-executes-code", audit.Findings},
		{"unknown type in Parquet", embedded(column(unknown)), "pickle-unknown-call", audit.Findings},
		{"harmless type", embedded(column(known)), "", audit.Clean},
		{"columns too deep", arrowtest.File(plain, deep), "", audit.Incomplete},
		{"damaged metadata with a type", strings.Replace(arrowtest.File("", column(known)), "\x17\x00\x00\x00arrow.py", "\x17\x00\x00\xffarrow.py", 1), "", audit.Incomplete},
		{"metadata of Parquet", arrowtest.Parquet("weights", base64.StdEncoding.EncodeToString(shell)), "encoded-payload", audit.Findings},
		{"metadata of Arrow", arrowtest.File(plain, arrowtest.Plain(base64.StdEncoding.EncodeToString(shell))), "encoded-payload", audit.Findings},
		{"metadata of Arrow behind much else", arrowtest.File(plain, arrowtest.Plain(strings.Repeat("\x00", 1<<17)+base64.StdEncoding.EncodeToString(shell))), "encoded-payload", audit.Findings},
		{"honest Arrow", arrowtest.File(plain, arrowtest.Plain("{}")), "", audit.NotAModel},
		{"honest Parquet", arrowtest.Parquet("pandas", `{"index_columns": [{"kind": "range"}]}`), "", audit.NotAModel},
		{"cut", arrowtest.File(arrowtest.Stream(column(shell)))[:40], "", audit.NotAModel},
		{"footer that is larger than the file", "PAR1\x15\x00\x15\x10\xff\xff\xff\xffPAR1", "", audit.NotAModel},
		{"another file that starts like a stream", strings.Repeat("\xff", 100), "", audit.NotAModel},
	} {
		got := detectortest.Scan(catalog.Detectors(), "table", []byte(c.data))
		rules := detectortest.RuleIDs(got)
		if got.Status != c.status || c.want != "" && !slices.Contains(rules, c.want) {
			t.Errorf("%s: got %s %q (%s), want %s %q", c.name, got.Status, rules, got.Reason, c.status, c.want)
		}
	}
}
