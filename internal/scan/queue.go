package scan

import (
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// A queue holds files in the order in which they were found, with what came of them.
type queue struct {
	mu     sync.Mutex
	more   *sync.Cond
	pages  []*[queuePage]job // which stay where they are
	n      int               // jobs that were put
	next   int               // the one that is taken next
	closed bool
}

// A job is a file to scan, and its conclusion.
type job struct {
	file walk.File
	out  audit.File
}

const queuePage = 1 << 6

func newQueue() *queue {
	q := &queue{}
	q.more = sync.NewCond(&q.mu)
	return q
}

// job is the i-th.
func (q *queue) job(i int) *job { return &q.pages[i/queuePage][i%queuePage] }

// put adds a file.
func (q *queue) put(f walk.File) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n%queuePage == 0 {
		q.pages = append(q.pages, new([queuePage]job))
	}
	q.job(q.n).file = f
	q.n++
	q.more.Signal()
}

// close says that there are no more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.more.Broadcast()
}

// take returns the next job, waiting for one, or nil if there are no more.
func (q *queue) take() *job {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.next == q.n {
		if q.closed {
			return nil
		}
		q.more.Wait()
	}
	q.next++
	return q.job(q.next - 1)
}

// asFound returns all jobs in the order in which they were put.
func (q *queue) asFound() []*job {
	jobs := make([]*job, q.n)
	for i := range jobs {
		jobs[i] = q.job(i)
	}
	return jobs
}

// byPath returns all jobs by the paths of their files.
func (q *queue) byPath() []*job {
	jobs := q.asFound()
	slices.SortStableFunc(jobs, func(a, b *job) int { return strings.Compare(a.file.Path, b.file.Path) })
	return jobs
}
