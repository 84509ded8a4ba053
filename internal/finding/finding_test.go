package finding_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var (
	runs  = &rule.Rule{ID: "runs", Severity: rule.Critical}
	looks = &rule.Rule{ID: "looks", Severity: rule.Low}
)

func TestFingerprint(t *testing.T) {
	base := finding.Finding{Rule: runs, Key: "os.system", Location: finding.Location{Path: "a.pt", Inside: []string{"data.pkl"}, Offset: 37}}
	cases := []struct {
		name   string
		change func(*finding.Finding)
		same   bool
	}{
		{name: "offset", change: func(f *finding.Finding) { f.Location.Offset = 99 }, same: true},
		{name: "length", change: func(f *finding.Finding) { f.Location.Length = 9 }, same: true},
		{name: "message", change: func(f *finding.Finding) { f.Message = "said otherwise" }, same: true},
		{name: "evidence", change: func(f *finding.Finding) { f.Evidence = []finding.Step{{Offset: 1, Text: "REDUCE"}} }, same: true},
		{name: "path", change: func(f *finding.Finding) { f.Location.Path = "b.pt" }, same: true},
		{name: "rule", change: func(f *finding.Finding) { f.Rule = looks }},
		{name: "key", change: func(f *finding.Finding) { f.Key = "os.popen" }},
		{name: "nesting", change: func(f *finding.Finding) { f.Location.Inside = []string{"x.zip", "data.pkl"} }},
		{name: "key moved into nesting", change: func(f *finding.Finding) { f.Key, f.Location.Inside = "os", []string{".systemdata.pkl"} }},
		{name: "ordinal", change: func(f *finding.Finding) { f.Ordinal = 1 }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			changed := base
			c.change(&changed)
			if got := changed.Fingerprint() == base.Fingerprint(); got != c.same {
				t.Errorf("%s against %s: same is %v, want %v", changed.Fingerprint(), base.Fingerprint(), got, c.same)
			}
		})
	}
	root := func(inside ...string) string {
		f := base
		f.Location.Inside = inside
		return f.Fingerprint()
	}
	if a, b := root("archive/data.pkl"), root("model/data.pkl"); a != b {
		t.Errorf("the root folder of an archive of PyTorch counts: %s and %s", a, b)
	}
	if a, b := root("archive/data/0"), root("model/data/0"); a != b {
		t.Errorf("the root folder counts for what is below a folder of PyTorch's: %s and %s", a, b)
	}
	for _, name := range []string{"weights.pkl", "data.pkl.bak", "dat"} {
		if a, b := root("a/"+name), root("b/"+name); a == b {
			t.Errorf("the folder of %s does not count: %s", name, a)
		}
	}
	inside := func(path string, inside ...string) string {
		f := base
		f.Location.Path, f.Location.Inside = path, inside
		return f.Fingerprint()
	}
	for _, same := range [][2]string{
		{inside("a.joblib", "a"), inside("a.joblib")},
		{inside("m/a.pkl.gz", "a.pkl"), inside("b.pkl")},
		{inside("a.tgz", "a.tar", "data.pkl"), inside("a.tar", "data.pkl")},
		{inside("a.bin", "a.bin"), inside("a.bin")},
		{inside("a.keras", "@model_config"), inside("a.keras", "config.json")},
	} {
		if same[0] != same[1] {
			t.Errorf("what compression or a version names counts: %s and %s", same[0], same[1])
		}
	}
	for _, name := range []string{"b.pkl", "a.tar", "b.tar"} {
		if a, b := inside("a.zip", name), inside("a.zip"); a == b {
			t.Errorf("the member %s does not count: %s", name, a)
		}
	}
	if a, b := inside("a.zip", "b.pkl", "c"), inside("a.zip", "c"); a == b {
		t.Errorf("a member around another does not count: %s", a)
	}
	if a, b := inside("x.zip", "a.gz", "a"), inside("x.zip", "a.gz"); a != b {
		t.Errorf("compression of a member counts: %s and %s", a, b)
	}
	if a, b := inside("a.gz", "a", "a.pkl"), inside("a", "a.pkl"); a != b {
		t.Errorf("compression around a member counts: %s and %s", a, b)
	}
	// Alerts and baselines out there carry it: it may not change between versions.
	if got, want := base.Fingerprint(), "c524a1a7e136fdb2:1"; got != want {
		t.Errorf("fingerprint: got %s, want %s", got, want)
	}
}

func TestPlace(t *testing.T) {
	for want, s := range map[string]finding.Step{"line 3": {Offset: 17, Line: 3}, "0x00000011": {Offset: 17}, "0x12345678": {Offset: 0x12345678}} {
		if got := s.Place(); got != want {
			t.Errorf("%+v: got %q, want %q", s, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	at := func(key string, offset int64) finding.Finding {
		return finding.Finding{Rule: runs, Key: key, Location: finding.Location{Offset: offset}}
	}
	findings := []finding.Finding{at("a", 1), at("b", 2), at("a", 3), at("a", 4)}
	want := []int{0, 0, 1, 2}
	for range 2 { // a second numbering changes nothing
		finding.Number(findings)
		for i, f := range findings {
			if f.Ordinal != want[i] {
				t.Errorf("finding %d (%s): got ordinal %d, want %d", i, f.Key, f.Ordinal, want[i])
			}
		}
	}
}

func TestCompareOrdersWhateverTheInput(t *testing.T) {
	in := func(path string, offset int64, r *rule.Rule, inside ...string) finding.Finding {
		return finding.Finding{Rule: r, Location: finding.Location{Path: path, Offset: offset, Inside: inside}}
	}
	want := []finding.Finding{
		in("a", 9, runs), in("a", 1, runs, "m"), in("a", 2, runs, "m"), in("b", 1, runs), in("a", 0, looks),
	}
	got := slices.Clone(want)
	for range 50 {
		rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		slices.SortFunc(got, finding.Compare)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}
