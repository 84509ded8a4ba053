package archive

import (
	"fmt"
	"hash/crc32"
	"io"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// isZip reports whether some reader may take the file for a zip archive: by its
// start, or by an end record near its end.
func isZip(h *artifact.Head) bool {
	return h.HasPrefix("PK\x03\x04", "PK\x05\x06", "PK\x07\x08PK\x03\x04", "PK00PK\x03\x04") ||
		h.EndsZip()
}

// runZip hands every member of a zip archive back to the scan and judges the
// archive's structure.
func runZip(p *detector.Pass) error {
	defer p.Budget.Release(p.Budget.Held())
	if parts := zip.Series(p.Reader()); parts != nil {
		return runSeries(p, parts)
	}
	a, err := zip.Decode(p.Reader())
	if a.Len() == 0 && len(a.Ends) == 0 && err == nil && !startsZip(p) {
		return nil
	}
	p.Recognised("zip")
	extent := a.Extent()
	p.Claim(extent.Start, extent.End-extent.Start)
	// What the directory says cannot be held against what was not read.
	if spent := p.Budget.Spent(); spent != nil {
		return spent
	}
	if err != nil {
		p.Incomplete(err)
	} else if len(a.Ends) == 0 {
		p.Incomplete(hostile.Faultf(hostile.Truncated, p.File.Size, "no end record: the zip archive is cut off"))
	}
	z := &zipPass{Pass: p, archive: a, links: newLinks(p)}
	defer z.links.report()
	z.structure()
	return z.members()
}

// runSeries hands every archive of a series back to the scan: whoever loads one of
// them is shown nothing of the others.
func runSeries(p *detector.Pass, parts []zip.Range) error {
	p.Recognised("zip")
	for i, part := range parts {
		if err := p.Part(fmt.Sprintf("(archive %d)", i+1), part.Start, part.End-part.Start); err != nil {
			return err
		}
	}
	return nil
}

// startsZip reports whether the zip archive is what the file is, rather than
// something behind another.
func startsZip(p *detector.Pass) bool { return string(p.Reader().Peek(4)) == "PK\x03\x04" }

// A zipPass is the scan of one zip archive.
type zipPass struct {
	*detector.Pass
	archive   *zip.Archive
	links     *links
	encrypted int   // members that could not be read for encryption
	read      int   // members that were
	wrapped   bool  // the archive is a constant in a pickle
	handed    int64 // end of the bytes that were handed back
	buffer    []byte
}

// members hands the members back, in file order.
func (z *zipPass) members() error {
	for e, err := range z.archive.Entries() {
		if spent := z.Budget.Spent(); spent != nil {
			return spent
		}
		if err != nil {
			z.Incomplete(err)
		}
		if e.Header() == nil {
			continue
		}
		if err := z.member(e); err != nil {
			return err
		}
	}
	if z.encrypted > 0 && z.read == 0 {
		z.Refused(fmt.Sprintf("all %d members of the zip archive are encrypted", z.encrypted))
	}
	if err := z.comments(); err != nil {
		return err
	}
	return z.gaps()
}

// member judges the headers of one entry and hands back its content, in every
// reading.
func (z *zipPass) member(e *zip.Entry) error {
	z.names(e)
	z.disagreements(e)
	if err := z.margins(e); err != nil {
		return err
	}
	if e.Central == nil && len(z.archive.Ends) > 0 {
		z.hidden(e)
	}
	for i, x := range e.Readings() {
		// Two directories that name one member name it in the same way more
		// often than not: it is read once.
		if e.Again && z.sameAsBefore(e, x) || e.Header().Directory() && x.Compressed == 0 {
			continue
		}
		held := z.Budget.Held()
		err := z.reading(e, x, i == 0)
		z.Budget.Release(held)
		if err != nil {
			return err
		}
	}
	return nil
}

// sameAsBefore reports whether an entry that shares its local header with an
// earlier one is read as the local header says, which the earlier one was too.
func (z *zipPass) sameAsBefore(e *zip.Entry, x zip.Reading) bool {
	local := zip.Entry{Local: e.Local, Data: e.Data, End: e.End}
	for _, y := range local.Readings() {
		if y.Method == x.Method && (y.Compressed == x.Compressed || e.Local.Streamed()) {
			return true
		}
	}
	return false
}

// reading unpacks one reading of an entry and hands it back. What keeps the
// second reading from being read keeps the readers that choose it, too.
func (z *zipPass) reading(e *zip.Entry, x zip.Reading, first bool) error {
	if e.Header().Encrypted() && !z.plain(e, x) {
		return z.opaque(e, x)
	}
	if err := z.shared(x); err != nil {
		return err
	}
	content, size, err := x.Open(z.File.Content, z.File.Size, z.Budget)
	if err != nil && (first || z.Budget.Spent() != nil) {
		z.Incomplete(err)
	}
	if content == nil {
		return nil
	}
	z.read++
	if err == nil && first {
		z.compare(e, content, size)
	}
	z.ratio(e, x, size)
	if e.Header().Symlink() && size <= maxTarget {
		z.link(e, content, size)
	} else {
		z.links.member(e.Name(), e.Data)
	}
	return z.Nested(z.File.Member(e.Name(), content, size))
}

// shared charges the bytes of a reading that were handed back before, as part of
// another member, like unpacked ones: members that overlap multiply what there
// is to read as compression does.
func (z *zipPass) shared(x zip.Reading) error {
	data, _ := x.Extent(z.File.Size)
	again := min(data.End, z.handed) - data.Start
	z.handed = max(z.handed, data.End)
	if again <= 0 {
		return nil
	}
	const nested = 8 // what is read again is searched for archives again
	return z.Budget.Inflate(nested * again)
}

// opaque records a member that is encrypted. Its bytes go back to the scan as
// they are if they are too few to tell a cipher's from plain ones.
func (z *zipPass) opaque(e *zip.Entry, x zip.Reading) error {
	z.encrypted++
	z.Incomplete(hostile.Faultf(hostile.Unsupported, e.Data, "member %s is encrypted", finding.Quote(e.Name())))
	if x.Method != zip.Store || x.Compressed >= randomLeast {
		return nil
	}
	content, size, _ := x.Open(z.File.Content, z.File.Size, z.Budget)
	return z.Nested(z.File.Member(e.Name(), content, size))
}

// maxTarget bounds the target of a symbolic link: PATH_MAX of Linux.
const maxTarget = 4096

// link judges a member that is a symbolic link: its content is where it leads.
func (z *zipPass) link(e *zip.Entry, content io.ReaderAt, size int64) {
	target := make([]byte, size)
	n, _ := content.ReadAt(target, 0)
	z.links.symlink(e.Name(), string(target[:n]), e.Data)
}

// plain reports whether data that is marked as encrypted is not: it is as long
// as its content and unpacks as it is, or its bytes are no cipher's.
func (z *zipPass) plain(e *zip.Entry, x zip.Reading) bool {
	if x.Method == zip.AES || !zip.Supported(x.Method) {
		return false
	}
	held := z.Budget.Held()
	defer z.Budget.Release(held)
	content, size, err := x.Open(z.File.Content, z.File.Size, z.Budget)
	plain := err == nil && uint64(size) == e.Header().Size
	if x.Method == zip.Store && !plain && size >= randomLeast {
		plain = !looksRandom(content, size)
	}
	if plain {
		z.Report(finding.Finding{
			Rule: falseEncryption, Key: e.Name(), Location: finding.Location{Offset: e.Header().Offset},
			Message: fmt.Sprintf("The member %s is marked as encrypted but is plain: a scanner that believes the mark skips what a loader reads.",
				finding.Quote(e.Name())),
			Evidence: []finding.Step{{Offset: e.Header().Offset, Text: fmt.Sprintf("flags %#04x, method %s", e.Header().Flags, zip.MethodName(x.Method))}},
		})
	}
	return plain
}

// randomLeast is how many bytes the statistic of looksRandom needs: four for
// each value on average.
const randomLeast = 1 << 10

// looksRandom reports whether bytes are spread as evenly as a cipher's: the
// chi-squared statistic over 256 values stays below what 1 in 10^9 random
// samples exceeds. Fewer than randomLeast bytes tell nothing.
func looksRandom(content io.ReaderAt, size int64) bool {
	const sample, limit = 64 << 10, 400.0
	p := make([]byte, min(size, sample))
	n, _ := content.ReadAt(p, 0)
	var count [256]float64
	for _, c := range p[:n] {
		count[c]++
	}
	want, chi := float64(n)/256, 0.0
	for _, c := range count {
		chi += (c - want) * (c - want) / want
	}
	return chi < limit
}

// checksumLimit is the largest stored member whose checksum is verified. Larger
// ones are weights; reading them would cost what jumping over them saves.
const checksumLimit = 1 << 20

// compare checks content against the size and checksum that the archive gives
// for it. A checksum of zero is what PyTorch writes when told not to compute one.
func (z *zipPass) compare(e *zip.Entry, content io.ReaderAt, size int64) {
	h := e.Header()
	var differs string
	switch {
	case e.Central == nil && h.Streamed():
	case uint64(size) != h.Size:
		differs = fmt.Sprintf("%d bytes claimed, %d there", h.Size, size)
	case h.CRC != 0 && size <= checksumLimit:
		if got := z.checksum(content, size); got != h.CRC {
			differs = fmt.Sprintf("checksum %08x claimed, %08x found", h.CRC, got)
		}
	}
	if differs != "" {
		reportContent(z.Pass, e.Name(), h.Offset, differs)
	}
}

// checksum reads content through one buffer for all members.
func (z *zipPass) checksum(content io.ReaderAt, size int64) uint32 {
	if z.buffer == nil {
		z.buffer = make([]byte, 64<<10)
	}
	sum := uint32(0)
	for at := int64(0); at < size; {
		n, err := content.ReadAt(z.buffer[:min(size-at, int64(len(z.buffer)))], at)
		sum = crc32.Update(sum, crc32.IEEETable, z.buffer[:n])
		at += int64(n)
		if err != nil && at < size {
			break
		}
	}
	return sum
}

// ratio reports a member that unpacks to far more than it is.
func (z *zipPass) ratio(e *zip.Entry, x zip.Reading, size int64) {
	if x.Method == zip.Store {
		return
	}
	checkRatio(z.Pass, e.Name(), e.Data, int64(min(x.Compressed, uint64(z.File.Size))), size)
}
