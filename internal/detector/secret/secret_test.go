package secret_test

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/gguf"
	"github.com/modelaudit/modelaudit/internal/detector/safetensors"
	"github.com/modelaudit/modelaudit/internal/detector/secret"
)

const (
	digits  = "0123456789"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower   = "abcdefghijklmnopqrstuvwxyz"
	base62  = digits + upper + lower
	base64x = base62 + "_-"
)

// noise is n characters of an alphabet that look random and are always the same.
// No secret stands in this file as a whole.
func noise(n int, alphabet string) string {
	var b strings.Builder
	for x := uint32(n); b.Len() < n; {
		x = x*1664525 + 1013904223
		b.WriteByte(alphabet[int(x>>16)%len(alphabet)])
	}
	return b.String()
}

// summed is a token of GitHub or npm with its checksum.
func summed(prefix string) string {
	body := noise(30, base62)
	n := crc32.ChecksumIEEE([]byte(body))
	sum := []byte("000000")
	for i := 5; i >= 0; i-- {
		sum[i] = base62[n%62]
		n /= 62
	}
	return prefix + body + string(sum)
}

func raw(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func macaroon(location string) string {
	id := `{"version": 1, "permissions": "user"}`
	return "pypi-" + raw("\x02\x01"+string(rune(len(location)))+location+"\x02"+string(rune(len(id)))+id+"\x00\x00\x06\x20"+noise(32, base62))
}

func jwt(header, claims string) string {
	return raw(header) + "." + raw(claims) + "." + noise(43, base64x)
}

// key is a private key in PKCS #8, with the line ends of JSON.
func key() string {
	der, _ := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed([]byte(noise(32, base62))))
	return escaped("PRIVATE KEY", der)
}

func ecKey() string {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return ""
	}
	der, _ := x509.MarshalECPrivateKey(k)
	return escaped("EC PRIVATE KEY", der)
}

func escaped(kind string, der []byte) string {
	return strings.ReplaceAll(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})), "\n", `\n`)
}

// A sample is a secret, and a harmless text that looks much like it.
type sample struct {
	name          string
	secret, twin  string
	certain       bool
	before, after string // what stands around both
}

func samples() []sample {
	return []sample{
		{name: "github", secret: summed("ghp_"), twin: "ghp_" + noise(36, base62), certain: true},
		{name: "github oauth", secret: summed("gho_"), twin: "gho_" + strings.Repeat("x", 36), certain: true},
		{name: "github app", secret: summed("ghs_"), twin: "a" + summed("ghs_"), certain: true},
		{name: "github fine-grained", secret: "github_pat_" + noise(22, base62) + "_" + noise(59, base62),
			twin: "github_pat_" + strings.Repeat("AB", 11) + "_" + strings.Repeat("C", 59)},
		{name: "npm", secret: summed("npm_"), twin: "npm_config_" + noise(29, lower), certain: true},
		{name: "pypi", secret: macaroon("pypi.org"), twin: macaroon("test.org"), certain: true},
		{name: "key", secret: key(), twin: escaped("PUBLIC KEY", []byte(noise(60, base62))), certain: true},
		{name: "key of a curve", secret: ecKey(), twin: escaped("EC PRIVATE KEY", []byte(noise(60, base62))), certain: true},
		{name: "openssh key", secret: escaped("OPENSSH PRIVATE KEY", []byte("openssh-key-v1\x00\x00\x00\x00\x04none"+noise(90, base62))),
			twin: escaped("OPENSSH PRIVATE KEY", []byte("openssh-key-v1\x00\x00\x00\x00\x0aaes256-ctr"+noise(90, base62))), certain: true},
		{name: "openai", secret: "sk-proj-" + noise(48, base64x) + "T3Blbk" + "FJ" + noise(48, base64x), twin: "sk-" + noise(48, base62), certain: true},
		{name: "anthropic", secret: "sk-ant-api03-" + noise(93, base64x) + "AA", twin: "sk-ant-api03-" + noise(93, base64x) + "BB", certain: true},
		{name: "huggingface", secret: "hf_" + noise(34, upper+lower), twin: "hf_" + "YOUR" + noise(30, upper+lower)},
		{name: "aws", secret: "AKIA" + noise(16, upper), twin: "AKIAIOSFODNN7EXAMPLE",
			after: `", "aws_secret_access_key": "` + noise(40, base62)},
		{name: "aws alone", secret: "", twin: "AKIA" + noise(16, upper)},
		{name: "google", secret: "AIza" + noise(35, base64x), twin: "AIza" + noise(40, base64x)},
		{name: "slack", secret: "xoxb-" + noise(12, digits) + "-" + noise(12, digits) + "-" + noise(24, base62), twin: "xoxb-" + "000000000000-000000000000-" + noise(24, base62)},
		{name: "slack user", secret: "xoxp-" + strings.Repeat(noise(12, digits)+"-", 3) + noise(32, digits+"abcdef"), twin: "xoxp-token"},
		{name: "slack webhook", secret: "https://hooks.slack.com/services/T" + noise(9, upper) + "/B" + noise(9, upper) + "/" + noise(24, base62),
			twin: "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"},
		{name: "stripe", secret: "sk_live_" + noise(24, base62), twin: "sk_test_" + noise(24, base62)},
		{name: "gitlab", secret: "glpat-" + noise(20, base62), twin: "glpat-" + strings.Repeat("ab", 10)},
		{name: "sendgrid", secret: "SG." + noise(22, base62) + "." + noise(43, base62), twin: "SG." + noise(22, base62) + "." + noise(20, base62)},
		{name: "digitalocean", secret: "dop_v1_" + noise(64, digits+"abcdef"), twin: "dop_v1_" + strings.Repeat("0f", 32)},
		{name: "azure storage", secret: "AccountKey=" + noise(86, base62) + "==",
			twin: "AccountKey=" + "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="},
		{name: "jwt", secret: jwt(`{"alg":"HS256","typ":"JWT"}`, `{"sub":"trainer","exp":1893456000}`), twin: jwt(`{"typ":"JWT"}`, `{"sub":"trainer"}`)},
		{name: "jwt that opens nothing", secret: "", twin: jwt(`{"alg":"HS256"}`, `{"some":"payload"}`)},
		{name: "jwt of the manual", secret: "", twin: jwt(`{"alg":"HS256","typ":"JWT"}`, `{"sub":"1234567890","name":"John Doe","iat":1516239022}`)},
		{name: "database", secret: "postgres://trainer:" + noise(14, base62) + "@db.internal.company.net/runs", twin: "postgres://user:password@db.internal.company.net/runs"},
		{name: "document database", secret: "mongodb+srv://trainer:" + noise(14, base62) + "@cluster0.abcde.mongodb.net", twin: "mongodb+srv://trainer:${PASSWORD}@cluster0.abcde.mongodb.net"},
		{name: "github user", secret: summed("ghu_"), twin: summed("ghu_") + "0", certain: true},
		{name: "github refresh", secret: summed("ghr_"), twin: summed("ghr_")[:39], certain: true},
		{name: "stripe restricted", secret: "rk_live_" + noise(40, base62), twin: "rk_live_" + strings.Repeat("abc", 10)},
		{name: "postgresql", secret: "postgresql://a:" + noise(14, base62) + "@db.company.net", twin: "postgresql://a:short@db.company.net"},
		{name: "mysql", secret: "mysql://a:" + noise(14, base62) + "@10.0.0.7:3306/x", twin: "mysql://trainer01:trainer01@10.0.0.7:3306/x"},
		{name: "mongodb", secret: "mongodb://a:" + noise(14, base62) + "@db.company.net", twin: "mongodb://a:" + noise(14, base62) + "@db.example.com"},
		{name: "redis", secret: "redis://:" + noise(14, base62) + "@cache.company.net", twin: "redis://:aaaabbbbaaaabbbb@cache.company.net"},
		{name: "amqp", secret: "amqp://a:" + noise(14, base62) + "@queue.company.net", twin: "amqp://a:<a password>@queue.company.net"},
		{name: "local database", secret: "", twin: "postgresql://trainer:" + noise(14, base62) + "@localhost:5432/runs"},
	}
}

func (s *sample) config(text string) string {
	return `{"layers": 12, "note": "` + s.before + text + s.after + `", "type": "llama"}`
}

// zipped is an archive with one member, not compressed.
func zipped(name, content string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if m, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store}); err == nil {
		io.WriteString(m, content)
	}
	w.Close()
	return b.Bytes()
}

// tensors is a safetensors file with a line of metadata, which is to be JSON.
func tensors(name, value string) []byte {
	header := fmt.Sprintf(`{"__metadata__":{"%s":"%s"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, name, value)
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), 'x')
}

// ggml is a GGUF file with one text.
func ggml(name, value string) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("GGUF"), 3)
	b = binary.LittleEndian.AppendUint64(b, 0)
	b = binary.LittleEndian.AppendUint64(b, 1)
	b = append(binary.LittleEndian.AppendUint64(b, uint64(len(name))), name...)
	b = binary.LittleEndian.AppendUint32(b, 8)
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(value))), value...)
}

var all = []*detector.Detector{secret.Detector, archive.Detector, gguf.Detector, safetensors.Detector}

func TestDetector(t *testing.T) {
	var cases []detectortest.Case
	for _, s := range samples() {
		want := "secret-likely-in-model"
		if s.certain {
			want = "secret-in-model"
		}
		if s.secret != "" {
			cases = append(cases, detectortest.Case{Name: s.name, Data: zipped("config.json", s.config(s.secret)), Want: []string{want}})
		}
		cases = append(cases, detectortest.Case{Name: s.name + ", harmless", Data: zipped("config.json", s.config(s.twin))})
	}
	token := summed("ghp_")
	cases = append(cases,
		detectortest.Case{Name: "metadata of safetensors", File: "m.safetensors", Data: tensors("training", "run by "+token), Want: []string{"secret-in-model"}},
		detectortest.Case{Name: "a text of GGUF", File: "m.gguf", Data: ggml("general.note", token), Want: []string{"secret-in-model"}},
		detectortest.Case{Name: "a long text of GGUF", File: "m.gguf", Data: ggml("general.note", strings.Repeat("word ", 40)+token), Want: []string{"secret-in-model"}},
		detectortest.Case{Name: "no text", Data: zipped("weights", "\x00\x01"+token)},
		detectortest.Case{Name: "behind an escape", Data: zipped("a.json", `{"a":"\n`+token+`"}`), Want: []string{"secret-in-model"}},
	)
	detectortest.Run(t, secret.Detector, cases, all[1:]...)
}

func scanned(name string, data []byte) audit.File { return detectortest.Scan(all, name, data) }

// TestPieces: a secret is found wherever the pieces of a long file meet, once.
func TestPieces(t *testing.T) {
	token := summed("ghp_")
	for at := 1<<20 - 10<<10 - 50; at < 1<<20+50; at += 997 {
		content := strings.Repeat("word ", at/5) + token + " " + token + strings.Repeat(" word", 3<<18)
		f := scanned("m.zip", zipped("vocab.txt", content))
		if len(f.Findings) != 1 {
			t.Fatalf("at %d: got %d findings, want 1", at, len(f.Findings))
		}
		if got, want := f.Findings[0].Location.Offset, int64(at/5*5); got != want {
			t.Errorf("at %d: got the offset %d, want %d", at, got, want)
		}
	}
}

// TestNothingIsShown: no part of a finding repeats a part of the secret.
func TestNothingIsShown(t *testing.T) {
	for _, s := range samples() {
		if s.secret == "" {
			continue
		}
		said := fmt.Sprintf("%+v", scanned("m.zip", zipped("config.json", s.config(s.secret))).Findings)
		const part = 9
		body := s.secret[min(len(s.secret)/2, 45):]
		for i := 0; i+part <= len(body); i++ {
			if strings.Contains(said, body[i:i+part]) {
				t.Errorf("%s: %q is shown in %s", s.name, body[i:i+part], said)
				break
			}
		}
	}
}

// TestTwoSecretsAreTwoFindings of one text, and one that stands twice is one.
func TestTwoSecretsAreTwoFindings(t *testing.T) {
	a, b := summed("ghp_"), summed("gho_")
	f := scanned("m.zip", zipped("config.json", strings.Join([]string{a, b, a}, " ")))
	if len(f.Findings) != 2 {
		t.Errorf("got %d findings, want 2: %+v", len(f.Findings), f.Findings)
	}
}

// TestEveryLineIsTried: each keyword of the rules starts a sample.
func TestEveryLineIsTried(t *testing.T) {
	table, err := os.ReadFile("rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) < 5 || f[0] == "#" {
			continue
		}
		tried := slices.ContainsFunc(samples(), func(s sample) bool {
			return strings.HasPrefix(s.secret, f[3])
		})
		if !tried {
			t.Errorf("no sample starts with %s", f[3])
		}
	}
}
