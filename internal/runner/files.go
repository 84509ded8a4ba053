package runner

import (
	"fmt"
	"os"
	"path/filepath"
)

// Prepare removes a report that an earlier run left at a place in the
// workspace, so that no later step takes it for this run's.
func Prepare(workspace, name string) error {
	root, rel, err := place(workspace, name)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Remove(rel); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("%s: an earlier report cannot be removed: %w", name, err)
	}
	return nil
}

// Write puts a report into the workspace: whole or not at all, through no link,
// and owned like the workspace, so that later steps that are not root may
// remove it.
func Write(workspace, name string, content []byte) error {
	root, rel, err := place(workspace, name)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(filepath.Dir(rel), 0o755); err != nil {
		return err
	}
	part := rel + ".part"
	root.Remove(part)
	f, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = root.Rename(part, rel)
	}
	if err != nil {
		root.Remove(part)
		return err
	}
	return own(root, rel)
}

// place opens the directory that a report is written below: the workspace, or
// for an absolute path, which only the workflow's author can give, its own.
func place(workspace, name string) (*os.Root, string, error) {
	if rel, err := filepath.Rel(workspace, name); filepath.IsAbs(name) && err == nil && filepath.IsLocal(rel) {
		name = rel
	}
	if filepath.IsAbs(name) {
		root, err := os.OpenRoot(filepath.Dir(name))
		return root, filepath.Base(name), err
	}
	if !filepath.IsLocal(name) || filepath.Clean(name) == "." {
		return nil, "", fmt.Errorf("%q leads out of the workspace", name)
	}
	root, err := os.OpenRoot(workspace)
	return root, filepath.Clean(name), err
}
