package sarif

import (
	"net/url"
	"strings"
)

// RelativeURI returns the URI of a slash-separated path relative to the root of
// the repository. Every byte of the path is kept, valid UTF-8 or not.
func RelativeURI(path string) string {
	// A colon in the first segment would make it a scheme.
	return strings.ReplaceAll((&url.URL{Path: path}).EscapedPath(), ":", "%3A")
}

// FileURI returns the URI of an absolute slash-separated path, which on Windows
// starts with a drive (RFC 8089, appendix E.2).
func FileURI(path string) string {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
