package plantedtest

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"hash/crc32"
	"strings"
)

const (
	digits  = "0123456789"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower   = "abcdefghijklmnopqrstuvwxyz"
	hex16   = digits + "abcdef"
	base62  = digits + upper + lower
	base64x = base62 + "_-"
)

// A form is a kind of credential, with a text that only looks like one.
type form struct {
	name         string
	secret, twin string
	hidden       []string // what of the secret is secret
}

// noise is n characters of an alphabet that look random and are always the same.
func noise(n int, alphabet string) string {
	var b strings.Builder
	for x := uint32(n*31 + len(alphabet)); b.Len() < n; {
		x = x*1664525 + 1013904223
		b.WriteByte(alphabet[int(x>>16)%len(alphabet)])
	}
	return b.String()
}

// summed is a token with the checksum of GitHub's and npm's.
func summed(prefix string) string {
	body := noise(30+int(prefix[2]), base62)[:30]
	n := crc32.ChecksumIEEE([]byte(body))
	sum := []byte("000000")
	for i := 5; i >= 0; i-- {
		sum[i] = base62[n%62]
		n /= 62
	}
	return prefix + body + string(sum)
}

// raw is base64url without padding, in which tokens are written.
func raw(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// macaroon is a token of PyPI: its location tells real ones from those of
// another server.
func macaroon(location string) string {
	id := `{"version": 1, "permissions": "user"}`
	return "pypi-" + raw("\x02\x01"+string(rune(len(location)))+location+"\x02"+string(rune(len(id)))+id+"\x00\x00\x06\x20"+noise(32, base62))
}

// token is a JSON web token with a signature of noise.
func token(claims string) string {
	return raw(`{"alg":"HS256","typ":"JWT"}`) + "." + raw(claims) + "." + noise(43, base64x)
}

// key is a private key on one line, as JSON has it.
func key(kind string) string {
	der := []byte(noise(60, base62))
	if kind == "PRIVATE KEY" {
		der, _ = x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed([]byte(noise(32, base62))))
	}
	block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	return strings.ReplaceAll(strings.TrimSpace(string(block)), "\n", `\n`)
}

// plain is a form all of which is secret behind its prefix.
func plain(name, prefix, body, twin string) form {
	return form{name: name, secret: prefix + body, twin: prefix + twin, hidden: []string{body}}
}

// forms are the kinds of credentials. Prefixes and words that push protection
// looks for are put together here.
func forms() []form {
	x := func(n int) string { return strings.Repeat("x", n) }
	pass, secret := noise(14, base62), noise(40, base62)
	pemKey := key("PRIVATE" + " KEY")
	return []form{
		plain("GitHub token", "ghp_", summed("ghp_")[4:], noise(36, base62)),
		plain("GitHub app token", "ghs_", summed("ghs_")[4:], x(36)),
		plain("fine-grained GitHub token", "github_pat_", noise(22, base62)+"_"+noise(59, base62), x(22)+"_"+x(59)),
		plain("GitLab token", "glpat-", noise(20, base62), "your-token-goes-here"),
		plain("npm token", "npm_", summed("npm_")[4:], noise(36, base62)),
		plain("PyPI token", "pypi-", macaroon("pypi.org")[5:], macaroon("test.org")[5:]),
		plain("Hugging Face token", "hf_", noise(34, upper+lower), "YOUR"+noise(30, lower)),
		plain("OpenAI key", "sk-proj-", noise(48, base64x)+"T3Blbk"+"FJ"+noise(48, base64x), x(48)+"T3Blbk"+"FJ"+x(48)),
		plain("Anthropic key", "sk-ant-api03-", noise(93, base64x)+"AA", noise(93, base64x)+"BB"),
		plain("Google key", "AIza", noise(35, base64x), x(35)),
		{name: "AWS keys", secret: "AKIA" + noise(16, upper) + " secret: " + secret, twin: "AKIAIOSFODNN7EXAMPLE secret: " + secret,
			hidden: []string{noise(16, upper), secret}},
		{name: "AWS secret", secret: "aws_secret_access_key=" + secret, twin: "aws_secret_access_key=" + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", hidden: []string{secret}},
		{name: "private key", secret: pemKey, twin: key("PUBLIC KEY"), hidden: strings.Split(pemKey, `\n`)[1:2]},
		plain("Azure storage key", "AccountKey=", noise(86, base62)+"==", strings.Repeat("A", 86)+"=="),
		plain("Slack token", "xoxb-", noise(12, digits)+"-"+noise(12, digits)+"-"+noise(24, base62), "000000000000-000000000000-"+noise(24, base62)),
		{name: "Slack webhook", secret: "https://hooks.slack.com/services/T" + noise(9, upper) + "/B" + noise(9, upper) + "/" + noise(24, base62),
			twin: "https://hooks.slack.com/services/T00000000/B00000000/" + strings.Repeat("X", 24), hidden: []string{noise(24, base62)}},
		plain("Stripe key", "sk_live_", noise(24, base62), x(24)),
		plain("SendGrid key", "SG.", noise(22, base62)+"."+noise(43, base62), noise(22, base62)+".short"),
		plain("Databricks token", "dapi", noise(32, hex16), strings.Repeat("0a", 16)),
		plain("Weights & Biases key", "WANDB_API_KEY=", noise(40, hex16), "your-key"),
		plain("Replicate token", "r8_", noise(37, base62), x(37)),
		plain("Docker token", "dckr_pat_", noise(27, base62), x(27)),
		plain("Discord bot", "DISCORD_TOKEN=", "N"+raw("12" + noise(17, digits))[1:]+"."+noise(6, base62)+"."+noise(27, base62), "your.token.here"),
		{name: "Telegram bot", secret: noise(9, digits) + ":AA" + noise(33, base62), twin: noise(9, digits) + ":AA" + noise(12, base62), hidden: []string{noise(33, base62)}},
		plain("web token", "", token(`{"sub":"trainer","exp":1893456000}`), token(`{"sub":"1234567890","name":"John Doe"}`)),
		{name: "database", secret: "postgres://trainer:" + pass + "@db.internal.company.net/runs", twin: "postgres://trainer:${PGPASSWORD}@db.internal.company.net/runs", hidden: []string{pass}},
		plain("Twilio token", "TWILIO_AUTH_TOKEN=", noise(32, hex16), "your_auth_token"),
	}
}
