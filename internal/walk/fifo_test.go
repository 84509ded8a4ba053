//go:build unix

package walk_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/modelaudit/modelaudit/internal/walk"
)

func TestFifoDoesNotHang(t *testing.T) {
	root := tree(t, "m.pt")
	files, err := walk.Files([]string{root}, walk.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(root, "m.pt")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(name, 0o644); err != nil {
		t.Skip("no FIFO here:", err)
	}
	if got := list(t, root, walk.Filter{}); len(got) != 1 || got[0] != "m.pt: not a regular file (p---------)" {
		t.Errorf("listed: got %q", got)
	}
	if got := body(t, files[0]); got != "not a regular file any more" {
		t.Errorf("opened in the place of a file: got %q", got)
	}
}
