package plantedtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/format/rds/rdstest"
	"github.com/modelaudit/modelaudit/internal/format/sevenzip/sevenziptest"
	"github.com/modelaudit/modelaudit/internal/format/xgboost/xgboosttest"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

const (
	vint = protobuf.Varint
	byts = protobuf.Bytes
)

// A carrier is a place in a file of some format that holds a text.
type carrier struct {
	name, file string
	build      func(text string) []byte
}

// note is a sentence around a text, as people leave it behind.
func note(text string) string { return "trained with " + text + " on three machines" }

// object is a JSON object with a text in it.
func object(text string) []byte {
	return []byte(quoted(map[string]any{"model_type": "llama", "hidden_size": 64, "note": note(strings.ReplaceAll(text, `\n`, "\n"))}))
}

// quoted is a value in JSON, with signs of markup as they are.
func quoted(value any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// tarred is a ustar archive of one member.
func tarred(name, content string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Format: tar.FormatUSTAR})
	io.WriteString(w, content)
	w.Close()
	return b.Bytes()
}

// gzipped is one gzip stream.
func gzipped(p []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(p)
	w.Close()
	return b.Bytes()
}

// model is a pickle of a dict, with an order to call nothing.
func model(key, value string) *pickletest.Stream {
	return pickletest.New(4).EmptyDict().Memoize().Mark().Str("layers").Int(12).Str(key).Memoize().Str(value).Memoize().SetItems()
}

// tensors is a safetensors file of one byte, with a text in its metadata.
func tensors(text string) []byte {
	header := fmt.Sprintf(`{"__metadata__":{"run":%s},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, quoted(text))
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), 'x')
}

// ggml is a GGUF file with one value: a type and what it holds.
func ggml(name string, kind uint32, value []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("GGUF"), 3)
	b = binary.LittleEndian.AppendUint64(b, 0)
	b = binary.LittleEndian.AppendUint64(b, 1)
	b = append(b, counted(name)...)
	return append(binary.LittleEndian.AppendUint32(b, kind), value...)
}

// counted is a text behind its length, as GGUF has it.
func counted(text string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
}

// strings2 is an array of two strings.
func strings2(a, b string) []byte {
	out := binary.LittleEndian.AppendUint32(nil, 8)
	return append(append(binary.LittleEndian.AppendUint64(out, 2), counted(a)...), counted(b)...)
}

// onnx is a ModelProto with further fields, and fields of its graph.
func onnx(fields, graph []byte) []byte {
	return pb.Join(pb.Int(1<<3|vint, 8), pb.Text(2<<3|byts, "test"),
		pb.Sub(7<<3|byts, graph, pb.Text(2<<3|byts, "g"), pb.Sub(12<<3|byts, pb.Text(1<<3|byts, "y"))),
		fields, pb.Sub(8<<3|byts, pb.Text(1<<3|byts, ""), pb.Int(2<<3|vint, 17)))
}

// saved is a SavedModel of one node with an attribute.
func saved(value []byte) []byte {
	node := pb.Join(pb.Text(1<<3|byts, "c"), pb.Text(2<<3|byts, "Const"), pb.Sub(5<<3|byts, pb.Text(1<<3|byts, "value"), pb.Sub(2<<3|byts, value)))
	graph := pb.Join(pb.Sub(1<<3|byts, node), pb.Sub(4<<3|byts, pb.Int(1<<3|vint, 1882)))
	info := pb.Sub(1<<3|byts, pb.Text(4<<3|byts, "serve"), pb.Text(5<<3|byts, "2.21.0"))
	return pb.Join(pb.Int(1<<3|vint, 1), pb.Sub(2<<3|byts, info, pb.Sub(2<<3|byts, graph)))
}

// core is a Core ML model with metadata of its author's.
func core(text string) []byte {
	entry := pb.Sub(100<<3|byts, pb.Text(1<<3|byts, "run"), pb.Text(2<<3|byts, text))
	description := pb.Sub(2<<3|byts, pb.Sub(1<<3|byts, pb.Text(1<<3|byts, "input")), pb.Sub(100<<3|byts, entry))
	relu := pb.Sub(1<<3|byts, pb.Text(1<<3|byts, "relu"), pb.Sub(130<<3|byts, pb.Sub(10<<3|byts)))
	return pb.Join(pb.Int(1<<3, 4), description, pb.Sub(500<<3|byts, relu))
}

// lite is a TensorFlow Lite model with a buffer that a metadata entry names.
func lite(description, metadata string) []byte {
	graph := fb.Table{0: []fb.Table{{2: uint32(1), 3: "t"}}, 3: []fb.Table{{0: uint32(0)}}}
	return fb.Build("TFL3", fb.Table{
		0: uint32(3), 1: []fb.Table{{0: uint8(0), 3: uint32(0)}}, 2: []fb.Table{graph}, 3: description,
		4: []fb.Table{{}, {0: []byte("0123456789abcdef")}, {0: []byte(metadata)}},
		6: []fb.Table{{0: "notes", 1: uint32(2)}},
	})
}

// catboost is a CatBoost model without trees, with a text among its parameters.
func catboost(text string) []byte {
	p := fb.Build("\x00\x00\x00\x00", fb.Table{
		0: "FlabuffersModel_v1", 1: fb.Table{}, 2: []fb.Table{{0: "params", 1: text}}, 3: []string{},
	})
	return append(binary.LittleEndian.AppendUint32([]byte("CBM1"), uint32(len(p))), p...)
}

// paddle is a program of one operator, of which an attribute is a text.
func paddle(text string) []byte {
	attr := pb.Sub(4<<3|byts, pb.Text(1<<3|byts, "note"), pb.Int(2<<3, 2), pb.Text(5<<3|byts, text))
	op := pb.Sub(4<<3|byts, pb.Sub(1<<3|byts, pb.Text(1<<3|byts, "X"), pb.Text(2<<3|byts, "x")), pb.Text(3<<3|byts, "relu"), attr)
	block := pb.Sub(1<<3|byts, pb.Int(1<<3, 0), pb.Int(2<<3, -1), pb.Sub(3<<3|byts, pb.Text(1<<3|byts, "x")), op)
	return pb.Join(block, pb.Sub(4<<3|byts, pb.Int(1<<3, 0)))
}

// ubjName is the name of a member in UBJSON.
func ubjName(s string) string { return "i" + string(rune(len(s))) + s }

// msgpack is a text of up to 65535 bytes.
func msgpack(text string) string {
	return string(binary.BigEndian.AppendUint16([]byte{0xda}, uint16(len(text)))) + text
}

// num is an integer as Torch7 writes it.
func num(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

// lua is a table of Torch7 with one string.
func lua(text string) []byte {
	entry := func(s string) string { return num(2) + num(len(s)) + s }
	return []byte(num(3) + num(1) + num(1) + entry("note") + entry(text))
}

// array is an array of NumPy with one element.
func array(descr, data string) []byte {
	header := "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,), }\n"
	out := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	return append(append(out, header...), data...)
}

// utf32 is a text as NumPy stores it, little-endian.
func utf32(text string) string {
	var b []byte
	for _, c := range text {
		b = binary.LittleEndian.AppendUint32(b, uint32(c))
	}
	return string(b)
}

// utf16le is a text with the byte order mark that Windows writes.
func utf16le(text string) []byte {
	b := []byte{0xff, 0xfe}
	for _, c := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

// carriers are the places, in the order of rows.
func carriers() []carrier {
	torch := func(code, data string) []byte {
		return ziptest.Files("archive/data.pkl", data, "archive/version", "3\n", "archive/code/__torch__/m.py", code)
	}
	none := string(pickletest.New(2).None().Stop())
	return []carrier{
		{"a pickle", "m.pkl", func(s string) []byte { return model("note", note(s)).Stop() }},
		{"a pickle, as the value of its name", "m.pkl", func(s string) []byte {
			name, value, _ := strings.Cut(s, "=")
			return model(name, value).Str(s).Pop().Stop()
		}},
		{"a pickle of protocol 0", "m.pkl", func(s string) []byte {
			return pickletest.Raw().Op('(').Op('d').Text('V', "note").Text('V', strings.ReplaceAll(note(s), `\`, `\u005c`)).SetItem().Stop()
		}},
		{"bytes in a pickle", "m.pkl", func(s string) []byte { return pickletest.New(4).EmptyList().Data([]byte(note(s))).Append().Stop() }},
		{"text between bytes in a pickle", "m.pkl", func(s string) []byte {
			return pickletest.New(4).EmptyList().Data([]byte("\x00\xff\x80" + note(s) + "\x00\xfe\x00")).Append().Stop()
		}},
		{"a checkpoint of PyTorch", "m.pt", func(s string) []byte {
			return torch("class M(Module):\n  pass\n", string(model("note", note(s)).Stop()))
		}},
		{"code of TorchScript", "m.pt", func(s string) []byte { return torch("class M(Module):\n  note : str = \""+note(s)+"\"\n", none) }},
		{"metadata of safetensors", "m.safetensors", func(s string) []byte { return tensors(note(s)) }},
		{"a text of GGUF", "m.gguf", func(s string) []byte { return ggml("general.description", 8, counted(note(s))) }},
		{"a long text of GGUF", "m.gguf", func(s string) []byte {
			return ggml("general.description", 8, counted(strings.Repeat(note(" "), 30)+note(s)))
		}},
		{"an array of GGUF", "m.gguf", func(s string) []byte { return ggml("tokenizer.ggml.tokens", 9, strings2("<s>", note(s))) }},
		{"a doc string of ONNX", "m.onnx", func(s string) []byte { return onnx(pb.Text(6<<3|byts, note(s)), nil) }},
		{"metadata of ONNX", "m.onnx", func(s string) []byte {
			return onnx(pb.Sub(14<<3|byts, pb.Text(1<<3|byts, "run"), pb.Text(2<<3|byts, s)), nil)
		}},
		{"an attribute of ONNX", "m.onnx", func(s string) []byte {
			a := pb.Sub(5<<3|byts, pb.Text(1<<3|byts, "note"), pb.Text(4<<3|byts, s))
			return onnx(nil, pb.Sub(1<<3|byts, pb.Text(1<<3|byts, "x"), pb.Text(2<<3|byts, "y"), pb.Text(4<<3|byts, "Relu"), a))
		}},
		{"a string tensor of ONNX", "m.onnx", func(s string) []byte {
			return onnx(nil, pb.Sub(5<<3|byts, pb.Packed(1<<3|byts, 1), pb.Int(2<<3|vint, 8), pb.Text(6<<3|byts, s), pb.Text(8<<3|byts, "w")))
		}},
		{"a constant of TensorFlow", "saved_model.pb", func(s string) []byte {
			return saved(pb.Sub(8<<3|byts, pb.Int(1<<3|vint, 7), pb.Text(8<<3|byts, s)))
		}},
		{"an attribute of TensorFlow", "saved_model.pb", func(s string) []byte { return saved(pb.Text(2<<3|byts, s)) }},
		{"an attribute of HDF5", "m.h5", func(s string) []byte { return hdf5(attributeFile, note(s)) }},
		{"a dataset of HDF5", "m.h5", func(s string) []byte { return hdf5(datasetFile, s) }},
		{"a Keras archive", "m.keras", func(s string) []byte {
			return ziptest.Files("metadata.json", string(object(s)), "config.json", `{"class_name":"Sequential","config":{"layers":[]},"module":"keras"}`)
		}},
		{"a description of TensorFlow Lite", "m.tflite", func(s string) []byte { return lite(note(s), "nothing of interest here") }},
		{"metadata of TensorFlow Lite", "m.tflite", func(s string) []byte { return lite("a model", "\x14\x00\x00\x00"+note(s)) }},
		{"metadata of Core ML", "m.mlmodel", func(s string) []byte { return core(note(s)) }},
		{"a text of Flax", "m.msgpack", func(s string) []byte { return []byte("\x81\xa4note" + msgpack(note(s))) }},
		{"an attribute of XGBoost", "m.bin", func(s string) []byte {
			return append([]byte("binf"), xgboosttest.Build(xgboosttest.Model{Version: 1, Features: 6, Trees: []xgboosttest.Tree{xgboosttest.Stump}, Attributes: []string{"note", note(s)}})...)
		}},
		{"an attribute of XGBoost in UBJSON", "m.ubj", func(s string) []byte {
			return []byte("{" + ubjName("learner") + "{" + ubjName("attributes") + "{" + ubjName("note") + "SI" +
				string(binary.BigEndian.AppendUint16(nil, uint16(len(s)))) + s + "}}" + ubjName("version") + "[i\x02i\x01i\x00]}")
		}},
		{"parameters of LightGBM", "model.txt", func(s string) []byte {
			return []byte("tree\nversion=v4\nnum_class=1\nfeature_names=a b\n\nTree=0\nnum_leaves=3\nsplit_feature=0 1\nleft_child=1 -1\n" +
				"right_child=-2 -3\nleaf_value=0.1 0.2 0.3\n\n\nend of trees\n\nparameters:\n[note: " + note(s) + "]\nend of parameters\n")
		}},
		{"a description of CatBoost", "m.cbm", func(s string) []byte { return catboost(note(s)) }},
		{"an attribute of Paddle", "m.pdmodel", func(s string) []byte { return paddle(note(s)) }},
		{"a string of Torch7", "m.t7", func(s string) []byte { return lua(note(s)) }},
		{"a string of R", "m.rds", func(s string) []byte { return gzipped(rdstest.Object(rdstest.Strings("a", note(s)))) }},
		{"an array of bytes", "a.npy", func(s string) []byte { return array(fmt.Sprintf("|S%d", len(s)), s) }},
		{"an array of text", "a.npy", func(s string) []byte { return array(fmt.Sprintf("<U%d", len(s)), utf32(s)) }},
		{"a schema of skops", "m.skops", func(s string) []byte {
			content := quoted(fmt.Sprintf("%q", note(s)))
			return ziptest.Files("schema.json", fmt.Sprintf(`{"__class__":"str","__module__":"builtins","__loader__":"JsonNode","content":%s,"is_json":true}`, content))
		}},
		{"an extension of PMML", "m.pmml", func(s string) []byte {
			return []byte(`<?xml version="1.0"?><PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4"><Header description="` + note(s) + `"/></PMML>`)
		}},
		{"a configuration", "config.json", object},
		{"a model card", "README.md", func(s string) []byte { return []byte("# A model\n\n" + note(strings.ReplaceAll(s, `\n`, "\n")) + "\n") }},
		{"YAML", "hparams.yaml", func(s string) []byte { return []byte("epochs: 3\nnote: \"" + note(s) + "\"\n") }},
		{"TOML", "train.toml", func(s string) []byte { return []byte("[run]\nnote = \"" + note(s) + "\"\n") }},
		{"UTF-16 in an archive", "m.zip", func(s string) []byte { return ziptest.Files("notes.txt", string(utf16le(note(s)))) }},
		{"a zip in a tar", "m.tar", func(s string) []byte { return tarred("m.zip", string(ziptest.Files("run.json", string(object(s))))) }},
		{"a tar with gzip", "m.tar.gz", func(s string) []byte { return gzipped(tarred("train.log", note(s))) }},
		{"a 7z archive", "m.7z", func(s string) []byte {
			return sevenziptest.Build(sevenziptest.Archive{Files: []sevenziptest.File{{Name: "run.json", Data: string(object(s))}}})
		}},
		{"a chat template", "chat_template.jinja", func(s string) []byte {
			return []byte("{# " + note(s) + " #}{% for m in messages %}{{ m.content }}{% endfor %}")
		}},
	}
}
