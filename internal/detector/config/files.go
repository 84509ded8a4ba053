package config

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed files.txt
var filesFile string

// files are the keys that name files to load, by the name of the configuration:
// files.txt.
var files = table.Once(filesFile, table.Sets)

// file judges a path that a loader reads. Servers are given absolute paths on
// purpose; what climbs out of the model, or leads to secrets, was not meant for
// them.
func (j *judge) file(i config.Item) {
	if i.Kind != config.Text || !files()[j.base()][i.Key()] {
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
