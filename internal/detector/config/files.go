package config

import (
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/location"
)

// files are the keys that name files to load, by the name of the configuration:
// of MLflow, MLServer, sentence-transformers, Core ML and ONNX Runtime GenAI.
var files = map[string]map[string]bool{
	"MLmodel": {"model_path": true, "data": true, "model_data": true, "pickled_model": true, "python_model": true, "model_code_path": true,
		"code": true, "path": true, "uri": true},
	"model-settings.json": {"uri": true, "extra": true},
	"modules.json":        {"path": true},
	"Manifest.json":       {"path": true}, // of a Core ML package
	"genai_config.json":   {"filename": true, "custom_ops_library": true, "config_filename": true},
}

// file judges a path that a loader reads. Servers are given absolute paths on
// purpose; what climbs out of the model, or leads to secrets, was not meant for
// them.
func (j *judge) file(i config.Item) {
	if i.Kind != config.Text || !files[j.base()][i.Key()] {
		return
	}
	climbs := strings.Contains(i.Value, "..") && location.Leaves(i.Value) != "" && !strings.Contains(i.Value, "://")
	if !climbs && !location.Sensitive(i.Value) {
		return
	}
	j.known = true
	shown := finding.Quote(i.Value)
	why := "which holds secrets of the machine"
	if climbs {
		why = "outside of the model's directory"
	}
	j.causes.At(escapes, i.Key()+" "+shown, fmt.Sprintf("Loading the model reads %s, %s.", shown, why)).Add(i.Offset, "%s: %s", j.where(i), shown)
}
