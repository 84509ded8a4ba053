package archive_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
)

// made makes an archive with the tool at hand, of a directory that holds
// harmless files and, in p/payload, the payload. OUT and DIR are replaced.
func made(t *testing.T, command ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skipf("%s is not installed", command[0])
	}
	root := t.TempDir()
	for name, data := range map[string]string{
		"a.txt": "hello", "empty": "", "p/payload": evil, "big": random(200_000) + strings.Repeat("weights ", 30_000), "é.txt": "bonjour", "code": executable(t),
	} {
		full := filepath.Join(root, name)
		os.MkdirAll(filepath.Dir(full), 0o700)
		if err := os.WriteFile(full, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "out.bin")
	for i := range command {
		command[i] = strings.NewReplacer("OUT", out, "DIR", root).Replace(command[i])
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = root
	text, err := cmd.CombinedOutput()
	const notFound = 127 // of a shell
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == notFound {
		t.Skipf("not installed: %s", text)
	}
	if err != nil {
		t.Fatalf("%v: %v: %s", command, err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// executable is a piece of this program, for the filters that look for calls.
func executable(t *testing.T) string {
	t.Helper()
	f, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := make([]byte, 300_000)
	if _, err := f.ReadAt(p, 1<<20); err != nil {
		t.Fatal(err)
	}
	return string(p)
}

// check wants the payload to be found and nothing else to be said.
func check(t *testing.T, data []byte, want ...string) audit.File {
	t.Helper()
	got := detectortest.Scan([]*detector.Detector{archive.Detector, archive.Compressed, marker}, "model.bin", data)
	if rules := detectortest.RuleIDs(got); fmt.Sprint(rules) != fmt.Sprint(want) || got.Unread() {
		t.Errorf("got %s, %v, %s, want %v", got.Status, rules, got.Reason, want)
	}
	return got
}

// TestSevenZip reads what 7-Zip writes with every method, and finds nothing in
// it but the payload; cut short it is never clean.
func TestSevenZip(t *testing.T) {
	for _, options := range []string{
		"-mx0", "-m0=LZMA", "-m0=LZMA2", "-m0=PPMd", "-m0=BZip2", "-m0=Deflate", "-m0=Deflate64", "-mx9", "-ms=off", "-mhc=off",
		"-m0=Delta:4 -m1=LZMA2", "-m0=BCJ -m1=LZMA", "-m0=ARM -m1=LZMA2", "-m0=ARMT -m1=LZMA2", "-m0=PPC -m1=LZMA2", "-m0=SPARC -m1=LZMA2", "-m0=ARM64 -m1=LZMA2",
		"-m0=LZMA -m1=LZMA2", "-m0=BCJ2 -m1=LZMA -m2=LZMA -m3=LZMA -mb0:1 -mb0s1:2 -mb0s2:3",
	} {
		t.Run(options, func(t *testing.T) {
			data := made(t, append(append([]string{"7z", "a", "-t7z"}, strings.Fields(options)...), "OUT", ".")...)
			check(t, data, "test-payload")
			for n := 0; n < len(data); n += len(data)/40 + 1 {
				got := detectortest.Scan([]*detector.Detector{archive.Detector, marker}, "model.bin", data[:n])
				if got.Status == audit.Clean {
					t.Errorf("the first %d of %d bytes are clean", n, len(data))
				}
			}
		})
	}
}

func TestSevenZipEncrypted(t *testing.T) {
	for _, options := range []string{"-psecret", "-psecret -mhe=on"} {
		data := made(t, append(append([]string{"7z", "a", "-t7z"}, strings.Fields(options)...), "OUT", ".")...)
		got := detectortest.Scan([]*detector.Detector{archive.Detector, marker}, "model.bin", data)
		if got.Status != audit.NotScanned || !strings.Contains(got.Reason, "encrypted") {
			t.Errorf("%s: got %s, %q, want not scanned", options, got.Status, got.Reason)
		}
	}
}

const pythonZip = `
import sys, os, zipfile
out, method, how = sys.argv[1], getattr(zipfile, "ZIP_" + sys.argv[2]), sys.argv[3]
class Pipe:  # not seekable: sizes follow the data
    def __init__(self, f): self.f = f
    def write(self, p): return self.f.write(p)
    def flush(self): self.f.flush()
f = open(out, "wb")
z = zipfile.ZipFile(Pipe(f) if how == "pipe" else f, "w", method)
for root, _, names in os.walk("."):
    if root != ".": z.write(root)
    for n in sorted(names):
        if how == "zip64":
            with z.open(os.path.join(root, n)[2:], "w", force_zip64=True) as w: w.write(open(os.path.join(root, n), "rb").read())
        else: z.write(os.path.join(root, n))
z.comment = b"a comment"
z.close(); f.close()
if how == "append":
    with zipfile.ZipFile(out, "a", method) as z: z.writestr("one/more", "and more")
`

// TestZip reads what the common tools write in every way that they have, and
// finds nothing in it but the payload.
func TestZip(t *testing.T) {
	cases := [][]string{
		{"zip", "-r", "OUT", "."}, {"zip", "-0", "-r", "OUT", "."}, {"zip", "-Z", "bzip2", "-r", "OUT", "."},
		{"zip", "-fd", "-r", "OUT", "."}, {"zip", "-fz", "-r", "OUT", "."}, {"zip", "-X", "-r", "OUT", "."},
		{"sh", "-c", "zip -r - . > OUT"}, {"sh", "-c", "cat big | zip - - > OUT.zip; zip -r OUT.zip p; mv OUT.zip OUT"},
		{"sh", "-c", "zip -r OUT.zip a.txt big; zip OUT.zip p/payload; zip -u OUT.zip a.txt; zip -d OUT.zip big; mv OUT.zip OUT"},
		{"jar", "cf", "OUT", "."}, {"jar", "c0f", "OUT", "."}, {"jar", "cMf", "OUT", "."},
		{"bsdtar", "--format=zip", "-cf", "OUT", "."}, {"sh", "-c", "bsdtar --format=zip -c . > OUT"},
		{"bsdtar", "--format=zip", "--options=zip:compression=store", "-cf", "OUT", "."},
	}
	for _, m := range []string{"Copy", "Deflate", "Deflate64", "BZip2", "LZMA", "xz"} {
		cases = append(cases, []string{"7z", "a", "-tzip", "-mm=" + m, "OUT", "."})
	}
	for _, m := range []string{"STORED", "DEFLATED", "BZIP2", "LZMA"} {
		for _, how := range []string{"file", "pipe", "zip64", "append"} {
			cases = append(cases, []string{"python3", "-c", pythonZip, "OUT", m, how})
		}
	}
	for _, c := range cases {
		name := fmt.Sprintf("%.60s", strings.Join(append([]string{c[0]}, c[len(c)-3:]...), " "))
		t.Run(name, func(t *testing.T) { check(t, made(t, c...), "test-payload") })
	}
}
