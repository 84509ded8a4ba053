package change

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/format/lfs"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// A Store fetches what Git LFS keeps, for pointers that are to be scanned.
type Store struct {
	Client *github.Client // nil: nothing can be fetched
	// Repositories are asked in turn: the one the job is for, and for a fork its
	// own.
	Repositories []string
	Each, Total  int64  // limits in bytes, on the sizes that pointers give
	Temp         string // directory for one object at a time and processor; "" for the system's

	failed atomic.Int32 // objects that were not to be had, because nobody answered
}

// maxFailed is how many objects nobody may answer for before no more is asked:
// a dead server must cost a job minutes, not hours.
const maxFailed = 3

// Pointers returns the indices of the files that are Git LFS pointers.
func Pointers(files []walk.File) []int {
	var out []int
	for i := range files {
		if _, ok := pointer(files[i]); ok {
			out = append(out, i)
		}
	}
	return out
}

// Weight is how many bytes of a file there are to read: of a Git LFS pointer,
// what it says its object has.
func Weight(f walk.File) int64 {
	if p, ok := pointer(f); ok {
		return p.Size
	}
	return f.Size
}

// pointer decodes a file on disk that is a sound pointer; what is not sound is
// left to the scan, which says so.
func pointer(f walk.File) (lfs.Pointer, bool) {
	if f.Size == 0 || f.Size >= lfs.MaxSize || f.Refused != "" || f.Absent != "" {
		return lfs.Pointer{}, false
	}
	a, closer, err := f.OnDisk()
	if err != nil {
		return lfs.Pointer{}, false
	}
	defer closer.Close()
	return decodePointer(a)
}

// decodePointer decodes content that is a sound pointer. Its budget is its own:
// a pointer is smaller than any limit.
func decodePointer(a artifact.File) (lfs.Pointer, bool) {
	head, err := a.Head()
	if err != nil || a.Size >= lfs.MaxSize || !lfs.Looks(head.First) {
		return lfs.Pointer{}, false
	}
	budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), a.Size, time.Now)
	p, err := lfs.Decode(hostile.NewReader(a.Content, a.Size, budget))
	return p, err == nil
}

// Resolve makes each pointer among the files open the object that it names, or
// refuses it with the reason. Objects are fetched when they are scanned.
func (s *Store) Resolve(ctx context.Context, files []walk.File) {
	var b batch
	left := s.Total
	for _, i := range Pointers(files) {
		p, _ := pointer(files[i])
		files[i].Size = p.Size
		switch {
		case s.Client == nil:
			files[i].Refused = fmt.Sprintf("a Git LFS pointer to %d bytes, and there is no token to fetch them with", p.Size)
		case len(p.Extensions) > 0:
			files[i].Refused = "a Git LFS pointer with extensions, which change what is stored"
		case p.Size > s.Each:
			files[i].Refused = fmt.Sprintf("a Git LFS pointer to %d bytes, more than the limit of %s", p.Size, humanize.IBytes(uint64(s.Each)))
		case p.Size > left:
			files[i].Refused = fmt.Sprintf("a Git LFS pointer to %d bytes, for which lfs-max-total %s leaves no room", p.Size, humanize.IBytes(uint64(s.Total)))
		default:
			o := github.Object{SHA256: p.SHA256, Size: p.Size}
			if !slices.Contains(b.objects, o) {
				b.objects = append(b.objects, o)
			}
			left -= p.Size // of an object that several files are, each fetches it
			files[i].Elsewhere = func(a artifact.File) (artifact.File, io.Closer, error) { return s.open(ctx, &b, a, o) }
		}
	}
}

// A batch asks where all objects are when the first is needed.
type batch struct {
	objects []github.Object
	once    sync.Once
	sources map[string]github.Source
	err     error
}

// source returns where an object is. The first call asks for all of them, since
// each request may wait for a server that is down.
func (b *batch) source(ctx context.Context, s *Store, o github.Object) (github.Source, error) {
	b.once.Do(func() { b.sources, b.err = s.locate(ctx, b.objects) })
	if b.err != nil {
		return github.Source{}, b.err
	}
	return b.sources[o.SHA256], nil
}

// locate asks the repositories in turn for what is not found yet.
func (s *Store) locate(ctx context.Context, objects []github.Object) (map[string]github.Source, error) {
	out := make(map[string]github.Source)
	var last error
	answered := false
	for _, repository := range s.Repositories {
		missing := slices.DeleteFunc(slices.Clone(objects), func(o github.Object) bool {
			at, known := out[o.SHA256]
			return known && at.Problem == ""
		})
		for part := range slices.Chunk(missing, github.MaxBatch) {
			sources, err := s.Client.Locate(ctx, repository, part)
			if err != nil {
				last = err
				break
			}
			answered = true
			for _, at := range sources {
				out[at.Object.SHA256] = at
			}
		}
	}
	if !answered {
		return nil, last
	}
	return out, nil
}

// fetchTries is how often an object is asked for.
const fetchTries = 3

// open fetches the object of a pointer into a temporary file, which the closer
// removes.
func (s *Store) open(ctx context.Context, b *batch, pointer artifact.File, o github.Object) (artifact.File, io.Closer, error) {
	if s.failed.Load() >= maxFailed {
		return artifact.File{}, nil, fmt.Errorf("a Git LFS pointer to %d bytes, and the server did not answer for others", o.Size)
	}
	at, err := b.source(ctx, s, o)
	for try := 1; err == nil && at.Problem == ""; try++ {
		var file *os.File
		if file, err = s.fetch(ctx, at); err == nil {
			pointer.Content, pointer.Size = file, o.Size
			return pointer, &temporary{file}, nil
		}
		if try == fetchTries || errors.Is(err, errNotNamed) {
			break
		}
		// The addresses are good for minutes only.
		var again map[string]github.Source
		if again, err = s.locate(ctx, []github.Object{o}); err == nil {
			at = again[o.SHA256]
		}
	}
	if err == nil {
		err = errors.New(at.Problem)
	}
	if github.Hopeless(err) {
		s.failed.Add(1)
	}
	return artifact.File{}, nil, fmt.Errorf("a Git LFS pointer to %d bytes that could not be fetched: %w", o.Size, err)
}

// errNotNamed: the object is not what its pointer names.
var errNotNamed = errors.New("what was fetched is not what the pointer names")

// fetch returns a temporary file with the object, checked against its name and
// size while it arrived.
func (s *Store) fetch(ctx context.Context, at github.Source) (*os.File, error) {
	file, err := os.CreateTemp(s.Temp, "modelaudit-lfs-*")
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	n, err := s.Client.Fetch(ctx, at, io.MultiWriter(file, sum))
	switch {
	case err != nil:
	case n < at.Object.Size:
		err = fmt.Errorf("%d bytes of %d came", n, at.Object.Size)
	case n > at.Object.Size || hex.EncodeToString(sum.Sum(nil)) != at.Object.SHA256:
		err = fmt.Errorf("%w: SHA-256 %x in %d bytes", errNotNamed, sum.Sum(nil), n)
	}
	if err != nil {
		(&temporary{file}).Close()
		return nil, err
	}
	return file, nil
}

// temporary is a file that goes when it is closed.
type temporary struct{ *os.File }

// Close removes the file.
func (t *temporary) Close() error {
	return errors.Join(t.File.Close(), os.Remove(t.Name()))
}
