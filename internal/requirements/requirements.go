// Package requirements reads lists of packages as pip does, and says what each line
// of them has pip do.
package requirements

import (
	"bytes"
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed options.txt
var optionsFile string

// known are pip's options and what they do, in their order.
var known = table.Once(optionsFile, func(text string) [][]string { return slices.Collect(table.Rows(text, 2)) })

// What is what a line has pip do.
type What string

// What lines have pip do, the words of options.txt among them.
const (
	Nothing What = ""        // an empty line, or a comment
	Install What = "install" // look a package up in the index
	Direct  What = "direct"  // install from an address or a path
	Index   What = "index"   // look for packages elsewhere
	Include What = "include" // read another file
	Plain   What = "plain"   // nothing that matters to what is installed
	Unknown What = "unknown" // an option that this program does not know
)

// A Line is a requirement or a line of options, put together from those that it
// goes on in.
type Line struct {
	Offset int64 // of the last line that it was put together from
	Text   string
	What   What
}

// Name is the name of the package that the line has pip install, as indexes compare
// names (PEP 503); "" if it names none.
func (l Line) Name() string {
	return strings.ToLower(separators().ReplaceAllString(name().FindString(l.Text), "-"))
}

// shapes are characters that look alike.
var shapes = strings.NewReplacer("0", "o", "1", "l", "rn", "m", "vv", "w", "-", "")

// Shape is what the name of a package, as Name returns it, looks like to somebody in
// a hurry: names of one shape are taken for each other.
func Shape(name string) string { return shapes.Replace(name) }

// Named knows a list by the last element of its name.
func Named(base string) bool {
	base = strings.ToLower(base)
	return strings.HasPrefix(base, "requirements") && strings.HasSuffix(base, ".txt")
}

var (
	separators = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[-_.]+`) })
	name       = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*`) })
)

// maxLine bounds a line, with those that it goes on in.
const maxLine = 16 << 10

// Read shows every line to visit. An encoding other than those of Unicode and a line
// without an end are faults. The steps are those of join_lines and ignore_comments
// in pip/_internal/req/req_file.py.
func Read(r *hostile.Reader, visit func(Line)) error {
	r, err := unicode(r)
	if err != nil {
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
			visit(parse(joined+line, at))
			joined = ""
		}
		if len(joined) > maxLine {
			return r.FailAt(at, hostile.Unsupported, "a requirement of more than %d bytes", maxLine)
		}
	}
	visit(parse(joined, r.Offset()))
	return r.Err()
}

// coding finds the name of an encoding in a comment (PEP 263).
var coding = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^#.*?coding[:=]\s*([-\w.]+)`) })

// unicode returns the text in UTF-8. pip takes it for one of another encoding if a
// comment in the first two lines says so.
func unicode(r *hostile.Reader) (*hostile.Reader, error) {
	r, err := json.UTF8(r)
	if err != nil {
		return r, err
	}
	lines := bytes.SplitN(r.Peek(maxLine), []byte("\n"), 3)
	for _, line := range lines[:min(2, len(lines))] {
		m := coding().FindSubmatch(line)
		if m != nil && !slices.Contains([]string{"utf-8", "utf8", "ascii"}, strings.ToLower(string(m[1]))) {
			return r, r.Fail(hostile.Unsupported, "a list of requirements in an encoding that a comment names")
		}
	}
	return r, r.Err()
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
	// direct installs from an address or a path: a word that looks like one (pip's
	// _looks_like_path), a name with an address behind it (PEP 508), the name of an
	// archive (pip's ARCHIVE_EXTENSIONS).
	direct = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\S*/|^\.+\\|^[\w.-]+\s*(\[[^]]*\])?\s*@\s*\S|(?i:\.(whl|zip|tar|t(ar\.)?(gz|bz2?|xz|lz|lzma)))(\s|;|\[|$)`)
	})
)

// parse says what a line is.
func parse(text string, at int64) Line {
	if strings.Contains(text, "#") {
		text = comment().ReplaceAllString(text, "")
	}
	l := Line{Offset: at, Text: strings.TrimSpace(text)}
	switch {
	case l.Text == "":
	case l.Text[0] == '-':
		l.What = options(l.Text)
	case direct().MatchString(l.Text):
		l.What = Direct
	default:
		l.What = Install
	}
	return l
}

// quotes are what pip takes off the words of a line of options.
var quotes = strings.NewReplacer(`"`, "", "'", "", `\`, "")

// options returns the worst of what a line of options has pip do.
func options(line string) What {
	var all []What
	for word := range strings.FieldsSeq(quotes.Replace(line)) {
		if word[0] == '-' {
			all = append(all, option(word))
		}
	}
	for _, worst := range []What{Index, Direct, Include, Unknown} {
		if slices.Contains(all, worst) {
			return worst
		}
	}
	return Plain
}

// option looks a word up in options.txt. A long option may be cut short, and the
// value may follow a short one at once.
func option(word string) What {
	name, _, _ := strings.Cut(word, "=")
	for _, row := range known() {
		if long := strings.HasPrefix(row[0], "--"); long && len(name) > len("--") && strings.HasPrefix(row[0], name) ||
			!long && strings.HasPrefix(word, row[0]) {
			return What(row[1])
		}
	}
	return Unknown
}
