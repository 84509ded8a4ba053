package scan

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"sync"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// All scans files side by side, as many as there are processors, and returns
// their conclusions in the order given. done is called after each file, from
// one goroutine at a time; it may be nil.
func (s *Scanner) All(ctx context.Context, files []walk.File, done func(*audit.File)) audit.Report {
	report := audit.Report{Files: s.sideBySide(ctx, slices.Values(files), (*queue).asFound, done)}
	inherit(report.Files)
	return report
}

// Found is All for files that are still being found, and returns their conclusions by
// path.
func (s *Scanner) Found(ctx context.Context, files iter.Seq[walk.File], done func(*audit.File)) audit.Report {
	report := audit.Report{Files: s.sideBySide(ctx, files, (*queue).byPath, done)}
	inherit(report.Files)
	return report
}

// sideBySide scans files while they come, and returns their conclusions in an order.
func (s *Scanner) sideBySide(ctx context.Context, files iter.Seq[walk.File], order func(*queue) []*job, done func(*audit.File)) []audit.File {
	q := newQueue()
	var workers sync.WaitGroup
	var mu sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for job := q.take(); job != nil; job = q.take() {
				job.out = s.one(ctx, job.file)
				if done != nil {
					mu.Lock()
					done(&job.out)
					mu.Unlock()
				}
			}
		})
	}
	for f := range files {
		q.put(f)
	}
	q.close()
	jobs := order(q)
	workers.Wait()
	conclusions := make([]audit.File, len(jobs))
	for i, job := range jobs {
		conclusions[i] = job.out
	}
	return conclusions
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
