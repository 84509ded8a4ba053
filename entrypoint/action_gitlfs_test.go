package entrypoint_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// The git-lfs client pushes models, and the Action of a pull request fetches
// the one that was changed: now and before, and no other.
func TestGitLFS(t *testing.T) {
	git := withGitLFS(t)
	s := githubtest.New(t)
	remote, author := filepath.Join(t.TempDir(), "remote.git"), t.TempDir()
	git(author, "init", "-q", "-b", "main")
	git(author, "init", "-q", "--bare", remote)
	git(author, "remote", "add", "origin", remote)
	pushTo(git, author, s, githubtest.Token)
	git(author, "lfs", "track", "*.pt")
	big := archiveOf(t, "../../old")
	put(t, filepath.Join(author, "a.pt"), big)
	put(t, filepath.Join(author, "unchanged.pt"), escaping(t))
	git(author, "add", ".")
	git(author, "commit", "-q", "-m", "base")
	base := git(author, "rev-parse", "HEAD")
	put(t, filepath.Join(author, "a.pt"), archiveOf(t, "../../old", "../../new"))
	git(author, "commit", "-q", "-a", "-m", "head")
	head := git(author, "rev-parse", "HEAD")
	git(author, "push", "-q", "origin", "main")
	if len(s.Objects) != 3 {
		t.Fatalf("the client pushed %d objects, want 3:\n%s", len(s.Objects), s.Transcript())
	}

	j := newJob(t, s, nil)
	git(j.workspace, "clone", "-q", remote, ".")
	git(j.workspace, "checkout", "-q", "--detach", head)
	if p, err := os.ReadFile(filepath.Join(j.workspace, "a.pt")); err != nil || !strings.HasPrefix(string(p), "version https://git-lfs") {
		t.Fatalf("the checkout has %.60q, %v; want a pointer", p, err)
	}
	blob := git(j.workspace, "rev-parse", "HEAD:a.pt")
	s.Pulls[7], s.PullHead[7] = []githubtest.File{{Filename: "a.pt", Status: "modified", SHA: blob, Patch: "@@"}}, head
	payload := strings.NewReplacer(headSHA, head, baseSHA, base).Replace(encoded(t, pullPayload(githubtest.Repository, 1)))
	j.event(t, "pull_request", "refs/pull/7/merge", head, rawJSON(payload))
	r := j.run(t)
	r.want(t, 1, map[string]string{"findings": "2", "new-findings": "1", "upload-status": "uploaded"})
	var fetched []string
	for _, q := range s.Requests {
		if q.Method == "GET" && strings.HasPrefix(q.Path, "/lfs-storage/") {
			fetched = append(fetched, strings.TrimPrefix(strings.SplitN(q.Path, "?", 2)[0], "/lfs-storage/"))
		}
	}
	if len(fetched) != 2 || strings.Contains(strings.Join(fetched, " "), shaOf(escaping(t))) {
		t.Errorf("fetched %v, want both versions of a.pt and nothing else", fetched)
	}
	if n := s.Count("GET", "/contents/a.pt?ref="+base); n != 0 {
		t.Error("the base was asked of GitHub, though the clone has it")
	}
}

// withGitLFS returns what runs git in a directory, with the git-lfs client and
// nobody's configuration, or skips the test.
func withGitLFS(t *testing.T) func(dir string, args ...string) string {
	for _, tool := range []string{"git", "git-lfs"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s to push models with", tool)
		}
	}
	home := t.TempDir()
	return func(dir string, args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+home, "GIT_CONFIG_GLOBAL="+filepath.Join(home, "config"), "GIT_CONFIG_SYSTEM=/dev/null",
			"GIT_LFS_SKIP_SMUDGE=1", "GIT_TERMINAL_PROMPT=0")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
}

// pushTo makes the objects of a repository go to the server's, with the token.
func pushTo(git func(string, ...string) string, dir string, s *githubtest.Server, token string) {
	git(dir, "lfs", "install", "--local")
	git(dir, "config", "lfs.url", strings.Replace(s.URL, "://", "://x-access-token:"+token+"@", 1)+"/"+githubtest.Repository+".git/info/lfs")
	git(dir, "config", "lfs.locksverify", "false")
}
