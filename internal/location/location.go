// Package location judges paths that a model file names: whether they leave the
// directory of the model, on any system that may load it, and whether they are
// known to hold secrets.
package location

import (
	_ "embed"
	"net/url"
	"path"
	"strings"

	"github.com/modelaudit/modelaudit/internal/table"
)

// sensitiveFile lists parts of paths that no model has a reason to name.
//
//go:embed sensitive.txt
var sensitiveFile string

var sensitive = table.Once(sensitiveFile, table.List)

// Leaves says how a path that should be relative to a model leaves the model's
// directory: a phrase that follows "is read from …,", or "" if it stays.
func Leaves(p string) string {
	if why := leaves(p); why != "" {
		return why
	}
	if plain, err := url.PathUnescape(p); err == nil && plain != p && leaves(plain) != "" {
		return "which hides a path out of the model's directory"
	}
	return ""
}

func leaves(p string) string {
	slashed := strings.ReplaceAll(p, `\`, "/")
	switch {
	case strings.ContainsRune(p, 0):
		return "which hides its end behind a NUL"
	case strings.Contains(slashed, "://"):
		return "a URL"
	case strings.HasPrefix(slashed, "/"):
		return "an absolute path"
	case drive(slashed):
		return "a path that names a drive"
	case strings.HasPrefix(slashed, "~"):
		if user, _, ok := strings.Cut(slashed, "/"); ok && !strings.Contains(user, ".") {
			return "a path from a home directory"
		}
	}
	if clean := path.Clean(slashed); clean == ".." || strings.HasPrefix(clean, "../") {
		return "outside of the model's directory"
	}
	return ""
}

// drive reports whether a path starts with a letter and a colon.
func drive(p string) bool {
	return len(p) > 1 && p[1] == ':' && (p[0]|0x20) >= 'a' && (p[0]|0x20) <= 'z'
}

// Sensitive reports whether a path leads to credentials, keys, the system's
// configuration or the state of processes.
func Sensitive(p string) bool {
	slashed := strings.ToLower(strings.ReplaceAll(p, `\`, "/"))
	slashed = strings.TrimPrefix(slashed, "file://")
	if drive(slashed) {
		slashed = slashed[2:]
	}
	rooted := path.Clean("/" + slashed) // climbing ends at the root
	for _, s := range sensitive() {
		if root, anchored := strings.CutPrefix(s, "^"); anchored && strings.HasPrefix(rooted, root) || !anchored && strings.Contains(rooted, s) {
			return true
		}
	}
	return false
}
