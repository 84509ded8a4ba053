package entrypoint

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
)

// say prints one line on standard error, whatever text it repeats.
func (w World) say(line string) {
	p := plain.New(w.Stderr, false)
	p.Line(0, plain.Text("modelaudit: "+line))
	p.Flush() // to nobody, if standard error is gone
}

// document writes to standard output, or to a file if one is named.
func (w World) document(name string, write func(io.Writer) error) error {
	if name == "" || name == "-" {
		return buffered(w.Stdout, write)
	}
	return replace(name, write)
}

// print writes text for people to standard output. In a workflow the runner
// obeys nothing of it.
func (w World) print(write func(io.Writer) error) error {
	if w.Getenv("GITHUB_ACTIONS") != "true" {
		return write(w.Stdout)
	}
	return workflow.Fence(w.Stdout, rand.Text(), func() error { return write(w.Stdout) })
}

// buffered writes through a buffer and reports the error of its last flush: a
// full disk shows there.
func buffered(to io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriter(to)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// replace gives a file a new content, whole or not at all. What is not a
// regular file, such as a device or a pipe, is written to.
func replace(name string, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return overwrite(name, write)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// In the same directory: a file cannot be renamed across file systems.
	part := name + "." + rand.Text() + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return fmt.Errorf("%s: %w", name, failed.Err)
	}
	err = finish(f, write)
	if err == nil && info != nil {
		// The file that is replaced decides who may read the new one.
		err = os.Chmod(part, info.Mode().Perm())
	}
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		os.Remove(part)
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// overwrite writes into a file that is there and not a regular one, such as a
// device or a pipe, which nothing can be renamed onto.
func overwrite(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return finish(f, write)
}

// finish writes and closes, and returns the first error of both.
func finish(f *os.File, write func(io.Writer) error) error {
	err := buffered(f, write)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

// coloured decides about colour on standard output.
func (w World) coloured(when string) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	default:
		return w.Getenv("NO_COLOR") == "" && w.Getenv("TERM") != "dumb" && terminal(w.Stdout)
	}
}

// terminal reports whether somebody is watching.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
