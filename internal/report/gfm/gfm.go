// Package gfm writes GitHub-flavoured Markdown around text that strangers
// chose. File names, callables and messages name models' authors' words: as
// they are they could mention people, show images, forge check marks, or end
// the table that they stand in.
package gfm

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/report/plain"
)

// codeLimit is how many characters of untrusted text are shown.
const codeLimit = 200

// Code shows untrusted text as code, in one line: nothing in it is markup, a
// mention, a link or an emoji, in a table as little as outside.
func Code(s string) string {
	if s == "" {
		return "<code>&#32;</code>"
	}
	return Quoted(finding.QuoteUpTo(s, codeLimit))
}

// Quoted shows a message that has passed finding.Quote as code, in one line.
// Much of a message is ours, but what it repeats must not look like it.
func Quoted(s string) string { return "<code>" + breakable(defang(plain.Safe(s))) + "</code>" }

// wordLimit is how many characters of a word a table need not break: one long
// name would push the columns behind it out of sight.
const wordLimit = 40

// breakable is Entities with places at which a browser may break long words.
func breakable(s string) string {
	var b strings.Builder
	word, from := 0, 0
	for i, c := range s {
		if word++; c == ' ' || c == '-' {
			word = 0
		} else if word > wordLimit {
			b.WriteString(Entities(s[from:i]) + "<wbr>")
			word, from = 1, i
		}
	}
	return b.String() + Entities(s[from:])
}

// address is the start of what mail programs and chats make a link of.
var address = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)https?://`) })

// defang spells addresses so that nothing makes links of them.
func defang(s string) string {
	return address().ReplaceAllStringFunc(s, func(scheme string) string { return "hxxp" + scheme[len("http"):] })
}

// Entities spells every character that Markdown, HTML or GitHub gives a meaning
// as a character reference. Outside of code GitHub still finds mentions and
// addresses in the result: use Code for what a stranger wrote.
func Entities(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c > utf8.RuneSelf || c == ' ' || c == '.' || c == '/' || c == '-' || c == ',' ||
			c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteRune(c)
			continue
		}
		fmt.Fprintf(&b, "&#%d;", c)
	}
	return b.String()
}

// Sentence shows a message of ours that quotes a stranger, which has passed
// finding.Quote: readable as text, but inert. A word joiner keeps names and addresses from becoming links.
func Sentence(s string) string {
	const joiner = "&#8288;"
	inert := strings.NewReplacer(
		"&#64;", "&#64;"+joiner, // mentions
		"&#58;&#47;&#47;", "&#58;"+joiner+"//", "&#58;//", "&#58;"+joiner+"//", // addresses
		"www.", "www"+joiner+".",
		"&#35;", "&#35;"+joiner, // issues
		"GH-", "GH"+joiner+"-", "gh-", "gh"+joiner+"-",
		"&#58;", "&#58;"+joiner, // emoji
	)
	return inert.Replace(Entities(plain.Safe(s)))
}

// Fold hides Markdown behind a line that opens it. The summary is markup
// already. It ends in an empty line, up to which everything would be HTML.
func Fold(summary, body string) string {
	return "<details><summary>" + summary + "</summary>\n\n" + strings.TrimRight(body, "\n") + "\n\n</details>\n\n"
}

// blockWidth is how many characters of a line of a block are shown.
const blockWidth = 400

// Block shows lines that have passed finding.Quote as a block of code.
func Block(lines []string) string {
	var b strings.Builder
	b.WriteString("<pre>")
	for _, line := range lines {
		if r := []rune(plain.Safe(line)); len(r) > blockWidth {
			line = string(r[:blockWidth]) + "…"
		}
		b.WriteString(preformatted(defang(plain.Safe(line))))
		b.WriteString("\n")
	}
	b.WriteString("</pre>\n")
	return b.String()
}

// Paste shows text of ours that is to be copied, whatever names it holds.
func Paste(language, text string) string {
	var b strings.Builder
	b.WriteString(`<pre lang="` + language + `">`)
	for line := range strings.Lines(text) {
		b.WriteString(preformatted(plain.Safe(strings.TrimSuffix(line, "\n"))))
		b.WriteString("\n")
	}
	b.WriteString("</pre>\n")
	return b.String()
}

// harmless is what keeps its plain form in a block, where Markdown reads
// nothing: the source of a comment is read by people and programs too.
const harmless = " =(){}+?,;$%^'"

func preformatted(s string) string {
	var b strings.Builder
	for i, c := range s {
		switch {
		case strings.ContainsRune(harmless, c), c == ':' && (i+1 == len(s) || s[i+1] == ' '):
			b.WriteRune(c)
		default:
			b.WriteString(Entities(string(c)))
		}
	}
	return b.String()
}
