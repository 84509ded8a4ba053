package lightgbm

import (
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// TestTrees: what a tree says of itself, and what of that cannot be.
func TestTrees(t *testing.T) {
	for _, c := range []struct {
		name, head, tree string
		want             Tree
		outside          bool
	}{
		{name: "one leaf", tree: "num_leaves=1\n", want: Tree{Leaves: 1}},
		{name: "two leaves", tree: "num_leaves=2\nleft_child=-1\nright_child=-2\n", want: Tree{Leaves: 2, Lowest: -2}},
		{name: "three leaves", tree: "num_leaves= 3 \nleft_child=1 -1\nright_child=-2 -3\n", want: Tree{Leaves: 3, Lowest: -3, Highest: 1}},
		{name: "a leaf too many", tree: "num_leaves=2\nleft_child=-3\n", want: Tree{Leaves: 2, Lowest: -3}, outside: true},
		{name: "a node too many", tree: "num_leaves=3\nright_child=2 -1\n", want: Tree{Leaves: 3, Lowest: -1, Highest: 2}, outside: true},
		{name: "a node of one leaf", tree: "num_leaves=1\nleft_child=1\n", want: Tree{Leaves: 1, Highest: 1}, outside: true},
		{name: "leaves that are no number", tree: "num_leaves=x\n", want: Tree{Bad: true}, outside: true},
		{name: "more leaves than there are numbers", tree: "num_leaves=9223372036854775808\n", want: Tree{Leaves: 1<<63 - 1, Bad: true}, outside: true},
		{name: "a child that is no number", tree: "num_leaves=9\nleft_child=1 x\nleft_child=2\n", want: Tree{Leaves: 9, Lowest: -1 << 63, Highest: 2, Bad: true}, outside: true},
		{name: "back to itself", tree: "num_leaves=9\nleft_child=0\n", want: Tree{Leaves: 9, Back: true}},
		{name: "back to another", tree: "num_leaves=9\nleft_child=1 2 2 4\nright_child=-1 -2 -3 -4\n", want: Tree{Leaves: 9, Lowest: -4, Highest: 4, Back: true}},
		{name: "forward alone", tree: "num_leaves=9\nleft_child=1 2 3\n", want: Tree{Leaves: 9, Highest: 3}},
		{name: "the last feature", head: "max_feature_idx=2\n", tree: "num_leaves=2\nsplit_feature=0 2\n", want: Tree{Leaves: 2, features: 3}},
		{name: "a feature too many", head: "max_feature_idx=2\n", tree: "num_leaves=2\nsplit_feature=3 0\n", want: Tree{Leaves: 2, features: 3, Foreign: true}},
		{name: "features of which nothing is said", tree: "num_leaves=2\nsplit_feature=3 0\n", want: Tree{Leaves: 2}},
		{name: "features that are no number", head: "max_feature_idx=x\n", tree: "num_leaves=2\nsplit_feature=3\n", want: Tree{Leaves: 2}},
		{name: "a feature below all", tree: "num_leaves=2\nsplit_feature=-1 0\n", want: Tree{Leaves: 2, Foreign: true}},
		{name: "a feature that is no number", tree: "num_leaves=2\nsplit_feature=x 0\n", want: Tree{Leaves: 2, Bad: true, Foreign: true}, outside: true},
		{name: "lines of Windows", tree: "num_leaves=2\r\nleft_child=-3\r\n", want: Tree{Leaves: 2, Lowest: -3}, outside: true},
	} {
		var got []Tree
		_, err := Read(hostiletest.Reader("tree\n"+c.head+"\nTree=0\n"+c.tree+"\nend of trees\n"), func(tree Tree) { got = append(got, tree) })
		if err != nil || len(got) != 1 {
			t.Errorf("%s: got %d trees and %v", c.name, len(got), err)
			continue
		}
		c.want.Offset = int64(len("tree\n" + c.head + "\n"))
		if got[0] != c.want || got[0].Outside() != c.outside {
			t.Errorf("%s: got %+v, outside: %v, want %+v, %v", c.name, got[0], got[0].Outside(), c.want, c.outside)
		}
	}
}

// TestModel: where the parts of a text are, and where it ends.
func TestModel(t *testing.T) {
	const head, trees, mark = "tree\nversion=v4\n", "Tree=0\nnum_leaves=1\n\nTree=1\nnum_leaves=1\n\n", "end of trees\n"
	for _, c := range []struct {
		name, text string
		behind     string // what is no part of the model
		want       Model  // without its places, which are computed
		err        string
	}{
		{name: "nothing behind the trees", text: head + trees + mark, want: Model{Trees: 2, Ended: true}},
		{name: "no trees", text: head + mark, want: Model{Ended: true}},
		{name: "sizes", text: head + "tree_sizes=21 20\n" + trees + mark, want: Model{Trees: 2, Ended: true, Sizes: 41}},
		{name: "a negative size", text: head + "tree_sizes=21 -20 7\n" + mark, want: Model{Ended: true, Sizes: -1}},
		{name: "sizes beyond all numbers", text: head + "tree_sizes=9223372036854775807 1 7\n" + mark, want: Model{Ended: true, Sizes: -1}},
		{name: "a size that is none", text: head + "tree_sizes=x 7\n" + mark, want: Model{Ended: true, Sizes: -1}},
		{name: "cut off between trees", text: head + trees, want: Model{Trees: 1}, err: "the text ends before its trees do"},
		{name: "cut off in the mark", text: head + trees + "end of trees", want: Model{Trees: 1}, err: "the text ends before its trees do"},
		{name: "what trained it", text: head + mark + "[a: b]\n\té\r\n" + lastLine + "null\n", want: Model{Ended: true}},
		{name: "text behind the last line", text: head + mark + lastLine + "null\n", behind: "more", want: Model{Ended: true}},
		{name: "a last line without an end", text: head + mark + lastLine + "null", want: Model{Ended: true}},
		{name: "the last line in the middle of one", text: head + mark + "a " + lastLine + "null\nmore\n", want: Model{Ended: true}},
		{name: "a control character", text: head + mark + "a\n", behind: "b\x00\nc", want: Model{Ended: true}},
		{name: "half a character", text: head + mark + "a\n", behind: "\x80b\n", want: Model{Ended: true}},
		{name: "the last half", text: head + mark + "a\n", behind: "\xbfb\n", want: Model{Ended: true}},
		{name: "characters in other encodings", text: head + mark + "\xc0a\n\x7f\xe9\xbf\n", want: Model{Ended: true}},
		{name: "half a character in a long line", text: head + mark + strings.Repeat("é", maxLine/2) + "\x80\n", want: Model{Ended: true}},
		{name: "a line as long as is read at once", text: head + mark + strings.Repeat("a", maxLine-1) + "\n" + strings.Repeat("a", maxLine) + "\nb\n", want: Model{Ended: true}},
	} {
		got, err := Read(hostiletest.Reader(c.text+c.behind), func(Tree) {})
		c.want.Rest = int64(len(c.text))
		if c.want.Ended {
			c.want.Behind = int64(strings.Index(c.text, mark) + len(mark))
		}
		if c.want.Trees > 0 {
			c.want.First = int64(strings.Index(c.text, "Tree="))
		}
		if err != nil {
			got.Rest = c.want.Rest
		}
		if got != c.want || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %+v and %v, want %+v and %q", c.name, got, err, c.want, c.err)
		}
	}
}

func TestLooks(t *testing.T) {
	for text, want := range map[string]bool{"tree\nversion=v4": true, "tree\r\n": true, "tree": false, "trees\n": false, "\ntree\n": false} {
		if got := Looks([]byte(text)); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
