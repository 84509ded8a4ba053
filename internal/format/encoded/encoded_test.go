package encoded_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	textPickle   = "cposix\nsystem\n(S'echo poc'\ntR."
	binaryPickle = "\x80\x04\x95\x16\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93\x8c\x08echo poc\x85R."
)

func deflate(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func find(text string) ([]encoded.Content, error) {
	budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), int64(len(text)), time.Now)
	return encoded.Find(text, budget)
}

func TestFind(t *testing.T) {
	wrapped := base64Of(strings.Repeat("\x80\x02)", 1) + strings.Repeat("x", 90))
	for _, c := range []struct {
		name, text string
		want       []encoded.Content
	}{
		{name: "pickle as it stands", text: textPickle, want: []encoded.Content{{Kind: "pickle", Data: []byte(textPickle)}}},
		{name: "script as it stands", text: "#!/bin/sh\necho poc\n", want: []encoded.Content{{Kind: "script", Data: []byte("#!/bin/sh\necho poc\n")}}},
		{name: "base64", text: base64Of(binaryPickle),
			want: []encoded.Content{{Encodings: []string{"base64"}, Kind: "pickle", Data: []byte(binaryPickle)}}},
		{name: "base64 of a text pickle without padding", text: strings.TrimRight(base64Of(textPickle+" "), "="),
			want: []encoded.Content{{Encodings: []string{"base64"}, Kind: "pickle", Data: []byte(textPickle + " ")}}},
		{name: "base64 for URLs", text: base64.URLEncoding.EncodeToString([]byte(binaryPickle + "\xff\xfe\xfd")),
			want: []encoded.Content{{Encodings: []string{"base64"}, Kind: "pickle", Data: []byte(binaryPickle + "\xff\xfe\xfd")}}},
		{name: "base64 in lines", text: wrapped[:76] + "\r\n" + wrapped[76:] + "\r\n",
			want: []encoded.Content{{Encodings: []string{"base64"}, Kind: "pickle", Data: []byte("\x80\x02)" + strings.Repeat("x", 90))}}},
		{name: "in a data URL", text: "data:application/octet-stream;base64," + base64Of(binaryPickle),
			want: []encoded.Content{{Encodings: []string{"base64"}, Kind: "pickle", Offset: 37, Data: []byte(binaryPickle)}}},
		{name: "in JSON", text: `{"a": "` + hex.EncodeToString([]byte(binaryPickle)) + `"}`,
			want: []encoded.Content{{Encodings: []string{"hex"}, Kind: "pickle", Offset: 7, Data: []byte(binaryPickle)}}},
		{name: "base32", text: base32.StdEncoding.EncodeToString([]byte(binaryPickle)),
			want: []encoded.Content{{Encodings: []string{"base32"}, Kind: "pickle", Data: []byte(binaryPickle)}}},
		{name: "base64 twice", text: base64Of(base64Of(binaryPickle)),
			want: []encoded.Content{{Encodings: []string{"base64", "base64"}, Kind: "pickle", Data: []byte(binaryPickle)}}},
		{name: "deflated", text: base64Of(deflate(binaryPickle)),
			want: []encoded.Content{{Encodings: []string{"base64"}, Kind: "zlib", Data: []byte(deflate(binaryPickle))}}},
		{name: "two", text: base64Of("\x7fELF-and-something-more") + " " + base64Of("PK\x03\x04-and-something-more"),
			want: []encoded.Content{
				{Encodings: []string{"base64"}, Kind: "ELF executable", Data: []byte("\x7fELF-and-something-more")},
				{Encodings: []string{"base64"}, Kind: "zip", Offset: 33, Data: []byte("PK\x03\x04-and-something-more")},
			}},
		{name: "prose", text: "A model of the city of Paris (see the card) with 100% accuracy."},
		{name: "a digest", text: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		{name: "an image", text: "data:image/png;base64," + base64Of("\x89PNG\r\n\x1a\n0123456789")},
		{name: "a name in lower case", text: "imagenet\nresnet\nvalues"},
		{name: "empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := find(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

// FuzzFind: offsets increase and lie in the text; what is found is of a kind.
func FuzzFind(f *testing.F) {
	f.Add(base64Of(base64Of(binaryPickle)))
	f.Add("a " + hex.EncodeToString([]byte(textPickle)))
	f.Add(textPickle)
	f.Fuzz(func(t *testing.T, text string) {
		found, err := find(text)
		if err != nil {
			return
		}
		last := -1
		for _, c := range found {
			if c.Offset <= last || c.Offset >= len(text) || encoded.Kind(c.Data) != c.Kind {
				t.Errorf("find(%q): %+v", text, c)
			}
			last = c.Offset
		}
	})
}
