package keras

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed layers.txt
var layersText string

// own are the packages whose classes a Keras configuration names as a matter of
// course. Their dangerous functions are known by name.
//
//go:embed packages.txt
var ownText string

var own = table.Once(ownText, table.Set)

// reference judges what an object asks the loader to import: a class, or, with
// the class name "function", the function that its config names.
func (w *walker) reference(o *json.Value, parents, modules []*json.Value, class string) error {
	names := targets(o, class)
	for _, module := range modules {
		if err := w.pass.Budget.Step(); err != nil {
			return err
		}
		for _, name := range names {
			w.target(o, parents, module.String(), name)
		}
	}
	return nil
}

// targets returns the names that an object may resolve to within its module.
func targets(o *json.Value, class string) []string {
	switch class {
	case "__typespec__": // a class of TensorFlow, or so the loader hopes
		return []string{o.Get("spec_name").String()}
	case "function", "builtin_function_or_method": // its config says which
	default:
		return []string{class}
	}
	var names []string
	for _, key := range []string{"config", "registered_name", "name"} {
		if s := o.Get(key).String(); s != "" && s != class && !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	return names
}

// target judges one name in a module.
func (w *walker) target(o *json.Value, parents []*json.Value, module, name string) {
	// "package>Class" is a name of register_keras_serializable: nothing is
	// imported, the caller must have registered it.
	if i := strings.LastIndexByte(name, '>'); i >= 0 {
		w.needsCustom(o, name)
		return
	}
	if module == "" && strings.Contains(name, ".") { // registered names may be paths
		i := strings.LastIndexByte(name, '.')
		module, name = name[:i], name[i+1:]
	}
	// keras.config.enable_unsafe_deserialization: the loader resolves any
	// function of its own packages, and calls it.
	if name == "enable_unsafe_deserialization" {
		w.report(disablesSafety, o.Offset, name,
			fmt.Sprintf("The configuration calls %s.%s: what follows in it is loaded without protection.",
				finding.Quote(module), name),
			finding.Quote(module+"."+name))
		return
	}
	if module == "" {
		if slices.ContainsFunc(all(o, "registered_name"), func(r *json.Value) bool { return strings.Contains(r.Text, ">") }) {
			w.needsCustom(o, name)
		}
		return
	}
	w.imported(o, parents, module, name)
}

// imported judges what a name in a module leads to. Aliases are resolved first:
// the loader imports what they lead to.
func (w *walker) imported(o *json.Value, parents []*json.Value, module, name string) {
	realModule, realName := globals.Resolve(module, name)
	v := globals.Lookup(realModule, realName)
	if builtin(module) { // the script's functions stand there as well
		v, _ = globals.Listed(realModule, realName)
	}
	switch {
	// keras.layers.Lambda is judged by the code that it carries, in config.
	case v.Class >= globals.Suspicious && !(ours(module) && name == "Lambda"):
		w.report(runsFunction, o.Offset, module+"."+name,
			fmt.Sprintf("The configuration refers to %s, which %s.%s",
				finding.Quote(module+"."+name), v.Does(), w.arguments(parents)),
			finding.Quote(module+"."+name))
	case ours(module) || v.Class == globals.Safe || builtin(module):
		if builtin(module) {
			w.needsCustom(o, name)
		}
	default:
		w.foreign(o, module, name)
	}
}

// builtin reports whether a module is what Keras writes for functions that
// belong to no package: loss functions of a training script.
func builtin(module string) bool { return module == "builtins" || module == "__main__" }

// ours reports whether a module belongs to the packages of packages.txt.
func ours(module string) bool {
	root, _, _ := strings.Cut(module, ".")
	return own()[root]
}

// foreign reports a module that nothing is known of.
func (w *walker) foreign(o *json.Value, module, name string) {
	w.report(foreignModule, o.Offset, module+"."+name,
		fmt.Sprintf("The loader imports the module %s to make %s. Importing it runs whatever is installed by that name.",
			finding.Quote(module), finding.Quote(name)),
		finding.Quote(module+"."+name))
}

// needsCustom notes an object that only the model's own code can make.
func (w *walker) needsCustom(o *json.Value, name string) {
	const shown = 20
	w.names[name] = true
	if len(w.custom) < shown {
		w.custom = append(w.custom, finding.Step{Offset: o.Offset, Text: finding.Quote(name)})
	}
}

// summary reports the custom objects of the whole configuration, once.
func (w *walker) summary() {
	if len(w.custom) == 0 {
		return
	}
	first := w.custom[0]
	if others := len(w.names) - 1; others > 0 {
		first.Text += fmt.Sprintf(" and %d more", others)
	}
	w.pass.Report(finding.Finding{
		Rule: customObject, Key: "custom objects", Evidence: w.custom,
		Location: finding.Location{Offset: first.Offset},
		Message:  fmt.Sprintf("Loading the model takes code of its author's own, which whoever loads it brings: %s.", first.Text),
	})
}

// functionModule judges a function that is named beside its module without a
// class: Lambda layers of Keras 2 do that.
func (w *walker) functionModule(o *json.Value, parents, modules []*json.Value) error {
	for _, key := range []string{"function", "output_shape", "mask", "fn_name"} {
		functions := slices.DeleteFunc(all(o, key), func(f *json.Value) bool { return f.Kind != json.String || !isName(f.Text) })
		if len(functions) == 0 {
			continue
		}
		// Every name with every module: which one a loader joins depends on its
		// version.
		for _, m := range slices.Concat(modules, all(o, key+"_module"), all(o, "fn_module")) {
			for _, f := range functions {
				if err := w.pass.Budget.Step(); err != nil {
					return err
				}
				if m.String() != "" {
					w.dangerous(o, parents, m.Text, f.Text)
				}
			}
		}
	}
	return nil
}

// dangerous reports a function only if it is known to do harm.
func (w *walker) dangerous(o *json.Value, parents []*json.Value, module, name string) {
	if v := globals.Lookup(globals.Resolve(module, name)); v.Class >= globals.Suspicious {
		w.target(o, parents, module, name)
	}
}

// arguments describes the text that stands near a function reference: what it
// is called with.
func (w *walker) arguments(parents []*json.Value) string {
	var found []string
	for i := len(parents) - 1; i >= 0 && i >= len(parents)-3 && len(found) == 0; i-- {
		found = w.argumentsIn(parents[i])
	}
	if len(found) == 0 {
		return ""
	}
	return " Near it stand the arguments " + finding.Quote(strings.Join(found, ", ")) + "."
}

// argumentsIn returns the text of an object that reads as arguments. One object may
// stand around many references: it is looked through once.
func (w *walker) argumentsIn(o *json.Value) []string {
	found, known := w.near[o]
	if known {
		return found
	}
	for _, key := range []string{"arguments", "inbound_nodes", "kwargs", "args"} {
		for _, v := range all(o, key) {
			found = texts(v, found)
		}
	}
	w.near[o] = found
	return found
}

// texts collects the strings below v that read as arguments, a few of them.
func texts(v *json.Value, found []string) []string {
	const most = 4
	if len(found) >= most {
		return found
	}
	if v.Kind == json.String && strings.ContainsAny(v.Text, "/ :.") {
		return append(found, v.Text)
	}
	for i := range v.Items {
		found = texts(&v.Items[i], found)
	}
	for i := range v.Members {
		found = texts(&v.Members[i].Value, found)
	}
	return found
}
