package pickle_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// sideFile is what joblib 0.9 writes in the place of an array that lies in a
// file of its own.
func sideFile(name string) *pickletest.Stream {
	return pickletest.New(4).Named("joblib.numpy_pickle", "NDArrayWrapper").Tuple(0).NewObj().
		EmptyDict().Mark().Str("filename").Str(name).Str("subclass").Named("numpy", "ndarray").Str("allow_mmap").Op(0x88).SetItems().Build()
}

// besides tells of a directory with one side file in it.
func besides(name string) (artifact.Entry, error) {
	if name != "model.pkl_01.npy" {
		return artifact.Entry{}, fs.ErrNotExist
	}
	return artifact.Entry{Size: 1}, nil
}

func TestSideFiles(t *testing.T) {
	for name, want := range map[string][]string{
		"model.pkl_01.npy":   nil,
		"./model.pkl_01.npy": nil,
		"model.pkl_02.npy":   {"pickle-side-file-missing"},
		`..\poc.npy`:         {"pickle-side-file-escapes"},
	} {
		data := sideFile(name).Stop()
		s := scan.Scanner{Detectors: []*detector.Detector{pickle.Detector}, Limits: hostile.DefaultLimits(), Now: time.Now}
		got := s.File(context.Background(), artifact.File{Path: "model.pkl", Content: hostile.Bytes(data), Size: int64(len(data)), Open: besides})
		if ids := detectortest.RuleIDs(got); !slices.Equal(ids, want) {
			t.Errorf("%s: got %v, want %v", name, ids, want)
		}
	}
}

// TestDangerousSideFile: a file is as bad as what it loads beside it.
func TestDangerousSideFile(t *testing.T) {
	system := pickletest.New(2).Global("posix", "system").Str("echo poc").Tuple(1).Reduce().Stop()
	for _, c := range []struct {
		name string
		side []byte
		want map[string][]string
	}{
		{"dangerous", system, map[string][]string{"model.pkl": {"loads-dangerous-file"}, "model.pkl_01.npy": {"pickle-executes-code"}, "other.pkl": nil}},
		{"harmless", pickletest.New(2).Int(1).Stop(), map[string][]string{"model.pkl": nil, "model.pkl_01.npy": nil, "other.pkl": nil}},
	} {
		dir := t.TempDir()
		for name, data := range map[string][]byte{
			"model.pkl": sideFile("model.pkl_01.npy").Stop(), "model.pkl_01.npy": c.side, "other.pkl": pickletest.New(2).Int(1).Stop(),
		} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		files, err := walk.Files([]string{dir}, walk.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		s := scan.Scanner{Detectors: []*detector.Detector{pickle.Detector}, Limits: hostile.DefaultLimits(), Now: time.Now}
		for _, f := range s.All(context.Background(), files, nil).Files {
			want := c.want[filepath.Base(f.Path)]
			if got := detectortest.RuleIDs(f); !slices.Equal(got, want) || (f.Status == audit.Clean) != (want == nil) {
				t.Errorf("%s, %s: got %v, %s, want %v", c.name, f.Path, got, f.Status, want)
			}
		}
	}
}
