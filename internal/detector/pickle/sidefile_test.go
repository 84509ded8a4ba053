package pickle_test

import (
	"context"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
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
