package archive

import (
	"errors"
	"fmt"
	"io"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/tar"
	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// isTar knows tar by the checksum of its first header, with or without ustar's
// magic.
func isTar(h *artifact.Head) bool { return tar.Is(h.First) }

// runTar hands every member of a tar archive back to the scan and judges the
// headers. It returns whether one member holds all of a range, which is where a
// zip archive was seen in the file: then that archive is the member.
func runTar(p *detector.Pass, inside zip.Range) (wrapped bool, err error) {
	p.Recognised("tar")
	w, l := tar.Walk(p.Reader()), newLinks(p)
	defer l.report()
	for {
		e, err := w.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p.Incomplete(err)
		}
		if e == nil {
			continue
		}
		wrapped = wrapped || e.Data <= inside.Start && inside.End <= e.Data+e.Packed
		if err := tarMember(p, l, e); err != nil {
			return wrapped, err
		}
	}
	if spent := p.Budget.Spent(); spent != nil {
		return wrapped, spent
	}
	// Two blocks of zeros (POSIX pax, "Archive File Format"); what was cut off
	// may have been members.
	end, ended := w.Ended()
	if !ended {
		return wrapped, hostile.Faultf(hostile.Truncated, p.File.Size, "no end marker: the tar archive is cut off")
	}
	return wrapped, behindTar(p, end, inside)
}

// zipExtent returns where a zip archive lies in a tar archive, if there is one.
func zipExtent(p *detector.Pass, h *artifact.Head) zip.Range {
	if !isZip(h) {
		return zip.Range{}
	}
	held := p.Budget.Held()
	defer p.Budget.Release(held)
	a, _ := zip.Decode(p.Reader())
	if len(a.Ends) == 0 {
		return zip.Range{}
	}
	return a.Extent()
}

// tarMember judges one header and hands back the content.
func tarMember(p *detector.Pass, l *links, e *tar.Entry) error {
	checkName(p, e.Name, e.Header)
	tarNames(p, e)
	if e.Type != tar.TypeSymlink {
		l.member(e.Name, e.Header)
	}
	switch e.Type {
	case tar.TypeSymlink:
		l.symlink(e.Name, e.Link, e.Header)
		l.symlink(e.Name, e.HeaderLink, e.Header)
	case tar.TypeLink:
		checkHardLink(p, e.Name, e.Link, e.Header)
		checkHardLink(p, e.Name, e.HeaderLink, e.Header)
	case tar.TypeCharacter, tar.TypeBlock, tar.TypeFIFO:
		p.Report(finding.Finding{
			Rule: specialFile, Key: e.Name, Location: finding.Location{Offset: e.Header},
			Message:  fmt.Sprintf("Unpacking the archive creates the device or pipe %s.", finding.Quote(e.Name)),
			Evidence: []finding.Step{{Offset: e.Header, Text: fmt.Sprintf("type %q of %s", e.Type, finding.Quote(e.Name))}},
		})
	}
	for _, v := range e.Others {
		if err := margin(p, "in a pax header of a member", v.Data, v.Length); err != nil {
			return err
		}
	}
	if e.Size == 0 || !e.Regular() && !e.Skipped {
		return nil
	}
	return tarContent(p, e)
}

// tarNames reports headers that say different things to different readers.
func tarNames(p *detector.Pass, e *tar.Entry) {
	if e.HeaderName != "" {
		reportOtherName(p, e.Name, e.HeaderName, e.Header)
	}
	what := ""
	switch {
	case e.HeaderSize >= 0:
		what = fmt.Sprintf("%d bytes in its pax header, %d in its main header", e.Packed, e.HeaderSize)
	case e.Skipped:
		what = fmt.Sprintf("%d bytes claimed for an entry of type %q, which has none", e.Packed, e.Type)
	default:
		return
	}
	p.Report(finding.Finding{
		Rule: headersDisagree, Key: e.Name, Location: finding.Location{Offset: e.Header},
		Message: fmt.Sprintf("The headers of member %s give different sizes: %s. What follows is content to some readers and headers to others.",
			finding.Quote(e.Name), what),
		Evidence: []finding.Step{{Offset: e.Header, Text: what}},
	})
}

// tarContent hands the content of an entry back, and what readers of the main
// header alone take for it.
func tarContent(p *detector.Pass, e *tar.Entry) error {
	held := p.Budget.Held()
	defer p.Budget.Release(held)
	content, size, err := e.Content(p.File.Content, p.File.Size, p.Budget)
	if err != nil {
		p.Incomplete(err)
	}
	if e.Sparse {
		checkRatio(p, e.Name, e.Data, e.Packed, e.Size)
	}
	if err := p.Nested(p.File.Member(e.Name, content, size)); err != nil {
		return err
	}
	if last := (e.Data + e.Packed) % tarBlock; last != 0 {
		if err := margin(p, "in the padding of a member", e.Data+e.Packed, tarBlock-last); err != nil {
			return err
		}
	}
	if e.HeaderSize <= 0 {
		return nil
	}
	n := min(e.HeaderSize, p.File.Size-e.Data)
	return p.Nested(p.File.Member(e.Name, hostile.Section(p.File.Content, e.Data, n), n))
}

// behindTar hands back what lies behind the end of a tar archive, unless it is
// padding, or the zip archive that was seen there. Readers that are told to ignore
// zeros go on there.
func behindTar(p *detector.Pass, end int64, seen zip.Range) error {
	if end >= p.File.Size || seen.Start >= end && !filled(p, end, seen.Start) {
		return nil
	}
	start := firstFilled(p, end, p.File.Size) // behind the zeros, which a pickle does not start with
	if start == p.File.Size {
		return nil
	}
	return extra(p, "after the tar archive", start, p.File.Size)
}

// extra reports bytes that do not belong to the archive, and hands them back.
func extra(p *detector.Pass, where string, start, end int64) error {
	reportExtra(p, where, start, end-start)
	return p.Nested(p.File.Member("("+where+")", hostile.Section(p.File.Content, start, end-start), end-start))
}

// reportExtra reports bytes that do not belong to the archive.
func reportExtra(p *detector.Pass, where string, at, size int64) {
	p.Report(finding.Finding{
		Rule: extraBytes, Key: where, Location: finding.Location{Offset: at, Length: size},
		Message:  fmt.Sprintf("%d bytes %s are not part of it.", size, where),
		Evidence: []finding.Step{{Offset: at, Text: fmt.Sprintf("%d bytes that no header accounts for", size)}},
	})
}

// filled reports whether a range of the file holds anything but zeros.
func filled(p *detector.Pass, start, end int64) bool { return firstFilled(p, start, end) < end }

// firstFilled returns where in a range of the file something else than zeros
// starts, or the end of the range.
func firstFilled(p *detector.Pass, start, end int64) int64 {
	r := p.Reader().At(uint64(start), uint64(end-start))
	for r.Left() > 0 && r.Step() {
		part := r.Peek(32 << 10)
		for i, c := range part {
			if c != 0 {
				return r.Offset() + int64(i)
			}
		}
		r.Skip(uint64(len(part)))
	}
	if r.Err() != nil {
		return start
	}
	return end
}
