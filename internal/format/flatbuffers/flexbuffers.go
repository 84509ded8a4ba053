package flatbuffers

import "github.com/modelaudit/modelaudit/internal/hostile"

// Types of FlexBuffers, by flexbuffers.h.
const (
	flexKey    = 4
	flexString = 5
	flexVector = 10
	flexBlob   = 25
)

// maxFlex is how many elements of a vector are looked at: what is read here has
// two.
const maxFlex = 16

// FlexTexts returns the strings and blobs in the vector that a FlexBuffer is, in
// place. A FlexBuffer is read from its end, and says of every value how wide it is.
// Its faults are r's.
func FlexTexts(r *hostile.Reader) []*hostile.Reader {
	end := r.End()
	r.MoveTo(end - 2)
	kind, width := r.Uint8(), int64(r.Uint8())
	if r.Err() != nil || kind>>2 != flexVector || width == 0 || width > 8 || width&(width-1) != 0 {
		return nil
	}
	at := flexFollow(r, end-2-width, width)
	each := int64(1) << (kind & 3)
	n := int64(flexNumber(r, at-each, each))
	types := at + n*each
	var out []*hostile.Reader
	for i := range min(n, maxFlex) {
		r.MoveTo(types + i)
		kind := r.Uint8()
		if t := kind >> 2; t != flexString && t != flexBlob && t != flexKey {
			continue
		}
		text, wide := flexFollow(r, at+i*each, each), int64(1)<<(kind&3)
		size := flexNumber(r, text-wide, wide)
		r.MoveTo(text)
		if w := r.Window(size); r.Err() == nil {
			out = append(out, w)
		}
	}
	return out
}

// flexNumber reads the number of n bytes at an offset.
func flexNumber(r *hostile.Reader, at, n int64) uint64 {
	r.MoveTo(at)
	return r.UintLE(int(n))
}

// flexFollow returns where the offset of n bytes at an offset leads: backwards.
func flexFollow(r *hostile.Reader, at, n int64) int64 {
	return at - int64(flexNumber(r, at, n))
}
