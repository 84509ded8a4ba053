package scan

import (
	"bytes"
	_ "embed"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/table"
)

// extensionsFile lists, one per line, the extensions that model files bear and
// other files do not, or that loaders accept whatever the content is.
//
//go:embed extensions.txt
var extensionsFile string

var modelExtensions = table.Once(extensionsFile, table.Set)

// namedLikeModel reports whether people and loaders take a file of this name
// for a model, encrypted or not.
func namedLikeModel(name string) bool {
	extension := strings.ToLower(path.Ext(name))
	if encrypted()[extension] {
		extension = strings.ToLower(path.Ext(name[:len(name)-len(extension)]))
	}
	return modelExtensions()[extension]
}

//go:embed encrypted.txt
var encryptedFile string

// encrypted are the extensions that programs which encrypt put behind a name.
var encrypted = table.Once(encryptedFile, table.Set)

// foreignFile says which files with such an extension are no models.
//
//go:embed foreign.txt
var foreignFile string

// foreignSignatures are the beginnings of files that are no models, by extension.
var foreignSignatures = sync.OnceValue(func() map[string][]string {
	by := make(map[string][]string)
	for row := range table.Rows(foreignFile, 3) {
		if signature, err := strconv.Unquote(`"` + row[1] + `"`); err == nil {
			by[row[0]] = append(by[row[0]], signature)
		}
	}
	return by
})

// foreign reports whether a file is known to be something else than its name
// promises.
func foreign(f artifact.File, h *artifact.Head) bool {
	signatures := foreignSignatures()[h.Extension()]
	if slices.Contains(signatures, anyText) {
		return isForeignText(f)
	}
	return h.HasPrefix(signatures...)
}

const (
	// anyText is what stands for a text in foreign.txt.
	anyText = "*"
	// minForeign and maxForeign bound the size of what is taken for a text.
	minForeign, maxForeign = 512, 1 << 20
)

// attributes are those by which a page is a template of Zope or Chameleon.
var attributes = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(tal|metal|i18n):[a-z]`) })

// isForeignText reports whether all of a file is text, and neither is nor stands for
// something else that would have to be read: a short text, a page and an object of
// JSON are what a server answers where the model is not.
func isForeignText(f artifact.File) bool {
	if f.Size > maxForeign {
		return false
	}
	raw := make([]byte, f.Size)
	if n, _ := f.Content.ReadAt(raw, 0); int64(n) < f.Size {
		return false
	}
	const armour = "-----BEGIN " // of what is encrypted (RFC 4880 6.2, age)
	text := bytes.TrimSpace(raw)
	if !attributes().Match(text) && (len(text) < minForeign || strings.IndexByte("<{[", text[0]) >= 0) {
		return false
	}
	control := func(c rune) bool { return c < ' ' && (c < '\t' || c > '\r') || c == 0x7f }
	return !bytes.ContainsFunc(raw, control) && !bytes.Contains(raw, []byte(armour))
}
