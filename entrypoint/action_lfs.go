package entrypoint

import (
	"context"
	"os"
	"slices"

	"github.com/modelaudit/modelaudit/internal/change"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// resolvePointers deals with the Git LFS pointers among the files as the input lfs
// says, and returns what is to be scanned.
func (a *action) resolvePointers(ctx context.Context, files []walk.File, maxSize int64) []walk.File {
	at := change.Pointers(files)
	a.pointers = make(map[string]bool)
	for _, i := range at {
		a.pointers[files[i].Path] = true
	}
	switch {
	case len(at) == 0:
	case a.in.lfs == "skip":
		a.note(workflow.Notice, "The input lfs says to skip %s: what they stand for was not scanned.", plain.Count(len(at), "Git LFS pointer"))
		return slices.DeleteFunc(files, func(f walk.File) bool { return a.pointers[f.Path] })
	case a.in.lfs == "require":
		for _, i := range at {
			files[i].Refused = "a Git LFS pointer, where the input lfs requires the object: set lfs: true on actions/checkout"
		}
	default:
		a.store(maxSize).Resolve(ctx, files)
	}
	return files
}

// store fetches from the repository, and for a fork's pull request from the
// fork.
func (a *action) store(maxSize int64) *change.Store {
	s := &change.Store{
		Client: a.client, Repositories: []string{a.Getenv("GITHUB_REPOSITORY")},
		Each: a.in.lfsEach, Total: a.in.lfsTotal,
	}
	if maxSize > 0 {
		s.Each = min(s.Each, maxSize)
	}
	if p := a.event.Pull; p != nil && p.Fork() && p.Head.Repository != "" {
		s.Repositories = append(s.Repositories, p.Head.Repository)
	}
	if temp := a.Getenv("RUNNER_TEMP"); temp != "" {
		if info, err := os.Stat(temp); err == nil && info.IsDir() {
			s.Temp = temp
		}
	}
	return s
}
