package pickle

import "fmt"

// A Code is the byte of an opcode.
type Code byte

// The opcodes of protocols 0 to 5, by the names of CPython's pickletools.
const (
	opMark           Code = '('
	opStop           Code = '.'
	opPop            Code = '0'
	opPopMark        Code = '1'
	opDup            Code = '2'
	opFloat          Code = 'F'
	opInt            Code = 'I'
	opBinInt         Code = 'J'
	opBinInt1        Code = 'K'
	opLong           Code = 'L'
	opBinInt2        Code = 'M'
	opNone           Code = 'N'
	opPersID         Code = 'P'
	opBinPersID      Code = 'Q'
	opReduce         Code = 'R'
	opString         Code = 'S'
	opBinString      Code = 'T'
	opShortBinString Code = 'U'
	opUnicode        Code = 'V'
	opBinUnicode     Code = 'X'
	opAppend         Code = 'a'
	opBuild          Code = 'b'
	opGlobal         Code = 'c'
	opDict           Code = 'd'
	opEmptyDict      Code = '}'
	opAppends        Code = 'e'
	opGet            Code = 'g'
	opBinGet         Code = 'h'
	opInst           Code = 'i'
	opLongBinGet     Code = 'j'
	opList           Code = 'l'
	opEmptyList      Code = ']'
	opObj            Code = 'o'
	opPut            Code = 'p'
	opBinPut         Code = 'q'
	opLongBinPut     Code = 'r'
	opSetItem        Code = 's'
	opTuple          Code = 't'
	opEmptyTuple     Code = ')'
	opSetItems       Code = 'u'
	opBinFloat       Code = 'G'

	opProto    Code = 0x80
	opNewObj   Code = 0x81
	opExt1     Code = 0x82
	opExt2     Code = 0x83
	opExt4     Code = 0x84
	opTuple1   Code = 0x85
	opTuple2   Code = 0x86
	opTuple3   Code = 0x87
	opNewTrue  Code = 0x88
	opNewFalse Code = 0x89
	opLong1    Code = 0x8a
	opLong4    Code = 0x8b

	opBinBytes      Code = 'B'
	opShortBinBytes Code = 'C'

	opShortBinUnicode Code = 0x8c
	opBinUnicode8     Code = 0x8d
	opBinBytes8       Code = 0x8e
	opEmptySet        Code = 0x8f
	opAddItems        Code = 0x90
	opFrozenSet       Code = 0x91
	opNewObjEx        Code = 0x92
	opStackGlobal     Code = 0x93
	opMemoize         Code = 0x94
	opFrame           Code = 0x95

	opByteArray8     Code = 0x96
	opNextBuffer     Code = 0x97
	opReadOnlyBuffer Code = 0x98
)

// MaxProtocol is the highest protocol that any unpickler accepts
// (pickle.HIGHEST_PROTOCOL of CPython 3.8 to 3.14).
const MaxProtocol = 5

// An argKind is the encoding of what follows an opcode's byte.
type argKind uint8

const (
	argNone    argKind = iota
	argUint1           // one byte
	argUint2           // little-endian
	argInt4            // little-endian, signed
	argUint4           // little-endian
	argUint8           // little-endian
	argFloat8          // big-endian IEEE 754
	argInt             // a line: an integer in any base that Python's int(x, 0) takes
	argLong            // the same, with an optional L
	argFloat           // a line
	argIndex           // a line: a decimal memo key
	argString          // a line: a quoted string with backslash escapes
	argText            // a line: raw-unicode-escape
	argASCII           // a line
	argNames           // two lines: module and name
	argData1           // length of one byte, then that many bytes
	argData4           // length of four bytes
	argSigned4         // length of four bytes, signed
	argData8           // length of eight bytes
)

// An opcode is a row of the table.
type opcode struct {
	name string
	arg  argKind
	text bool // the argument's bytes are UTF-8 and a reader refuses others
}

// opcodes is the table of all 68 opcodes (CPython Lib/pickletools.py); a row
// without a name is not an opcode.
var opcodes = [256]opcode{
	opMark:           {name: "MARK"},
	opStop:           {name: "STOP"},
	opPop:            {name: "POP"},
	opPopMark:        {name: "POP_MARK"},
	opDup:            {name: "DUP"},
	opFloat:          {name: "FLOAT", arg: argFloat},
	opInt:            {name: "INT", arg: argInt},
	opBinInt:         {name: "BININT", arg: argInt4},
	opBinInt1:        {name: "BININT1", arg: argUint1},
	opLong:           {name: "LONG", arg: argLong},
	opBinInt2:        {name: "BININT2", arg: argUint2},
	opNone:           {name: "NONE"},
	opPersID:         {name: "PERSID", arg: argASCII},
	opBinPersID:      {name: "BINPERSID"},
	opReduce:         {name: "REDUCE"},
	opString:         {name: "STRING", arg: argString},
	opBinString:      {name: "BINSTRING", arg: argSigned4},
	opShortBinString: {name: "SHORT_BINSTRING", arg: argData1},
	opUnicode:        {name: "UNICODE", arg: argText},
	opBinUnicode:     {name: "BINUNICODE", arg: argData4, text: true},
	opAppend:         {name: "APPEND"},
	opBuild:          {name: "BUILD"},
	opGlobal:         {name: "GLOBAL", arg: argNames},
	opDict:           {name: "DICT"},
	opEmptyDict:      {name: "EMPTY_DICT"},
	opAppends:        {name: "APPENDS"},
	opGet:            {name: "GET", arg: argIndex},
	opBinGet:         {name: "BINGET", arg: argUint1},
	opInst:           {name: "INST", arg: argNames},
	opLongBinGet:     {name: "LONG_BINGET", arg: argUint4},
	opList:           {name: "LIST"},
	opEmptyList:      {name: "EMPTY_LIST"},
	opObj:            {name: "OBJ"},
	opPut:            {name: "PUT", arg: argIndex},
	opBinPut:         {name: "BINPUT", arg: argUint1},
	opLongBinPut:     {name: "LONG_BINPUT", arg: argUint4},
	opSetItem:        {name: "SETITEM"},
	opTuple:          {name: "TUPLE"},
	opEmptyTuple:     {name: "EMPTY_TUPLE"},
	opSetItems:       {name: "SETITEMS"},
	opBinFloat:       {name: "BINFLOAT", arg: argFloat8},

	opProto:    {name: "PROTO", arg: argUint1},
	opNewObj:   {name: "NEWOBJ"},
	opExt1:     {name: "EXT1", arg: argUint1},
	opExt2:     {name: "EXT2", arg: argUint2},
	opExt4:     {name: "EXT4", arg: argInt4},
	opTuple1:   {name: "TUPLE1"},
	opTuple2:   {name: "TUPLE2"},
	opTuple3:   {name: "TUPLE3"},
	opNewTrue:  {name: "NEWTRUE"},
	opNewFalse: {name: "NEWFALSE"},
	opLong1:    {name: "LONG1", arg: argData1},
	opLong4:    {name: "LONG4", arg: argSigned4},

	opBinBytes:      {name: "BINBYTES", arg: argData4},
	opShortBinBytes: {name: "SHORT_BINBYTES", arg: argData1},

	opShortBinUnicode: {name: "SHORT_BINUNICODE", arg: argData1, text: true},
	opBinUnicode8:     {name: "BINUNICODE8", arg: argData8, text: true},
	opBinBytes8:       {name: "BINBYTES8", arg: argData8},
	opEmptySet:        {name: "EMPTY_SET"},
	opAddItems:        {name: "ADDITEMS"},
	opFrozenSet:       {name: "FROZENSET"},
	opNewObjEx:        {name: "NEWOBJ_EX"},
	opStackGlobal:     {name: "STACK_GLOBAL"},
	opMemoize:         {name: "MEMOIZE"},
	opFrame:           {name: "FRAME", arg: argUint8},

	opByteArray8:     {name: "BYTEARRAY8", arg: argData8},
	opNextBuffer:     {name: "NEXT_BUFFER"},
	opReadOnlyBuffer: {name: "READONLY_BUFFER"},
}

// String returns the opcode's name in pickletools, or its byte if it is none.
func (c Code) String() string {
	if n := opcodes[c].name; n != "" {
		return n
	}
	return fmt.Sprintf("Code(%#02x)", byte(c))
}

// Imports reports whether an opcode names what it imports.
func (c Code) Imports() bool { return c == opGlobal || c == opInst || c == opStackGlobal }

// Known reports whether c is an opcode of protocols 0 to 5.
func (c Code) Known() bool { return opcodes[c].name != "" }

// Argument reports whether something follows the opcode's byte.
func (c Code) Argument() bool { return opcodes[c].arg != argNone }
