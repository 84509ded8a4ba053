package litertlm_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/format/litertlm"
	"github.com/modelaudit/modelaudit/internal/format/litertlm/litertlmtest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// file is one of two sections.
func file() []byte {
	return litertlmtest.File(litertlmtest.Section{Type: litertlm.Model, Content: "model"}, litertlmtest.Section{Type: litertlm.LLMMetadata, Content: "\x3a\x07{{ x }}"})
}

func TestDecode(t *testing.T) {
	p := file()
	f, err := litertlm.Decode(hostiletest.Reader(p))
	var got []string
	for _, s := range f.Sections {
		got = append(got, string(p[s.Offset:s.Offset+s.Size]))
	}
	if want := []string{"model", "\x3a\x07{{ x }}"}; err != nil || !slices.Equal(got, want) || f.Sections[1].Type != litertlm.LLMMetadata {
		t.Errorf("got %q, %+v, %v, want %q", got, f.Sections, err, want)
	}
	if len(f.Texts) != 1 || f.Texts[0].Key != "Authors" || f.Texts[0].Value != litertlmtest.Author {
		t.Errorf("got the texts %+v", f.Texts)
	}
}

func TestDamaged(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{
		"a header that ends before it begins": func(p []byte) []byte { p[24] = 31; return p },
		"a header beyond the end":             func(p []byte) []byte { binary.LittleEndian.PutUint64(p[24:], 1<<40); return p },
		"sections beyond the end":             func(p []byte) []byte { return p[:len(p)-20] },
		"no header":                           func(p []byte) []byte { return p[:16] },
		"another file":                        func(p []byte) []byte { p[0] = 'l'; return p },
	} {
		if f, err := litertlm.Decode(hostiletest.Reader(change(file()))); err == nil {
			t.Errorf("%s: got %+v, want an error", name, f)
		}
	}
}

func TestMetadataTexts(t *testing.T) {
	var got []string
	// A message with a text, and a text of its own.
	err := litertlm.MetadataTexts(hostiletest.Reader([]byte("\x0a\x08\x0a\x06<bos> \x3a\x07{{ x }}")), func(_ int64, text string) { got = append(got, text) })
	if err != nil || !slices.Contains(got, "<bos> ") || !slices.Contains(got, "{{ x }}") {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestTextsAreCharged: any number of entries may have the same long text.
func TestTextsAreCharged(t *testing.T) {
	const long = 64 << 10
	entry := fb.Table{0: "key", 1: uint8(9), 2: fb.Table{0: strings.Repeat("x", long)}}
	header := fb.Build("", fb.Table{0: fb.Table{0: []fb.Table{entry}}})
	p := make([]byte, 32, 32+len(header))
	copy(p, litertlm.Signature)
	binary.LittleEndian.PutUint64(p[24:], uint64(32+len(header)))
	r := hostiletest.Reader(append(p, header...))
	f, err := litertlm.Decode(r)
	if err != nil || len(f.Texts) != 1 || r.Budget().Held() < long {
		t.Errorf("got %d texts, %d bytes held, %v; want one, and at least %d held", len(f.Texts), r.Budget().Held(), err, long)
	}
}
