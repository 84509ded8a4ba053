package scan

import "hash/maphash"

// causes are what is told once for each file inside, by hash: a file can hold a
// million others, far inside and with long names.
type causes struct {
	seed maphash.Seed
	told map[uint64]struct{}
}

func newCauses() causes {
	return causes{seed: maphash.MakeSeed(), told: make(map[uint64]struct{})}
}

// first notes a cause at a file, and reports whether it is new.
func (c causes) first(cause string, inside []string) bool {
	var h maphash.Hash
	h.SetSeed(c.seed)
	h.WriteString(cause)
	for _, name := range inside {
		h.WriteByte(0)
		h.WriteString(name)
	}
	sum := h.Sum64()
	_, old := c.told[sum]
	c.told[sum] = struct{}{}
	return !old
}
