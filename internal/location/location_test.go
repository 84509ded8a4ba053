package location_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/location"
)

func TestLeaves(t *testing.T) {
	for path, want := range map[string]string{
		"": "", "weights.bin": "", "a/../b": "", "./a/b.bin": "", `a\b`: "", "...": "", "a..b/..c": "",
		"weird:name": "", "1:x": "", "[:x": "", "{:x": "", "@:x": "", "`:x": "", "a": "", "a%": "", "%2fx%": "", "~backup": "", "~tmp.d/x": "", "50%.bin": "", "a%20b.bin": "",
		"~/.ssh/id_rsa":       "a path from a home directory",
		"~root/x":             "a path from a home directory",
		"%2e%2e/x":            "which hides a path out of the model's directory",
		"..":                  "outside of the model's directory",
		"a/../../b":           "outside of the model's directory",
		`a\..\..\b`:           "outside of the model's directory",
		"/etc/passwd":         "an absolute path",
		`\\host\share`:        "an absolute path",
		`C:\x`:                "a path that names a drive",
		"a:":                  "a path that names a drive",
		"Z:x":                 "a path that names a drive",
		"z:x":                 "a path that names a drive",
		"c:x":                 "a path that names a drive",
		"https://example.com": "a URL",
		"a\x00b":              "which hides its end behind a NUL",
	} {
		if got := location.Leaves(path); got != want {
			t.Errorf("Leaves(%q): got %q, want %q", path, got, want)
		}
	}
}

func TestSensitive(t *testing.T) {
	for path, want := range map[string]bool{
		"/etc/passwd": true, "../../etc/passwd": true, "file:///etc/shadow": true, "/home/me/.ssh/id_rsa": true,
		`C:\Windows\System32\config\SAM`: true, "/proc/self/environ": true, "//etc//passwd": true, "c:/proc/self/environ": true, "c:/data/proc/self": false, "1:/etc/passwd": false, ".ssh/config": true,
		"model": false, "/data/train.tfrecord": false, "/data/etc/x": false, "/root/data/vocab.txt": false, "/dev/shm/../../etc/x": true, "/home/me/vocab.txt": false, "assets/vocab.txt": false, "": false,
	} {
		if got := location.Sensitive(path); got != want {
			t.Errorf("Sensitive(%q): got %v, want %v", path, got, want)
		}
	}
}
