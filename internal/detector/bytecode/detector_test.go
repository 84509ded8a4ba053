package bytecode_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/bytecode"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// box is a container of one member: its first byte, then the member.
var box = &detector.Detector{
	Name:  "box",
	Match: func(h *artifact.Head) bool { return h.Depth == 0 && bytes.HasPrefix(h.First, []byte("B")) },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("box")
		data := p.Reader().Bytes(uint64(p.File.Size))[1:]
		return p.Nested(p.File.Member("member", hostile.Bytes(data), int64(len(data))))
	},
}

// Instructions of Python 3.8.
const (
	loadName   = 101
	loadAttr   = 106
	importName = 108
	storeName  = 90
	popTop     = 1
	returnTop  = 83
)

// code marshals a code object in the layout of Python 3.8 to 3.10.
func code(names []string, instructions ...byte) []byte {
	var b bytes.Buffer
	number := func(n int) { _ = binary.Write(&b, binary.LittleEndian, int32(n)) }
	text := func(kind byte, s string) {
		b.WriteByte(kind)
		number(len(s))
		b.WriteString(s)
	}
	b.WriteByte('c')
	for _, n := range []int{0, 0, 0, 0, 2, 64} { // three counts of arguments, locals, stack size, flags
		number(n)
	}
	text('s', string(instructions))
	b.Write([]byte{')', 1, 'N'}) // constants
	b.Write([]byte{')', byte(len(names))})
	for _, n := range names {
		text('a', n)
	}
	b.Write([]byte{')', 0, ')', 0, ')', 0}) // locals, free variables, cells
	text('a', "train.py")
	text('a', "<lambda>")
	number(1)
	text('s', "") // line numbers
	return b.Bytes()
}

// pyc puts the header of Python 3.8 in front of a code object.
func pyc(code []byte) []byte {
	return append([]byte{0x55, 0x0d, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, code...)
}

func inBox(p []byte) []byte { return append([]byte("B"), p...) }

func TestDetector(t *testing.T) {
	system := code([]string{"os", "system"}, importName, 0, storeName, 0, loadName, 0, loadAttr, 1, popTop, 0, returnTop, 0)
	looks := code([]string{"os", "name", "sys", "getfilesystemencoding"}, importName, 0, storeName, 0, loadName, 0, loadAttr, 1, popTop, 0,
		importName, 2, storeName, 2, loadName, 2, loadAttr, 3, popTop, 0, returnTop, 0)
	builtin := code([]string{"exec"}, loadName, 0, popTop, 0, returnTop, 0)
	escape := code([]string{"x", "__class__", "__subclasses__"}, loadName, 0, loadAttr, 1, loadAttr, 2, returnTop, 0)
	method := code([]string{"model", "eval", "system"}, loadName, 0, loadAttr, 1, loadAttr, 2, returnTop, 0)
	const short = "what is cut off in another file is its container's to tell"
	detectortest.Run(t, bytecode.Detector, []detectortest.Case{
		{Name: "os.system", Data: inBox(system), Want: []string{"bytecode-dangerous"}},
		{Name: "exec", Data: inBox(builtin), Want: []string{"bytecode-dangerous"}},
		{Name: "out of the sandbox", Data: inBox(escape), Want: []string{"bytecode-dangerous"}},
		{Name: "a method of that name", Data: inBox(method), AnyPrefix: short},
		{Name: "compiled module", Data: inBox(pyc(method)), Want: []string{"bytecode-file"}},
		{Name: "dangerous module", Data: inBox(pyc(system)), Want: []string{"bytecode-runs-on-import"}},
		{Name: "module that looks around", Data: inBox(pyc(looks)), Want: []string{"bytecode-file"}},
		{Name: "module under another name", File: "weights.bin", Data: pyc(system), Want: []string{"bytecode-runs-on-import"}},
	}, box)
}
