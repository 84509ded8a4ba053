package demo

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// A Model is one file of the demonstration.
type Model struct {
	Name string // slash-separated, below testdata/demo
	Data []byte
	// Shows are what a scan of a dangerous file must name, in lower case: the call
	// and its arguments among it. There are none for a sound one.
	Shows []string
}

// Models returns the files, in the order of their names.
func Models() []Model {
	return []Model{
		{Name: "clean/embeddings.npy", Data: npy("'<f4'", make([]byte, 16))},
		{Name: "clean/embeddings.safetensors", Data: safetensors(tensorHeader, make([]byte, 16))},
		{Name: "clean/linear.pt", Data: torchZip(stateDict)},
		{Name: "clean/scaler.pkl", Data: []byte(scaler)},
		{Name: "dangerous/behind-sound-weights.pt", Data: torchLegacy(stateDict[:len(stateDict)-1] + popThenRun),
			Shows: []string{"posix.system", "echo poc"}},
		{Name: "dangerous/broken-header.safetensors", Data: safetensors(tensorHeader, nil)[:40],
			Shows: []string{"not fully read"}},
		{Name: "dangerous/checkpoint.pt", Data: torchZip(runsCommand), Shows: []string{"posix.system", "echo poc"}},
		{Name: "dangerous/computed-name.pkl", Data: []byte(computedName), Shows: []string{"builtins.exec", "echo poc"}},
		{Name: "dangerous/escapes.zip", Data: zipped(member{"../../.bashrc", "echo poc\n"}, member{"weights.bin", "\x00\x00\x00\x00"}),
			Shows: []string{"../../.bashrc"}},
		{Name: "dangerous/objects.npy", Data: npy("'|O'", []byte(runsProcess)), Shows: []string{"subprocess.check_output", "echo", "poc"}},
		{Name: "dangerous/runs-command.pkl", Data: []byte(runsCommand), Shows: []string{"posix.system", "echo poc"}},
	}
}

// Opcodes of pickle, by the names that Python's pickletools gives them.
const (
	proto2      = "\x80\x02"
	proto4      = "\x80\x04"
	mark        = "("
	pop         = "0"
	stop        = "."
	reduce      = "R"
	emptyDict   = "}"
	emptyTuple  = ")"
	emptyList   = "]"
	setItem     = "s"
	setItems    = "u"
	appendItem  = "a"
	appends     = "e"
	tuple       = "t"
	tuple1      = "\x85"
	tuple2      = "\x86"
	newTrue     = "\x88"
	newFalse    = "\x89"
	stackGlobal = "\x93"
	binPersID   = "Q"
)

func global(module, name string) string { return "c" + module + "\n" + name + "\n" }

// text is BINUNICODE.
func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

// short is SHORT_BINUNICODE.
func short(s string) string { return "\x8c" + string([]byte{byte(len(s))}) + s }

// small is BININT1, and integer BININT2.
func small(n byte) string     { return "K" + string([]byte{n}) }
func integer(n uint16) string { return "M" + string(binary.LittleEndian.AppendUint16(nil, n)) }

// real is BINFLOAT.
func real(bits uint64) string { return "G" + string(binary.BigEndian.AppendUint64(nil, bits)) }

// storage refers to the bytes of a tensor as torch.save does.
var storage = mark + text("storage") + global("torch", "FloatStorage") + text("0") + text("cpu") + small(4) + tuple + binPersID

// stateDict is what torch.save makes of {"weight": torch.zeros(2, 2)}.
var stateDict = proto2 + emptyDict + text("weight") +
	global("torch._utils", "_rebuild_tensor_v2") + mark + storage + small(0) +
	small(2) + small(2) + tuple2 + small(2) + small(1) + tuple2 + newFalse +
	global("collections", "OrderedDict") + emptyTuple + reduce + tuple + reduce +
	setItem + stop

// scaler is a dictionary of numbers, in protocol 4.
var scaler = proto4 + emptyDict + mark +
	short("mean") + emptyList + mark + real(0x3fe0000000000000) + real(0x3ff8000000000000) + appends +
	short("with_std") + newTrue + setItems + stop

// runsCommand calls posix.system("echo poc").
var runsCommand = proto2 + global("posix", "system") + text("echo poc") + tuple1 + reduce + stop

// runsProcess calls subprocess.check_output(["echo", "poc"]).
var runsProcess = proto2 + global("subprocess", "check_output") +
	emptyList + mark + text("echo") + text("poc") + appends + tuple1 + reduce + stop

// computedName calls getattr(import_module("builtins"), "exec") with a line of
// Python: the name exec is never imported.
var computedName = proto4 + short("builtins") + short("getattr") + stackGlobal +
	global("importlib", "import_module") + short("builtins") + tuple1 + reduce +
	short("exec") + tuple2 + reduce +
	short("import os; os.system('echo poc')") + tuple1 + reduce + stop

// popThenRun runs a command and throws its result away: the object that was
// built before is what the loader returns.
var popThenRun = global("posix", "system") + text("echo poc") + tuple1 + reduce + pop + stop

const tensorHeader = `{"weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}`

// safetensors is the length of a JSON header, the header, and the tensors.
func safetensors(header string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

// npy is version 1.0 of NumPy's format: four elements of a type, and their data.
func npy(dtype string, data []byte) []byte {
	header := fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': (4,), }", dtype)
	const prefix = 10
	header += strings.Repeat(" ", 63-(prefix+len(header))%64) + "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(out, header...), data...)
}

// torchZip is the layout of torch.save since version 1.6.
func torchZip(dataPickle string) []byte {
	return zipped(
		member{"archive/data.pkl", dataPickle},
		member{"archive/byteorder", "little"},
		member{"archive/data/0", strings.Repeat("\x00", 16)},
		member{"archive/version", "3\n"},
	)
}

// torchLegacy is the layout of torch.save before version 1.6: a magic number, a
// protocol version, a description of the machine, the object, and the storages.
func torchLegacy(object string) []byte {
	const magic = proto2 + "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19" + stop // LONG1
	version := proto2 + integer(1001) + stop
	machine := proto2 + emptyDict + mark + text("protocol_version") + integer(1001) +
		text("little_endian") + newTrue + text("type_sizes") + emptyDict + setItems + stop
	keys := proto2 + emptyList + text("0") + appendItem + stop
	count := string(binary.LittleEndian.AppendUint64(nil, 4))
	return []byte(magic + version + machine + object + keys + count + strings.Repeat("\x00", 16))
}

type member struct{ name, data string }

// zipped stores members uncompressed, without times.
func zipped(members ...member) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(f, m.data)
		}
		if err != nil { // of a buffer, it does not happen
			return nil
		}
	}
	if w.Close() != nil {
		return nil
	}
	return b.Bytes()
}
