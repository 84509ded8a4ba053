package finding

import (
	"fmt"
	"strings"
)

// A Secret is a text that no output may show. However it is printed, it is not.
type Secret struct{ text string }

// redacted stands where a secret stood.
const redacted = "[redacted]"

// shown is how many characters in a row of a secret may be shown: those of its
// kind's prefix, or what chance has in common with it.
const shown = 7

// NewSecret makes a secret of a text. Of less than eight characters it hides
// nothing.
func NewSecret(text string) Secret { return Secret{text} }

// Format implements fmt.Formatter for every verb.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Same reports whether two secrets are the same.
func (s Secret) Same(t Secret) bool { return s.text == t.text }

// A Redactor takes secrets out of texts, whole ones and parts that a cut or an
// escape has left of them. The zero value knows none.
type Redactor struct {
	known map[string]bool
	parts map[string]bool // all stretches of more than shown characters
}

// maxHidden bounds the characters of all secrets that a Redactor knows: a file
// that has more of them is full of keys, and the first are enough.
const maxHidden = 1 << 20

// Add adds secrets.
func (r *Redactor) Add(secrets ...Secret) {
	for _, s := range secrets {
		if !r.known[s.text] && len(r.parts)+len(s.text) <= maxHidden {
			r.add(s.text)
		}
	}
}

func (r *Redactor) add(secret string) {
	if r.known == nil {
		r.known, r.parts = make(map[string]bool), make(map[string]bool)
	}
	r.known[secret] = true
	for i := 0; i+shown < len(secret); i++ {
		r.parts[secret[i:i+shown+1]] = true
	}
}

// Redact returns the text without what it shows of the secrets.
func (r *Redactor) Redact(text string) string {
	if len(r.parts) == 0 {
		return text
	}
	var b strings.Builder
	from, end := 0, 0 // what is written; where the current secret ends
	for i := 0; i+shown < len(text); i++ {
		if !r.parts[text[i:i+shown+1]] {
			continue
		}
		if i > end || end == 0 {
			b.WriteString(text[from:i] + redacted)
		}
		end = i + shown + 1
		from = end
	}
	if end == 0 {
		return text
	}
	return b.String() + text[from:]
}

// Finding takes the secrets out of everything that a finding says.
func (r *Redactor) Finding(f *Finding) {
	if len(r.parts) == 0 {
		return
	}
	f.Message, f.Key = r.Redact(f.Message), r.Redact(f.Key)
	f.Location.Inside = r.all(f.Location.Inside)
	f.Evidence = r.Steps(f.Evidence)
}

// Steps returns the steps without the secrets.
func (r *Redactor) Steps(steps []Step) []Step {
	if len(r.parts) == 0 {
		return steps
	}
	out := make([]Step, len(steps))
	for i, s := range steps {
		s.Text = r.Redact(s.Text)
		out[i] = s
	}
	return out
}

func (r *Redactor) all(texts []string) []string {
	if len(texts) == 0 {
		return texts
	}
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = r.Redact(s)
	}
	return out
}
