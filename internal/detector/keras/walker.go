package keras

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/format/marshal"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

// A walker visits every object of a configuration.
type walker struct {
	pass   *detector.Pass
	custom []finding.Step           // objects that only the model's own code can make, the first of them
	names  map[string]bool          // of all of these
	near   map[*json.Value][]string // arguments that stand in an object
}

// maxDepth bounds the recursion: Keras's own is bounded by Python's.
const maxDepth = 2000

// value visits v; parents are the objects around it, outermost first, name is the
// member or element that v is, and layer what the innermost of the parents is called
// that has a name.
func (w *walker) value(v *json.Value, parents []*json.Value, name, layer string) error {
	if len(parents) > maxDepth {
		return hostile.Faultf(hostile.OverBudget, v.Offset, "a configuration nested more than %d deep", maxDepth)
	}
	switch v.Kind {
	case json.Object:
		layer = cmp.Or(v.Get("name").String(), v.Get("config").Get("name").String(), layer)
		if err := w.object(v, parents, cmp.Or(layer, name)); err != nil {
			return err
		}
		for i := range v.Members {
			if err := w.value(&v.Members[i].Value, append(parents, v), v.Members[i].Name, layer); err != nil {
				return err
			}
		}
	case json.Array:
		for i := range v.Items {
			if err := w.value(&v.Items[i], append(parents, v), name, layer); err != nil {
				return err
			}
		}
	case json.String:
		if embedded(v.Text) {
			return w.nested("configuration in "+name, []byte(v.Text))
		}
	}
	return nil
}

// nested hands decoded content back to the scan.
func (w *walker) nested(name string, content []byte) error {
	return w.pass.Nested(w.pass.File.Member(name, hostile.Bytes(content), int64(len(content))))
}

// object judges one object, by the name of the layer that it is, or belongs to.
// Duplicate members are judged each: loaders take the last, others the first.
func (w *walker) object(o *json.Value, parents []*json.Value, layer string) error {
	// Keras 2 has no module, and Keras 3 writes null for one: the empty one stands
	// for it.
	modules := slices.DeleteFunc(all(o, "module"), func(m *json.Value) bool { return m.String() == "" })
	modules, configs := append(modules, &json.Value{}), all(o, "config")
	for _, class := range all(o, className) {
		if class.Kind != json.String {
			continue
		}
		if err := w.reference(o, parents, modules, class.Text); err != nil {
			return err
		}
		for _, config := range configs {
			if err := w.config(o, class.Text, config, layer); err != nil {
				return err
			}
		}
	}
	return w.functionModule(o, parents, modules)
}

// all returns the values of every member of a name.
func all(o *json.Value, name string) []*json.Value {
	var out []*json.Value
	for i := range o.Members {
		if o.Members[i].Name == name {
			out = append(out, &o.Members[i].Value)
		}
	}
	return out
}

// An effect is what Keras does with a value of a config.
type effect struct{ class, key, does string }

// effects is layers.txt.
var effects = table.Once(layersText, parseEffects)

// parseEffects reads lines of a class, a key of its config and what Keras does
// with the value.
func parseEffects(text string) []effect {
	var out []effect
	for row := range table.Rows(text, 3) {
		out = append(out, effect{class: row[0], key: row[1], does: row[2]})
	}
	return out
}

// config judges the values that the class does something with.
func (w *walker) config(o *json.Value, class string, config *json.Value, layer string) error {
	if err := w.pass.Budget.Steps(1 + int64(len(config.Members))); err != nil {
		return err
	}
	bare := class[strings.LastIndexAny(class, ">.")+1:] // "package>Class" is a registered name
	for _, e := range effects() {
		if e.class != bare {
			continue
		}
		for _, v := range all(config, e.key) {
			if err := w.act(e, o, v, layer); err != nil {
				return err
			}
		}
	}
	return nil
}

// act judges a value by what the class does with it.
func (w *walker) act(e effect, o, v *json.Value, layer string) error {
	switch e.does {
	case "code":
		return w.code(e, v, layer)
	case "torch":
		return w.torch(o, v, layer)
	case "symbol":
		w.symbol(e, v, layer)
	case "model":
		w.path(loadsModel, e, v, layer, "loads the model")
	case "file":
		if r := namesFile; v.Kind == json.String {
			if leaves(v.Text) {
				r = readsFile
			}
			w.path(r, e, v, layer, "reads the file")
		}
	}
	return nil
}

// symbol reports a function of TensorFlow's API that does more than compute.
func (w *walker) symbol(e effect, v *json.Value, layer string) {
	if v.Kind != json.String {
		return
	}
	module, name := "tensorflow", strings.TrimPrefix(v.Text, "tf.")
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		module, name = module+"."+name[:i], name[i+1:]
	}
	if known := globals.Lookup(globals.Resolve(module, name)); known.Class >= globals.Suspicious {
		w.report(runsFunction, v.Offset, module+"."+name,
			fmt.Sprintf("Layer %s (%s) calls %s, which %s.", finding.Quote(layer), e.class, finding.Quote(module+"."+name), known.Does()),
			e.key+": "+finding.Quote(v.Text))
	}
}

// path reports a value that names a file, a model or an address.
func (w *walker) path(r *rule.Rule, e effect, v *json.Value, layer, does string) {
	if v.Kind != json.String || v.Text == "" {
		return
	}
	w.report(r, v.Offset, e.class+" "+layer,
		fmt.Sprintf("%s layer %s %s %s.", e.class, finding.Quote(layer), does, finding.Quote(v.Text)),
		e.key+": "+finding.Quote(v.Text))
}

// leaves reports whether a path leads out of the model's directory, or is an
// address. Keras expands the user's home directory.
func leaves(name string) bool { return location.Leaves(name) != "" || strings.HasPrefix(name, "~") }

// report makes a finding at a value; a piece of evidence stands where the
// finding does.
func (w *walker) report(r *rule.Rule, offset int64, key, message string, evidence ...string) {
	f := finding.Finding{Rule: r, Key: key, Message: message, Location: finding.Location{Offset: offset}}
	for _, e := range evidence {
		f.Evidence = append(f.Evidence, finding.Step{Offset: offset, Text: e})
	}
	w.pass.Report(f)
}

// code reports code in a value: base64 of a marshalled code object, alone or
// first in a list or tuple, or Python source. A plain name refers to a function
// that is judged elsewhere.
func (w *walker) code(e effect, v *json.Value, layer string) error {
	text := codeText(v)
	if text == "" || isName(text) {
		return nil
	}
	raw, form := decode(text)
	if e.class == "__lambda__" {
		e.class = "Lambda" // Keras 3 writes what was a value of the layer as an object in it
	}
	w.report(carriesCode, v.Offset, e.class+" "+layer,
		fmt.Sprintf("Layer %s (%s) carries Python %s. Loading the model, or its first use, runs it.",
			finding.Quote(layer), e.class, form),
		e.key+": "+w.describe(raw, form))
	return w.nested("code of "+layer, raw)
}

// describe says what code is: the source itself, or the names that bytecode
// refers to.
func (w *walker) describe(raw []byte, form string) string {
	const shown = 400 // characters
	if form == source {
		return finding.Code(string(raw), shown)
	}
	text := fmt.Sprintf("%d bytes of %s", len(raw), form)
	v, err := marshal.Decode(hostile.NewReader(hostile.Bytes(raw), int64(len(raw)), w.pass.Budget))
	if err != nil {
		return text // told when it is scanned
	}
	if names := marshal.Mentions(w.pass.Budget, v.Codes()...); len(names) > 0 {
		text += ", which names " + strings.Join(names, ", ")
	}
	return finding.QuoteUpTo(text, shown)
}

// codeText finds the string that holds the code in the forms that Keras 2 and 3
// write: a string, a list, {"class_name": "__tuple__", "items": […]}, or
// {"class_name": "__lambda__", …}, which is visited by itself.
func codeText(v *json.Value) string {
	switch v.Kind {
	case json.String:
		return v.Text
	case json.Array:
		if len(v.Items) > 0 {
			return codeText(&v.Items[0])
		}
	case json.Object:
		if items := v.Get("items"); items != nil {
			return codeText(items)
		}
	}
	return ""
}

// isName reports whether a string is a Python name, dotted or not, rather than
// code.
func isName(s string) bool {
	return !slices.ContainsFunc(strings.Split(s, "."), func(part string) bool {
		return part == "" || part[0] >= '0' && part[0] <= '9' || strings.ContainsFunc(part, func(c rune) bool {
			return c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c < 0x80
		})
	}) && !marshalled(s)
}

// marshalled reports whether a string is the base64 of a marshalled code
// object: its first byte is 'c', with or without the reference flag.
func marshalled(s string) bool {
	raw, err := lenient(s)
	return err == nil && len(raw) > 16 && raw[0]&0x7f == 'c'
}

// decode returns the bytes of code and the name of their form.
func decode(s string) (raw []byte, form string) {
	if raw, err := lenient(s); err == nil && len(raw) > 0 && raw[0]&0x7f == 'c' {
		return raw, "bytecode"
	}
	return []byte(s), source
}

// source is the form of code that is not compiled.
const source = "source"

// lenient decodes base64 as Python's codecs do, which skip what is not of the
// alphabet.
func lenient(s string) ([]byte, error) {
	clean := strings.Map(func(c rune) rune {
		if c == '+' || c == '/' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return -1
	}, s)
	// One character left over is six bits and no byte.
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	return base64.RawStdEncoding.DecodeString(clean)
}

// torch hands the pickle of a TorchModuleWrapper to the scan.
func (w *walker) torch(o, v *json.Value, layer string) error {
	text := codeText(v)
	if text == "" {
		return nil
	}
	w.report(carriesTorch, o.Offset, "TorchModuleWrapper "+layer,
		fmt.Sprintf("Layer %s is a TorchModuleWrapper. Loading the model unpickles what it carries.", finding.Quote(layer)),
		fmt.Sprintf("module: %d characters of base64", len(text)))
	raw, err := lenient(text)
	if err != nil {
		return hostile.Faultf(hostile.Malformed, v.Offset, "the module of a TorchModuleWrapper is not base64: %v", err)
	}
	return w.nested("torch module of "+layer, raw)
}
