package xgboost

import (
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	test "github.com/modelaudit/modelaudit/internal/format/xgboost/xgboosttest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func decode(p []byte) (Model, []Tree, error) {
	var trees []Tree
	m, err := Decode(hostiletest.Reader(p), func(t Tree) { trees = append(trees, t) })
	return m, trees, err
}

func TestDecode(t *testing.T) {
	model := test.Build(test.Model{Version: 1, Features: 3, Trees: []test.Tree{test.Stump, {{-1, -1}}}, Attributes: []string{"k", "v"}})
	for _, c := range []struct {
		name                 string
		data                 []byte
		booster              string
		trees                int
		weights, wanted      uint64
		attributes, trailing int
	}{
		{name: "trees", data: model, booster: "gbtree", trees: 2, attributes: 1},
		{name: "marked", data: append([]byte(Magic), model...), booster: "gbtree", trees: 2, attributes: 1},
		{name: "snapshot", data: test.Snapshot(model, `{"version": [1]}`), booster: "gbtree", trees: 2, attributes: 1},
		{name: "more behind it", data: append(model, "more"...), booster: "gbtree", trees: 2, attributes: 1, trailing: 4},
		{name: "dropout", data: test.Build(test.Model{Version: 1, Booster: "dart", Trees: []test.Tree{test.Stump}, Weights: 1}),
			booster: "dart", trees: 1, weights: 1, wanted: 1},
		{name: "linear", data: test.Build(test.Model{Version: 1, Booster: "gblinear", Features: 6, Classes: 3, Weights: 21}),
			booster: "gblinear", weights: 21, wanted: 21},
		{name: "before 1.0", data: test.Build(test.Model{Trees: []test.Tree{test.Stump}, Attributes: []string{"k", "v"}, Metrics: []string{"merror", "auc"}}),
			booster: "gbtree", trees: 1, attributes: 1},
		{name: "poisson before 0.8", data: append(test.Build(test.Model{Objective: "count:poisson", Trees: []test.Tree{test.Stump}}), "\x03\x00\x00\x00\x00\x00\x00\x000.7"...),
			booster: "gbtree", trees: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, trees, err := decode(c.data)
			if err != nil {
				t.Fatal(err)
			}
			if m.Booster != c.booster || m.Trees != c.trees || len(trees) != c.trees || m.Weights != c.weights || m.Wanted != c.wanted || len(m.Attributes) != c.attributes {
				t.Errorf("got %+v and %d trees, want %+v", m, len(trees), c)
			}
			if rest := len(c.data) - int(m.End); rest != c.trailing {
				t.Errorf("got %d bytes behind the model, want %d", rest, c.trailing)
			}
			if !Sniff(c.data) {
				t.Error("is not known for a model")
			}
		})
	}
}

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		want bool
	}{
		{name: "nothing"},
		{name: "words", data: []byte("binford tools, and a text that goes on for long enough to hold the parameters of a learner. It names no objective, and least of all at the right place, whichever that may be.")},
		{name: "another booster", data: test.Build(test.Model{Booster: "gbshrub"})},
		{name: "another booster, marked", data: append([]byte(Magic), test.Build(test.Model{Booster: "gbshrub"})...), want: true},
		{name: "no objective", data: test.Build(test.Model{Objective: "a b"})},
	} {
		if got := Sniff(c.data); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// FuzzDecode: whatever the bytes, decoding ends in them and with a Fault, and a
// tree is never larger than its bytes.
func FuzzDecode(f *testing.F) {
	model := test.Build(test.Model{Version: 1, Booster: "dart", Features: 3, Trees: []test.Tree{test.Stump}, Weights: 1, Attributes: []string{"k", "v"}})
	f.Add(model)
	f.Add(test.Snapshot(model, "{}"))
	f.Add(test.Build(test.Model{Objective: "count:poisson", Trees: []test.Tree{test.Stump}, Metrics: []string{"auc"}}))
	f.Add(test.Build(test.Model{Booster: "gblinear", Features: 2, Weights: 3}))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, trees, err := decode(p)
		if m.End > int64(len(p)) || m.Config > m.End {
			t.Errorf("a model to %d with a configuration at %d of %d bytes", m.End, m.Config, len(p))
		}
		for _, tree := range trees {
			if err == nil && int64(tree.Nodes)*(nodeSize+statSize) > int64(len(p)) {
				t.Errorf("a tree of %d nodes in %d bytes", tree.Nodes, len(p))
			}
		}
		hostiletest.OnlyFault(t, err)
	})
}

// TestSamples reads what XGBoost itself wrote; see testdata/make.py.
func TestSamples(t *testing.T) {
	lines, err := os.ReadFile("testdata/samples.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(lines)) {
		row := strings.Fields(line)
		if row[0] == "#" {
			continue
		}
		t.Run(row[0]+" "+row[1], func(t *testing.T) { sample(t, unpack(t, row[2]), row[3]) })
	}
}

func sample(t *testing.T, data []byte, wantNodes string) {
	m, trees, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	var nodes uint32
	for _, tree := range trees {
		nodes += tree.Nodes
		if tree.Highest >= int64(tree.Nodes) {
			t.Errorf("tree %+v points out of itself", tree)
		}
	}
	if got := fmt.Sprint(nodes); got != wantNodes {
		t.Errorf("got %s nodes, want %s", got, wantNodes)
	}
	if m.Weights != m.Wanted || m.End != int64(len(data)) || !slices.ContainsFunc(m.Attributes, func(a Attribute) bool { return a.Value == "a note" }) {
		t.Errorf("got %+v of %d bytes, want all of them, every weight, and a note", m, len(data))
	}
}

func unpack(t *testing.T, text string) []byte {
	t.Helper()
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
