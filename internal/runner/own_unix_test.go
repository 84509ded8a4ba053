//go:build unix

package runner_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/modelaudit/modelaudit/internal/runner"
)

// TestOwner: what root writes is the workspace's owner's.
func TestOwner(t *testing.T) {
	dir := t.TempDir()
	if os.Geteuid() != 0 || os.Chown(dir, 1001, 1002) != nil {
		t.Skip("only root gives files away")
	}
	if err := runner.Write(dir, "out", []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 1001 || s.Gid != 1002 {
		t.Errorf("got %d:%d, want 1001:1002", s.Uid, s.Gid)
	}
}
