package safetensors_test

import "testing"

// FuzzDecode: a header without flaws is one whose tensors fill the data exactly.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(tensors(0, 4, 4, 8)), uint16(8))
	f.Add([]byte(tensors(0, 4, 3, 8)), uint16(9))
	f.Add([]byte(`{"__metadata__":{"format":"pt"},"w":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12],"more":[1]}}`), uint16(12))
	f.Fuzz(func(t *testing.T, header []byte, size uint16) {
		h, err := decode(file(string(header), int(size)))
		if err != nil {
			return
		}
		if h.DataSize != uint64(size) {
			t.Errorf("data: got %d bytes, want %d", h.DataSize, size)
		}
		flaws := h.Layout()
		var sum uint64
		for _, tensor := range h.Tensors {
			sum += tensor.End - tensor.Begin
		}
		if len(flaws) == 0 && sum != uint64(size) {
			t.Errorf("%s: no flaws, and the tensors have %d of %d bytes", header, sum, size)
		}
	})
}
