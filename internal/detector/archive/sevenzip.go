package archive

import (
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/sevenzip"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// isSevenZip knows 7z by its signature.
func isSevenZip(h *artifact.Head) bool { return h.HasPrefix(sevenzip.Signature) }

// runSevenZip hands every member of a 7z archive back to the scan.
func runSevenZip(p *detector.Pass) error {
	p.Recognised("7z")
	a, err := sevenzip.Decode(p.File.Content, p.Reader())
	if err != nil {
		return err
	}
	if a.Encrypted {
		p.Refused("the 7z archive is encrypted, its list of members included")
		return nil
	}
	s := &sevenPass{Pass: p, archive: a, links: newLinks(p), folder: -1}
	defer s.links.report()
	for i := range a.Files {
		if err := s.member(&a.Files[i]); err != nil {
			return err
		}
	}
	if s.encrypted > 0 && s.read == 0 {
		p.Refused(fmt.Sprintf("all %d members of the 7z archive are encrypted", s.encrypted))
	}
	if a.End < p.File.Size && filled(p, a.End, p.File.Size) {
		return extra(p, "after the 7z archive", a.End, p.File.Size)
	}
	return nil
}

// A sevenPass unpacks each folder once, file after file.
type sevenPass struct {
	*detector.Pass
	archive         *sevenzip.Archive
	links           *links
	folder          int       // that is open, or -1
	stream          io.Reader // what is left of it; nil if it cannot be read
	at              uint64    // how much of it was read
	held            int64     // memory before it was opened
	read, encrypted int
}

// member judges one file and hands back its content.
func (s *sevenPass) member(f *sevenzip.File) error {
	checkName(s.Pass, f.Name, 0)
	if err := s.Budget.Step(); err != nil || f.Folder < 0 {
		return err
	}
	if f.Folder != s.folder {
		s.open(f.Folder)
	}
	if s.stream == nil {
		if s.archive.Folders[f.Folder].Encrypted {
			s.encrypted++
		}
		return nil
	}
	s.read++
	held := s.Budget.Held()
	defer s.Budget.Release(held)
	// Over what comes out the first time: a large file is unpacked again
	// whenever it is read again.
	sum := crc32.NewIEEE()
	content, err := hostile.Unpack(s.Budget, s.opener(f, sum))
	s.at += uint64(content.Size)
	if err == nil && uint64(content.Size) < f.Size {
		err = hostile.Faultf(hostile.Truncated, 0, "member %s: %d bytes claimed, %d came out", finding.Quote(f.Name), f.Size, content.Size)
	}
	if err != nil {
		s.Incomplete(err)
		s.stream = nil // what follows in the folder depends on it
	} else {
		s.judge(f, content, sum.Sum32())
	}
	return s.Nested(s.File.Member(f.Name, content.Reader(), content.Size))
}

// open starts unpacking a folder, in place of the one before.
func (s *sevenPass) open(folder int) {
	if s.folder >= 0 {
		s.Budget.Release(s.held)
	}
	s.folder, s.at, s.held, s.stream = folder, 0, s.Budget.Held(), nil
	var stream io.Reader
	err := hostile.Guard(func() (err error) {
		stream, err = s.archive.Folders[folder].Open(s.File.Content, s.File.Size, s.Budget)
		return err
	})
	if err != nil {
		s.Incomplete(asFault(err))
		return
	}
	s.stream = stream
}

// asFault tells the errors of decompressors from faults.
func asFault(err error) error {
	var f *hostile.Fault
	if errors.As(err, &f) {
		return err
	}
	return hostile.Faultf(hostile.Malformed, 0, "a 7z folder is damaged: %v", err)
}

// opener reads a file from the folder that is open, and later, for content that
// is too large to be kept, from the start of the folder again.
func (s *sevenPass) opener(f *sevenzip.File, sum hash.Hash) hostile.Opener {
	first, at := true, s.at
	return func() (io.Reader, error) {
		if first {
			first = false
			return io.TeeReader(io.LimitReader(s.stream, int64(min(f.Size, 1<<62))), sum), nil
		}
		again, err := s.archive.Folders[f.Folder].Open(s.File.Content, s.File.Size, s.Budget)
		if err != nil {
			return nil, err
		}
		for left := int64(at); left > 0; {
			n, err := io.CopyN(io.Discard, again, min(left, 1<<20))
			if spent := s.Budget.Inflate(n); spent != nil || err != nil {
				return nil, errors.Join(spent, err)
			}
			left -= n
		}
		return io.LimitReader(again, int64(min(f.Size, 1<<62))), nil
	}
}

// judge reports what the content itself shows: a wrong checksum, a link that
// leads out.
func (s *sevenPass) judge(f *sevenzip.File, content *hostile.Content, sum uint32) {
	if f.HasCRC && f.CRC != sum {
		reportContent(s.Pass, f.Name, 0, fmt.Sprintf("checksum %08x claimed, %08x found", f.CRC, sum))
	}
	folder := &s.archive.Folders[f.Folder]
	if packed := folder.Packed(); folder.Size > 0 && content.Size > 0 {
		// Files of a folder are one stream: each is taken to have its share of
		// the packed bytes.
		share := float64(content.Size) / float64(folder.Size)
		checkRatio(s.Pass, f.Name, 0, int64(share*float64(packed)), content.Size)
	}
	if target, ok := content.Whole(); ok && f.Symlink && len(target) <= maxTarget {
		s.links.symlink(f.Name, string(target), 0)
	} else {
		s.links.member(f.Name, 0)
	}
}
