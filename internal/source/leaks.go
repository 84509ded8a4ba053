package source

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/python"
)

// passed judges a function that starts programs and is not called where it
// stands: whoever it is handed to may call it. What a command does is told by the
// texts of the statement.
func (d *dropper) passed(r python.Reference) {
	i := d.token(r.Offset)
	if !starts(r.Path) || i == len(d.tokens) {
		return
	}
	if start := d.statement(i); d.judged < start {
		d.judged = start
		d.given(r, start, d.line(i))
	}
}

// statement returns the index of the first token of the statement that token i is
// part of, which is none in front of the one that was asked for last.
func (d *dropper) statement(i int) int {
	for ; d.seen < i; d.seen++ {
		if d.ends(d.seen) {
			d.start = d.seen + 1
		}
	}
	return d.start
}

// ends reports whether token i ends a statement.
func (d *dropper) ends(i int) bool {
	t := d.tokens[i]
	return t.Kind >= python.Newline || t.Kind == python.Op && t.Text == ";"
}

// native reports whether a call is one of a native library, which may be that of
// C: by the function that loads it, or by a variable.
func (d *dropper) native(r python.Reference) bool {
	if name, method := strings.CutPrefix(r.Path, "."); method {
		return name != "" && part(d.path(r.Offset)) == "native"
	}
	root, _, method := strings.Cut(r.Path, ".")
	return method && d.natives[root]
}

// secret names what an expression is made of that is nobody else's: the whole
// environment, or the content of a private file.
func (d *dropper) secret(from, to int) string {
	if from >= to {
		return ""
	}
	if d.err = d.budget.Steps(int64(to - from)); d.err != nil {
		return ""
	}
	file, reads := false, false
	for i := from; i < min(to, len(d.tokens)); i++ {
		t := d.tokens[i]
		switch {
		case t.Kind == python.Text:
			file = file || !strings.Contains(t.Text, "://") && private().MatchString(t.Text)
		case t.Kind != python.Name:
		case t.Text == "environ" || t.Text == "environb":
			if d.whole(i) {
				return "the environment"
			}
		case t.Text == "open" || strings.HasPrefix(t.Text, "read"):
			reads = true
		case d.secrets[t.Text] != "" && !(i > 0 && d.tokens[i-1].Text == "."):
			return d.secrets[t.Text]
		}
	}
	if file && reads {
		return "a private file"
	}
	return ""
}

// whole reports whether the environment that is named by token i is taken as it
// is, rather than one variable of it.
func (d *dropper) whole(i int) bool {
	if i > 0 && d.tokens[i-1].Text == "in" || i > 2 && d.tokens[i-3].Text == "in" {
		return false // "A" in os.environ
	}
	if i+1 >= len(d.tokens) || d.tokens[i+1].Kind != python.Op {
		return true
	}
	switch d.tokens[i+1].Text {
	case "[", "=":
		return false
	case ".":
		return i+2 < len(d.tokens) && (d.tokens[i+2].Text == "copy" || d.tokens[i+2].Text == "items")
	}
	return true
}

// sends reports a call of the network that is given a secret.
func (d *dropper) sends(r python.Reference) {
	from := d.token(r.Offset)
	if from == len(d.tokens) {
		return
	}
	if what := d.secret(from+1, d.expression(from)); what != "" {
		d.found(r, "sends "+what+" to the network", "")
	}
}
