package safetensors

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var (
	escape = &rule.Rule{
		ID: "weight-index-escapes", Title: "The index of a sharded model names a file outside its directory",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22}, Since: "0.1.0",
	}
	// Likely: the other file may be missing, or what loads it may insist on
	// safetensors.
	pickled = &rule.Rule{
		ID: "weight-index-loads-pickle", Title: "The index of a safetensors model names a file of another format",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{502}, Since: "0.1.0",
	}
)

// Index judges the index files of sharded models, which name the file that
// holds each tensor: model.safetensors.index.json and its like.
var Index = &detector.Detector{
	Name:  "weight-index",
	Rules: rule.Explain(help, escape, pickled),
	Match: func(h *artifact.Head) bool {
		return h.Extension() == ".json" && indexName().MatchString(h.Base()) || h.IsJSON()
	},
	Run: runIndex,
}

// mapName is the member that holds the names of the files by tensor.
const mapName = "weight_map"

// indexName is what the writers of transformers and its relatives call an index.
var indexName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\.(?:safetensors|bin|pt|pth|h5|msgpack)\.index\b.*\.json$`)
})

// words are what JSON of any name must hold to be an index.
var words = sync.OnceValue(func() *needle.Set { return detector.InJSON(mapName) })

// runIndex judges where the shards are said to lie.
func runIndex(_ context.Context, p *detector.Pass) error {
	named := indexName().MatchString(p.File.Name())
	if !named && !detector.Mentions(p.Reader(), words()) {
		return nil
	}
	text, err := json.UTF8(p.Reader())
	if err != nil && !named {
		return nil // not text in the encoding that its start promises
	}
	if err != nil {
		return err
	}
	root, err := json.Parse(text)
	files := root.Get(mapName)
	if files == nil && (err == nil || !named) {
		return nil // something else that has the word
	}
	p.Recognised("weight-index")
	if err != nil {
		return err
	}
	if files.Kind != json.Object {
		return hostile.Faultf(hostile.Malformed, files.Offset, "%s is not an object", mapName)
	}
	safe := strings.Contains(strings.ToLower(artifact.Base(p.File.Name())), "safetensors")
	seen := make(map[string]bool)
	for i := range files.Members {
		m := &files.Members[i]
		for _, v := range parts(&m.Value) {
			if name := v.String(); !seen[name] {
				seen[name] = true
				part(p, m, &v, safe)
			}
		}
	}
	return nil
}

// parts returns the names of the files that hold a tensor: one, or for the
// variables of a layer of Keras a list.
func parts(v *json.Value) []json.Value {
	if v.Kind == json.Array && len(v.Items) > 0 {
		return v.Items
	}
	return []json.Value{*v}
}

// part judges the name of one file of the model, which a member gives; safe says
// that the index calls itself one of safetensors.
func part(p *detector.Pass, m *json.Member, v *json.Value, safe bool) {
	name := v.String()
	if v.Kind != json.String || name == "" {
		p.Incomplete(hostile.Faultf(hostile.Malformed, v.Offset, "the file of tensor %s is not a name", finding.Quote(m.Name)))
		return
	}
	shown := finding.Quote(name)
	out := finding.Finding{
		Key:      name,
		Location: finding.Location{Offset: v.Offset, Length: int64(len(name)) + 2},
		Evidence: []finding.Step{{Offset: m.Offset, Text: finding.Quote(m.Name) + ": " + shown}},
	}
	switch {
	case location.Leaves(name) != "":
		out.Rule = escape
		out.Message = fmt.Sprintf("The index takes weights from %s, %s. A loader that joins the name to the model's directory opens what is there.", shown, location.Leaves(name))
		p.Report(out)
	case safe && artifact.Extension(name) != ".safetensors":
		out.Rule = pickled
		out.Message = fmt.Sprintf("The index of a safetensors model takes weights from %s. Loaders go by the name of each part, and unpickle this one.", shown)
		p.Report(out)
	}
}
