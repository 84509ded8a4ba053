package archive

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// structure judges what concerns the archive as a whole.
func (z *zipPass) structure() {
	if start := z.archive.Extent().Start; start > 0 && len(z.archive.Directories) > 1 {
		z.pickled(zip.Range{End: start})
	}
	if !z.wrapped {
		z.directories()
		z.collisions()
	}
	z.claims()
	z.overlaps()
	for _, e := range z.archive.Ends {
		if over := e.Commented().End - z.File.Size; over > 0 {
			z.Incomplete(hostile.Faultf(hostile.Truncated, e.Offset, "a comment of %d bytes claimed, %d left", e.Comment, e.Comment-int(over)))
		}
	}
}

// directories reports that readers have a choice of directory.
func (z *zipPass) directories() {
	all := z.archive.Directories
	if len(all) < 2 {
		return
	}
	var steps []finding.Step
	for _, d := range all {
		steps = append(steps, finding.Step{Offset: d.Start, Text: fmt.Sprintf("a directory of %d records, offsets moved by %d", d.Records, d.Bias)})
	}
	z.Report(finding.Finding{
		Rule: severalDirectories, Key: "directories", Location: finding.Location{Offset: all[0].Start},
		Message:  fmt.Sprintf("The file has %d zip directories, and readers differ in which one they take. All of them were scanned.", len(all)),
		Evidence: byOffset(steps),
	})
}

// claims reports an end record whose count, size or zip64 counterpart does not
// fit its directory.
func (z *zipPass) claims() {
	var steps []finding.Step
	for _, d := range z.archive.Directories {
		for _, c := range d.Claims {
			if !d.True(c) {
				steps = append(steps, finding.Step{Offset: d.Start, Text: fmt.Sprintf("%d records in %d bytes claimed, %d in %d found",
					c.Count, c.Size, d.Records, d.End-d.Start)})
			}
		}
	}
	for _, e := range z.archive.Ends {
		if e.Disagrees() {
			steps = append(steps, finding.Step{Offset: e.Offset, Text: fmt.Sprintf("%d records in the end record, %d in its zip64 counterpart", e.Count, e.Zip64.Count)})
		}
	}
	if len(steps) == 0 {
		return
	}
	z.Report(finding.Finding{
		Rule: directoryLies, Key: "end", Location: finding.Location{Offset: steps[0].Offset},
		Message:  "The end of the zip archive misstates its directory: " + steps[0].Text + ". Readers that count see other members than readers that measure.",
		Evidence: byOffset(steps),
	})
}

// overlaps reports members that share bytes, by which a small archive becomes a
// bomb.
func (z *zipPass) overlaps() {
	all := z.archive.Overlaps
	if len(all) == 0 {
		return
	}
	first, _ := z.archive.Entry(all[0].First)
	second, _ := z.archive.Entry(all[0].Second)
	var steps []finding.Step
	for _, e := range []*zip.Entry{first, second} {
		if e.Local != nil {
			steps = append(steps, finding.Step{Offset: e.Local.Offset, Text: fmt.Sprintf("%s, up to byte %#x", finding.Quote(e.Name()), e.End)})
		}
	}
	z.Report(finding.Finding{
		Rule: overlap, Key: "overlap", Location: finding.Location{Offset: steps[0].Offset},
		Message: fmt.Sprintf("Members of the zip archive share bytes: %s and %s%s.",
			finding.Quote(first.Name()), finding.Quote(second.Name()), andMore(len(all)-1)),
		Evidence: steps,
	})
}

// andMore says how many pairs were not named.
func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d more pairs", n)
}

// collisions reports members that a reader which looks names up confuses.
func (z *zipPass) collisions() {
	for _, c := range z.archive.Collisions {
		first, err := z.archive.Entry(c.First)
		second, err2 := z.archive.Entry(c.Second)
		if err != nil || err2 != nil {
			continue
		}
		name := finding.Quote(second.Name())
		r, what := similarNames, "that some readers do not tell apart: "+finding.Quote(first.Name())+" and "+name
		if c.Exact {
			r, what = duplicate, "of different content that are named "+name
		}
		z.Report(finding.Finding{
			Rule: r, Key: second.Name(), Location: finding.Location{Offset: second.Header().Offset},
			Message: fmt.Sprintf("The archive has two members %s. Which one is loaded depends on the reader; both were scanned.", what),
			Evidence: byOffset([]finding.Step{
				{Offset: first.Header().Offset, Text: describe(first)}, {Offset: second.Header().Offset, Text: describe(second)},
			}),
		})
	}
}

// describe is an entry as evidence.
func describe(e *zip.Entry) string {
	h := e.Header()
	return fmt.Sprintf("%s: %d bytes, checksum %08x", finding.Quote(e.Name()), h.Size, h.CRC)
}

// names reports names that lead out of the archive, and members that have
// several.
func (z *zipPass) names(e *zip.Entry) {
	h := e.Header()
	checkName(z.Pass, e.Name(), h.Offset)
	other := ""
	if name, _, cut := strings.Cut(h.Name, "\x00"); cut {
		other = name
	}
	if h.Unicode != "" && h.Unicode != h.Name && (isASCII(h.Unicode) || h.Flags&zip.FlagUTF8 != 0) {
		other = h.Unicode
	}
	if other != "" {
		reportOtherName(z.Pass, h.Name, other, h.Offset)
	}
}

// isASCII reports whether every reader decodes a name alike, whatever code page
// it takes it to be in.
func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c >= 0x80 })
}

// disagreements reports the fields in which an entry's two headers differ.
func (z *zipPass) disagreements(e *zip.Entry) {
	fields := e.Disagreements()
	if len(fields) == 0 {
		return
	}
	var names []string
	for _, f := range fields {
		names = append(names, string(f))
	}
	z.Report(finding.Finding{
		Rule: headersDisagree, Key: e.Name(), Location: finding.Location{Offset: e.Local.Offset},
		Message: fmt.Sprintf("The two headers of member %s differ in %s: readers that trust one see something else than readers that trust the other.",
			finding.Quote(e.Name()), strings.Join(names, ", ")),
		Evidence: byOffset([]finding.Step{
			{Offset: e.Local.Offset, Text: "local header: " + describeHeader(e.Local)},
			{Offset: e.Central.Offset, Text: "directory: " + describeHeader(e.Central)},
		}),
	})
}

// describeHeader is all of a header that readers go by, as evidence.
func describeHeader(h *zip.Header) string {
	return fmt.Sprintf("%s, %s, flags %#04x, %d bytes from %d, checksum %08x",
		finding.Quote(h.Name), zip.MethodName(h.Method), h.Flags, h.Size, h.Compressed, h.CRC)
}

// hidden reports an entry that only readers of local headers see.
func (z *zipPass) hidden(e *zip.Entry) {
	z.Report(finding.Finding{
		Rule: hiddenMember, Key: e.Name(), Location: finding.Location{Offset: e.Local.Offset},
		Message:  fmt.Sprintf("The member %s is in no directory of the zip archive: only readers that stream see it. It was scanned.", finding.Quote(e.Name())),
		Evidence: []finding.Step{{Offset: e.Local.Offset, Text: "local header: " + describeHeader(e.Local)}},
	})
}

// gaps hands bytes outside of the archive back to the scan and reports them. The
// scan of the whole file starts with those in front, so they do not go back.
func (z *zipPass) gaps() error {
	for _, gap := range z.archive.Gaps {
		if z.spannedMarker(gap) || !filled(z.Pass, gap.Start, gap.End) || z.wrapped {
			continue
		}
		if gap.Start == 0 {
			z.before(gap)
			continue
		}
		if err := extra(z.Pass, z.gapName(gap), gap.Start, gap.End); err != nil {
			return err
		}
	}
	return nil
}

// gapName is the name of a stretch that no entry claims.
func (z *zipPass) gapName(gap zip.Range) string {
	switch {
	case gap.Start == 0:
		return "before the zip archive"
	case gap.End == z.File.Size:
		return "after the zip archive"
	default:
		return "between the records of the zip archive"
	}
}

// spannedMarker reports whether a gap is the marker that writers of spanned
// archives put in front of the first header (APPNOTE 8.5.3 and 8.5.4).
func (z *zipPass) spannedMarker(gap zip.Range) bool {
	p := z.Reader().At(uint64(gap.Start), uint64(gap.End-gap.Start)).Peek(5)
	return string(p) == "PK\x07\x08" || string(p) == "PK00"
}

// byOffset puts evidence in file order.
func byOffset(steps []finding.Step) []finding.Step {
	slices.SortStableFunc(steps, func(a, b finding.Step) int { return cmp.Compare(a.Offset, b.Offset) })
	return steps
}
