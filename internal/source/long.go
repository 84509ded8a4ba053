package source

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Sources are longer than maxText for what they say and not for what they do:
// comments, and literals that hold a table or a file. Without those nearly all of
// them are short enough to be read.

const (
	// maxLiteral is how much of a literal is left of a text that is shortened, in
	// bytes.
	maxLiteral = 4 << 10
)

// A short is a text without its comments and the middle of its long literals, as
// Python has them.
type short struct {
	text string
	cuts []cut
}

// A cut is how many bytes were left out in front of an offset of the short text.
type cut struct{ at, left int }

// place returns where an offset of the short text is in the long one.
func (s *short) place(at int) int {
	i := sort.Search(len(s.cuts), func(i int) bool { return s.cuts[i].at > at })
	if i == 0 {
		return at
	}
	return at + s.cuts[i-1].left
}

// shorten leaves out of a text what does nothing. Python reads nothing behind a
// literal that has no end, and nothing is left out there.
func shorten(text string) *short {
	var out strings.Builder
	s := &short{}
	from := 0 // of what is kept and not yet written
	leave := func(start, end int) {
		out.WriteString(text[from:start])
		from = end
		s.cuts = append(s.cuts, cut{out.Len(), end - out.Len()})
	}
	for at := 0; ; {
		i := strings.IndexAny(text[at:], "#\"'")
		if i < 0 {
			break
		}
		if at += i; text[at] == '#' {
			end := len(text)
			if n := strings.IndexAny(text[at:], "\r\n"); n >= 0 {
				end = at + n
			}
			leave(at, end)
			at = end
			continue
		}
		body, end, next := literal(text, at)
		if next < 0 {
			break
		}
		if end-body > maxLiteral && !formatted(text[:at]) {
			leave(body+sound(text[body:body+maxLiteral], text[at]), end)
		}
		at = next
	}
	out.WriteString(text[from:])
	s.text = out.String()
	return s
}

// literal returns where the body of the literal whose quotation mark stands at an
// offset begins and ends, and where what follows it begins: -1 if it has no end.
// A mark in a line that has no other of its kind begins none.
func literal(text string, at int) (body, end, next int) {
	mark := text[at : at+1]
	if triple := strings.Repeat(mark, 3); strings.HasPrefix(text[at:], triple) {
		mark = triple
	}
	body = at + len(mark)
	for i := body; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
			if strings.HasPrefix(text[i:], "\r\n") {
				i++
			}
		case c == mark[0] && strings.HasPrefix(text[i:], mark):
			return body, i, i + len(mark)
		case (c == '\n' || c == '\r') && len(mark) == 1:
			return body, body, body
		}
	}
	return body, body, -1
}

// formatted reports whether a literal behind a text is a formatted string, which
// holds code.
func formatted(before string) bool {
	prefix := before[len(strings.TrimRight(before[max(0, len(before)-2):], "rRbBuUfFtT"))+max(0, len(before)-2):]
	return strings.ContainsAny(prefix, "fFtT")
}

// sound returns how much of the start of a literal can stand in front of its end:
// no escape is cut, and no quotation mark, nor a character.
func sound(p string, mark byte) int {
	const longest = 10 // bytes of an escape: \U0010ffff
	for n := -1; n != len(p); {
		n = len(p)
		for p != "" && p[len(p)-1] >= utf8.RuneSelf {
			p = p[:len(p)-1]
		}
		p = strings.TrimRight(p, string(mark))
		if i := strings.LastIndexByte(p, '\\'); i >= 0 && len(p)-i <= longest {
			p = strings.TrimRight(p[:i], "\\")
		}
	}
	return len(p)
}

// judgeLong is Judge for texts longer than maxText.
func judgeLong(text string, budget *hostile.Budget) (*Program, error) {
	if err := budget.Hold(2 * uint64(len(text))); err != nil {
		return nil, err
	}
	if err := budget.Steps(int64(len(text))); err != nil {
		return nil, err
	}
	s := shorten(text)
	if found, err := judgeLongPython(s, budget); found != nil || err != nil {
		return found, err
	}
	if found := PowerShell(text); found != nil {
		return found, nil
	}
	return judgeShell(text, budget, false)
}

// judgeLongPython judges what is left of a long text. If that is long as well,
// its start tells whether it is Python, of which not all is read.
func judgeLongPython(s *short, budget *hostile.Budget) (*Program, error) {
	head := s.text
	if len(head) > maxText {
		head = head[:strings.LastIndexByte(head[:maxText], '\n')+1]
	}
	found, err := judgePython(head, budget)
	switch {
	case err != nil:
		return nil, err
	case found != nil:
		for i := range found.Steps {
			found.Steps[i].Offset = s.place(found.Steps[i].Offset)
		}
		return found, nil
	case len(head) == len(s.text) || !imports(head):
		return nil, nil
	}
	return nil, hostile.Faultf(hostile.Unsupported, 0, "a Python program of %d bytes: no more than %d are read", len(s.text), maxText)
}

// imports reports whether a text is Python that imports something, as no table of
// values does.
func imports(text string) bool {
	tokens, err := python.Tokens(text)
	if err != nil || !python.Plausible(tokens) {
		return false
	}
	for i, t := range tokens {
		if t.Kind == python.Name && (t.Text == "import" || t.Text == "from") && (i == 0 || tokens[i-1].Kind >= python.Newline) {
			return true
		}
	}
	return false
}
