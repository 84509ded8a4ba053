package pickle_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/payload"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/detector/secret"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// float is a BINFLOAT.
func float(f float64) []byte { return binary.BigEndian.AppendUint64([]byte{'G'}, math.Float64bits(f)) }

// ndarray adds an array of float64 as NumPy pickles it.
func ndarray(s *pickletest.Stream, content []byte) *pickletest.Stream {
	s.Named("numpy._core.multiarray", "_reconstruct").Named("numpy", "ndarray").Int(0).Tuple(1).Data([]byte("b")).Tuple(3).Reduce()
	s.Mark().Int(1).Int(int32(len(content)/8)).Tuple(1).Call("numpy", "dtype", "f8")
	return s.Op(0x89).Data(content).TupleFromMark().Build()
}

// regression is a fitted model with a penalty and coefficients.
func regression(c float64, coefficients []byte) []byte {
	s := pickletest.New(4).Named("sklearn.linear_model._logistic", "LogisticRegression").Tuple(0).NewObj().EmptyDict().Mark().
		Str("solver").Str("the solver that is used by default").Str("C").Raw(string(float(c)))
	return ndarray(s.Str("coef_"), coefficients).SetItems().Build().Stop()
}

// TestPrecedent: a model that differs from one before it in numbers alone is no
// precedent of its own, and what is hidden in its numbers is found.
func TestPrecedent(t *testing.T) {
	pickle.ForgetPrecedents()
	hidden := make([]byte, 64)
	copy(hidden[8:], shell)
	for _, c := range []struct {
		name string
		data []byte
		n    int // precedents from then on
		want string
	}{
		{"the first", regression(1, make([]byte, 64)), 1, ""},
		{"the same", regression(1, make([]byte, 64)), 1, ""},
		{"other numbers", regression(2.5, bytes.Repeat([]byte{0, 0xf8}, 32)), 1, ""},
		{"more numbers", regression(2.5, make([]byte, 72)), 2, ""},
		{"a text among the numbers", regression(1, bytes.Repeat([]byte("word"), 16)), 3, ""},
		{"another name", bytes.Replace(regression(1, make([]byte, 64)), []byte("coef_"), []byte("coefs"), 1), 4, ""},
		{"another class", bytes.Replace(regression(1, make([]byte, 64)), []byte("sklearn.linear"), []byte("nobody.linear_"), 1), 4, "pickle-unknown-class"},
		{"a pickle among the numbers", regression(1, hidden), 4, "pickle-carries-payload"},
	} {
		got := detectortest.RuleIDs(detectortest.Scan(all, "model.pkl", c.data))
		if c.want == "" && len(got) > 0 || c.want != "" && !slices.Contains(got, c.want) {
			t.Errorf("%s: found %v, want %q", c.name, got, c.want)
		}
		if n := pickle.Precedents(); n != c.n {
			t.Errorf("%s: %d precedents, want %d", c.name, n, c.n)
		}
	}
}

// TestNoDifferenceByPrecedent: of a file that differs from another in any byte, or in
// some that hold a pickle, as much is said behind that one as without it.
func TestNoDifferenceByPrecedent(t *testing.T) {
	detectors := []*detector.Detector{pickle.Detector, payload.Detector, secret.Detector}
	numbers := bytes.Repeat([]byte{0, 0xf0, 0x3f, 0x9b}, 16)
	state := func() *pickletest.Stream { return pickletest.New(4).EmptyDict().Mark() }
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"a model", regression(1, numbers)},
		{"in a frame", pickletest.New(4).Frame(len(numbers) + 3).Data(numbers).Stop()},
		{"bytes that are decoded", state().Str("a").Named("_codecs", "decode").Data([]byte("collections")).Tuple(1).Reduce().SetItems().Stop()},
		{"bytes of a number", state().Str("a").Named("builtins", "int").Data([]byte("17")).Tuple(1).Reduce().SetItems().Stop()},
		{"bytes of a name", pickletest.New(4).Named("_codecs", "decode").Data([]byte("collections")).Tuple(1).Reduce().Str("Counter").StackGlobal().Stop()},
		{"bytes that are as many as a call asks for", state().Str("a").Named("builtins", "bytes").Data(numbers).Tuple(1).Reduce().SetItems().Stop()},
		{"a float that is a number of items", state().Str("a").Named("builtins", "int").Raw(string(float(3))).Tuple(1).Reduce().SetItems().Stop()},
		{"bytes behind a key", state().Str("token").Data(numbers).Str("text").Str("in all the words that there are, nothing").SetItems().Stop()},
		{"an array in a file", state().Str("a").Named("joblib.numpy_pickle_compat", "NDArrayWrapper").Tuple(0).NewObj().
			EmptyDict().Str("filename").Str("m.npy").SetItem().Build().SetItems().Stop()},
		{"bytes that are loaded", pickletest.New(4).Named("pickle", "loads").Data(plain).Tuple(1).Reduce().Stop()},
		{"a state of bytes", pickletest.New(4).Named("numpy.random", "RandomState").Tuple(0).Reduce().Data(numbers).Build().Stop()},
	} {
		t.Run(c.name, func(t *testing.T) {
			same := func(changed []byte) {
				t.Helper()
				pickle.ForgetPrecedents()
				detectortest.Scan(detectors, "model.pkl", c.data)
				behind := detectortest.Scan(detectors, "model.pkl", changed)
				pickle.ForgetPrecedents()
				if alone := detectortest.Scan(detectors, "model.pkl", changed); !reflect.DeepEqual(said(alone), said(behind)) {
					t.Errorf("%q:\n%v\nbehind its precedent:\n%v", changed, alone, behind)
				}
			}
			for i := range c.data {
				for _, b := range []byte{0, 1, '.', 'a', 0x80, 0xff, c.data[i] ^ 1, c.data[i] ^ 0x20} {
					changed := slices.Clone(c.data)
					changed[i] = b
					same(changed)
				}
				if n := copy(slices.Clone(c.data[i:]), shell); n == len(shell) {
					changed := slices.Clone(c.data)
					copy(changed[i:], shell)
					same(changed)
				}
			}
		})
	}
}

// said is what a scan says of a file.
func said(f audit.File) audit.File {
	f.Path = ""
	return f
}
