package plantedtest

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
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

// An encoding is a way to hide bytes in a text.
type encoding struct {
	name   string
	encode func([]byte) string
}

// encodings are what tools that hide payloads use.
func encodings() []encoding {
	return []encoding{
		{"base64", base64.StdEncoding.EncodeToString},
		{"hexadecimal", hex.EncodeToString},
		{"base64 of zlib", func(p []byte) string { return base64.StdEncoding.EncodeToString(deflated(p)) }},
	}
}

// A hideout is a place for an encoded payload.
type hideout struct {
	name, file string
	build      func(text string) []byte
	strict     bool // no file at all may stand there in an encoding, harmless or not
}

// hideouts are places from which some program decodes texts.
func hideouts() []hideout {
	return []hideout{
		{"a pickle", "m.pkl", func(s string) []byte { return model("note", s).Stop() }, false},
		{"metadata of safetensors", "m.safetensors", tensors, true},
		{"a configuration in an archive", "m.zip", func(s string) []byte { return zipped("config.json", `{"blob": "`+s+`"}`) }, false},
		{"a text of GGUF", "m.gguf", func(s string) []byte { return ggml("general.description", 8, counted(s)) }, false},
	}
}

// Payloads returns the rows with encoded payloads.
func Payloads() []Row {
	var out []Row
	for _, e := range encodings() {
		for _, h := range hideouts() {
			twin := e.encode(tame())
			if h.strict {
				twin = noise(len(twin), base62)
			}
			out = append(out, Row{
				Name: "a pickle, " + e.name + ", in " + h.name, File: h.file, Rules: found,
				Data: h.build(e.encode(evil())), Twin: h.build(twin),
			})
		}
	}
	return append(out, direct()...)
}

// found are rules that tell of a payload.
var found = []string{"pickle-carries-payload", "pickle-executes-code", "encoded-payload", "safetensors-encoded-content", "encoded-script"}

// direct are payloads that loaders decode themselves.
func direct() []Row {
	lambda := func(code []byte, class string) []byte {
		config := fmt.Sprintf(`{"module":"keras","class_name":"Functional","config":{"name":"m","layers":[{"module":"keras.layers","class_name":%q,`+
			`"config":{"name":"l","note":%q,"function":[%q,null,null]}}]}}`, class, "a layer", base64.StdEncoding.EncodeToString(code))
		return zipped("config.json", config, "metadata.json", "{}")
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
	return zipped("config.json", `{"module":"keras","class_name":"Functional","config":{"name":"m","layers":[]}}`, "metadata.json", "{}")
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
		{Name: "name of a member", File: "m.zip", Rules: executes, Hidden: hidden, Data: zipped("runs/"+token+"/m.pkl", string(call(command)))},
		{Name: "template", File: "chat_template.jinja", Hidden: hidden,
			Data: []byte("{{ cycler.__init__.__globals__.os.popen(\"" + command + "\").read() }}")},
		{Name: "source", File: "m.zip", Hidden: hidden,
			Data: zipped("m.pkl", string(tame()), "handler.py", "import os\nos.system(\""+command+"\")\n")},
		{Name: "name of a member alone", File: "m.zip", Hidden: hidden, Data: zipped("runs/"+token+"/../../../m.pkl", string(evil()))},
	}
}
