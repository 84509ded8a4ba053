// Package executable recognises programs: files that an operating system or an
// interpreter runs. It reads their headers, not only their signatures, because
// two bytes of signature occur in any weights.
package executable

import (
	"encoding/binary"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Kind is a family of programs.
type Kind uint8

// The kinds of programs.
const (
	ELF Kind = iota + 1
	PE
	MachO
	APE // runs on several systems at once: Actually Portable Executable
	Script
	Wasm
	Shortcut // of Windows: a file that runs a command when it is opened
)

var kinds = [...]string{
	ELF: "ELF program", PE: "Windows program", MachO: "Mach-O program", APE: "program for several systems",
	Script: "script", Wasm: "WebAssembly module", Shortcut: "Windows shortcut",
}

// String names the kind for people.
func (k Kind) String() string { return kinds[k] }

// Article is the kind's name behind its article.
func (k Kind) Article() string {
	if k == ELF {
		return "an " + k.String()
	}
	return "a " + k.String()
}

// A Program is what a header says.
type Program struct {
	Kind   Kind
	Detail string // "x86-64 shared object"; of a Script: its first line, which is text of the file
}

// Looks reports whether a file that starts with first may be a program; Decode
// decides.
func Looks(first []byte) bool {
	for _, p := range parsers {
		if len(first) >= len(p.magic) && string(first[:len(p.magic)]) == p.magic {
			return true
		}
	}
	return false
}

// A parser reads the header behind a signature.
type parser struct {
	magic string
	parse func(r *hostile.Reader) (Program, bool)
}

var parsers = []parser{
	{"\x7fELF", elf},
	{"MZqF", ape},
	{"MZ", portable},
	{"\xfe\xed\xfa\xce", machO(binary.BigEndian)}, {"\xfe\xed\xfa\xcf", machO(binary.BigEndian)},
	{"\xce\xfa\xed\xfe", machO(binary.LittleEndian)}, {"\xcf\xfa\xed\xfe", machO(binary.LittleEndian)},
	{"\xca\xfe\xba\xbe", fat(5)}, {"\xca\xfe\xba\xbf", fat(8)},
	{"#!", script},
	{"\x00asm", wasm},
	{"\x4c\x00\x00\x00", shortcut},
}

// Decode reads the header of a program at the cursor and reports whether there
// is one. Its faults are left out: a header that is not whole is none.
func Decode(r *hostile.Reader) (Program, bool) {
	for _, p := range parsers {
		if string(r.Peek(len(p.magic))) != p.magic {
			continue
		}
		w := r.At(uint64(r.Offset()), uint64(r.Left()))
		if program, ok := p.parse(w); ok && w.Err() == nil {
			return program, true
		}
	}
	return Program{}, false
}

// name looks a number of a header up, which may be one that is not listed.
func name(table map[uint64]string, n uint64) string {
	if s := table[n]; s != "" {
		return s
	}
	return "unknown"
}

var elfTypes = map[uint64]string{1: "object", 2: "executable", 3: "shared object", 4: "core dump"}

var elfMachines = map[uint64]string{
	3: "x86", 8: "MIPS", 20: "PowerPC", 21: "PowerPC 64", 22: "S/390", 40: "ARM", 62: "x86-64", 183: "ARM 64", 190: "CUDA",
	224: "AMD GPU", 243: "RISC-V", 247: "BPF", 258: "LoongArch",
}

// elf reads e_ident, e_type and e_machine (System V ABI, chapter 4). Linux does
// not look at what else the header starts with.
func elf(r *hostile.Reader) (Program, bool) {
	const size, ident = 52, 16 // of the smaller header, and of its first part
	whole := r.Left() >= size
	r.Skip(5)
	var order binary.ByteOrder = binary.LittleEndian
	if r.Uint8() == 2 {
		order = binary.BigEndian
	}
	r.Skip(ident - 6)
	kind, machine := uint16At(r, order), uint16At(r, order)
	return Program{ELF, name(elfMachines, machine) + " " + elfTypes[kind]}, whole && machine != 0 && elfTypes[kind] != ""
}

func uint16At(r *hostile.Reader, order binary.ByteOrder) uint64 {
	if order == binary.BigEndian {
		return r.UintBE(2)
	}
	return r.UintLE(2)
}

var peMachines = map[uint64]string{
	0x14c: "x86", 0x1c0: "ARM", 0x1c4: "ARM", 0x8664: "x86-64", 0xaa64: "ARM 64", 0x200: "Itanium", 0xebc: "EFI", 0x5064: "RISC-V",
}

// portable reads the DOS header's e_lfanew and the COFF header behind the PE
// signature that it leads to.
func portable(r *hostile.Reader) (Program, bool) {
	const newHeader, isDLL = 0x3c, 0x2000
	start := r.Offset()
	r.Skip(newHeader)
	at := r.UintLE(4)
	r.MoveTo(start + int64(at))
	if string(r.Peek(4)) != "PE\x00\x00" {
		return Program{}, false
	}
	r.Skip(4)
	machine, sections := r.UintLE(2), r.UintLE(2)
	r.Skip(14)
	what := "executable"
	if r.UintLE(2)&isDLL != 0 {
		what = "library"
	}
	return Program{PE, name(peMachines, machine) + " " + what}, peMachines[machine] != "" && sections <= 96
}

// ape recognises the first bytes of every llamafile and its like: a DOS header
// that is a line of shell, too.
func ape(r *hostile.Reader) (Program, bool) {
	const magic = "MZqFpD='"
	return Program{APE, "Actually Portable Executable"}, string(r.Peek(len(magic))) == magic
}

var machCPUs = map[uint64]string{
	7: "x86", 12: "ARM", 18: "PowerPC", 0x1000007: "x86-64", 0x100000c: "ARM 64", 0x200000c: "ARM 64-32", 0x1000012: "PowerPC 64",
}

var machTypes = map[uint64]string{
	1: "object", 2: "executable", 3: "library", 4: "core dump", 5: "preloaded executable", 6: "library", 7: "linker", 8: "bundle",
	9: "library stub", 10: "debug symbols", 11: "kernel extension", 12: "file set",
}

// machO reads a mach_header (mach-o/loader.h).
func machO(order binary.ByteOrder) func(*hostile.Reader) (Program, bool) {
	return func(r *hostile.Reader) (Program, bool) {
		r.Skip(4)
		cpu := uint64(r.Uint32(order))
		r.Skip(4)
		kind, commands, size := uint64(r.Uint32(order)), r.Uint32(order), r.Uint32(order)
		ok := machCPUs[cpu] != "" && machTypes[kind] != "" && uint64(size) >= 8*uint64(commands)
		return Program{MachO, machCPUs[cpu] + " " + machTypes[kind]}, ok
	}
}

// fat reads the header of a file for several processors (mach-o/fat.h); words is
// the size of an entry. Java's classes share the first of its signatures, and
// the number that follows is at least 45 there.
func fat(words uint64) func(*hostile.Reader) (Program, bool) {
	return func(r *hostile.Reader) (Program, bool) {
		const most = 32
		r.Skip(4)
		n := r.UintBE(4)
		if n == 0 || n > most {
			return Program{}, false
		}
		var cpus []string
		for range r.Count(n, int64(4*words)) {
			cpu := machCPUs[r.UintBE(4)]
			if cpu == "" {
				return Program{}, false
			}
			cpus = append(cpus, cpu)
			r.Skip(4 * (words - 1))
		}
		return Program{MachO, strings.Join(cpus, " and ") + " universal"}, true
	}
}

// script reads the line that names an interpreter.
func script(r *hostile.Reader) (Program, bool) {
	const longest = 127 // what Linux reads, BINPRM_BUF_SIZE less one
	line, _, _ := strings.Cut(string(r.Peek(longest)), "\n")
	interpreter := strings.TrimLeft(line[2:], " \t")
	if !strings.HasPrefix(interpreter, "/") {
		return Program{}, false
	}
	for _, c := range []byte(strings.TrimRight(line, "\r")) {
		if c < ' ' && c != '\t' || c >= 0x7f {
			return Program{}, false
		}
	}
	return Program{Script, strings.TrimSpace(line)}, true
}

// wasm reads the preamble: a version and a layer, of which the component model
// uses 1.
func wasm(r *hostile.Reader) (Program, bool) {
	r.Skip(4)
	version, layer := r.UintLE(2), r.UintLE(2)
	return Program{Wasm, "WebAssembly"}, version >= 1 && version <= 32 && layer <= 1
}

// shortcut reads the size and the class identifier of a shell link ([MS-SHLLINK] 2.1).
func shortcut(r *hostile.Reader) (Program, bool) {
	const class = "\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
	r.Skip(4)
	return Program{Shortcut, "shell link"}, string(r.Peek(len(class))) == class
}
