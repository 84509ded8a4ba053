// Package mxnet judges models of Apache MXNet: the graph in JSON, whose operators
// may be Python or come from a library, and the parameters beside it.
package mxnet

import (
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/format/mxnet"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

//go:embed names.txt
var namesFile string

// names are those of names.txt by what they say.
var names = table.Once(namesFile, table.Sets)

var (
	custom = &rule.Rule{
		ID: "mxnet-custom-operator", Title: "An MXNet graph runs an operator of its author's own",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
	library = &rule.Rule{
		ID: "mxnet-native-library", Title: "An MXNet graph names a library or a file to load",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{114}, Since: "0.1.0",
	}
)

// Graph judges MXNet graphs.
var Graph = &detector.Detector{
	Name:  "mxnet",
	Rules: rule.Explain(help, custom, library),
	Match: (*artifact.Head).IsJSON,
	Run:   runGraph,
}

// Parameters reads MXNet parameter files.
var Parameters = &detector.Detector{
	Name: "mxnet-parameters",
	Raw:  detector.Weights,
	Match: func(h *artifact.Head) bool {
		return len(h.First) >= 16 && binary.LittleEndian.Uint64(h.First) == mxnet.Magic
	},
	Run: runParameters,
}

// runParameters reads the arrays and their names, of which the data is jumped
// over.
func runParameters(_ context.Context, p *detector.Pass) error {
	p.Recognised("mxnet-parameters")
	l, err := mxnet.Parameters(p.Reader())
	if err == nil && l.End < p.File.Size {
		err = hostile.Faultf(hostile.Malformed, l.End, "%d bytes behind the last name", p.File.Size-l.End)
	}
	return err
}

// words are what JSON must hold to be a graph.
var words = sync.OnceValue(func() *needle.Set { return detector.InJSON(`"arg_nodes"`) })

// runGraph takes a JSON document for a graph by the three members that every
// symbol has.
func runGraph(_ context.Context, p *detector.Pass) error {
	if !detector.Mentions(p.Reader(), words()) {
		return nil
	}
	tree, err := json.Parse(p.Reader())
	nodes := tree.Get("nodes")
	if nodes == nil || tree.Get("arg_nodes") == nil || tree.Get("heads") == nil {
		return nil // another JSON document
	}
	p.Recognised("mxnet")
	graph(p, tree)
	return err
}

// graph judges the nodes of a graph and of the graphs inside its nodes.
func graph(p *detector.Pass, g *json.Value) {
	nodes := g.Get("nodes")
	if nodes == nil {
		return
	}
	for i := range nodes.Items {
		node(p, &nodes.Items[i])
	}
}

// attributeNames are where versions of MXNet keep a node's attributes.
var attributeNames = []string{"attrs", "attr", "param"}

// node judges an operator. What some compute is a program's to register.
func node(p *detector.Pass, n *json.Value) {
	op, name := n.Get("op").String(), n.Get("name").String()
	if names()["operator"][op] {
		kind := op
		for _, at := range attributeNames {
			if s := n.Get(at).Get("op_type").String(); s != "" {
				kind = s
			}
		}
		report(p, custom, n.Offset, kind, fmt.Sprintf("Node %s runs the operator %s, which a program must register.", finding.Quote(name), finding.Quote(kind)))
	}
	for _, at := range attributeNames {
		attributes(p, n.Get(at), name)
	}
	if inner := n.Get("subgraphs"); inner != nil {
		for i := range inner.Items {
			graph(p, &inner.Items[i])
		}
	}
}

// attributes reports those that name a library by a path, and shows programs.
func attributes(p *detector.Pass, attrs *json.Value, node string) {
	if attrs == nil {
		return
	}
	for _, m := range attrs.Members {
		value := m.Value.String()
		if source.Harms(value, p.Budget) {
			p.Text(m.Name, m.Offset, value)
		}
		if value == "" || !names()["attribute"][strings.ToLower(strings.Trim(m.Name, "_"))] || !pathLike(m.Name, value) {
			continue
		}
		report(p, library, m.Offset, m.Name+" "+value,
			fmt.Sprintf("The attribute %s of node %s names %s.", finding.Quote(m.Name), finding.Quote(node), finding.Quote(value)))
	}
}

// pathLike reports whether a value names a file or an address rather than being
// a word; a library may go without an extension.
func pathLike(name, value string) bool {
	return names()["extension"][strings.ToLower(path.Ext(value))] || strings.ContainsAny(value, `/\`) ||
		strings.HasPrefix(strings.ToLower(name), "lib")
}

// report makes a finding at a value of the document.
func report(p *detector.Pass, r *rule.Rule, offset int64, key, message string) {
	p.Report(finding.Finding{Rule: r, Key: key, Message: message, Location: finding.Location{Offset: offset}})
}
