package tensorflow_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/tensorflow"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
)

// numbers is a Const node of integers, as they lie in memory.
func numbers(name string, values ...int32) []byte {
	var content []byte
	for _, v := range values {
		content = binary.LittleEndian.AppendUint32(content, uint32(v))
	}
	t := pb.Join(pb.Int(1<<3|vint, 3), pb.Sub(4<<3|byts, content)) // DT_INT32
	return node(name, "Const", "", attr("value", pb.Sub(8<<3|byts, t)))
}

// long is a Const node of an integer of 64 bits.
func long(name string, v int64) []byte {
	t := pb.Join(pb.Int(1<<3|vint, 9), pb.Int(10<<3|vint, v)) // DT_INT64
	return node(name, "Const", "", attr("value", pb.Sub(8<<3|byts, t)))
}

// TestStrings: a path is what operations make of constants. What they are is seen by
// where a dataset reads: at a secret place, in the file that it is used with, or at a
// place that is not followed.
func TestStrings(t *testing.T) {
	const secret, honest, hidden = "tensorflow-reads-file", "", "tensorflow-data-files"
	once := attr("replace_global", pb.Int(5<<3|vint, 0))
	for _, c := range []struct {
		name  string
		nodes [][]byte // that make the node p
		want  string
	}{
		{"part", [][]byte{constant("s", "x/etc/passwdy"), numbers("i", 1), long("n", 11), node("p", "Substr", "s i n")}, secret},
		{"part from the end", [][]byte{constant("s", "x/etc/passwd"), numbers("i", -11), numbers("n", 100), node("p", "Substr", "s i n")}, secret},
		{"part in characters", [][]byte{constant("s", "éé/etc/passwd"), numbers("i", 2), numbers("n", 11), node("p", "Substr", "s i n", attr("unit", text("UTF8_CHAR")))}, secret},
		{"part that is harmless", [][]byte{constant("s", "x/etc/vocab"), numbers("i", 6), numbers("n", 7), node("p", "Substr", "s i n")}, honest},
		{"part of an unknown length", [][]byte{constant("s", "xvocab"), numbers("i", 1), node("n", "Size", "s"), node("p", "Substr", "s i n")}, hidden},
		{"part of what the caller gives", [][]byte{placeholder("s"), numbers("i", 1), numbers("n", 7), node("p", "Substr", "s i n")}, honest},
		{"pattern", [][]byte{constant("s", "/Xetc/XpasswdX"), node("p", "StaticRegexReplace", "s", attr("pattern", text("X")), attr("rewrite", text("")))}, secret},
		{"pattern, once", [][]byte{constant("s", "/Xetc/passwd"), constant("f", "X"), constant("r", ""), node("p", "RegexReplace", "s f r", once)}, secret},
		{"pattern with groups", [][]byte{constant("s", "passwd-etc"), constant("f", "^([a-z]+)-(.*)$"), constant("r", "/\\2/\\1"), node("p", "RegexReplace", "s f r")}, secret},
		{"pattern that is harmless", [][]byte{constant("s", "vocab.tmp"), constant("f", "[.]tmp"), constant("r", ".txt"), node("p", "RegexReplace", "s f r")}, honest},
		{"pattern with a counted repetition", [][]byte{constant("s", "vocab"), constant("f", "a{2}"), constant("r", ""), node("p", "RegexReplace", "s f r")}, hidden},
		{"joined vector", [][]byte{constant("s", "/et", "c/pas", "swd"), numbers("a", 0), node("p", "ReduceJoin", "s a")}, secret},
		{"joined with a separator", [][]byte{constant("s", "", "etc", "passwd"), numbers("a", 0), node("p", "ReduceJoin", "s a", attr("separator", text("/")))}, secret},
		{"joined with a vector", [][]byte{constant("s", "/tmp/x", "/etc/"), constant("n", "passwd"), node("p", "StringJoin", "s n")}, secret},
		{"joined characters", [][]byte{constant("a", "/etc"), constant("b", "/", "shadow"), node("j", "Pack", "a"), numbers("x", 0), node("c", "ConcatV2", "j b x"), node("p", "ReduceJoin", "c x")}, secret},
		{"format", [][]byte{numbers("i", 2), node("f", "StringFormat", "i", attr("template", text("/proc/%s/environ"))), node("p", "Identity", "f")}, secret},
		{"format without its quotation marks", [][]byte{constant("s", "passwd"), node("f", "StringFormat", "s", attr("template", text("/etc/{}")), attr("placeholder", text("{}"))),
			node("p", "StaticRegexReplace", "f", attr("pattern", text(`"`)), attr("rewrite", text("")))}, secret},
		{"element", [][]byte{constant("s", "vocab", "words"), numbers("i", 0), numbers("x", 0), node("p", "GatherV2", "s i x")}, honest},
		{"row of a table", [][]byte{constant("s", "vocab", "a", "b", "/etc/shadow"), numbers("i", 1), numbers("x", 0), node("p", "GatherV2", "s i x")}, secret},
		{"columns of a table", [][]byte{constant("s", "/etc", "a", "/passwd", "b"), numbers("x", 0), node("p", "ReduceJoin", "s x")}, secret},
		{"elements of a dataset", [][]byte{constant("s", "x/etc/passwd"), numbers("i", 1), numbers("n", 20), node("t", "Substr", "s i n"),
			node("e", "TensorSliceDataset", "t"), node("p", "RepeatDataset", "e n")}, secret},
		{"element from the end", [][]byte{constant("s", "/etc/shadow", "vocab"), numbers("i", -2), node("p", "StridedSlice", "s i i i")}, secret},
		{"split", [][]byte{constant("s", "vocab,/etc/shadow"), constant("by", ","), node("p", "StringSplitV2", "s by")}, secret},
		{"base64", [][]byte{constant("s", "L2V0Yy9wYXNzd2Q"), node("p", "DecodeBase64", "s")}, secret},
		{"lower case", [][]byte{constant("s", "/ETC/PASSWD"), node("p", "StringLower", "s")}, secret},
		{"characters", [][]byte{numbers("s", 47, 101, 116, 99, 47, 115, 104, 97, 100, 111, 119), numbers("n", 0, 11), node("p", "UnicodeEncode", "s n")}, secret},
		{"number", [][]byte{numbers("i", 3), node("s", "AsString", "i"), constant("of", "part"), node("p", "StringJoin", "of s")}, honest},
		{"what is not followed", [][]byte{constant("s", "a"), node("p", "StringNGrams", "s s")}, hidden},
	} {
		data := graph(nodes(append(c.nodes, node("d", "TextLineDataset", "p"))...))
		got := detectortest.RuleIDs(detectortest.Scan([]*detector.Detector{tensorflow.Detector}, "m.pb", data))
		if want := strings.Fields(c.want); !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
	}
}

// TestPatternsWithoutEnd: many patterns over long texts end by the budget, and that is
// told.
func TestPatternsWithoutEnd(t *testing.T) {
	list := [][]byte{constant("n0", strings.Repeat("a", 4000))}
	for i := range 200 {
		list = append(list, node("n"+strings.Repeat("i", i+1), "StaticRegexReplace", "n"+strings.Repeat("i", i),
			attr("pattern", text(strings.Repeat("a*", 120)+"b")), attr("rewrite", text("x"))))
	}
	list = append(list, node("n", "Identity", "n0"), node("j", "StringJoin", "n"+strings.Repeat("i", 20)+" n"+strings.Repeat("i", 20)), node("d", "TextLineDataset", "j"))
	got := detectortest.Scan([]*detector.Detector{tensorflow.Detector}, "m.pb", graph(nodes(list...)))
	if !got.Unread() {
		t.Errorf("got %s %v, want what is not read", got.Status, got.Findings)
	}
}
