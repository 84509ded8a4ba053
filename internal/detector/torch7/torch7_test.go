package torch7_test

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/torch7"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
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
		{Name: "function, numbered from elsewhere", Data: []byte(num(3) + num(77) + num(1) + text("f") + function("\x1bLJ\x02\x0ctanh\x08exec")), Want: []string{"torch7-function"}},
		{Name: "function of Lua", Data: []byte(table(text("f"), function(lua))), Want: []string{"torch7-function", "torch7-function-reaches-out"}},
		{Name: "function of LuaJIT", Data: []byte(table(text("f"), function(jit))), Want: []string{"torch7-function", "torch7-function-reaches-out"}},
		{Name: "function in source", Data: []byte(table(text("f"), function("local o = os\nreturn o['execute']('echo poc')"))), Want: []string{"torch7-function", "torch7-function-reaches-out"}},
		{Name: "harmless source", Data: []byte(table(text("f"), function("return function(x) return x.position.execute_os end"))), Want: []string{"torch7-function"}},
		{Name: "text", Data: []byte(table(text("init"), text("return os.execute('echo poc')"))), Want: []string{"torch7-code-in-text"}},
		{Name: "call in a text, over many lines", Data: []byte(table(text("init"), text("return os.execute"+strings.Repeat("\n", 40<<10)+"("+strings.Repeat(" ", 40<<10)+"'echo poc')"))),
			Want: []string{"torch7-code-in-text"}, Heavy: true},
		{Name: "text in another stream", File: "m.t7", Data: []byte("T7\x00\x00 nn.Sequential io.popen \"echo poc\""), Want: []string{"torch7-code-in-text"}, Unread: true},
		{Name: "bytes behind", Data: []byte(table(text("a"), num(0)) + "xyz"), Want: []string{"torch7-trailing-bytes"}},
	})
}

// TestManyFunctions: each is looked at, however many stand before it.
func TestManyFunctions(t *testing.T) {
	large := strings.Repeat(" ", 600<<10)
	pairs := []string{text("a"), function(large), text("b"), function(large), text("c"), function(large + "os.execute('echo poc')")}
	for i := 3; i < len(pairs); i += 2 { // each an object of its own
		pairs[i] = num(8) + num(i+10) + pairs[i][8:]
	}
	data := []byte(table(pairs...))
	limits := hostile.DefaultLimits()
	limits.Memory = 1 << 20
	s := scan.Scanner{Detectors: []*detector.Detector{torch7.Detector}, Limits: limits, Now: time.Now}
	got := s.File(context.Background(), artifact.File{Path: "m.t7", Content: hostile.Bytes(data), Size: int64(len(data))})
	if ids := detectortest.RuleIDs(got); !slices.Contains(ids, "torch7-function-reaches-out") || got.Unread() {
		t.Errorf("got %s %v (%s), want the last function", got.Status, ids, got.Reason)
	}
}

// TestTold: texts and what follows the model go to whoever looks at them.
func TestTold(t *testing.T) {
	long := "a text of more than twenty bytes"
	got := detectortest.Told(t, torch7.Detector, "m.t7", []byte(table(text("name"), text(long))+"more"))
	if want := []string{"string: " + long, "bytes behind the model: more"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
