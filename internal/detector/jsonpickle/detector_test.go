package jsonpickle_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/jsonpickle"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, jsonpickle.Detector, []detectortest.Case{
		{Name: "object", File: "m.json", Data: []byte(`{"py/object": "sklearn.linear_model._logistic.LogisticRegression", "C": 1.0, "coef_": {"py/object": "numpy.ndarray"}}`)},
		{Name: "reduction", File: "m.json", Data: []byte(`{"o": {"py/reduce": [{"py/type": "collections.OrderedDict"}, {"py/tuple": []}]}}`)},
		{Name: "somebody's class", File: "m.json", Data: []byte(`{"py/reduce": [{"py/type": "models.Net"}, {"py/tuple": []}]}`)},
		{Name: "program", File: "m.json", Data: []byte(`{"py/reduce": [{"py/function": "posix.system"}, {"py/tuple": ["echo poc"]}]}`), Want: []string{"jsonpickle-runs-code"}},
		{Name: "program, spelt otherwise", File: "m.json", Data: []byte(`[1, {"\u0070y\/reduce": [{"py\/type": "subprocess.Popen"}, {"py/tuple": ["echo poc"]}]}]`), Want: []string{"jsonpickle-runs-code"}},
		{Name: "program as a class", File: "m.json", Data: []byte(`{"py/object": "subprocess.Popen", "py/newargs": ["echo poc"]}`), Want: []string{"jsonpickle-runs-code"}},
		{Name: "reduction of a handler", File: "m.json", Data: []byte(`{"py/object": "datetime.datetime", "__reduce__": [{"py/type": "subprocess.Popen"}, ["x"]]}`), Want: []string{"jsonpickle-runs-code"}},
		{Name: "program as a member of a module", File: "m.json", Data: []byte(`{"py/reduce": [{"py/mod": "os/os.system"}, {"py/tuple": ["echo poc"]}]}`), Want: []string{"jsonpickle-runs-code"}},
		{Name: "member of a module", File: "m.json", Data: []byte(`{"py/object": "models.Net", "hook": {"py/mod": "subprocess/subprocess.Popen"}}`), Want: []string{"jsonpickle-dangerous-reference"}},
		{Name: "module", File: "m.json", Data: []byte(`{"py/object": "models.Net", "math": {"py/mod": "math/math"}}`)},
		{Name: "behind white space", File: "m.json", Data: append(bytes.Repeat([]byte("\n"), 5000), `{"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["echo poc"]}]}`...), Want: []string{"jsonpickle-runs-code"},
			AnyPrefix: "white space is no JSON yet"},
		{Name: "expression", File: "m.json", Data: []byte(`{"py/repr": "os/os.system('echo poc')"}`), Want: []string{"jsonpickle-runs-code"}},
		{Name: "key", File: "m.json", Data: []byte(`{"py/object": "models.Net", "json://{\"py/repr\": \"os/os.system('echo poc')\"}": 1}`), Want: []string{"jsonpickle-runs-code"}},
		{Name: "reference", File: "m.json", Data: []byte(`{"py/object": "models.Net", "hook": {"py/function": "os.system"}}`), Want: []string{"jsonpickle-dangerous-reference"}},
		{Name: "function", File: "m.json", Data: []byte(`{"py/reduce": [{"py/function": "models.load"}, {"py/tuple": []}]}`), Want: []string{"jsonpickle-unknown-call"}},
	})
}

// TestManyParts: a name of many parts is unknown, and many of them are not all read.
func TestManyParts(t *testing.T) {
	all := []*detector.Detector{jsonpickle.Detector}
	long := "numpy" + strings.Repeat(".a", 100_000)
	got := detectortest.Scan(all, "m.json", []byte(`{"py/object": "`+long+`"}`))
	if ids := detectortest.RuleIDs(got); !slices.Equal(ids, []string{"jsonpickle-unknown-call"}) {
		t.Errorf("long: got %v", ids)
	}
	var many strings.Builder
	for n := range 20_000 {
		fmt.Fprintf(&many, `{"py/object": "numpy%s.A%d"},`, strings.Repeat(".a", 12), n)
	}
	got = detectortest.Scan(all, "m.json", []byte(`[`+many.String()+`1]`))
	if got.Status != audit.Incomplete {
		t.Errorf("many: got %v", got.Status)
	}
}

// TestElsewhere: other JSON is for others.
func TestElsewhere(t *testing.T) {
	got := detectortest.Scan([]*detector.Detector{jsonpickle.Detector}, "tokenizer.json", []byte(`{"vocab": {"py/": 1, "\u0120py/reduce": 2}, "path": "py/object"}`))
	if len(got.Formats) != 0 || got.Unread() || len(got.Findings) != 0 {
		t.Errorf("got %+v", got)
	}
}
