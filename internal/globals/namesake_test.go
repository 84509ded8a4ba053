package globals

import "testing"

func TestNamesakes(t *testing.T) {
	for _, tc := range []struct {
		module, name string
		want         Class
	}{
		{"numpy._core", "memmap", Dangerous},      // imported there
		{"numpy._core.multiarray", "array", Safe}, // listed
		{"numpy._core.multiarray", "sum", Inert},  // nothing dangerous is called so
		{"unheard_of", "memmap", Unknown},         // of another package
		{"gensim.corpora.textcorpus", "utils.open", Dangerous},
		{"torch.unheard", "save", Dangerous},           // the package has no harmless one
		{"sklearn.unheard", "LinearRegression", Inert}, // a class that moved
	} {
		if got := Of(tc.module, tc.name); got.Class != tc.want {
			t.Errorf("Of(%s, %s) = %+v, want class %d", tc.module, tc.name, got, tc.want)
		}
	}
}
