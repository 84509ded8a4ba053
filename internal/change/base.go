package change

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/git"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Base gives files as they were at an earlier commit.
type Base struct {
	Commit string
	Clone  *git.Repository // where objects are looked for first; nil: nowhere
	Client *github.Client  // asked for what the clone lacks; nil: nobody
	Store  *Store          // for what Git LFS keeps; nil: pointers stay unread
}

// errUnread wraps the reason why a file of the base could not be had.
var errUnread = errors.New("the earlier version could not be read")

// Open returns a file of the base under the path that it is reported by. The
// error is fs.ErrNotExist if the base has no such file.
func (b *Base) Open(ctx context.Context, name, reportAs string) (artifact.File, io.Closer, error) {
	a, closer, err := b.open(ctx, name)
	if err != nil {
		return a, nil, err
	}
	a.Path = reportAs
	p, isPointer := decodePointer(a)
	if !isPointer {
		return a, closer, nil
	}
	closer.Close()
	if b.Store == nil || b.Store.Client == nil {
		return a, nil, fmt.Errorf("%w: a Git LFS pointer", errUnread)
	}
	o := github.Object{SHA256: p.SHA256, Size: p.Size}
	// The total is for what is scanned now: earlier versions are few, and each
	// is bounded.
	if p.Size > b.Store.Each {
		return a, nil, fmt.Errorf("%w: a Git LFS pointer to %d bytes, more than the limit", errUnread, p.Size)
	}
	return b.Store.open(ctx, &batch{objects: []github.Object{o}}, a, o)
}

// open looks in the clone first, which costs no request and has no limit on
// sizes.
func (b *Base) open(ctx context.Context, name string) (artifact.File, io.Closer, error) {
	if b.Clone != nil {
		blob, err := b.Clone.Blob(b.Commit, name)
		switch {
		case err == nil:
			a, closer, err := spool(blob)
			a.Open = b.neighbour(path.Dir(name))
			return a, closer, err
		case errors.Is(err, fs.ErrNotExist), b.Client == nil:
			return artifact.File{}, nil, err
		}
		// A shallow clone has no base: GitHub has.
	}
	if b.Client == nil {
		return artifact.File{}, nil, errUnread
	}
	p, err := b.Client.Content(ctx, name, b.Commit)
	switch {
	case github.Gone(err):
		return artifact.File{}, nil, fs.ErrNotExist
	case err != nil:
		return artifact.File{}, nil, fmt.Errorf("%w: %w", errUnread, err)
	}
	return artifact.File{Content: hostile.Bytes(p), Size: int64(len(p))}, io.NopCloser(nil), nil
}

// neighbour looks at what lies beside a file in the clone. Of a link it says that
// there is nothing: it may lead anywhere.
func (b *Base) neighbour(dir string) artifact.Neighbour {
	return func(name string) (artifact.Entry, error) {
		blob, err := b.Clone.Blob(b.Commit, path.Join(dir, name))
		if err != nil {
			return artifact.Entry{}, err
		}
		in, err := blob.Open()
		if err != nil {
			return artifact.Entry{}, err
		}
		defer in.Close()
		first, err := io.ReadAll(io.LimitReader(in, artifact.NeighbourSize))
		return artifact.Entry{Size: blob.Size, First: first}, err
	}
}

// inMemory is how large a blob may be to be held in memory, in bytes.
const inMemory = 4 << 20

// spool makes a blob readable anywhere: git's objects can only be read from
// their start.
func spool(b *git.Blob) (artifact.File, io.Closer, error) {
	in, err := b.Open()
	if err != nil {
		return artifact.File{}, nil, err
	}
	defer in.Close()
	if b.Size <= inMemory {
		var p bytes.Buffer
		_, err := io.CopyN(&p, in, b.Size)
		return artifact.File{Content: hostile.Bytes(p.Bytes()), Size: b.Size}, io.NopCloser(nil), err
	}
	file, err := os.CreateTemp("", "modelaudit-base-*")
	if err != nil {
		return artifact.File{}, nil, err
	}
	if _, err := io.CopyN(file, in, b.Size); err != nil {
		(&temporary{file}).Close()
		return artifact.File{}, nil, err
	}
	return artifact.File{Content: file, Size: b.Size}, &temporary{file}, nil
}
