package executable_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/executable"
	"github.com/modelaudit/modelaudit/internal/format/executable/executabletest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func decode(data string) (executable.Program, bool) {
	return executable.Decode(hostiletest.Reader(data))
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, data string
		kind       executable.Kind
		detail     string
	}{
		{name: "ELF", data: executabletest.ELF(), kind: executable.ELF, detail: "x86-64 shared object"},
		{name: "ELF, big-endian", data: "\x7fELF\x01\x02\x01" + strings.Repeat("\x00", 9) + "\x00\x02\x00\x14" + strings.Repeat("\x00", 32),
			kind: executable.ELF, detail: "PowerPC executable"},
		{name: "PE", data: executabletest.PE(), kind: executable.PE, detail: "x86-64 executable"},
		{name: "Mach-O", data: "\xcf\xfa\xed\xfe\x0c\x00\x00\x01\x00\x00\x00\x00\x06\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00",
			kind: executable.MachO, detail: "ARM 64 library"},
		{name: "universal", data: "\xca\xfe\xba\xbe\x00\x00\x00\x02\x01\x00\x00\x07" + strings.Repeat("\x00", 16) +
			"\x01\x00\x00\x0c" + strings.Repeat("\x00", 16), kind: executable.MachO, detail: "x86-64 and ARM 64 universal"},
		{name: "script", data: "#! /usr/bin/env python3\r\nprint()\n", kind: executable.Script, detail: "#! /usr/bin/env python3"},
		{name: "WebAssembly", data: "\x00asm\x01\x00\x00\x00", kind: executable.Wasm, detail: "WebAssembly"},
		{name: "llamafile", data: "MZqFpD='\n", kind: executable.APE, detail: "Actually Portable Executable"},
		{name: "shortcut", data: "\x4c\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46",
			kind: executable.Shortcut, detail: "shell link"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := decode(c.data)
			if want := (executable.Program{Kind: c.kind, Detail: c.detail}); !ok || got != want {
				t.Errorf("got %v, %v, want %v", got, ok, want)
			}
			if !executable.Looks([]byte(c.data)) {
				t.Errorf("Looks: got false")
			}
		})
	}
}

func TestDecodeNothing(t *testing.T) {
	for _, c := range []struct{ name, data string }{
		{name: "empty"},
		{name: "signature alone", data: "\x7fELF"},
		{name: "ELF without a machine", data: "\x7fELF" + strings.Repeat("\x00", 60)},
		{name: "ELF cut", data: executabletest.ELF()[:40]},
		{name: "two letters", data: "MZ" + strings.Repeat("x", 100)},
		{name: "DOS header to nowhere", data: "MZ" + strings.Repeat("\xff", 100)},
		{name: "Mach-O for no processor", data: "\xcf\xfa\xed\xfe" + strings.Repeat("\x01", 60)},
		{name: "Java class", data: "\xca\xfe\xba\xbe\x00\x00\x00\x34\x00\x10\x0a"},
		{name: "heading", data: "#! not an interpreter\n"},
		{name: "binary behind #!", data: "#!/\x00\x01\x02"},
		{name: "weights", data: strings.Repeat("\x3f\x80\x00\x00", 30)},
	} {
		if got, ok := decode(c.data); ok {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

// FuzzDecode: what is decoded was announced, and its kind has a name.
func FuzzDecode(f *testing.F) {
	f.Add(executabletest.ELF())
	f.Add(executabletest.PE())
	f.Add("#!/bin/sh\n")
	f.Add("\xca\xfe\xba\xbe\x00\x00\x00\x01\x01\x00\x00\x07" + strings.Repeat("\x00", 16))
	f.Fuzz(func(t *testing.T, data string) {
		got, ok := decode(data)
		if ok && (!executable.Looks([]byte(data)) || got.Kind.String() == "" || got.Detail == "") {
			t.Errorf("decode(%q): %v", data, got)
		}
	})
}

// TestMissing: the symbols that an object file asks for are those of its table.
func TestMissing(t *testing.T) {
	object := executabletest.Object("system", "sin", "")
	for n := range len(object) + 1 {
		var got []string
		budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), int64(n), time.Now)
		executable.Missing(hostile.NewReader(hostile.Bytes(object[:n]), int64(n), budget), func(s string) { got = append(got, s) })
		if whole := n == len(object); whole && !slices.Equal(got, []string{"system", "sin"}) || !whole && len(got) > 2 {
			t.Errorf("%d of %d bytes: got %q", n, len(object), got)
		}
	}
}
