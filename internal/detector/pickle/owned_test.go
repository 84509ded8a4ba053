package pickle_test

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// TestChangesWhatTheProcessOwns: objects that are there before the file is loaded may
// be reached by a method of theirs, by a function that returns them, or as a part of
// what that returns. What the file makes itself it may change.
func TestChangesWhatTheProcessOwns(t *testing.T) {
	p := func() *pickletest.Stream { return pickletest.New(4) }
	state := func(s *pickletest.Stream, name string) *pickletest.Stream {
		return s.EmptyDict().Str(name).Int(1).SetItem().Build()
	}
	aliases := func(s *pickletest.Stream) { s.EmptyDict().Str("utf8").Str("rot13").SetItem() }
	for _, c := range []struct {
		name string
		s    *pickletest.Stream
		want []string
	}{
		{name: "a method of a dict of a module", s: called(p(), "encodings.aliases", "aliases.update", aliases), want: []string{"pickle-rewrites-code"}},
		{name: "a method of a constant", s: called(p(), "models.registry", "MODEL_MAPPING.update", aliases), want: []string{"pickle-rewrites-code"}},
		{name: "a method of a list of an object of a module", s: called(p(), "logging", "root.handlers.clear", func(*pickletest.Stream) {}), want: []string{"pickle-rewrites-code"}},
		{name: "a method of a class", s: called(p(), "models.base", "Registry.update", aliases), want: []string{"pickle-unknown-call"}},
		{name: "the state of what a function returns", s: state(p().Named("codecs", "lookup").Str("utf8").Tuple(1).Reduce(), "name"), want: []string{"pickle-rewrites-code", "pickle-suspicious-call"}},
		{name: "the state of a logger", s: state(p().Named("logging", "getLogger").Tuple(0).Reduce(), "disabled"), want: []string{"pickle-disturbs-process"}},
		{name: "the state of a part", s: state(p().Named("builtins", "getattr").Named("logging", "getLogger").Tuple(0).Reduce().Str("root").Tuple(2).Reduce(), "disabled"), want: []string{"pickle-computed-name"}},
		{name: "the state of no builtin", s: state(p().Named("builtins", "dtype").Str("O8").Tuple(1).Reduce(), "name"), want: []string{"pickle-suspicious-call"}},
		{name: "a logger", s: p().Named("logging", "getLogger").Str("models").Tuple(1).Reduce()},
		{name: "the state of an own object", s: state(p().Named("types", "SimpleNamespace").Tuple(0).Reduce(), "disabled")},
	} {
		got := detectortest.RuleIDs(detectortest.Scan(all, "model.pkl", c.s.Stop()))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestRunsMethods: what goes over an object runs the methods of its class on what the
// file has filled it with.
func TestRunsMethods(t *testing.T) {
	listed := func(module, class string, fill func(*pickletest.Stream)) []byte {
		s := pickletest.New(4).Named("builtins", "list").Named(module, class).Tuple(0).NewObj()
		fill(s)
		return s.Tuple(1).Reduce().Stop()
	}
	nothing := func(*pickletest.Stream) {}
	state := func(s *pickletest.Stream) { s.EmptyDict().Str("source").Str("lines.txt").SetItem().Build() }
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{name: "a class that reads what its state names", data: listed("gensim.models.word2vec", "LineSentence", state), want: []string{"pickle-reads-files"}},
		{name: "an unknown class", data: listed("models.data", "Lines", state), want: []string{"pickle-unknown-call", "pickle-unknown-class"}},
		{name: "an unknown class without anything", data: listed("models.data", "Lines", nothing), want: []string{"pickle-unknown-class"}},
		{name: "a class of Python", data: listed("collections", "UserList", func(s *pickletest.Stream) { s.EmptyDict().Str("data").EmptyList().SetItem().Build() })},
	} {
		got := detectortest.RuleIDs(detectortest.Scan(all, "model.pkl", c.data))
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
