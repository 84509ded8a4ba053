package lfs_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/lfs"
)

const pointer = "version https://git-lfs.github.com/spec/v1\n" +
	"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"

func TestDetector(t *testing.T) {
	detectortest.Run(t, lfs.Detector, []detectortest.Case{
		{Name: "pointer", File: "model.safetensors", Data: []byte(pointer), Unread: true},
		{Name: "git-annex", File: "model.pt", Data: []byte("/annex/objects/SHA256E-s12--4d7a21.pt\n"), Unread: true},
		{Name: "link of git-annex", File: "model.pt", Data: []byte("../../.git/annex/objects/zX/0q/SHA256E-s12--4d7a21.pt/SHA256E-s12--4d7a21.pt"), Unread: true},
		{Name: "merge conflict", File: "model.pt", Data: []byte(pointer[:43] + "<<<<<<< HEAD\n" + pointer[43:]), Unread: true},
	})
}

func TestStatus(t *testing.T) {
	all := []*detector.Detector{lfs.Detector}
	for _, c := range []struct {
		name, text, reason string
		status             audit.Status
	}{
		{name: "pointer", text: pointer, status: audit.NotScanned,
			reason: "a Git LFS pointer to 12345 bytes: the object is not in this checkout"},
		{name: "cut", text: pointer[:len(pointer)-1], status: audit.Incomplete,
			reason: "truncated at byte 0x77: a line is not ended within the 10 bytes left"},
	} {
		got := detectortest.Scan(all, "", []byte(c.text))
		if got.Status != c.status || got.Reason != c.reason {
			t.Errorf("%s: got %s (%s), want %s (%s)", c.name, got.Status, got.Reason, c.status, c.reason)
		}
	}
}
