package walk

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// small reads a small file below a root that is kept, by no more than four calls of the
// system: package os asks for the poller, too, which files have no use for. As os.Root
// does, the kernel refuses what leads out of the root (openat2(2), RESOLVE_BENEATH). For
// whatever is not a small file that can be read it returns false: package os says why.
func (f File) small() (*whole, bool) {
	if f.root.shared == nil {
		return nil, false
	}
	o, err := f.root.shared()
	if err != nil {
		return nil, false
	}
	defer runtime.KeepAlive(o)
	// O_NONBLOCK: a FIFO that took the file's place must not hang the scan.
	fd, err := unix.Openat2(int(o.dir.Fd()), f.name, &unix.OpenHow{
		Flags: unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, false
	}
	defer unix.Close(fd)
	var info unix.Stat_t
	if err := unix.Fstat(fd, &info); err != nil || info.Mode&unix.S_IFMT != unix.S_IFREG || info.Size > wholeSize {
		return nil, false
	}
	w, p := newWhole(info.Size)
	for n := 0; n < len(p); {
		more, err := unix.Read(fd, p[n:])
		if err != nil {
			w.Close()
			return nil, false
		}
		if more == 0 { // it became shorter
			p = p[:n]
		}
		n += more
	}
	*w.memory = p
	return w, true
}
