package scan

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// All scans files side by side, as many as there are processors, and returns
// their conclusions in the order given. done is called after each file, from
// one goroutine at a time; it may be nil.
func (s *Scanner) All(ctx context.Context, files []walk.File, done func(*audit.File)) audit.Report {
	report := audit.Report{Files: make([]audit.File, len(files))}
	var next atomic.Int64 // a channel would wake a worker up for each file
	var workers sync.WaitGroup
	var mu sync.Mutex
	for range min(len(files), runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(files)); i = next.Add(1) - 1 {
				report.Files[i] = s.one(ctx, files[i])
				if done != nil {
					mu.Lock()
					done(&report.Files[i])
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	inherit(report.Files)
	return report
}

// one scans one candidate of the walk.
func (s *Scanner) one(ctx context.Context, f walk.File) audit.File {
	switch {
	case f.Refused != "":
		return refused(f, audit.NotScanned, f.Refused)
	case f.Absent != "" && namedLikeModel(f.Path):
		return refused(f, audit.NotScanned, f.Absent)
	case f.Absent != "":
		return refused(f, audit.NotAModel, f.Absent)
	}
	file, closer, err := f.Open()
	if err != nil {
		return refused(f.Sized(), audit.NotScanned, err.Error())
	}
	defer closer.Close()
	return s.File(ctx, file)
}

// refused is the conclusion about a file that was not opened.
func refused(f walk.File, status audit.Status, reason string) audit.File {
	return audit.File{Path: f.Path, Size: f.Size, Status: status, Reason: finding.Quote(reason)}
}
