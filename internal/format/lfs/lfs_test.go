package lfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/format/lfs"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

const (
	version = "version https://git-lfs.github.com/spec/v1\n"
	sum     = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
	oid     = "oid sha256:" + sum + "\n"
	size    = "size 12345\n"
)

func decode(text string) (lfs.Pointer, error) {
	return lfs.Decode(hostiletest.Reader(text))
}

func TestDecode(t *testing.T) {
	plain := lfs.Pointer{Version: "https://git-lfs.github.com/spec/v1", SHA256: sum, Size: 12345}
	old := plain
	old.Version = "https://hawser.github.com/spec/v1"
	filtered := plain
	filtered.Extensions = []lfs.Extension{{Priority: 0, Name: "foo", SHA256: sum}, {Priority: 1, Name: "bar-baz", SHA256: sum}}
	for _, c := range []struct {
		name, text string
		want       lfs.Pointer
	}{
		{name: "plain", text: version + oid + size, want: plain},
		{name: "by its former name", text: "version https://hawser.github.com/spec/v1\n" + oid + size, want: old},
		{name: "extensions", text: version + "ext-0-foo sha256:" + sum + "\next-1-bar-baz sha256:" + sum + "\n" + oid + size, want: filtered},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decode(c.text)
			if err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
			if !lfs.Looks([]byte(c.text)) {
				t.Errorf("Looks: got false, want true")
			}
		})
	}
}

func TestDecodeFaults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		kind       hostile.Kind
		offset     int64
		overlooked bool // Looks does not take it for a pointer, and need not
	}{
		{name: "empty", kind: hostile.Truncated, overlooked: true},
		{name: "oid missing", text: version + size, kind: hostile.Truncated, offset: 54},
		{name: "cut in a line", text: version + oid + "size 123", kind: hostile.Truncated, offset: 119},
		{name: "size before oid", text: version + size + oid, kind: hostile.Malformed, offset: 54},
		{name: "version not first", text: oid + size + version, kind: hostile.Malformed},
		{name: "twice the version", text: version + version + oid + size, kind: hostile.Malformed, offset: 43},
		{name: "twice the size", text: version + oid + size + size, kind: hostile.Malformed, offset: 130},
		{name: "merge conflict", text: version + "<<<<<<< HEAD\n" + oid + size, kind: hostile.Malformed, offset: 43},
		{name: "size negative", text: version + oid + "size -5\n", kind: hostile.Malformed, offset: 119},
		{name: "size too large", text: version + oid + "size 9223372036854775808\n", kind: hostile.Malformed, offset: 119},
		{name: "upper-case digest", text: version + strings.Replace(oid, "a2", "A2", 1) + size, kind: hostile.Malformed, offset: 43},
		{name: "other digest", text: version + "oid md5:00\n" + size, kind: hostile.Malformed, offset: 43},
		{name: "unknown key", text: version + "name x\n" + oid + size, kind: hostile.Malformed, offset: 43},
		{name: "later version", text: "version https://git-lfs.github.com/spec/v2\n" + oid + size, kind: hostile.Unsupported},
		{name: "Windows line ends", text: strings.ReplaceAll(version+oid+size, "\n", "\r\n"), kind: hostile.Unsupported},
		{name: "byte-order mark", text: "\ufeff" + version + oid + size, kind: hostile.Malformed},
		{name: "padded", text: version + oid + size + strings.Repeat("\n", 1024), kind: hostile.Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decode(c.text)
			var f *hostile.Fault
			if !errors.As(err, &f) || f.Kind != c.kind || f.Offset != c.offset {
				t.Errorf("got %v, want %v at byte %#x", err, c.kind, c.offset)
			}
			if got := lfs.Looks([]byte(c.text)); got == c.overlooked {
				t.Errorf("Looks: got %v, want %v", got, !c.overlooked)
			}
		})
	}
}

func TestLooksElsewhere(t *testing.T) {
	for _, text := range []string{
		"# Git LFS\n\nA pointer looks like this:\n" + version + oid + size,
		"version 1.0\noid x\nsize 3\n",
		"oid sha256:" + sum + "\nsize 5\n",
	} {
		if lfs.Looks([]byte(text)) {
			t.Errorf("Looks(%q): got true, want false", text)
		}
	}
}
