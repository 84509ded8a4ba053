//go:build !linux

package walk

// small is for Linux.
func (f File) small() (*whole, bool) { return nil, false }
