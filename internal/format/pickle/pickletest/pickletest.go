// Package pickletest writes pickles opcode by opcode, for tests. What it writes
// is as sound or as broken as the test asks for.
package pickletest

import (
	"encoding/binary"
	"fmt"
)

// A Stream is a pickle under construction. Its methods are named like opcodes
// and return the Stream.
type Stream struct{ b []byte }

// New starts a pickle with PROTO.
func New(protocol byte) *Stream { return Raw().Op(0x80, protocol) }

// Raw starts a pickle with nothing, as protocols 0 and 1 do.
func Raw() *Stream { return &Stream{} }

// Bytes returns what was written so far.
func (s *Stream) Bytes() []byte { return s.b }

// Op writes an opcode and the bytes of its argument as they are.
func (s *Stream) Op(code byte, arg ...byte) *Stream {
	s.b = append(append(s.b, code), arg...)
	return s
}

// Text writes an opcode and its argument of one line.
func (s *Stream) Text(code byte, line string) *Stream {
	return s.Op(code, append([]byte(line), '\n')...)
}

// Stop writes STOP and returns the pickle.
func (s *Stream) Stop() []byte { return s.Op('.').b }

// Global writes GLOBAL.
func (s *Stream) Global(module, name string) *Stream { return s.Text('c', module).Raw(name + "\n") }

// Inst writes INST.
func (s *Stream) Inst(module, name string) *Stream { return s.Text('i', module).Raw(name + "\n") }

// Raw writes the bytes of text.
func (s *Stream) Raw(text string) *Stream {
	s.b = append(s.b, text...)
	return s
}

// Named writes a name by way of STACK_GLOBAL.
func (s *Stream) Named(module, name string) *Stream {
	return s.Str(module).Str(name).StackGlobal()
}

// StackGlobal writes STACK_GLOBAL.
func (s *Stream) StackGlobal() *Stream { return s.Op(0x93) }

// Str writes SHORT_BINUNICODE or BINUNICODE.
func (s *Stream) Str(text string) *Stream {
	if len(text) < 256 {
		return s.Op(0x8c, byte(len(text))).Raw(text)
	}
	return s.Op('X').uint32(len(text)).Raw(text)
}

// Data writes SHORT_BINBYTES or BINBYTES.
func (s *Stream) Data(p []byte) *Stream {
	if len(p) < 256 {
		return s.Op('C', byte(len(p))).Raw(string(p))
	}
	return s.Op('B').uint32(len(p)).Raw(string(p))
}

func (s *Stream) uint32(n int) *Stream {
	s.b = binary.LittleEndian.AppendUint32(s.b, uint32(n))
	return s
}

// Int writes BININT.
func (s *Stream) Int(n int32) *Stream { return s.Op('J').uint32(int(uint32(n))) }

// None writes NONE.
func (s *Stream) None() *Stream { return s.Op('N') }

// Mark writes MARK.
func (s *Stream) Mark() *Stream { return s.Op('(') }

// Tuple writes TUPLE, TUPLE1, TUPLE2 or TUPLE3 for up to three items on the
// stack, and EMPTY_TUPLE for none.
func (s *Stream) Tuple(n int) *Stream {
	if n > 3 {
		panic(fmt.Sprintf("pickletest: no opcode for a tuple of %d", n))
	}
	return s.Op([...]byte{')', 0x85, 0x86, 0x87}[n])
}

// TupleFromMark writes TUPLE.
func (s *Stream) TupleFromMark() *Stream { return s.Op('t') }

// EmptyList writes EMPTY_LIST.
func (s *Stream) EmptyList() *Stream { return s.Op(']') }

// EmptyDict writes EMPTY_DICT.
func (s *Stream) EmptyDict() *Stream { return s.Op('}') }

// Append writes APPEND.
func (s *Stream) Append() *Stream { return s.Op('a') }

// Appends writes APPENDS.
func (s *Stream) Appends() *Stream { return s.Op('e') }

// SetItem writes SETITEM.
func (s *Stream) SetItem() *Stream { return s.Op('s') }

// SetItems writes SETITEMS.
func (s *Stream) SetItems() *Stream { return s.Op('u') }

// Reduce writes REDUCE.
func (s *Stream) Reduce() *Stream { return s.Op('R') }

// NewObj writes NEWOBJ.
func (s *Stream) NewObj() *Stream { return s.Op(0x81) }

// Build writes BUILD.
func (s *Stream) Build() *Stream { return s.Op('b') }

// Pop writes POP.
func (s *Stream) Pop() *Stream { return s.Op('0') }

// Memoize writes MEMOIZE.
func (s *Stream) Memoize() *Stream { return s.Op(0x94) }

// Put writes BINPUT.
func (s *Stream) Put(key byte) *Stream { return s.Op('q', key) }

// Get writes BINGET.
func (s *Stream) Get(key byte) *Stream { return s.Op('h', key) }

// Frame writes FRAME of n bytes, whatever follows.
func (s *Stream) Frame(n int) *Stream {
	s.Op(0x95)
	s.b = binary.LittleEndian.AppendUint64(s.b, uint64(n))
	return s
}

// Call writes a call of a name with one string, by REDUCE.
func (s *Stream) Call(module, name, arg string) *Stream {
	return s.Named(module, name).Str(arg).Tuple(1).Reduce()
}

// Encoded writes bytes as protocols below 3 do: a call that encodes a text.
func (s *Stream) Encoded(p []byte) *Stream {
	return s.Named("_codecs", "encode").Str(Latin1(p)).Str("latin1").Tuple(2).Reduce()
}

// Latin1 is the text that is p when it is encoded as Latin-1.
func Latin1(p []byte) string {
	out := make([]rune, len(p))
	for i, c := range p {
		out[i] = rune(c)
	}
	return string(out)
}
