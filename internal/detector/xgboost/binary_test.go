package xgboost_test

import (
	"encoding/base64"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/xgboost"
	test "github.com/modelaudit/modelaudit/internal/format/xgboost/xgboosttest"
)

// note is a text that a user attached to a model.
const note = "the ecosystem (x), in words"

// legacy is a model of these trees as save_model writes it.
func legacy(trees ...test.Tree) []byte {
	return append([]byte("binf"), test.Build(test.Model{Version: 1, Features: 6, Trees: trees, Attributes: []string{"note", note}})...)
}

func TestBinary(t *testing.T) {
	out, before := test.Tree{{1, 7}, {-1, -1}}, test.Tree{{1, -5}, {-1, -1}}
	linear := func(weights int) []byte {
		return test.Build(test.Model{Version: 1, Booster: "gblinear", Features: 6, Classes: 3, Weights: weights})
	}
	detectortest.Run(t, xgboost.Binary, []detectortest.Case{
		{Name: "trees", File: "model.deprecated", Data: legacy(test.Stump, test.Stump)},
		{Name: "without a mark", File: "model", Data: legacy(test.Stump)[4:]},
		{Name: "snapshot", Data: test.Snapshot(legacy(test.Stump), `{"version": [1, 2, 0]}`)},
		{Name: "in base64", Data: []byte("bs64\t" + base64.StdEncoding.EncodeToString(legacy(test.Stump)))},
		{Name: "points out", Data: legacy(test.Stump, out), Want: []string{"xgboost-tree-outside"}},
		{Name: "points before", Data: legacy(before), Want: []string{"xgboost-tree-outside"}},
		{Name: "points out in base64", Data: []byte("bs64\n" + base64.StdEncoding.EncodeToString(legacy(out))), Want: []string{"xgboost-tree-outside"}},
		{Name: "linear", Data: linear(21)},
		{Name: "linear, untrained", Data: linear(0)},
		{Name: "linear, short", Data: linear(20), Want: []string{"xgboost-weights-short"}},
		{Name: "dropout, short", Data: test.Build(test.Model{Version: 1, Booster: "dart", Trees: []test.Tree{test.Stump, test.Stump}, Weights: 1}),
			Want: []string{"xgboost-weights-short"}},
		{Name: "more behind it", Data: append(legacy(test.Stump), "more"...), Want: []string{"xgboost-trailing-data"}},
		{Name: "a booster that is none", Data: append([]byte("binf"), test.Build(test.Model{Booster: "gbshrub"})...), Unread: true},
		{Name: "a tree of no nodes", Data: legacy(test.Tree{}), Unread: true},
		{Name: "claims too many trees", Data: legacy(test.Stump)[:400], Unread: true},
		{Name: "damaged base64", Data: []byte("bs64\tAAAA*AAA"), Unread: true},
	})
}

// TestManyTrees: a model is told once, however many of its trees are bad.
func TestManyTrees(t *testing.T) {
	out := test.Tree{{1, 7}, {-1, -1}}
	got := detectortest.Scan([]*detector.Detector{xgboost.Binary}, "", legacy(out, test.Stump, out))
	if len(got.Findings) != 1 || len(got.Findings[0].Evidence) != 2 {
		t.Errorf("got %+v, want one finding of two trees", got.Findings)
	}
}

// TestAttributes: what users attach to a model is shown to the detectors that look
// at texts, in every form.
func TestAttributes(t *testing.T) {
	object := func(name string) string { return "i" + string(rune(len(name))) + name + "{" }
	ubj := "{" + object("learner") + object("attributes") + "i\x04noteSi" + string(rune(len(note))) + note + "}}i\x07version[$i#i\x03\x02\x01\x00}"
	for _, c := range []struct {
		name     string
		detector *detector.Detector
		data     []byte
	}{
		{name: "binary", detector: xgboost.Binary, data: legacy(test.Stump)},
		{name: "json", detector: xgboost.Detector, data: json("1, -1, -1")},
		{name: "ubjson", detector: xgboost.Detector, data: []byte(ubj)},
	} {
		if got := detectortest.Told(t, c.detector, "", c.data); len(got) != 1 || got[0] != "note: "+note {
			t.Errorf("%s: got %q, want the note", c.name, got)
		}
	}
}
