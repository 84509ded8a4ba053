package pickle_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// codeReaching is code of Python 3.8 that imports a package and loads a dotted path from
// it, and has some constants.
func codeReaching(path string, constants ...string) []byte {
	const loadConst, importName, loadAttr, returnValue = 100, 108, 106, 83
	bytecode := []byte{loadConst, 0, loadConst, 0, importName, 0}
	names := strings.Split(path, ".")
	for i := range names[1:] {
		bytecode = append(bytecode, loadAttr, byte(i+1))
	}
	s := pickletest.New(4).Named("dill._dill", "_create_code").Op('(').Data([]byte{2, 1})
	for _, n := range []int32{0, 0, 0, 0, 1, 67} { // counts of arguments and locals, stack size, flags
		s.Int(n)
	}
	s.Data(append(bytecode, returnValue, 0))
	for i, texts := range [...][]string{constants, names} {
		if s.Op('('); i == 0 {
			s.None()
		}
		for _, text := range texts {
			s.Str(text)
		}
		s.Op('t')
	}
	return s.Op(')').Str("train.py").Str("f").Int(1).Data(nil).Op(')').Op(')').Op('t').Reduce().Stop()
}

// TestRoutine: what code of honest models does all the time is no danger by itself.
func TestRoutine(t *testing.T) {
	fine, bad := []string{"pickle-carries-code"}, []string{"pickle-carries-code", "pickle-code-dangerous"}
	for _, c := range []struct {
		path      string
		constants []string
		want      []string
	}{
		{"torch.save", []string{"model.pt"}, fine},
		{"torch.save", []string{"/etc/cron.d/model"}, bad},
		{"torch.save", []string{"import os; os.system('echo poc')"}, bad},
		{"torch.save.__globals__", nil, bad},
		{"torch.os.system", nil, bad},
		{"joblib.dump", nil, fine},
		{"os.makedirs", nil, fine},
		{"os.remove", nil, bad},
		{"matplotlib.pyplot.savefig", []string{"loss.png"}, fine},
		{"matplotlib.pyplot.switch_backend", []string{"module://models"}, bad},
		{"matplotlib.pyplot.importlib.import_module", nil, bad},
		{"tempfile.NamedTemporaryFile", nil, bad},
		{"ast.literal_eval", nil, fine},
		{"transformers.AutoModel.from_pretrained", []string{"bert"}, fine},
		{"transformers.AutoModel.from_pretrained", []string{"bert", "trust_remote_code"}, bad},
	} {
		got := detectortest.RuleIDs(detectortest.Scan([]*detector.Detector{pickle.Detector}, "m.pkl", codeReaching(c.path, c.constants...)))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s, %q: got %v, want %v", c.path, c.constants, got, c.want)
		}
	}
}
