package polars_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// header is what polars puts in front of a function: version and kind of Python.
const header = "PLPYFN\x94\xc0\xc0\xc2\xc2\x01\x0b\x07"

// numbers writes bytes as an array of JSON.
func numbers(p, sep string) string {
	out := make([]string, len(p))
	for i, c := range []byte(p) {
		out[i] = fmt.Sprint(c)
	}
	return "[" + strings.Join(out, sep) + "]"
}

// wide writes bytes as an array of MessagePack.
func wide(p string) string {
	out := binary.BigEndian.AppendUint16([]byte{0xdc}, uint16(len(p)))
	for _, c := range []byte(p) {
		if c >= 0x80 {
			out = append(out, 0xcc)
		}
		out = append(out, c)
	}
	return string(out)
}

func TestQueries(t *testing.T) {
	const bad = "pickle-in-data"
	shell := string(pickletest.New(4).Call("posix", "system", "echo poc").Stop())
	old := "cposix\nsystem\n(S'echo poc'\ntR."
	harmless := string(pickletest.New(4).Global("collections", "OrderedDict").EmptyList().Tuple(1).Reduce().Stop())
	for _, c := range []struct {
		name, data string
		want       []string
	}{
		{"JSON", `{"MapFunction":{"function":` + numbers(header+shell, ",") + `}}`, []string{"pickle-executes-code", bad}},
		{"JSON with blanks", `{"Map" : {"f\u0075nction" : ` + numbers(header+shell, " , ") + `}}`, []string{"pickle-executes-code"}},
		{"JSON, protocol 0", `{"function":` + numbers(header+old, ",") + `}`, []string{bad}},
		{"JSON with blanks, protocol 0", `{"function" : ` + numbers(header+old, ", ") + `}`, []string{bad}},
		{"JSON behind an escaped key, protocol 0", `{"\u0066unction": ` + numbers(header+old, "\n,") + `}`, []string{bad}},
		{"JSON behind other numbers", `{"df":` + numbers(strings.Repeat("\x80\x03\xff", 9000), ",") + `,"function":` + numbers(shell, ",") + `}`, []string{"pickle-executes-code"}},
		{"JSON of a harmless function", `{"function":` + numbers(header+harmless, ",") + `}`, nil},
		{"JSON of larger numbers", `{"function":[128,4,300,128,4,-1,128,4,1.5]}`, nil},
		{"numbers that are cut", `{"function":[128,4,14`, nil},
		{"binary", "DSL_VERSION\x18\x00" + wide("\xff\xff\x00") + "\xa8function" + wide(header+shell), []string{bad}},
		{"binary of a harmless function", "DSL_VERSION\x18\x00\xa8function" + wide(header+harmless), nil},
	} {
		got := detectortest.Scan(catalog.Detectors(), "query", []byte(c.data))
		if got.Status == audit.Incomplete {
			t.Errorf("%s: got %s, want all of it read", c.name, got.Reason)
		}
		rules := detectortest.RuleIDs(got)
		expected := slices.ContainsFunc(c.want, func(r string) bool { return slices.Contains(rules, r) })
		if len(c.want) == 0 && len(rules) > 0 || len(c.want) > 0 && !expected {
			t.Errorf("%s: got %s %q, want one of %q", c.name, got.Status, rules, c.want)
		}
	}
}
