// Package license knows the licences of models: by SPDX identifiers as authors
// spell them, by expressions of such, and by what the texts of licences say.
package license

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed ids.txt
var idsFile string

//go:embed texts.txt
var textsFile string

var (
	ids   = table.Once(idsFile, parseIDs)
	texts = table.Once(textsFile, parseTexts)
)

// A wording is what only the text of one licence says.
type wording struct {
	id      string
	phrases []string // lower case, single blanks; all must be there
}

// parseIDs returns the identifiers by their lower-case forms.
func parseIDs(text string) map[string]string {
	out := make(map[string]string)
	for line := range table.Lines(text) {
		out[strings.ToLower(line)] = line
	}
	return out
}

func parseTexts(text string) []wording {
	var out []wording
	for row := range table.Rows(text, 2) {
		w := wording{id: row[0]}
		for phrase := range strings.SplitSeq(row[1], "|") {
			w.phrases = append(w.phrases, strings.TrimSpace(phrase))
		}
		out = append(out, w)
	}
	return out
}

// ID returns the SPDX identifier that a text is, in whatever case.
func ID(text string) (id string, ok bool) {
	id, ok = ids()[strings.ToLower(strings.TrimSpace(text))]
	return id, ok
}

// longestName is the size of the longest text that names a licence rather than
// being one.
const longestName = 200

// Of returns what a declaration declares: the identifier of a licence whose text
// or name it is, an expression, or the declaration itself.
func Of(declaration string) string {
	declaration = strings.TrimSpace(declaration)
	if id, ok := ID(declaration); ok {
		return id
	}
	if len(declaration) <= longestName {
		return declaration
	}
	if id := Text(declaration); id != "" {
		return id
	}
	return declaration
}

// Text returns the identifier of the licence whose text this is, or "".
func Text(text string) string {
	flat := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	i := slices.IndexFunc(texts(), func(w wording) bool {
		return !slices.ContainsFunc(w.phrases, func(p string) bool { return !strings.Contains(flat, p) })
	})
	if i < 0 {
		return ""
	}
	return texts()[i].id
}

// Denied reports whether a declaration leaves no choice but a licence that is
// denied: by its identifier, or by the start of it before a *. Of an expression
// every alternative must be denied.
func Denied(declaration string, denied []string) bool {
	declaration = strings.NewReplacer("(", " ", ")", " ", "|", " or ", "/", " or ").Replace(strings.ToLower(declaration))
	all := strings.Split(" "+strings.Join(strings.Fields(declaration), " ")+" ", " or ")
	return !slices.ContainsFunc(all, func(alternative string) bool { return !deniedPart(alternative, denied) })
}

// deniedPart reports whether one of the licences that hold together is denied.
func deniedPart(alternative string, denied []string) bool {
	return slices.ContainsFunc(strings.Split(" "+alternative+" ", " and "), func(one string) bool {
		one, _, _ = strings.Cut(one, " with ")
		return slices.ContainsFunc(denied, func(d string) bool { return same(plain(one), plain(strings.ToLower(d))) })
	})
}

// plain is an identifier without what its version may be exchanged for: those
// who deny a version deny what may be chosen as it.
func plain(id string) string {
	id = strings.TrimSpace(id)
	for _, suffix := range []string{"-only", "-or-later", "+"} {
		id = strings.TrimSuffix(id, suffix)
	}
	return id
}

func same(id, denied string) bool {
	if start, wild := strings.CutSuffix(denied, "*"); wild {
		return strings.HasPrefix(id, start)
	}
	return id != "" && id == denied
}
