package entrypoint_test

import (
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// offered is an entry of a policy as a page in Markdown offers it.
var offered = regexp.MustCompile(`(?s)<pre lang="yaml">accept:\n(.*?)</pre>`)

// TestOfferedAcceptances: what a page offers for a policy file accepts the finding
// that it is offered for, whatever the file is called, and no other.
func TestOfferedAcceptances(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	plain := []string{"ab.zip", "a[b].zip", "b.zip", "{a,b}.zip", "'#  x.zip", "é\u200b.zip"}
	names := append(plain, "a*.zip", "?.zip", `a\b.zip`, "a\nb: c\r.zip", "\u202e\"a\".zip", "\xff.zip", "##[error]::x.zip", "&lt;.zip")
	written := 0
	for _, name := range names {
		if err := os.WriteFile(name, archiveOf(t, "../../x"), 0o644); err == nil { // there are systems without such names
			written++
		}
	}
	if written < len(plain) {
		t.Fatalf("only %d files could be written", written)
	}
	status, page := command("scan", "--format", "markdown", ".")
	entries := offered.FindAllStringSubmatch(page, -1)
	if status != 1 || len(entries) != written {
		t.Fatalf("exit %d, %d acceptances for %d files:\n%s", status, len(entries), written, page)
	}
	// scan is a scan under all acceptances but the one at a place.
	scan := func(without int) int {
		policy := "accept:\n"
		for i, e := range entries {
			if i != without {
				policy += strings.Replace(html.UnescapeString(e[1]), `reason: ""`, `reason: "a test"`, 1)
			}
		}
		put(t, filepath.Join(dir, ".github", "modelaudit.yml"), []byte(policy))
		status, out := command("scan", "--quiet", "--config", ".github/modelaudit.yml", ".")
		if n := strings.Count(out, "archive-path-escapes"); without < 0 && n != 0 || without >= 0 && n != 1 {
			t.Errorf("without %d: %d findings in\n%s", without, n, out)
		}
		return status
	}
	if status := scan(-1); status != 0 {
		t.Errorf("all are accepted: exit %d", status)
	}
	for i := range entries {
		if status := scan(i); status != 1 {
			t.Errorf("accepted without being named: %s", entries[i][1])
		}
	}
}
