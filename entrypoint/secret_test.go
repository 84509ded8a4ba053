package entrypoint_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// credential is a token with the checksum that GitHub's have, written so that it
// stands nowhere as a whole.
func credential() string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	body := "k7Qz2Vw9Lm4Xt1Bn8Rc5" + "Hd3Jf6Gy0P"
	sum := []byte("000000")
	for n, i := crc32.ChecksumIEEE([]byte(body)), 5; i >= 0; i-- {
		sum[i] = digits[n%62]
		n /= 62
	}
	return "ghp_" + body + string(sum)
}

// TestNoOutputShowsASecret: every command and format tells of a credential, and
// none repeats a part of it.
func TestNoOutputShowsASecret(t *testing.T) {
	dir, token := t.TempDir(), credential()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	member, err := w.Create("config.json")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(member, `{"token": "`+token+`"}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	header := fmt.Sprintf(`{"__metadata__":{"run":"%s"}}`, token)
	one := put(t, filepath.Join(dir, "m.zip"), archive.Bytes())
	two := put(t, filepath.Join(dir, "m.safetensors"), append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...))
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{name: "text", args: []string{"scan", one, two}, want: "secret-in-model"},
		{name: "all of the text", args: []string{"scan", "--verbose", one, two}, want: "secret-in-model"},
		{name: "lines", args: []string{"scan", "--quiet", one, two}, want: "secret-in-model"},
		{name: "JSON", args: []string{"scan", "--format", "json", one, two}, want: "secret-in-model"},
		{name: "SARIF", args: []string{"scan", "--format", "sarif", one, two}, want: "secret-in-model"},
		{name: "Markdown", args: []string{"scan", "--format", "markdown", one, two}, want: "secret-in-model"},
		{name: "CycloneDX", args: []string{"scan", "--format", "cyclonedx", one, two}, want: "modelaudit:findings:medium"},
		{name: "comparison", args: []string{"diff", one, two}, want: "secret-in-model"},
		{name: "baseline", args: []string{"baseline", one, two}, want: "secret-in-model"},
		{name: "inspection of an archive", args: []string{"inspect", one}, want: "config.json"},
		{name: "inspection of tensors", args: []string{"inspect", two}, want: "safetensors"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, out := command(c.args...)
			if !strings.Contains(out, c.want) {
				t.Errorf("got no %s in\n%s", c.want, out)
			}
			body := token[len("ghp_"):]
			for i := 0; i+5 <= len(body); i++ {
				if strings.Contains(out, body[i:i+5]) {
					t.Errorf("%q of the token is shown in\n%s", body[i:i+5], out)
					break
				}
			}
		})
	}
}
