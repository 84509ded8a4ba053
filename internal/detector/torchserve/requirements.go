package torchserve

import (
	"bytes"
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
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

// optionsFile says what pip's options do.
//
//go:embed options.txt
var optionsFile string

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

// maxLine bounds a line of a requirements file, with those that it goes on in.
const maxLine = 16 << 10

// requirementsIn judges a requirements file, in the format of pip.
func (a *archive) requirementsIn(m member) {
	a.read(m, func(r *hostile.Reader) error {
		if err := inUTF8(r); err != nil {
			return err
		}
		joined := ""
		for r.Left() > 0 && r.Step() {
			at := r.Offset()
			for line := range strings.SplitSeq(breaks.Replace(lineOf(r)), "\n") {
				if strings.HasSuffix(line, `\`) && !isComment(line) {
					joined += strings.Trim(line, `\`)
					continue
				}
				a.requirement(m, joined+line, at)
				joined = ""
			}
			if len(joined) > maxLine {
				return r.FailAt(at, hostile.Unsupported, "a requirement of more than %d bytes", maxLine)
			}
		}
		a.requirement(m, joined, r.Offset())
		return r.Err()
	})
}

// coding finds the name of an encoding in a comment (PEP 263).
var coding = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^#.*?coding[:=]\s*([-\w.]+)`) })

// inUTF8 moves behind the mark of UTF-8. Text that pip would take for one of
// another encoding, by its mark or by a comment in the first two lines, is a fault.
func inUTF8(r *hostile.Reader) error {
	const mark = "\ufeff"
	head := r.Peek(maxLine)
	if bytes.HasPrefix(head, []byte(mark)) {
		r.Skip(uint64(len(mark)))
		return r.Err()
	}
	for _, other := range []string{"\xff\xfe", "\xfe\xff", "\x00\x00\xfe\xff"} {
		if bytes.HasPrefix(head, []byte(other)) {
			return r.Fail(hostile.Unsupported, "a list of requirements in UTF-16 or UTF-32")
		}
	}
	lines := bytes.SplitN(head, []byte("\n"), 3)
	for _, line := range lines[:min(2, len(lines))] {
		m := coding().FindSubmatch(line)
		if m != nil && !slices.Contains([]string{"utf-8", "utf8", "ascii"}, strings.ToLower(string(m[1]))) {
			return r.Fail(hostile.Unsupported, "a list of requirements in the encoding %s", finding.Quote(string(m[1])))
		}
	}
	return r.Err()
}

// breaks makes one of all that ends a line to Python.
var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\x1c", "\n", "\x1d", "\n", "\x1e", "\n",
	"\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// isComment reports whether a line is nothing but a comment, which does not go on
// in the next one.
func isComment(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "#") }

// lineOf reads a line; the last one may lack its end.
func lineOf(r *hostile.Reader) string {
	p := r.Peek(int(min(r.Left(), maxLine)))
	if i := bytes.IndexByte(p, '\n'); i < 0 && int64(len(p)) == r.Left() {
		r.Skip(uint64(len(p)))
		return string(p)
	}
	return strings.TrimSuffix(string(r.Line(maxLine)), "\r")
}

var (
	// comment is what pip cuts off a line.
	comment = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(^|\s+)#.*$`) })
	// direct installs from an address or a path: by a URL with or without a name in
	// front, by a path.
	direct = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([A-Za-z0-9._-]+(\[[^]]*\])?\s*@\s*)?([a-z+]+:|git@)//|^\S*://|^\.{0,2}/|^[A-Za-z0-9._-]+(\[[^]]*\])?\s*@\s*\S|\.(whl|tar\.gz|zip)(\s|;|$)`)
	})
	// named starts with the name of a package.
	named = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*`) })
)

// requirement judges one line.
func (a *archive) requirement(m member, line string, at int64) {
	line = strings.TrimSpace(comment().ReplaceAllString(line, ""))
	switch does := options(line); {
	case does == "index":
		a.reportRequirement(foreignIndex, m, line, at, "Installing what the model requires looks for packages elsewhere than in the index of the installation")
	case does == "direct", does == "" && direct().MatchString(line):
		a.reportRequirement(directInstall, m, line, at, "Installing what the model requires runs the build of a package that no index has")
	case does == "include":
		a.Incomplete(fmt.Errorf("%s reads another file: %s", finding.Quote(m.name), finding.Quote(line)))
	case does == "unknown":
		a.Incomplete(fmt.Errorf("%s has an option that is not known: %s", finding.Quote(m.name), finding.Quote(line)))
	case does == "":
		name := normal(named().FindString(line))
		if near := nearTo(name); near != "" {
			a.reportRequirement(nearMiss, m, line, at, "The model requires "+finding.Quote(name)+", whose name is one slip away from "+near)
		}
	}
}

// quotes are what pip takes off the words of a line of options.
var quotes = strings.NewReplacer(`"`, "", "'", "", `\`, "")

// options returns what a line of options has pip do, the worst thing first; "" if
// it is none.
func options(line string) string {
	if !strings.HasPrefix(line, "-") {
		return ""
	}
	var all []string
	for word := range strings.FieldsSeq(quotes.Replace(line)) {
		if word[0] == '-' {
			all = append(all, option(word))
		}
	}
	for _, worst := range []string{"index", "direct", "include", "unknown"} {
		if slices.Contains(all, worst) {
			return worst
		}
	}
	return "plain"
}

// option looks a word up in options.txt. A long option may be cut short, and the
// value may follow a short one at once.
func option(word string) string {
	name, _, _ := strings.Cut(word, "=")
	for row := range table.Rows(optionsFile, 2) {
		if long := strings.HasPrefix(row[0], "--"); long && len(name) > len("--") && strings.HasPrefix(row[0], name) ||
			!long && strings.HasPrefix(word, row[0]) {
			return row[1]
		}
	}
	return "unknown"
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
