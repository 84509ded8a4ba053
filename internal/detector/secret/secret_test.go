package secret_test

import (
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
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/gguf"
	"github.com/modelaudit/modelaudit/internal/detector/safetensors"
	"github.com/modelaudit/modelaudit/internal/detector/secret"
	"github.com/modelaudit/modelaudit/internal/format/zip/ziptest"
)

const (
	digits  = "0123456789"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower   = "abcdefghijklmnopqrstuvwxyz"
	base62  = digits + upper + lower
	base64x = base62 + "_-"
	hex     = digits + "abcdef"
)

// noise is n characters of an alphabet that look random and are always the same.
// No secret stands in this file as a whole.
func noise(n int, alphabet string) string {
	var b strings.Builder
	for x := uint32(n + len(alphabet)); b.Len() < n; {
		x = x*1664525 + 1013904223
		b.WriteByte(alphabet[int(x>>16)%len(alphabet)])
	}
	return b.String()
}

// summed is a token of GitHub or npm with its checksum.
func summed(prefix string) string {
	body := noise(30+len(prefix)+int(prefix[2]), base62)[:30]
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

// bot is a token of Discord for an account.
func bot(account string) string {
	return raw(account) + "." + noise(6, base62) + "." + noise(27, base62)
}

// armour is a block of OpenPGP of which the first packet has a tag.
func armour(tag byte) string {
	p := append([]byte{tag, 0x01}, noise(60, base62)...)
	crc := uint32(0xb704ce) // RFC 9580, section 6.1.1
	for _, c := range p {
		crc ^= uint32(c) << 16
		for range 8 {
			if crc <<= 1; crc&0x1000000 != 0 {
				crc ^= 0x1864cfb
			}
		}
	}
	sum := base64.StdEncoding.EncodeToString([]byte{byte(crc >> 16), byte(crc >> 8), byte(crc)})
	const kind = "PGP PRIVATE KEY BLOCK-----"
	return strings.ReplaceAll("-----BEGIN "+kind+"\n\n"+base64.StdEncoding.EncodeToString(p)+"\n="+sum+"\n-----END "+kind, "\n", `\n`)
}

func putty(cipher string) string {
	return strings.Join([]string{"PuTTY-User-Key-File-3: ssh-ed25519", "Encryption: " + cipher, "Comment: trainer", "Public-Lines: 2",
		noise(64, base62), noise(20, base62), "Private-Lines: 1", noise(48, base62), "Private-MAC: " + noise(64, hex)}, `\n`)
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
		{name: "gitlab, routable", secret: "glpat-" + noise(27, base62) + ".01.0z" + noise(7, digits+lower), twin: "glpat-" + noise(14, base62)},
		{name: "gitlab deploy", secret: "gldt-" + noise(20, base62), twin: "gldt-" + strings.Repeat("ab", 10)},
		{name: "gitlab runner", secret: "glrt-" + noise(20, base62), twin: "glrt-" + noise(19, base62)},
		{name: "gitlab trigger", secret: "glptt-" + noise(40, hex), twin: "glptt-" + noise(40, base62)},
		{name: "rubygems", secret: "rubygems_" + noise(48, hex), twin: "rubygems_" + strings.Repeat("0a", 24)},
		{name: "docker", secret: "dckr_pat_" + noise(27, base62), twin: "dckr_pat_" + strings.Repeat("x", 27)},
		{name: "docker of an organisation", secret: "dckr_oat_" + noise(32, base62), twin: "dckr_oat_" + noise(31, base62)},
		{name: "atlassian", secret: "ATATT3" + noise(180, base64x) + "=0A1B2C3D", twin: "ATATT3" + noise(180, base64x) + "=0a1b2c3d"},
		{name: "pgp", secret: armour(0x95), twin: armour(0x99)},
		{name: "putty", secret: putty("none"), twin: putty("aes256-cbc"), certain: true},
		{name: "age", secret: "AGE-SECRET-KEY-1" + noise(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"), twin: "AGE-SECRET-KEY-1" + strings.Repeat("QP", 29)},
		{name: "huggingface organisation", secret: "api_org_" + noise(34, upper+lower), twin: "api_org_" + noise(20, upper+lower)},
		{name: "openrouter", secret: "sk-or-v1-" + noise(64, hex), twin: "sk-or-v1-" + strings.Repeat("0a", 32)},
		{name: "groq", secret: "gsk_" + noise(52, base62), twin: "gsk_" + "your" + noise(48, base62)},
		{name: "xai", secret: "xai-" + noise(80, base62), twin: "xai-" + strings.Repeat("x", 80)},
		{name: "perplexity", secret: "pplx-" + noise(48, base62), twin: "pplx-7b-online-chat-and-more"},
		{name: "replicate", secret: "r8_" + noise(37, base62), twin: "r8_" + strings.Repeat("*", 37)},
		{name: "nvidia", secret: "nvapi-" + noise(64, base62), twin: "nvapi-" + strings.Repeat("nvapi-", 11)},
		{name: "together", secret: "tgp_v1_" + noise(43, base64x), twin: "tgp_v1_" + noise(30, base62)},
		{name: "langsmith", secret: "lsv2_pt_" + noise(32, hex) + "_" + noise(10, hex), twin: "lsv2_pt_" + strings.Repeat("0", 32) + "_" + noise(10, hex)},
		{name: "pinecone", secret: "pcsk_" + noise(6, base62) + "_" + noise(63, base62), twin: "pcsk_" + noise(6, base62)},
		{name: "jina", secret: "jina_" + noise(60, base62), twin: "jina_embeddings_v2_base_en"},
		{name: "wandb", secret: "wandb_v1_" + noise(77, base62), twin: "wandb_v1_" + noise(20, base62)},
		{name: "wandb by its name", secret: "WANDB_API_KEY=" + noise(40, hex), twin: "WANDB_RUN_ID=" + noise(40, hex)},
		{name: "wandb in lower case", secret: "wandb_api_key: " + noise(40, hex), twin: "wandb_api_key: " + strings.Repeat("0a1b", 10)},
		{name: "aws, temporary", secret: "ASIA" + noise(16, upper), twin: "ASIA" + noise(16, lower),
			after: `", "SecretAccessKey": "` + noise(40, base62)},
		{name: "aws secret", secret: "aws_secret_access_key=" + noise(40, base62), twin: "aws_secret_access_key=" + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
		{name: "aws secret in the environment", secret: "AWS_SECRET_ACCESS_KEY=" + noise(40, base62), twin: "AWS_SECRET_ACCESS_KEY=" + noise(39, base62)},
		{name: "bedrock", secret: "ABSKQmVkcm9ja0FQSUtleS" + noise(100, base62), twin: "ABSKQmVkcm9ja0FQSUtleS" + noise(20, base62), certain: true},
		{name: "google client", secret: "GOCSPX-" + noise(28, base62), twin: "GOCSPX-" + strings.Repeat("x", 28)},
		{name: "azure bus", secret: "SharedAccessKey=" + noise(43, base62) + "=", twin: "SharedAccessKey=" + strings.Repeat("A", 43) + "="},
		{name: "azure signature", before: "https://acct.blob.core.windows.net/models/m.bin?sv=2022-11-02&se=2030-01-01T00:00:00Z&sr=b&sp=r&",
			secret: "sig=" + noise(43, base62) + "%3D", twin: "sig=" + noise(20, base62) + "%3D"},
		{name: "azure signature alone", secret: "", twin: "sig=" + noise(43, base62) + "%3D"},
		{name: "azure client", secret: noise(3, base62) + "8Q~" + noise(34, base62), twin: "abc8Q~" + noise(12, base62)},
		{name: "azure client, older", secret: noise(3, base62) + "7Q~" + noise(31, base62), twin: "abc7Q~" + strings.Repeat("a", 34)},
		{name: "databricks", secret: "dapi" + noise(32, hex), twin: "dapi" + strings.Repeat("0a", 16)},
		{name: "supabase", secret: "sbp_" + noise(40, hex), twin: "sbp_" + noise(40, base62)},
		{name: "vault", secret: "hvs." + noise(95, base64x), twin: "hvs." + noise(24, base62)},
		{name: "doppler", secret: "dp.pt." + noise(43, base62), twin: "dp.pt." + noise(20, base62)},
		{name: "grafana", secret: "glsa_" + noise(32, base62) + "_" + noise(8, hex), twin: "glsa_" + noise(32, base62)},
		{name: "slack app", secret: "xapp-1-A" + noise(10, upper) + "-" + noise(13, digits) + "-" + noise(64, hex), twin: "xapp-1-A" + noise(10, upper)},
		{name: "discord webhook", secret: "https://discord.com/api/webhooks/" + noise(18, digits) + "/" + noise(68, base62),
			twin: "https://discord.com/api/webhooks/" + noise(18, digits) + "/" + noise(12, base62)},
		{name: "discord webhook, older", secret: "https://discordapp.com/api/webhooks/" + noise(18, digits) + "/" + noise(68, base62),
			twin: "https://discordapp.com/api/webhooks/ID/TOKEN"},
		{name: "discord bot", secret: "DISCORD_TOKEN=" + bot("7"+noise(17, digits)), twin: "DISCORD_TOKEN=" + bot("seventeen letters")},
		{name: "discord bot in lower case", secret: "discord_token: " + bot("7"+noise(17, digits)), twin: "discord_token: ${DISCORD_TOKEN}"},
		{name: "telegram bot", secret: noise(9, digits) + ":AA" + noise(33, base62), twin: noise(9, digits) + ":AA" + noise(12, base62)},
		{name: "stripe webhook", secret: "whsec_" + noise(32, base62), twin: "whsec_" + strings.Repeat("x", 32)},
		{name: "twilio", secret: "TWILIO_AUTH_TOKEN=" + noise(32, hex), twin: "TWILIO_AUTH_TOKEN=" + strings.Repeat("x", 32)},
		{name: "twilio in lower case", secret: "twilio_auth_token: " + noise(32, hex), twin: "twilio_auth_token: your_auth_token"},
		{name: "mailgun", secret: "key-" + noise(32, hex), twin: "key-" + strings.Repeat("0a", 16)},
		{name: "shopify", secret: "shpat_" + noise(32, hex), twin: "shpat_" + noise(20, hex)},
		{name: "linear", secret: "lin_api_" + noise(40, base62), twin: "lin_api_" + strings.Repeat("x", 40)},
		{name: "notion", secret: "ntn_" + noise(11, digits) + noise(35, base62), twin: "ntn_" + noise(11, digits)},
		{name: "postman", secret: "PMAK-" + noise(24, hex) + "-" + noise(34, hex), twin: "PMAK-" + noise(24, hex)},
		{name: "new relic", secret: "NRAK-" + noise(27, digits+upper), twin: "NRAK-" + strings.Repeat("X", 27)},
		{name: "postgresql with a driver", secret: "postgresql+psycopg2://a:" + noise(14, base62) + "@db.company.net/x", twin: "postgresql+psycopg2://scott:tiger@db.company.net/x"},
		{name: "mysql with a driver", secret: "mysql+pymysql://a:" + noise(14, base62) + "@db.company.net/x", twin: "mysql+pymysql://scott:tiger@db.company.net/x"},
		{name: "mssql", secret: "mssql+pyodbc://a:" + noise(14, base62) + "@db.company.net/x", twin: "mssql+pyodbc://a:" + noise(14, base62) + "@dsn"},
		{name: "redis with TLS", secret: "rediss://:" + noise(14, base62) + "@cache.company.net", twin: "rediss://:password@cache.company.net"},
		{name: "amqp with TLS", secret: "amqps://a:" + noise(14, base62) + "@queue.company.net", twin: "amqps://a:aaaaaaaaaaaa@queue.company.net"},
		{name: "clickhouse", secret: "clickhouse://a:" + noise(14, base62) + "@ch.company.net:9000", twin: "clickhouse://default:@ch.company.net"},
		{name: "ado", before: "Server=tcp:db.company.net,1433;User Id=trainer;", secret: "Password=" + noise(14, base62), twin: "Password=your_password", after: ";"},
		{name: "ado, local", before: "Server=localhost;User Id=trainer;", secret: "", twin: "Password=" + noise(14, base62), after: ";"},
		{name: "local database", secret: "", twin: "postgresql://trainer:" + noise(14, base62) + "@localhost:5432/runs"},
	}
}

func (s *sample) config(text string) string {
	return `{"layers": 12, "note": "` + s.before + text + s.after + `", "type": "llama"}`
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

func utf16le(text string) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return string(b)
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
			cases = append(cases, detectortest.Case{Name: s.name, Data: ziptest.Files("config.json", s.config(s.secret)), Want: []string{want}})
		}
		cases = append(cases, detectortest.Case{Name: s.name + ", harmless", Data: ziptest.Files("config.json", s.config(s.twin))})
	}
	token := summed("ghp_")
	cases = append(cases,
		detectortest.Case{Name: "metadata of safetensors", File: "m.safetensors", Data: tensors("training", "run by "+token), Want: []string{"secret-in-model"}},
		detectortest.Case{Name: "a text of GGUF", File: "m.gguf", Data: ggml("general.note", token), Want: []string{"secret-in-model"}},
		detectortest.Case{Name: "a long text of GGUF", File: "m.gguf", Data: ggml("general.note", strings.Repeat("word ", 40)+token), Want: []string{"secret-in-model"}},
		detectortest.Case{Name: "beside the model", File: "config.json", Data: []byte(`{"token": "` + token + `"}`), Want: []string{"secret-in-model"}},
		detectortest.Case{Name: "a secret by the name of its text", File: "m.safetensors", Data: tensors("WANDB_API_KEY", noise(40, hex)), Want: []string{"secret-likely-in-model"}},
		detectortest.Case{Name: "the same by another name", File: "m.safetensors", Data: tensors("WANDB_RUN_ID", noise(40, hex))},
		detectortest.Case{Name: "UTF-16", Data: ziptest.Files("run.txt", utf16le("\ufeff"+strings.Repeat("run by ", 8)+token)), Want: []string{"secret-in-model"}},
		detectortest.Case{Name: "UTF-16 without a mark", Data: ziptest.Files("run.txt", utf16le(strings.Repeat("run by ", 8)+token)), Want: []string{"secret-in-model"}},
		detectortest.Case{Name: "Latin-1", Data: ziptest.Files("run.txt", "caf\xe9 run by "+token), Want: []string{"secret-in-model"}},
		detectortest.Case{Name: "no text", Data: ziptest.Files("weights", "\x00\x01"+token)},
		detectortest.Case{Name: "behind an escape", Data: ziptest.Files("a.json", `{"a":"\n`+token+`"}`), Want: []string{"secret-in-model"}},
	)
	detectortest.Run(t, secret.Detector, cases, all[1:]...)
}

func scanned(name string, data []byte) audit.File { return detectortest.Scan(all, name, data) }

// TestPieces: a secret is found wherever the pieces of a long file meet, once.
func TestPieces(t *testing.T) {
	token := summed("ghp_")
	for at := 1<<20 - 10<<10 - 50; at < 1<<20+50; at += 997 {
		content := strings.Repeat("word ", at/5) + token + " " + token + strings.Repeat(" word", 3<<18)
		f := scanned("m.zip", ziptest.Files("vocab.txt", content))
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
		said := fmt.Sprintf("%+v", scanned("m.zip", ziptest.Files("config.json", s.config(s.secret))).Findings)
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
	f := scanned("m.zip", ziptest.Files("config.json", strings.Join([]string{a, b, a}, " ")))
	if len(f.Findings) != 2 {
		t.Errorf("got %d findings, want 2: %+v", len(f.Findings), f.Findings)
	}
}

// TestPlaces: a secret is one finding, wherever in the file it stands.
func TestPlaces(t *testing.T) {
	text := "the token is " + summed("ghp_")
	f := scanned("m.zip", ziptest.Files("a.json", text, "b.json", text, "c.json", text))
	if len(f.Findings) != 1 {
		t.Fatalf("got %d findings, want 1: %+v", len(f.Findings), f.Findings)
	}
	var got []string
	for _, s := range f.Findings[0].Evidence[1:] {
		got = append(got, s.Text)
	}
	if want := []string{"the same once more, at byte 0xd of b.json", "the same once more, at byte 0xd of c.json"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
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
			keyword, within := strings.CutPrefix(f[3], "~")
			return strings.HasPrefix(s.secret, keyword) || within && strings.Contains(s.secret, keyword)
		})
		if !tried {
			t.Errorf("no sample starts with %s", f[3])
		}
	}
}

// TestKeywordsCostLittle: a text of nothing but keywords takes no longer than its
// length is worth.
func TestKeywordsCostLittle(t *testing.T) {
	for _, unit := range []string{
		"PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n", "-----BEGIN PRIVATE KEY-----\nMIIE",
		"discord ", "sk-", "AccountKey=", "eyJ",
	} {
		start := time.Now()
		detectortest.Scan(all, "config.json", []byte(strings.Repeat(unit, 1<<20/len(unit))))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q, repeated: took %v", unit, took)
		}
	}
}
