package torch7_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/torch7"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func num(n int) string  { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }
func long(n int) string { return string(binary.LittleEndian.AppendUint64(nil, uint64(n))) }
func str(s string) string {
	return num(len(s)) + s
}
func text(s string) string { return num(2) + str(s) }
func table(index int, pairs ...string) string {
	return num(3) + num(index) + num(len(pairs)/2) + strings.Join(pairs, "")
}
func instance(index int, class, content string) string {
	return num(4) + num(index) + str("V 1") + str(class) + content
}
func floats(index, n int) string {
	storage := instance(index+1, "torch.FloatStorage", long(n)+strings.Repeat("1234", n))
	return instance(index, "torch.FloatTensor", num(1)+long(n)+long(1)+long(1)+storage)
}

func walk(data string) (string, error) {
	names := map[torch7.Kind]string{torch7.Text: "text", torch7.Class: "class", torch7.Function: "function", torch7.Trailing: "trailing"}
	var out []string
	err := torch7.Walk(hostiletest.Reader(data), func(e torch7.Event) {
		s := names[e.Kind]
		if e.Kind == torch7.Class {
			s += ":" + e.Name
		} else {
			s += fmt.Sprintf(":%q", data[e.Offset:e.Offset+e.Size])
		}
		out = append(out, s)
	})
	return strings.Join(out, " "), err
}

func TestWalk(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{name: "table", data: table(1, text("a"), num(1)+"12345678", text("b"), num(5)+num(1)), want: `text:"a" text:"b"`},
		{name: "tensor", data: floats(1, 3), want: "class:torch.FloatTensor class:torch.FloatStorage"},
		{name: "module", data: instance(1, "nn.Linear", table(2, text("weight"), floats(3, 2), text("again"), num(4)+num(3))),
			want: `class:nn.Linear text:"weight" class:torch.FloatTensor class:torch.FloatStorage text:"again"`},
		{name: "class without a version", data: num(4) + num(1) + str("nn.Old") + num(0), want: "class:nn.Old"},
		{name: "function", data: num(8) + num(1) + str("\x1bLJxyz") + table(2), want: `function:"\x1bLJxyz"`},
		{name: "old function", data: num(6) + str("\x1bLua") + num(0), want: `function:"\x1bLua"`},
		{name: "bytes behind", data: table(1, text("a"), num(0)) + "xy", want: `text:"a" trailing:"xy"`},
		{name: "ASCII", data: "4\n1\n3\nV 1\n19\ntorch.DoubleStorage\n2\n0.5 1e-3\n", want: "class:torch.DoubleStorage"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := walk(c.data)
			if err != nil || got != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
			if c.name != "class without a version" && !torch7.Looks([]byte(c.data)) {
				t.Errorf("Looks: got false")
			}
		})
	}
}

func TestWalkFaults(t *testing.T) {
	for _, c := range []struct {
		name, data string
		kind       hostile.Kind
	}{
		{name: "empty", kind: hostile.Truncated},
		{name: "unknown type", data: num(9), kind: hostile.Malformed},
		{name: "string cut", data: num(2) + num(5) + "abc", kind: hostile.Malformed},
		{name: "negative table", data: num(3) + num(1) + num(-1), kind: hostile.Malformed},
		{name: "huge storage", data: instance(1, "torch.ByteStorage", long(1<<40)), kind: hostile.Malformed},
		{name: "long class", data: num(4) + num(1) + str(strings.Repeat("x", 300)), kind: hostile.Malformed},
		{name: "tds", data: instance(1, "tds.Hash", ""), kind: hostile.Unsupported},
		{name: "deep", data: deep(20_000), kind: hostile.Unsupported},
	} {
		got, err := walk(c.data)
		var f *hostile.Fault
		if !errors.As(err, &f) || f.Kind != c.kind {
			t.Errorf("%s: got %v behind %.60s, want %v", c.name, err, got, c.kind)
		}
	}
}

// deep is n tables, each the key of the next.
func deep(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(num(3) + num(i) + num(1))
	}
	return b.String()
}

// FuzzWalk: what is told lies in the stream.
func FuzzWalk(f *testing.F) {
	f.Add(instance(1, "nn.Linear", table(2, text("weight"), floats(3, 2), text("again"), num(4)+num(3))))
	f.Add("4\n1\n3\nV 1\n19\ntorch.DoubleStorage\n2\n0.5 1e-3\n")
	f.Add(num(8) + num(1) + str("\x1bLJxyz") + table(2))
	f.Fuzz(func(t *testing.T, data string) { walk(data) })
}
