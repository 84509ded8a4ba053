// Package lfs decodes Git LFS pointers: the few lines of text that stand in a
// repository for a large file that is stored elsewhere. The format is that of
// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md.
package lfs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// MaxSize is the size that every pointer stays below, in bytes.
const MaxSize = 1024

// versions are the URLs of the one version of the format and its older names;
// the first is the one that is written today.
var versions = []string{
	"https://git-lfs.github.com/spec/v1",
	"https://hawser.github.com/spec/v1",
	"http://git-media.io/v/2",
}

// families are what the URL of any version, known or not, starts with.
var families = []string{"https://git-lfs.github.com/spec/", "https://hawser.github.com/spec/", "http://git-media.io/v/"}

// A Pointer names an object by what it contains.
type Pointer struct {
	Version    string // URL of the specification
	SHA256     string // of the object, 64 lower-case hexadecimal digits
	Size       int64  // of the object, in bytes
	Extensions []Extension
}

// An Extension is a filter that the object went through before it was stored.
type Extension struct {
	Priority int // 0 to 9, the order of the filters
	Name     string
	SHA256   string // of the filter's input
}

// Looks reports whether a file that starts with first is a pointer or was meant
// to be one: its first line names the format, or, in a short text, each line is
// a line of a pointer and one of them names it.
func Looks(first []byte) bool {
	if rest, ok := bytes.CutPrefix(first, []byte("version ")); ok {
		for _, f := range families {
			if bytes.HasPrefix(rest, []byte(f)) {
				return true
			}
		}
	}
	// The URL alone can tell, and few files of any kind hold one.
	return len(first) < MaxSize && bytes.Contains(first, []byte("version ")) && shuffled(string(first))
}

// shuffled reports whether text has the lines of a pointer in another order or
// shape than the specification allows.
func shuffled(text string) bool {
	named := false
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, " ")
		switch {
		case line == "" || key == "oid" || key == "size" || strings.HasPrefix(key, "ext-"):
		case key == "version" && slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(value, f) }):
			named = true
		default:
			return false
		}
	}
	return named
}

// Decode reads a pointer, which must fill r's window and follow the
// specification to the letter. It ends with a *hostile.Fault at the line that
// does not.
func Decode(r *hostile.Reader) (Pointer, error) {
	var p Pointer
	if r.Left() >= MaxSize {
		return p, r.Fail(hostile.Malformed, "a Git LFS pointer of %d bytes, the limit is %d", r.Left(), MaxSize-1)
	}
	keys := []string{}
	for r.Left() > 0 && r.Step() {
		at := r.Offset()
		key, value, _ := strings.Cut(string(r.Line(MaxSize)), " ")
		if r.Err() != nil {
			return p, r.Err()
		}
		if detail := misplaced(keys, key, value); detail != "" {
			return p, r.FailAt(at, hostile.Malformed, "%s", detail)
		}
		if kind, detail := p.set(key, value); detail != "" {
			return p, r.FailAt(at, kind, "%s", detail)
		}
		keys = append(keys, key)
	}
	for _, key := range []string{"version", "oid", "size"} {
		if !slices.Contains(keys, key) {
			return p, r.Fail(hostile.Truncated, "a Git LFS pointer without a line for key %q", key)
		}
	}
	return p, r.Err()
}

// misplaced says why a line may not follow those with the given keys, or "".
func misplaced(before []string, key, value string) string {
	switch {
	case key == "" || value == "":
		return "a line of a Git LFS pointer is not a key, a space and a value"
	case (len(before) == 0) != (key == "version"):
		return "the line of the version, and no other, comes first in a Git LFS pointer"
	case len(before) > 1 && key <= before[len(before)-1]:
		return "the keys of a Git LFS pointer are not sorted, or one stands there twice"
	}
	return ""
}

// set takes one line, or says what is wrong with it.
func (p *Pointer) set(key, value string) (hostile.Kind, string) {
	var ok bool
	switch {
	case key == "version":
		if p.Version = value; !slices.Contains(versions, value) {
			return hostile.Unsupported, "a version of Git LFS pointers other than " + versions[0]
		}
	case key == "oid":
		if p.SHA256, ok = digest(value); !ok {
			return hostile.Malformed, "the value of key \"oid\" is not sha256: and 64 lower-case hexadecimal digits"
		}
	case key == "size":
		n, err := strconv.ParseUint(value, 10, 63)
		if p.Size = int64(n); err != nil {
			return hostile.Malformed, "the value of key \"size\" is not a number of bytes"
		}
	default:
		return p.extend(key, value)
	}
	return 0, ""
}

// extend takes the line of an extension: ext-<digit>-<name> sha256:<digest>.
func (p *Pointer) extend(key, value string) (hostile.Kind, string) {
	rest, found := strings.CutPrefix(key, "ext-")
	if !found || len(rest) < 3 || rest[0] < '0' || rest[0] > '9' || rest[1] != '-' {
		return hostile.Malformed, "a line with a key that Git LFS pointers do not have"
	}
	sum, ok := digest(value)
	if !ok {
		return hostile.Malformed, "the value of an extension is not sha256: and 64 lower-case hexadecimal digits"
	}
	p.Extensions = append(p.Extensions, Extension{Priority: int(rest[0] - '0'), Name: rest[2:], SHA256: sum})
	return 0, ""
}

func digest(value string) (string, bool) {
	sum, found := strings.CutPrefix(value, "sha256:")
	raw, err := hex.DecodeString(sum)
	return sum, found && err == nil && len(raw) == sha256.Size && sum == strings.ToLower(sum)
}
