package xml

import "strings"

// A Doctype is what a document type declaration makes a parser do.
type Doctype struct {
	External string   // system or public identifier of the external subset, "" without one
	Entities []Entity // declared in the internal subset
}

// An Entity is an entity declaration.
type Entity struct {
	Name     string
	Value    string // replacement text of an internal one
	External string // what an external one is read from
}

// ParseDoctype reads the text of a Directive. ok is false for other directives.
// Parsers agree on what follows <!DOCTYPE only roughly; this one looks for the
// declarations wherever they stand.
func ParseDoctype(directive string) (d Doctype, ok bool) {
	rest, ok := cutKeyword(directive, "DOCTYPE")
	if !ok {
		return d, false
	}
	head, subset, _ := strings.Cut(rest, "[")
	d.External = identifier(head)
	for {
		i := strings.Index(subset, "<!ENTITY")
		if i < 0 {
			return d, true
		}
		subset = subset[i+len("<!ENTITY"):]
		body, after, _ := cutOutsideQuotes(subset, '>')
		d.Entities = append(d.Entities, entity(body))
		subset = after
	}
}

// entity reads the declaration of an entity behind its keyword (XML 1.0,
// section 4.2).
func entity(body string) Entity {
	body = strings.TrimSpace(body)
	if p, ok := strings.CutPrefix(body, "%"); ok { // a parameter entity
		body = strings.TrimSpace(p)
	}
	name, rest, _ := strings.Cut(body, " ")
	e := Entity{Name: strings.TrimSpace(name)}
	if e.External = identifier(rest); e.External == "" {
		e.Value, _ = quoted(rest)
	}
	return e
}

// identifier returns the system identifier behind SYSTEM or PUBLIC, or the
// public one where that is all there is.
func identifier(s string) string {
	if i := strings.Index(s, "SYSTEM"); i >= 0 {
		id, _ := quoted(s[i:])
		return id
	}
	if i := strings.Index(s, "PUBLIC"); i >= 0 {
		public, rest := quoted(s[i:])
		if system, _ := quoted(rest); system != "" {
			return system
		}
		return public
	}
	return ""
}

// quoted returns the first quoted string of s and what follows it.
func quoted(s string) (text, rest string) {
	i := strings.IndexAny(s, `"'`)
	if i < 0 {
		return "", ""
	}
	text, rest, _ = strings.Cut(s[i+1:], s[i:i+1])
	return text, rest
}

// cutOutsideQuotes cuts s at the first c that is not inside quotation marks.
func cutOutsideQuotes(s string, c byte) (before, after string, found bool) {
	var quote byte
	for i := range len(s) {
		switch {
		case quote != 0 && s[i] == quote:
			quote = 0
		case quote == 0 && (s[i] == '"' || s[i] == '\''):
			quote = s[i]
		case quote == 0 && s[i] == c:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// cutKeyword cuts a keyword off, in either case: some parsers are lenient.
func cutKeyword(s, word string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) < len(word) || !strings.EqualFold(s[:len(word)], word) {
		return "", false
	}
	return s[len(word):], true
}
