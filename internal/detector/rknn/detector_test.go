package rknn_test

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/rknn"
	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
)

var le = binary.LittleEndian

// container is a file of a version of the container.
func container(version uint64, compiled []byte, description string) []byte {
	p := le.AppendUint64([]byte("RKNN\x00\x00\x00\x00"), version)
	p = le.AppendUint64(p, uint64(len(compiled)))
	if version&0xfff > 1 && len(compiled) > 0 {
		p = append(p, make([]byte, 40)...)
	}
	p = append(p, compiled...)
	p = le.AppendUint64(p, uint64(len(description)))
	return append(p, description...)
}

// describe is a description with one node and one more member.
func describe(op, more string) string {
	return `{"version": "1.6.0-abc", "target_platform": ["rk3588"], "nodes": [{"name": "n", "op": "` + op + `"}], ` + more + `"name": "m"}`
}

func TestDetector(t *testing.T) {
	npu := fb.Build("RKNN", fb.Table{0: "data"})
	only, more := []string{"rknn-compiled"}, func(id string) []string { return []string{"rknn-compiled", id} }
	plain := describe("RKNN_OP_NNBG", "")
	detectortest.Run(t, rknn.Detector, []detectortest.Case{
		{Name: "RKNPU2", File: "m.rknn", Data: container(2, npu, plain), Want: only},
		{Name: "second kind", Data: container(0x1004, npu, plain), Want: only},
		{Name: "OpenVX", Data: container(1, []byte("VPMN\x01\x00\x01\x00 and more"), describe("VSI_NN_OP_NBG", "")), Want: only},
		{Name: "description alone", File: "m.rknn", Data: container(6, nil, describe("VSI_NN_OP_CONV2D", ""))},
		{Name: "bare", File: "m.rknn", Data: npu, Want: only},
		{Name: "words", Data: container(6, nil, describe("RKNN_OP_Add", `"description": "exec_summary of the social network", "author": "so.", `))},
		{Name: "padded", Data: container(6, nil, plain+"\x00\x00\x00")},
		{Name: "custom operator", Data: container(6, npu, describe("cstSoftmax", "")), Want: more("rknn-custom-operator")},
		{Name: "library", Data: container(6, npu, describe("RKNN_OP_Add", `"plugin": "../../tmp/libx.so.1", `)), Want: more("rknn-native-library")},
		{Name: "library of Windows", Data: container(6, nil, describe("RKNN_OP_Add", `"a": [{"b": "C:\\x\\y.DLL"}], `)), Want: []string{"rknn-native-library"}},
		{Name: "library behind many texts", Data: container(6, nil, describe("RKNN_OP_Add", `"a": [`+strings.Repeat(`"b",`, 100_000)+`"libx.so"], `)),
			Want: []string{"rknn-native-library"}, Heavy: true},
		{Name: "encrypted part", Data: container(6, []byte("CYPTRKNN and more"), plain), Unread: true},
		{Name: "encrypted", File: "m.rknn", Data: []byte("CYPTRKNN and more"), Unread: true},
		{Name: "unknown version", Data: container(99, nil, plain), Unread: true},
		{Name: "broken description", Data: container(6, nil, `{"version": `), Unread: true},
		{Name: "claims 2^64 bytes", Data: append([]byte("RKNN\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"), "\xff\xff\xff\xff\xff\xff\xff\xff and"...), Want: only, Unread: true},
		{Name: "root outside", Data: container(6, []byte("\xff\xff\xff\x7fRKNN"), plain), Want: only, Unread: true},
	})
}

// TestEncrypted: an encrypted file was not scanned at all.
func TestEncrypted(t *testing.T) {
	got := detectortest.Scan([]*detector.Detector{rknn.Detector}, "m.rknn", []byte("CYPTRKNN and more"))
	if got.Status != audit.NotScanned || got.Reason == "" {
		t.Errorf("got %s (%s), want %s with a reason", got.Status, got.Reason, audit.NotScanned)
	}
}

// TestNested: what is in no known form goes back to the scan.
func TestNested(t *testing.T) {
	inner := &detector.Detector{Name: "inner", Match: func(h *artifact.Head) bool { return h.Depth > 0 && h.HasPrefix("payload") },
		Run: func(_ context.Context, p *detector.Pass) error { p.Recognised("inner:" + p.File.Name()); return nil }}
	data := append(container(6, []byte("payload 1"), describe("RKNN_OP_Add", "")), "payload 2"...)
	got := detectortest.Scan([]*detector.Detector{rknn.Detector, inner}, "m.rknn", data)
	if len(got.Formats) != 3 {
		t.Errorf("got %v, want rknn and two that are nested", got.Formats)
	}
}
