package torchserve

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

// packagesFile lists well-known packages that models need, one a line, with
// names behind each that are so near to it that they would be taken for a near
// miss, and are no such thing.
//
//go:embed packages.txt
var packagesFile string

var packages = sync.OnceValues(func() ([]string, map[string]bool) { return parsePackages(packagesFile) })

func parsePackages(text string) (known []string, all map[string]bool) {
	all = make(map[string]bool)
	for line := range table.Lines(text) {
		fields := strings.Fields(line)
		known = append(known, fields[0])
		for _, f := range fields {
			all[f] = true
		}
	}
	return known, all
}

// isRequirements knows lists of packages for pip by their names.
func isRequirements(name string) bool {
	base := strings.ToLower(path.Base(name))
	return strings.HasPrefix(base, "requirements") && strings.HasSuffix(base, ".txt")
}

// maxLine bounds a line of a requirements file.
const maxLine = 16 << 10

// requirementsIn judges a requirements file, in the format of pip.
func (a *archive) requirementsIn(m member) {
	a.read(m, func(r *hostile.Reader) error {
		joined := ""
		for r.Left() > 0 && r.Step() {
			at := r.Offset()
			line := lineOf(r)
			if before, more := strings.CutSuffix(line, `\`); more {
				joined += before
				continue
			}
			a.requirement(m, strings.TrimSpace(joined+line), at)
			joined = ""
		}
		return r.Err()
	})
}

// lineOf reads a line; the last one may lack its end.
func lineOf(r *hostile.Reader) string {
	p := r.Peek(int(min(r.Left(), maxLine)))
	if i := strings.IndexByte(string(p), '\n'); i < 0 && int64(len(p)) == r.Left() {
		r.Skip(uint64(len(p)))
		return strings.TrimRight(string(p), "\r")
	}
	return strings.TrimRight(string(r.Line(maxLine)), "\r")
}

var (
	// indexOption changes where packages are looked for.
	indexOption = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host)([ =]|$)`)
	})
	// include reads another file.
	include = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(-r|--requirement|-c|--constraint)([ =]|$)`) })
	// direct installs from an address or a path: by the option for editable
	// installs, by a URL with or without a name in front, by a path.
	direct = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(-e|--editable)([ =]|$)|^([A-Za-z0-9._-]+(\[[^]]*\])?\s*@\s*)?([a-z+]+:|git@)//|^\S*://|^\.{0,2}/|^[A-Za-z0-9._-]+(\[[^]]*\])?\s*@\s*\S|\.(whl|tar\.gz|zip)(\s|;|$)`)
	})
	// named starts with the name of a package.
	named = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*`) })
)

// requirement judges one line. Comments start behind a space.
func (a *archive) requirement(m member, line string, at int64) {
	if i := strings.Index(" "+line, " #"); i >= 0 {
		line = strings.TrimSpace(line[:max(0, i-1)])
	}
	switch {
	case line == "":
	case indexOption().MatchString(line):
		a.reportRequirement(foreignIndex, m, line, at, "Installing what the model requires looks for packages elsewhere than in the index of the installation")
	case include().MatchString(line):
		a.Incomplete(fmt.Errorf("%s reads another file: %s", finding.Quote(m.name), finding.Quote(line)))
	case direct().MatchString(line):
		a.reportRequirement(directInstall, m, line, at, "Installing what the model requires runs the build of a package that no index has")
	default:
		name := normal(named().FindString(line))
		if near := nearTo(name); near != "" {
			a.reportRequirement(nearMiss, m, line, at, "The model requires "+finding.Quote(name)+", whose name is one slip away from "+near)
		}
	}
}

// reportRequirement makes a finding about a line of a list of packages.
func (a *archive) reportRequirement(r *rule.Rule, m member, line string, at int64, what string) {
	a.Report(finding.Finding{
		Rule: r, Key: m.name + " " + line, Location: finding.Location{Offset: m.entry.Data},
		Message:  what + ": " + finding.Quote(line) + ".",
		Evidence: []finding.Step{{Offset: m.entry.Data, Text: fmt.Sprintf("%s, byte %#x: %s", finding.Quote(m.name), at, finding.Quote(line))}},
	})
}

var separators = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[-_.]+`) })

// normal is the form in which indexes compare names (PEP 503).
func normal(name string) string { return strings.ToLower(separators().ReplaceAllString(name, "-")) }

// shortestNear is the length from which on one slip in a name is telling.
const shortestNear = 5

// nearTo returns the well-known package whose name is one slip away: a character
// too many, too few, another, or two exchanged; a separator left out or put in.
func nearTo(name string) string {
	known, honest := packages()
	if honest[name] || len(name) < shortestNear {
		return ""
	}
	for _, k := range known {
		if len(k) >= shortestNear && oneSlip(name, k) {
			return k
		}
	}
	return ""
}

// oneSlip reports whether two different words differ in one insertion, deletion,
// substitution or exchange of neighbours.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i < len(a) && (a[i+1:] == b[i+1:] ||
			i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:])
	case 1:
		return a[i:] == b[i+1:]
	default:
		return false
	}
}
