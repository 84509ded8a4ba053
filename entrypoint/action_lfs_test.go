package entrypoint_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// pointerTo is what git has in place of content that Git LFS keeps.
func pointerTo(content []byte) []byte {
	return fmt.Appendf(nil, "version https://git-lfs.github.com/spec/v1\noid sha256:%x\nsize %d\n", sha256.Sum256(content), len(content))
}

func TestLFS(t *testing.T) {
	bad := escaping(t)
	oid := fmt.Sprintf("%x", sha256.Sum256(bad))
	for _, test := range []struct {
		name    string
		objects map[string][]byte
		env     map[string]string
		trouble func(*http.Request) *githubtest.Trouble
		status  int
		reason  string // in the summary
		fetched int
	}{
		{name: "fetched and scanned", objects: map[string][]byte{oid: bad}, status: 1, fetched: 1},
		{name: "not on the server", status: 3, reason: "Object does not exist"},
		{name: "other content", objects: map[string][]byte{oid: []byte(strings.Repeat("x", len(bad)))}, status: 3, reason: "not what the pointer names", fetched: 1},
		{name: "cut short", objects: map[string][]byte{oid: bad[:10]}, status: 3, reason: "10 bytes of", fetched: 3},
		{name: "longer", objects: map[string][]byte{oid: append(bad[:len(bad):len(bad)], 1)}, status: 3, reason: "not what the pointer names", fetched: 1},
		{name: "too large", objects: map[string][]byte{oid: bad}, env: map[string]string{"INPUT_LFS-MAX-BYTES": "10"}, status: 3, reason: "more than the limit of 10 B"},
		{name: "too much", objects: map[string][]byte{oid: bad}, env: map[string]string{"INPUT_LFS-MAX-TOTAL": "10"}, status: 3, reason: "leaves no room"},
		{name: "too much, but only a warning", objects: map[string][]byte{oid: bad}, env: map[string]string{"INPUT_LFS-MAX-TOTAL": "10", "INPUT_ON-INCOMPLETE": "warn"}, status: 0, reason: "leaves no room"},
		{name: "required", objects: map[string][]byte{oid: bad}, env: map[string]string{"INPUT_LFS": "require"}, status: 3, reason: "lfs"},
		{name: "skipped", objects: map[string][]byte{oid: bad}, env: map[string]string{"INPUT_LFS": "skip"}, status: 0, reason: "1 Git LFS pointer"},
		{name: "no token", objects: map[string][]byte{oid: bad}, env: map[string]string{"INPUT_TOKEN": ""}, status: 3, reason: "no token to fetch"},
		{name: "the server is down", objects: map[string][]byte{oid: bad}, status: 3, reason: "could not be fetched", trouble: func(r *http.Request) *githubtest.Trouble {
			if strings.HasSuffix(r.URL.Path, "/objects/batch") {
				return &githubtest.Trouble{Status: 503, Message: "Down"}
			}
			return nil
		}},
		{name: "the storage hangs", objects: map[string][]byte{oid: bad}, status: 3, reason: "no data came", trouble: func(r *http.Request) *githubtest.Trouble {
			if strings.HasPrefix(r.URL.Path, "/lfs-storage/") {
				return &githubtest.Trouble{Hang: true}
			}
			return nil
		}},
	} {
		s := githubtest.New(t)
		s.Objects, s.Trouble = test.objects, test.trouble
		unchanged := []byte("not to be fetched")
		s.Objects = map[string][]byte{fmt.Sprintf("%x", sha256.Sum256(unchanged)): unchanged}
		for k, v := range test.objects {
			s.Objects[k] = v
		}
		j := newJob(t, s, map[string][]byte{"m/a.pt": pointerTo(bad), "m/old.pt": pointerTo(unchanged), ".lfsconfig": []byte("[lfs]\n\turl = http://127.0.0.1:1/\n")})
		j.pull(t, githubtest.Repository, githubtest.File{Filename: "m/a.pt", Status: "added", Patch: "+version …"})
		for k, v := range test.env {
			j.env[k] = v
		}
		if test.env["INPUT_TOKEN"] == "" && test.name == "no token" {
			j.env["INPUT_PATHS"] = "m/a.pt"
		}
		if strings.Contains(test.name, "hangs") {
			j.patience = time.Second
		}
		r := j.run(t)
		if r.status != test.status || !strings.Contains(r.summary, test.reason) {
			t.Errorf("%s: exit %d, want %d and %q; log:\n%s\n%s", test.name, r.status, test.status, test.reason, r.raw, s.Transcript())
		}
		if n := s.Count("GET", "?signature=secret"); n != test.fetched && test.trouble == nil {
			t.Errorf("%s: fetched %d times, want %d", test.name, n, test.fetched)
		}
		if strings.Contains(r.raw+r.summary, "signature") {
			t.Errorf("%s: a signed address is in the log:\n%s", test.name, r.raw)
		}
		if test.status == 1 {
			result := (*s.Last().SARIF.Runs[0].Results)[0].Locations[0].Physical
			if result.Artifact.URI != "m/a.pt" || result.Region.StartLine != 2 {
				t.Errorf("%s: the alert is at %+v, want line 2 of the pointer", test.name, result)
			}
		}
	}
}

// The objects of a fork are asked for where they are.
func TestLFSOfAFork(t *testing.T) {
	bad := escaping(t)
	s := githubtest.New(t)
	s.Permissions = githubtest.Reading
	s.Fork, s.ForkObjects = "mallory/models", map[string][]byte{fmt.Sprintf("%x", sha256.Sum256(bad)): bad}
	j := newJob(t, s, map[string][]byte{"a.pt": pointerTo(bad)})
	j.pull(t, "mallory/models", githubtest.File{Filename: "a.pt", Status: "added"})
	j.run(t).want(t, 1, map[string]string{"verdict": "fail"})
}

func shaOf(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// A dead server is not asked for every file there is.
func TestDeadServerIsNotAskedForEver(t *testing.T) {
	s := githubtest.New(t)
	files := map[string][]byte{}
	var changed []githubtest.File
	for i := range 60 {
		name := fmt.Sprintf("%02d.pt", i)
		content := fmt.Appendf(nil, "object %d", i)
		s.Objects[shaOf(content)] = content
		files[name] = pointerTo(content)
		files[name+".zip"] = archiveOf(t, "../../x")
		changed = append(changed, githubtest.File{Filename: name, Status: "modified"}, githubtest.File{Filename: name + ".zip", Status: "modified"})
	}
	s.Trouble = func(r *http.Request) *githubtest.Trouble {
		if strings.HasPrefix(r.URL.Path, "/lfs-storage/") || strings.Contains(r.URL.Path, "/contents/") && !strings.HasSuffix(r.URL.Path, ".yml") {
			return &githubtest.Trouble{Status: 502, Message: "Bad Gateway"}
		}
		return nil
	}
	j := newJob(t, s, files)
	j.pull(t, githubtest.Repository, changed...)
	j.run(t).want(t, 1, map[string]string{"high": "60", "new-findings": "60", "unscanned": "60"})
	asked := 0
	for _, r := range s.Requests {
		if r.Status == 502 {
			asked++
		}
	}
	if asked > 30 {
		t.Errorf("asked %d times in vain", asked)
	}
}

func TestBrokenNewPolicyIsTold(t *testing.T) {
	s := githubtest.New(t)
	j := newJob(t, s, map[string][]byte{".github/modelaudit.yml": []byte("fail-on: sometimes\n")})
	j.pull(t, githubtest.Repository, githubtest.File{Filename: ".github/modelaudit.yml", Status: "added", Patch: "+fail-on: sometimes"})
	r := j.run(t)
	r.want(t, 0, map[string]string{"verdict": "pass"})
	if w := r.log.Annotations("warning"); len(w) != 1 || !strings.Contains(w[0].Data, "not one of critical") {
		t.Errorf("warnings %+v", w)
	}
}
