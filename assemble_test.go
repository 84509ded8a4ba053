package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// An encoding writes the argument of an opcode.
type encoding func(b *bytes.Buffer, args []string) error

// opcodes are the opcodes of pickles by their names in Python's pickletools.
var opcodes = map[string]struct {
	code byte
	arg  encoding
}{
	"PROTO": {0x80, integer[uint8]}, "FRAME": {0x95, integer[uint64]}, "STOP": {'.', none},
	"MARK": {'(', none}, "POP": {'0', none}, "POP_MARK": {'1', none}, "DUP": {'2', none},
	"NONE": {'N', none}, "NEWTRUE": {0x88, none}, "NEWFALSE": {0x89, none},
	"INT": {'I', lines}, "LONG": {'L', lines}, "BININT": {'J', integer[int32]}, "BININT1": {'K', integer[uint8]},
	"BININT2": {'M', integer[uint16]}, "LONG1": {0x8a, counted[uint8]}, "FLOAT": {'F', lines}, "BINFLOAT": {'G', float},
	"STRING": {'S', lines}, "BINSTRING": {'T', counted[uint32]}, "SHORT_BINSTRING": {'U', counted[uint8]},
	"UNICODE": {'V', lines}, "SHORT_BINUNICODE": {0x8c, counted[uint8]}, "BINUNICODE": {'X', counted[uint32]},
	"BINUNICODE8": {0x8d, counted[uint64]}, "SHORT_BINBYTES": {'C', counted[uint8]}, "BINBYTES": {'B', counted[uint32]},
	"BINBYTES8": {0x8e, counted[uint64]}, "BYTEARRAY8": {0x96, counted[uint64]},
	"EMPTY_LIST": {']', none}, "APPEND": {'a', none}, "APPENDS": {'e', none}, "LIST": {'l', none},
	"EMPTY_TUPLE": {')', none}, "TUPLE": {'t', none}, "TUPLE1": {0x85, none}, "TUPLE2": {0x86, none}, "TUPLE3": {0x87, none},
	"EMPTY_DICT": {'}', none}, "DICT": {'d', none}, "SETITEM": {'s', none}, "SETITEMS": {'u', none},
	"EMPTY_SET": {0x8f, none}, "ADDITEMS": {0x90, none}, "FROZENSET": {0x91, none},
	"GLOBAL": {'c', lines}, "STACK_GLOBAL": {0x93, none}, "REDUCE": {'R', none}, "BUILD": {'b', none},
	"INST": {'i', lines}, "OBJ": {'o', none}, "NEWOBJ": {0x81, none}, "NEWOBJ_EX": {0x92, none},
	"EXT1": {0x82, integer[uint8]}, "EXT2": {0x83, integer[uint16]}, "EXT4": {0x84, integer[int32]},
	"PERSID": {'P', lines}, "BINPERSID": {'Q', none},
	"PUT": {'p', lines}, "BINPUT": {'q', integer[uint8]}, "LONG_BINPUT": {'r', integer[uint32]}, "MEMOIZE": {0x94, none},
	"GET": {'g', lines}, "BINGET": {'h', integer[uint8]}, "LONG_BINGET": {'j', integer[uint32]},
	"NEXT_BUFFER": {0x97, none}, "READONLY_BUFFER": {0x98, none},
}

// assemble turns a list of opcodes, one a line with its arguments, into a
// pickle. Arguments may be quoted as in Go; RAW takes bytes in hexadecimal.
func assemble(source string) ([]byte, error) {
	var b bytes.Buffer
	for line := range strings.Lines(source) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || name[0] == '#' {
			continue
		}
		args, err := arguments(rest)
		if name == "RAW" && err == nil {
			err = raw(&b, args)
		} else if op, ok := opcodes[name]; ok && err == nil {
			b.WriteByte(op.code)
			err = op.arg(&b, args)
		} else if err == nil {
			err = fmt.Errorf("no opcode is named %q", name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", strings.TrimSpace(line), err)
		}
	}
	return b.Bytes(), nil
}

// arguments splits at spaces outside of quotes.
func arguments(s string) ([]string, error) {
	var out []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if s[0] != '"' {
			word, rest, _ := strings.Cut(s, " ")
			out, s = append(out, word), rest
			continue
		}
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return nil, err
		}
		text, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, err
		}
		out, s = append(out, text), s[len(quoted):]
	}
	return out, nil
}

func raw(b *bytes.Buffer, args []string) error {
	p, err := hex.DecodeString(strings.Join(args, ""))
	b.Write(p)
	return err
}

func none(_ *bytes.Buffer, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("takes no argument, not %q", args)
	}
	return nil
}

// lines are arguments that end at the end of a line.
func lines(b *bytes.Buffer, args []string) error {
	for _, a := range args {
		b.WriteString(a + "\n")
	}
	return nil
}

func integer[T uint8 | uint16 | uint32 | uint64 | int32](b *bytes.Buffer, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("takes one number, not %q", args)
	}
	n, err := strconv.ParseInt(args[0], 0, 64)
	if err != nil {
		return err
	}
	return binary.Write(b, binary.LittleEndian, T(n))
}

// counted is text behind its length.
func counted[T uint8 | uint32 | uint64](b *bytes.Buffer, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("takes one text, not %q", args)
	}
	if err := binary.Write(b, binary.LittleEndian, T(len(args[0]))); err != nil {
		return err
	}
	b.WriteString(args[0])
	return nil
}

func float(b *bytes.Buffer, args []string) error {
	f, err := strconv.ParseFloat(slices.Concat(args, []string{""})[0], 64)
	if err != nil {
		return err
	}
	return binary.Write(b, binary.BigEndian, math.Float64bits(f))
}
