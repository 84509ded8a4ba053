package marshal

import "github.com/modelaudit/modelaudit/internal/hostile"

// Magic numbers of .pyc files, the first two bytes (Lib/importlib/_bootstrap_external.py).
const (
	magicFlags = 3390  // 3.7 began to have a flags field
	magicSize  = 3180  // 3.3 began to have the size of the source
	magicLast3 = 4095  // room for versions to come
	magicPy2   = 62011 // 2.3
	magicPy27  = 62211 // 2.7
)

// Pyc reports whether a file starts as compiled Python, and how many bytes its
// header takes.
func Pyc(head []byte) (size int64, ok bool) {
	if len(head) < 8 || head[2] != '\r' || head[3] != '\n' {
		return 0, false
	}
	magic := int(head[0]) | int(head[1])<<8
	switch {
	case magic >= magicFlags && magic <= magicLast3:
		return 16, true
	case magic >= magicSize && magic < magicFlags:
		return 12, true
	case magic >= 3000 && magic < magicSize, magic >= magicPy2 && magic <= magicPy27:
		return 8, true
	}
	return 0, false
}

// DecodePyc reads a .pyc file.
func DecodePyc(r *hostile.Reader) (*Value, error) {
	size, ok := Pyc(r.Peek(16))
	if !ok {
		return nil, r.Fail(hostile.Malformed, "no header of compiled Python")
	}
	r.Skip(uint64(size))
	return Decode(r)
}
