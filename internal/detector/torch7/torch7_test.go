package torch7_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/torch7"
)

func num(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

func text(s string) string { return num(2) + num(len(s)) + s }

// table is a table of pairs, keys and values in turn.
func table(pairs ...string) string {
	return num(3) + num(1) + num(len(pairs)/2) + strings.Join(pairs, "")
}

// function is a dumped function without upvalues.
func function(code string) string { return num(8) + num(2) + num(len(code)) + code + num(0) }

func TestDetector(t *testing.T) {
	lua := "\x1bLua\x51" + "\x03\x00\x00\x00os\x00\x08\x00\x00\x00execute\x00"
	jit := "\x1bLJ\x02\x0ddo nothing\x07io\x0apopen"
	detectortest.Run(t, torch7.Detector, []detectortest.Case{
		{Name: "table", File: "m.t7", Data: []byte(table(text("name"), text("os.execute and io.popen are not called")))},
		{Name: "cut", Data: []byte(table(text("name"), text("value"))[:30]), Unread: true},
		{Name: "function", Data: []byte(table(text("f"), function("\x1bLJ\x02\x0ctanh\x08exec"))), Want: []string{"torch7-function"}},
		{Name: "function of Lua", Data: []byte(table(text("f"), function(lua))), Want: []string{"torch7-function", "torch7-function-reaches-out"}},
		{Name: "function of LuaJIT", Data: []byte(table(text("f"), function(jit))), Want: []string{"torch7-function", "torch7-function-reaches-out"}},
		{Name: "function in source", Data: []byte(table(text("f"), function("local o = os\nreturn o['execute']('echo poc')"))), Want: []string{"torch7-function", "torch7-function-reaches-out"}},
		{Name: "harmless source", Data: []byte(table(text("f"), function("return function(x) return x.position.execute_os end"))), Want: []string{"torch7-function"}},
		{Name: "text", Data: []byte(table(text("init"), text("return os.execute('echo poc')"))), Want: []string{"torch7-code-in-text"}},
		{Name: "text in another stream", File: "m.t7", Data: []byte("T7\x00\x00 nn.Sequential io.popen \"echo poc\""), Want: []string{"torch7-code-in-text"}, Unread: true},
		{Name: "bytes behind", Data: []byte(table(text("a"), num(0)) + "xyz"), Want: []string{"torch7-trailing-bytes"}},
	})
}
