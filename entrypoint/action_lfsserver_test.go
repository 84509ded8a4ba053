package entrypoint_test

import (
	"archive/zip"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// Five GiB of zeros: a file of that size costs the server's disk nothing, and
// whoever fetches it half a minute.
const (
	hugeOID  = "7f06c62352aebd8125b2a1841e2b9e1ffcbed602f381c3dcb3200200e383d1d5"
	hugeSize = 5 << 30
)

// TestLFSServer is the whole way with a Git LFS server of another make: models
// are pushed by the git-lfs client, one of them is changed for the worse, the
// pull request is checked out without Git LFS. What the changed one has become
// is found, and of the others, 5 GiB among them, nothing is fetched: neither
// what stands between us and the server nor the server's own log has it.
func TestLFSServer(t *testing.T) {
	git := withGitLFS(t)
	s := githubtest.New(t)
	server := startGiftless(t, s)
	remote, author := filepath.Join(t.TempDir(), "remote.git"), t.TempDir()
	git(author, "init", "-q", "-b", "main")
	git(author, "init", "-q", "--bare", remote)
	git(author, "remote", "add", "origin", remote)
	pushTo(git, author, s, s.Accepts)
	git(author, "lfs", "track", "*.pt")
	before, after := checkpoint(t, "}."), checkpoint(t, "cposix\nsystem\n(S'echo poc'\ntR.")
	put(t, filepath.Join(author, "models", "changed.pt"), before)
	others := map[string]bool{hugeOID: true}
	for i := range 3 {
		large := weights(uint64(i)+2, 4<<20)
		others[shaOf(large)] = true
		put(t, filepath.Join(author, "models", fmt.Sprintf("unchanged-%d.pt", i)), large)
	}
	server.holdHuge(t)
	put(t, filepath.Join(author, "models", "huge.pt"), fmt.Appendf(nil,
		"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", hugeOID, int64(hugeSize)))
	git(author, "add", ".")
	git(author, "commit", "-q", "-m", "base")
	base := git(author, "rev-parse", "HEAD")
	put(t, filepath.Join(author, "models", "changed.pt"), after)
	git(author, "commit", "-q", "-a", "-m", "head")
	head := git(author, "rev-parse", "HEAD")
	git(author, "push", "-q", "origin", "main")

	j := newJob(t, s, nil)
	j.env["INPUT_TOKEN"] = s.Accepts
	git(j.workspace, "clone", "-q", remote, ".")
	git(j.workspace, "checkout", "-q", "--detach", head)
	blob := git(j.workspace, "rev-parse", "HEAD:models/changed.pt")
	s.Pulls[7], s.PullHead[7] = []githubtest.File{{Filename: "models/changed.pt", Status: "modified", SHA: blob, Patch: "@@"}}, head
	payload := strings.NewReplacer(headSHA, head, baseSHA, base).Replace(encoded(t, pullPayload(githubtest.Repository, 1)))
	j.event(t, "pull_request", "refs/pull/7/merge", head, rawJSON(payload))
	pushed := len(s.Requests)
	r := j.run(t)
	r.want(t, 1, map[string]string{"critical": "1", "new-findings": "1", "scanned": "1", "unscanned": "0", "upload-status": "uploaded"})
	if len(s.Comments[7]) != 1 || !strings.Contains(s.Comments[7][0].Body, "posix.system") {
		t.Errorf("the comment does not say what the model runs:\n%s", r.raw)
	}
	if strings.Contains(r.raw+r.summary+s.Comments[7][0].Body, s.Accepts) {
		t.Error("the token is in the log, the summary or the comment")
	}

	wanted := map[string]bool{shaOf(before): true, shaOf(after): true}
	var sent int64
	for _, q := range s.Requests[pushed:] {
		if !strings.Contains(q.Path, ".git/info/lfs/") {
			continue
		}
		sent += q.Sent
		if oid := stored.FindString(q.Path); q.Method == "GET" && (!wanted[oid] || q.Authorization != "") {
			t.Errorf("%s of %s, with a token of ours: %v", q.Method, oid, q.Authorization != "")
		}
	}
	if most := int64(len(before) + len(after) + 1<<16); sent < int64(len(after)) || sent > most {
		t.Errorf("%d bytes came from the server, at most %d were to", sent, most)
	}
	var gave []string
	for _, line := range server.gave() {
		gave = append(gave, line)
		if others[line] {
			t.Errorf("the server gave away %s, which did not change", line)
		}
	}
	if len(gave) != 2 {
		t.Errorf("the server gave away %v, want both versions of the changed model", gave)
	}
}

// stored finds the name of an object in the address that it is fetched from.
var stored = regexp.MustCompile(`[0-9a-f]{64}`)

// checkpoint is an archive as PyTorch writes it: a program and 4 MiB of weights.
func checkpoint(t *testing.T, program string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range []struct {
		name    string
		content []byte
	}{{"model/data.pkl", []byte(program)}, {"model/data/0", weights(1, 4<<20)}, {"model/version", []byte("3\n")}} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(m.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// weights are bytes that no one can compress.
func weights(seed uint64, n int) []byte {
	p := make([]byte, n)
	source := rand.NewChaCha8([32]byte{byte(seed)})
	source.Read(p)
	return p
}

// A giftless is a Git LFS server in Python, of the Datopian project.
type giftless struct {
	dir string
	log *lockedBuffer
}

// startGiftless runs the server behind s, which passes on to it what is asked of
// Git LFS and keeps a list of it. The server checks the job's token by itself: a
// signed one.
func startGiftless(t *testing.T, s *githubtest.Server) *giftless {
	t.Helper()
	python := os.Getenv("GIFTLESS_PYTHON")
	if python == "" {
		t.Skip("GIFTLESS_PYTHON does not name a Python that has the Git LFS server giftless: .ci/run lfs installs it")
	}
	const key = "a key that signs the tokens of this test"
	g := &giftless{dir: t.TempDir(), log: &lockedBuffer{}}
	config := fmt.Sprintf(`LEGACY_ENDPOINTS: false
AUTH_PROVIDERS:
  - factory: giftless.auth.jwt:factory
    options: {algorithm: HS256, private_key: %q, basic_auth_user: x-access-token}
TRANSFER_ADAPTERS:
  basic: {options: {storage_options: {path: %q}}}
`, key, g.dir)
	cmd := exec.Command(python, "-m", "flask", "--app", "giftless.wsgi_entrypoint", "run", "--port", "0")
	cmd.Env = append(os.Environ(), "GIFTLESS_CONFIG_STR="+config)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), g.log, g.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	s.LFS = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(g.address(t))
		r.Out.Host = r.In.Host // the server spells its own addresses with it
	}}
	g.address(t)
	s.Accepts = signed(key, fmt.Sprintf(`{"sub":"job","exp":%d,"scopes":["obj:%s/*"]}`, time.Now().Add(time.Hour).Unix(), githubtest.Repository))
	return g
}

// signed is a JSON web token.
func signed(key, claims string) string {
	part := func(p []byte) string { return base64.RawURLEncoding.EncodeToString(p) }
	out := part([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + part([]byte(claims))
	sum := hmac.New(sha256.New, []byte(key))
	sum.Write([]byte(out))
	return out + "." + part(sum.Sum(nil))
}

var running = regexp.MustCompile(`Running on (http://[0-9.:]+)`)

// address waits until the server says where it listens.
func (g *giftless) address(t *testing.T) *url.URL {
	t.Helper()
	for range 300 {
		if m := running.FindStringSubmatch(g.log.String()); m != nil {
			if u, err := url.Parse(m[1]); err == nil {
				return u
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the Git LFS server does not start:\n%s", g.log)
	return nil
}

// holdHuge makes the server have an object of 5 GiB.
func (g *giftless) holdHuge(t *testing.T) {
	t.Helper()
	name := filepath.Join(g.dir, filepath.FromSlash(githubtest.Repository), hugeOID)
	put(t, name, nil)
	if err := os.Truncate(name, hugeSize); err != nil {
		t.Skipf("no file of 5 GiB can be made here: %v", err)
	}
}

var given = regexp.MustCompile(`"[^"]*GET [^"]*/objects/storage/([0-9a-f]{64})`)

// gave lists the objects that the server gave away, from its own log.
func (g *giftless) gave() []string {
	var out []string
	for _, m := range given.FindAllStringSubmatch(g.log.String(), -1) {
		out = append(out, m[1])
	}
	return out
}

// lockedBuffer is what a process writes, to be read while it does.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
