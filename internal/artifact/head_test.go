package artifact_test

import (
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
)

// TestAsk: a head that was asked before answers as one that was not.
func TestAsk(t *testing.T) {
	for _, c := range []struct {
		content         string
		text, json, zip bool
	}{
		{content: ""},
		{content: "\x80\x04K\x01.PPK\x05PK\x05"},
		{content: "a text of some letters", text: true},
		{content: `{"a": "PPK\x05\x06"}       `, text: true, json: true},
		{content: "\x00\x00PPK\x05\x06\x00\x00", zip: true},
		{content: strings.Repeat("P", 100) + "K\x05\x06", text: true, zip: true},
		{content: strings.Repeat("l\x00", 40), text: true},
	} {
		h := &artifact.Head{First: []byte(c.content), Last: []byte(c.content), Size: int64(len(c.content))}
		for range 2 {
			if h.IsText() != c.text || h.IsJSON() != c.json || h.EndsZip() != c.zip {
				t.Errorf("%q: text %v, JSON %v, zip %v; want %v, %v, %v", c.content, h.IsText(), h.IsJSON(), h.EndsZip(), c.text, c.json, c.zip)
			}
			h.Ask()
		}
	}
}
