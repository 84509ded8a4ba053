package pickle

import (
	"fmt"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
)

// Settings that a checkpoint brings along name what programs call: Hydra's
// instantiate what is under targetKey, and Lightning's load_from_checkpoint what is
// under instantiatorKey.
const (
	targetKey       = "_target_"
	instantiatorKey = "_instantiator"
)

// settings judges what settings in the object that is loaded name.
func (j *judge) settings() {
	const depth = 12 // of containers in containers
	if j.m.Spells(targetKey) || j.m.Spells(instantiatorKey) {
		j.settingsIn(j.m.Result(), depth)
	}
}

// settingsIn looks at a dict, a short list or the state of an object, and what is in
// it: settings are dicts in dicts, and not the many small containers of data.
func (j *judge) settingsIn(v pickle.Value, depth int) {
	const short = 64 // items of a list
	kind := j.m.Kind(v)
	var items []pickle.Value
	switch kind {
	case pickle.Dict:
		items, _ = j.items(v)
		j.setting(items)
	case pickle.List:
		if items, _ = j.items(v); len(items) > short {
			return
		}
	case pickle.Call:
		if state := j.m.State(v); state != 0 {
			items = []pickle.Value{state}
		}
	}
	if depth == 0 {
		return
	}
	for i, w := range items {
		if kind != pickle.Dict || i%2 == 1 {
			j.settingsIn(w, depth-1)
		}
	}
}

// setting judges one dict, of which these are the keys and values by turns.
func (j *judge) setting(items []pickle.Value) {
	for i := 0; i+1 < len(items); i += 2 {
		switch {
		case j.m.Reads(items[i], targetKey):
			path := j.named(items[i+1])
			if _, v, concern := globals.Target(path); concern == globals.Bad {
				j.settingNames(path, fmt.Sprintf("Settings in this file have Hydra call %s, which %s.", finding.Quote(path), v.Does()))
			}
		case j.m.Reads(items[i], instantiatorKey):
			if path := j.named(items[i+1]); path != "" && !hasRole("instantiates", path) {
				j.settingNames(path, fmt.Sprintf("Lightning imports and calls %s to make a model of this checkpoint.", finding.Quote(path)))
			}
		}
	}
}

// named returns a text, as it is or in a node of OmegaConf.
func (j *judge) named(v pickle.Value) string {
	if state := j.m.State(v); state != 0 {
		v, _ = j.m.Field(state, "_val")
	}
	s, _ := j.text(v)
	return s
}

// settingNames reports what a setting names.
func (j *judge) settingNames(path, message string) {
	j.report.add(finding.Finding{
		Rule: refers, Key: "setting " + path, Message: message,
		Location: finding.Location{Offset: j.m.Ended()}, Evidence: []finding.Step{{Offset: j.m.Ended(), Text: "a setting names " + finding.Quote(path)}},
	})
}
