package torchserve

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
	"github.com/modelaudit/modelaudit/internal/table"
)

var (
	serverRuns = &rule.Rule{
		ID: "torchserve-config-runs-command", Title: "The configuration of TorchServe starts a program or loads an agent",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{78, 94}, Since: "0.1.0",
	}
	serverOpen = &rule.Rule{
		ID: "torchserve-config-open", Title: "The configuration of TorchServe lets anybody register models",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{306, 918}, CVE: []string{"CVE-2023-43654"}, Since: "0.1.0",
	}
)

// Properties judges the configuration of the server, config.properties.
var Properties = &detector.Detector{
	Name:  "torchserve-properties",
	Rules: rule.Explain(help, serverRuns, serverOpen),
	Match: func(h *artifact.Head) bool { return h.Base() == "config.properties" && h.IsText() },
	Run:   runProperties,
}

// propertyCost is the memory that a byte of the file may take: a property is a line.
const propertyCost = 64

//go:embed properties.txt
var propertiesFile string

// keys are those of properties.txt by what they are.
var keys = table.Once(propertiesFile, table.Lists)

// A property is a line of the file.
type property struct {
	value string
	at    int64
}

// runProperties reads the lines, of which the last of a key counts.
func runProperties(_ context.Context, p *detector.Pass) error {
	defer p.Budget.Release(p.Budget.Held())
	if err := p.Budget.Hold(propertyCost * uint64(p.File.Size)); err != nil {
		p.Recognised("torchserve-properties") // by its name: nobody writes one so long by chance
		return err
	}
	r := p.Reader()
	text := string(r.Bytes(uint64(p.File.Size)))
	all, at, known := make(map[string]property), int64(0), false
	for l := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(l), "=")
		if key = strings.TrimSpace(key); ok && !strings.HasPrefix(key, "#") && !strings.HasPrefix(key, "!") {
			all[key] = property{strings.TrimSpace(value), at}
			known = known || slices.Contains(keys()["key"], key)
		}
		at += int64(len(l))
	}
	if !known || r.Err() != nil {
		return r.Err()
	}
	p.Recognised("torchserve-properties")
	openServer(p, all)
	for _, key := range keys()["command"] {
		if err := command(p, key, all[key]); err != nil {
			return err
		}
	}
	return nil
}

// command judges a value that is a command, or options of Java's machine.
func command(p *detector.Pass, key string, v property) error {
	does := ""
	for _, a := range keys()["agent"] {
		if key == "vmargs" && strings.Contains(v.value, a) {
			does = "has Java run or load what " + a + " names"
		}
	}
	found, err := source.Shell(v.value, p.Budget)
	if found != nil {
		does = "uses " + finding.Quote(found.Name) + ", which " + finding.Quote(found.Does)
	}
	if does == "" {
		return err
	}
	p.Report(finding.Finding{
		Rule: serverRuns, Key: key, Location: finding.Location{Offset: v.at},
		Message:  fmt.Sprintf("Starting the server with %s %s.", key, does),
		Evidence: []finding.Step{{Offset: v.at, Text: key + "=" + finding.QuoteUpTo(v.value, 200)}},
	})
	return err
}

// openServer reports management that everybody reaches, where what keeps models of
// others out is switched off.
func openServer(p *detector.Pass, all map[string]property) {
	m, ok := all["management_address"]
	_, host, _ := strings.Cut(m.value, "://")
	if !ok || strings.HasPrefix(host, "127.") || strings.HasPrefix(host, "localhost") || strings.HasPrefix(host, "[::1]") || strings.HasPrefix(m.value, "unix:") {
		return
	}
	for _, setting := range keys()["open"] {
		key, value, _ := strings.Cut(setting, " ")
		if v := all[key]; v.value == value {
			p.Report(finding.Finding{
				Rule: serverOpen, Key: key, Location: finding.Location{Offset: m.at},
				Message: fmt.Sprintf("Models can be registered from %s with %s=%s: whoever reaches the server has it run their code.", finding.Quote(m.value), key, value),
				Evidence: []finding.Step{
					{Offset: m.at, Text: "management_address=" + finding.Quote(m.value)}, {Offset: v.at, Text: key + "=" + value}},
			})
			return
		}
	}
}
