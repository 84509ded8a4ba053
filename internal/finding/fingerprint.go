package finding

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/table"
)

// Fingerprint identifies the finding across exports of the same model: a hash
// of rule, nesting and key. The path is left to the one who compares.
func (f *Finding) Fingerprint() string {
	h := sha256.New()
	for _, s := range append([]string{f.Rule.ID, f.Key}, nesting(f.Location)...) {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	sum := hex.EncodeToString(h.Sum(nil)[:8])
	return fmt.Sprintf("%s:%d", sum, f.Ordinal+1)
}

// nesting is where in a file something is, in names that another version of the
// library that saves it, another name of the file or another compression do not
// change.
func nesting(at Location) []string {
	var out []string
	container := at.Path
	for _, name := range at.Inside {
		if !unpacked(container, name) {
			out = append(out, settled(name))
		}
		container = name
	}
	return out
}

// unpacked reports whether a member is what a compressed file holds: its name is
// that of the file, with or without the suffix of the format.
func unpacked(container, name string) bool {
	base := container[strings.LastIndexAny(container, `/\`)+1:]
	stem, tar := strings.CutSuffix(name, ".tar")
	return name == base || strings.HasPrefix(base, name+".") || tar && strings.HasPrefix(base, stem+".t")
}

//go:embed members.txt
var membersFile string

// members are those of members.txt by the kind of their lines.
var members = table.Once(membersFile, table.Lists)

// settled gives a member one name. The root folder of an archive of PyTorch is
// "archive" or the name of the file, depending on the version that saved it and
// on how.
func settled(name string) string {
	for _, same := range members()["other"] {
		if old, now, _ := strings.Cut(same, " "); name == old {
			return now
		}
	}
	_, rest, found := strings.Cut(name, "/")
	if !found {
		return name
	}
	for _, m := range members()["torch"] {
		if rest == m || strings.HasSuffix(m, "/") && strings.HasPrefix(rest, m) {
			return "*/" + rest
		}
	}
	return name
}
