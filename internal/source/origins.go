package source

import (
	"sort"

	"github.com/modelaudit/modelaudit/internal/format/python"
)

// assignments finds the variables whose values are decoded or fetched, in the
// order of the text.
func (d *dropper) assignments() {
	start := 0 // of the statement
	for i, t := range d.tokens {
		switch {
		case d.ends(i):
			start = i + 1
		case t.Kind == python.Op && t.Text == "=" && i > 0 && d.tokens[i-1].Kind == python.Name && i <= start+3:
			d.assign(d.tokens[i-1].Text, i+1, d.line(i))
		case t.Kind == python.Name && t.Text == "as" && i+1 < len(d.tokens):
			d.assign(d.tokens[i+1].Text, start, i)
		}
	}
}

// assign notes what is worth following of a variable's value.
func (d *dropper) assign(variable string, from, to int) {
	if origin := d.origin(from, to); origin != "" {
		d.foreign[variable] = origin
	}
	if what := d.secret(from, to); what != "" {
		d.secrets[variable] = what
	}
	if from < to && from < len(d.tokens) && part(d.path(d.tokens[from].Offset)) == "native" {
		d.natives[variable] = true
	}
}

// path returns the path of the first reference at an offset.
func (d *dropper) path(offset int) string {
	at := sort.Search(len(d.references), func(i int) bool { return d.references[i].Offset >= offset })
	if at < len(d.references) && d.references[at].Offset == offset {
		return d.references[at].Path
	}
	return ""
}

// line returns the index of the end of the statement that token i is part of.
func (d *dropper) line(i int) int {
	for ; i < len(d.tokens); i++ {
		if d.ends(i) {
			return i
		}
	}
	return i
}

// origin names the function that decodes or fetches what an expression is made
// of, if one does.
func (d *dropper) origin(from, to int) string {
	if from >= to || from >= len(d.tokens) {
		return ""
	}
	end := len(d.tokens)
	if d.err = d.budget.Steps(int64(to - from)); d.err != nil {
		return ""
	}
	last := d.tokens[min(to, end)-1].Offset
	at := sort.Search(len(d.references), func(i int) bool { return d.references[i].Offset >= d.tokens[from].Offset })
	for _, r := range d.references[at:] {
		if r.Offset > last {
			break
		}
		if kind := part(r.Path); r.Called && (kind == "decode" || kind == "fetch") {
			return r.Path
		}
	}
	for i := from; i < min(to, end); i++ {
		t := d.tokens[i]
		if t.Kind == python.Name && d.foreign[t.Text] != "" && !(i > 0 && d.tokens[i-1].Text == ".") {
			return d.foreign[t.Text]
		}
	}
	return ""
}
