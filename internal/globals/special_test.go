package globals

import (
	"strings"
	"testing"
)

func TestSpecial(t *testing.T) {
	for _, tc := range []struct{ name, module, class, want string }{
		{"a method that is listed", "mmengine.dataset.base_dataset", "BaseDataset", "__getitem__"},
		{"a module that is not listed", "unheard.of", "Thing", ""},
		{"a class of which no member is listed", "numpy", "dtype", ""},
		{"no class", "numpy", "", ""},
	} {
		got := Special(tc.module, tc.class)
		if got.Name != tc.want {
			t.Errorf("%s: Special(%q, %q) = %q, want %q", tc.name, tc.module, tc.class, got.Name, tc.want)
		}
		if dangerous := got.Verdict.Class == Dangerous; dangerous != (tc.want != "") {
			t.Errorf("%s: verdict %+v", tc.name, got.Verdict)
		}
	}
}

// TestMembers holds that asking for members first hides none of them.
func TestMembers(t *testing.T) {
	for _, tab := range tables {
		for class := range tab.methods() {
			if !hasMembers(class[0], class[1]) {
				t.Errorf("%s %s has members that are not seen", class[0], class[1])
			}
		}
	}
}

// methods yields module and class of each line that is about a member of a class.
func (t index) methods() map[[2]string]bool {
	all := make(map[[2]string]bool)
	for line := range strings.Lines(string(t)) {
		w := strings.Fields(line)
		if i := strings.LastIndexByte(w[1], '.'); i > 0 {
			all[[2]string{w[0], w[1][:i]}] = true
		}
	}
	return all
}
