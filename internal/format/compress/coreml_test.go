package compress

import (
	"slices"
	"testing"
)

// TestCoreMLWeights: weights of a Core ML package start with the count of their
// blobs and a version, and are no stream.
func TestCoreMLWeights(t *testing.T) {
	head := slices.Concat([]byte{0x15, 0, 0, 0, 2, 0, 0, 0}, make([]byte, 120))
	if isLZMA(head) {
		t.Error("the weights are taken for an LZMA stream")
	}
}
