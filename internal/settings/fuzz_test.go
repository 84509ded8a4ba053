package settings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/settings"
)

// FuzzReadFile: whatever a policy file holds, it is read the same twice, or
// refused in one line that names the file.
func FuzzReadFile(f *testing.F) {
	f.Add([]byte(everything))
	for _, c := range refused {
		if len(c.file) < 1000 {
			f.Add([]byte(c.file))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		first, second := settings.Default(), settings.Default()
		err := first.ReadFile("p.yml", data)
		again := second.ReadFile("p.yml", data)
		if err == nil && again == nil {
			if diff := cmp.Diff(first, second); diff != "" {
				t.Errorf("two readings differ:\n%s", diff)
			}
			return
		}
		if err == nil || again == nil || err.Error() != again.Error() {
			t.Fatalf("got %v and %v", err, again)
		}
		if !strings.HasPrefix(err.Error(), "p.yml:") || strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("got %q", err)
		}
	})
}
