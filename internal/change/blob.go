package change

import (
	"crypto/sha1" //nolint:gosec // git's name for content
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/modelaudit/modelaudit/internal/github"
)

// holds reports whether the workspace has the changed content of a file,
// either as git stores it or as Git LFS puts it in place of its pointer.
func (w Workspace) holds(c github.ChangedFile) (bool, error) {
	dir, err := os.OpenRoot(w.Root)
	if err != nil {
		return false, err
	}
	defer dir.Close()
	file, err := dir.Open(filepath.FromSlash(c.Path))
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	blob, content := blobHash(len(c.Blob), info.Size()), sha256.New()
	if _, err := io.Copy(io.MultiWriter(blob, content), file); err != nil {
		return false, err
	}
	want := strings.ToLower(c.Blob)
	return sum(blob) == want || pointerName(len(c.Blob), sum(content), info.Size()) == want, nil
}

// blobHash starts the hash that names a blob of size bytes; digits is 40 or 64.
func blobHash(digits int, size int64) hash.Hash {
	h := sha1.New() //nolint:gosec // git's name for content
	if digits == 2*sha256.Size {
		h = sha256.New()
	}
	fmt.Fprintf(h, "blob %d\x00", size)
	return h
}

// pointerName names the blob of the Git LFS pointer to an object.
// Source: the Git LFS specification, docs/spec.md.
func pointerName(digits int, oid string, size int64) string {
	pointer := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, size)
	h := blobHash(digits, int64(len(pointer)))
	io.WriteString(h, pointer)
	return sum(h)
}

// sum is a hash as git and Git LFS write it.
func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
