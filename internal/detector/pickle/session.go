package pickle

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// names tells the machine what Python's modules hold.
var names = pickle.Names{Py2: globals.Py2, Resolve: globals.Resolve}

// A session is the reading of one file: the pickles in it, one after the other,
// in each of the ways in which a loader may read them.
type session struct {
	p          *detector.Pass
	r          *hostile.Reader
	named      bool // the name is one that pickles have
	recognised bool
	report     report
	legacy     legacy
	faults     []error
	count      int  // of pickles that were read to their end
	shared     bool // they were read as one unpickler reads them
	depth      int  // of constants in constants that are looked into
	cut        bool // it was told that not all of a pickle was computed
	again      bool // the pickle was followed before, in another reading
	alone      bool // nothing but the file was asked about, and shown is kept
	shown      []shown
}

// newSession starts at the beginning of a file.
func newSession(p *detector.Pass) *session {
	s := new(session)
	s.begin(p)
	return s
}

// begin is newSession in memory that is used again.
func (s *session) begin(p *detector.Pass) {
	*s = session{p: p, named: extensions()[artifact.Extension(p.File.Name())], shown: s.shown[:0]}
}

// reader returns the cursor over the file, or a new one behind a fault.
func (s *session) reader() *hostile.Reader {
	if s.r == nil || s.r.Err() != nil {
		s.r = s.p.Reader()
	}
	return s.r
}

// streams reads pickles to the end of the file.
func (s *session) streams() error {
	for at := int64(0); at < s.p.File.Size; {
		end, ok := s.stream(at)
		if !ok {
			if at == 0 && !s.recognised && !s.named {
				if at = s.quiet(); at == 0 {
					return nil
				}
				continue
			}
			if at == 0 && !s.recognised && s.zipped() {
				return nil
			}
			s.carve(end)
			break
		}
		if at = end; s.legacy.complete() {
			s.storages(at)
			break
		}
		at = s.block(at)
		if err := s.p.Budget.Spent(); err != nil {
			return err
		}
	}
	if s.count > 1 && !s.shared && !s.legacy.complete() {
		// To pickles with a memo each this makes no sense: whatever depends on the
		// arguments of a call is left aside.
		_, found := s.sharedMemo()
		s.report.mergeNamed(found)
	}
	return s.faultError()
}

// quiet returns where a dangerous pickle begins behind others that say too little to
// be known by, or 0: whoever loads a file value by value comes to it.
func (s *session) quiet() int64 {
	for at := int64(0); at < s.p.File.Size; {
		o := s.follow(at, pickle.Reading{Arrays: true})
		o.machine.Release()
		if at > 0 && o.convicts() {
			s.recognised = true
			return at
		}
		if o.err != nil || o.end <= at {
			break
		}
		at = o.end
	}
	return 0
}

// block returns where the next block begins if nothing but zeros lies before it:
// dbm.dumb starts each value at a block. Else it returns at.
func (s *session) block(at int64) int64 {
	const size = 512
	next := (at + size - 1) / size * size
	if next >= s.p.File.Size {
		return at
	}
	pad := make([]byte, next-at)
	n, _ := s.p.File.Content.ReadAt(pad, at)
	for _, c := range pad[:n] {
		if c != 0 {
			return at
		}
	}
	return at + int64(n)
}

// zipped reports whether the file is a zip archive, whose members come back by
// themselves: to look for pickles in the whole of it reads every weight of a
// checkpoint, and finds its data.pkl a second time.
func (s *session) zipped() bool {
	r := s.p.Reader()
	return string(r.Peek(4)) == "PK\x03\x04"
}

// faultError returns the first fault, and tells the scan of the others.
func (s *session) faultError() error {
	if len(s.faults) == 0 || !s.recognised {
		return nil
	}
	for _, err := range s.faults[1:] {
		s.p.Incomplete(err)
	}
	return s.faults[0]
}

// stream reads one pickle and returns where it ends, and whether it was one.
func (s *session) stream(at int64) (end int64, ok bool) {
	content := s.precedented(at)
	if content != nil && s.settled(content) {
		s.recognised = true
		s.count++
		return s.p.File.Size, true
	}
	s.alone = content != nil
	defer s.release(s.p.Budget.Held(), len(s.report.nested))
	o := s.follow(at, pickle.Reading{Arrays: true})
	defer o.machine.Release()
	if !o.plausible(s) {
		return at, false
	}
	s.recognised = true
	s.report.merge(o.report)
	for _, a := range o.numbers {
		s.p.Weights(a.Offset, a.Size)
	}
	if o.arrays {
		s.also(at, pickle.Reading{})
	}
	s.frames(o)
	s.bounded(o)
	if s.count > 0 && o.machine.Missing() && !s.shared {
		// A pickler that was used more than once writes such files.
		if end, found := s.sharedMemo(); end > at {
			s.report.merge(found)
			return end, true
		}
	}
	if o.err != nil {
		s.faults = append(s.faults, o.err)
		return o.end, false
	}
	s.count++
	s.legacy.add(o)
	if s.alone {
		s.precedes(content, o)
	}
	return o.end, true
}

// bounded tells that not all was computed on which what a pickle does may depend.
func (s *session) bounded(o *outcome) {
	if o.machine.Cut() && !s.cut {
		s.cut = true
		s.faults = append(s.faults, hostile.Faultf(hostile.Unsupported, o.start, "what the pickle computes takes more to follow than is followed"))
	}
}

// frames judges the frames of a pickle, and reads on where they make readers
// differ. A file that was cut has a frame that ends behind it.
func (s *session) frames(o *outcome) {
	if at, is := o.machine.Torn(); is {
		s.report.torn(at)
		s.also(o.start, pickle.Reading{Arrays: true, DropTail: true})
	} else if at, is := o.machine.BadFrame(); is && o.machine.Stopped() {
		s.report.badFrame(at)
	}
	if at, is := o.machine.Misplaced(); is && o.machine.Stopped() {
		s.report.spliced(at)
	}
}

// release gives back the memory that following one pickle took, unless a part of
// it is kept to be scanned: a file may hold pickles without number.
func (s *session) release(held int64, nested int) {
	if len(s.report.nested) == nested {
		s.p.Budget.Release(held)
	}
}

// sharedMemo reads all pickles as one unpickler does that is asked for one after
// the other, and returns where that ends and what came of it.
func (s *session) sharedMemo() (end int64, found *report) {
	s.shared, s.again = true, true
	o := s.follow(0, pickle.Reading{Arrays: true, Shared: true})
	s.again = false
	defer o.machine.Release()
	return o.machine.Ended(), o.report
}

// also follows a pickle in another reading, for what is dangerous in it: honest
// files make no sense in it, so that the rest of it means nothing.
func (s *session) also(at int64, reading pickle.Reading) {
	s.again = true
	o := s.follow(at, reading)
	s.again = false
	o.machine.Release()
	s.report.mergeDangerous(o.report)
}

// An outcome is what following one pickle came to.
type outcome struct {
	machine *pickle.Machine
	numbers []detector.Region // where numbers lie
	report  *report
	start   int64
	end     int64
	arrays  bool
	imports int
	text    bool // the first import is of no name that can be Python's: a loader stops there
	named   int  // imports of names that can be Python's
	called  bool // one of them, or what came of it
	result  legacyResult
	err     error
}

// follow follows one pickle.
func (s *session) follow(at int64, reading pickle.Reading) *outcome {
	r := s.reader() // another one behind the fault of the pickle before
	r.MoveTo(at)
	o := &outcome{machine: pickle.New(r, names, reading), report: newReport(), start: at}
	j := &judge{m: o.machine, s: s, report: o.report}
	if s.depth < maxInert {
		o.machine.Look = j.wanted
	}
	o.machine.Array = j.array
	if s.alone {
		o.machine.KeepGaps()
	}
	for e := range o.machine.Run() {
		o.see(e)
		j.effect(e)
	}
	j.finish()
	o.numbers = j.arrays
	o.end, o.err = r.Offset(), o.machine.Err()
	if o.err == nil {
		o.result = o.conclude()
	}
	if o.err == nil && !o.machine.Stopped() {
		o.err = errors.New("the pickle has no end")
	}
	return o
}

// see notes what tells a pickle from bytes that happen to be opcodes.
func (o *outcome) see(e pickle.Effect) {
	switch e.Kind {
	case pickle.Imports:
		n := o.machine.Name(e.Value)
		sound := n != nil && identifier(n.AsModule) && identifier(n.AsName)
		if o.imports++; o.imports == 1 {
			o.text = n != nil && !sound
		}
		if sound {
			o.named++
		}
	case pickle.Calls, pickle.Makes:
		o.called = o.called || o.named > 0
	case pickle.Builds:
		if n := o.machine.Name(o.machine.Class(e.Fn)); n != nil && n.Name == "NumpyArrayWrapper" {
			o.arrays = true
		}
	}
}

// convicts reports whether what was followed is a dangerous pickle, wherever it
// lies. In one that does not end, a name that is neither called nor dangerous by
// being imported is two lines of a text.
func (o *outcome) convicts() bool {
	return o.report.dangerous() && o.named > 0 && (o.err == nil || o.report.runs())
}

// enoughOps is how many opcodes in a row do not come about by chance.
const enoughOps = 64

// plausible reports whether what was followed is a pickle. A text that happens
// to start with two lines of names imports nothing dangerous and comes to no end.
func (o *outcome) plausible(s *session) bool {
	m := o.machine
	switch {
	case o.text && m.Protocol() < 2:
		return false
	case o.report.dangerous():
		return true
	case m.Ops() >= enoughOps && (m.Protocol() >= 2 || o.named > 0 || m.Stopped() || s.named):
		return true
	// PROTO is two bytes of which few files have the second: little more is
	// needed. Of the many arrays of a model some start so, too.
	case m.Protocol() >= 2:
		return o.named > 0 || m.Stopped() || m.Ops() >= 2 && (s.named || s.frameAt(o.start+2)) || m.Ops() >= 8 && m.Protocol() >= 4
	case m.Stopped():
		return o.named > 0 || o.end == s.p.File.Size || m.Ops() >= 8
	}
	return o.called || s.named && o.start == 0 && s.namesModule()
}

// frameAt reports whether a FRAME of less than 4 GiB stands at an offset, as
// behind the PROTO of all pickles that Python writes since protocol 4.
func (s *session) frameAt(at int64) bool {
	var p [9]byte
	n, _ := s.p.File.Content.ReadAt(p[:], at)
	return n == len(p) && p[0] == 0x95 && p[5]|p[6]|p[7]|p[8] == 0
}

// namesModule reports whether the file starts with a GLOBAL of a module and goes
// on with what is no text.
func (s *session) namesModule() bool {
	head := make([]byte, min(s.p.File.Size, 256))
	n, _ := s.p.File.Content.ReadAt(head, 0)
	line, rest, ok := strings.Cut(string(head[:n]), "\n")
	return ok && len(line) > 1 && line[0] == 'c' && identifier(line[1:]) && !utf8.ValidString(rest)
}

// identifier reports whether s can be a dotted name of Python.
func identifier(s string) bool {
	start := true
	for _, c := range s {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
		switch {
		case letter:
			start = false
		case c >= '0' && c <= '9' && !start:
		case c == '.' && !start:
			start = true
		default:
			return false
		}
	}
	return !start
}
