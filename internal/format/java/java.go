// Package java reads streams of Java's object serialization, as Weka, MOA, Mallet and
// others keep models in: the classes of the objects, which the reader of a stream
// loads and whose own code it runs.
//
// Format: Java Object Serialization Specification, chapter 6.
package java

import (
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Signature is what a stream begins with: its magic number and its version.
const Signature = "\xac\xed\x00\x05"

// A Stream is what the objects of a stream are made of.
type Stream struct {
	Classes []*Class // in the order of the stream
	Objects int      // how many there are, arrays and enumerations among them
	// Trailing is where the stream ends: what follows is no part of it.
	Trailing int64
}

// A Class is the description of a class.
type Class struct {
	Name    string // "java.util.HashMap", "[Ljava.lang.String;"; of a proxy: empty
	Offset  int64
	Proxies []string // interfaces, of a class that is made when it is read
	Named   bool     // the class itself is a value of the stream

	flags  uint8
	fields string // their types, in the order of their values
	super  *Class
	whole  bool // super was read
}

// Marks of what follows, chapter 6.4.2.
const (
	tcNull = 0x70 + iota
	tcReference
	tcClassDesc
	tcObject
	tcString
	tcArray
	tcClass
	tcBlockData
	tcEndBlockData
	tcReset
	tcBlockDataLong
	tcException
	tcLongString
	tcProxyClassDesc
	tcEnum
)

// Flags of a class.
const (
	scWriteMethod    = 1 << iota // an object has more than its fields
	scSerializable               // an object has its fields
	scExternalizable             // an object is what its class writes
	scBlockData                  // ... in blocks
)

const (
	// firstHandle is the number of the first thing that can be referred to.
	firstHandle = 0x7e0000
	// maxDepth bounds the nesting. Java's own is bounded by the stack of a thread,
	// which is less.
	maxDepth = 20_000
	// classCost is what a class takes beside its name, in bytes.
	classCost = 256
)

// Decode reads a stream. What stands before a fault is returned with it.
func Decode(r *hostile.Reader) (*Stream, error) {
	d := decoder{r: r, out: &Stream{}, handles: make(map[uint32]*Class)}
	if string(r.Peek(len(Signature))) != Signature {
		return d.out, r.Fail(hostile.Malformed, "no stream of Java objects")
	}
	r.Skip(uint64(len(Signature)))
	for r.Left() > 0 && r.Err() == nil {
		d.out.Trailing = r.Offset()
		if mark := r.Peek(1); d.out.Objects > 0 && (len(mark) == 0 || mark[0] < tcNull || mark[0] > tcEnum) {
			return d.out, r.Err()
		}
		d.content(0)
	}
	if r.Err() == nil {
		d.out.Trailing = r.Offset()
	}
	return d.out, r.Err()
}

// A decoder follows a stream.
type decoder struct {
	r       *hostile.Reader
	out     *Stream
	next    uint32            // how many things there are that can be referred to
	handles map[uint32]*Class // those of them that are classes
}

// content reads one thing, and reports whether it was the end of a block of them.
func (d *decoder) content(depth int) (end bool) {
	if depth > maxDepth {
		d.r.Fail(hostile.OverBudget, "Java objects nested more than %d deep", maxDepth)
	}
	if !d.r.Step() {
		return true
	}
	switch mark := d.r.Uint8(); mark {
	case tcNull:
	case tcReference:
		d.r.Skip(4)
	case tcClassDesc, tcProxyClassDesc:
		d.class(mark, depth)
	case tcObject, tcEnum, tcArray:
		d.object(mark, depth)
	case tcString:
		d.handle(nil)
		d.r.Skip(d.r.UintBE(2))
	case tcLongString:
		d.handle(nil)
		d.r.Skip(d.r.UintBE(8))
	case tcClass:
		if c := d.description(depth); c != nil {
			c.Named = true
		}
		d.handle(nil)
	case tcBlockData:
		d.r.Skip(uint64(d.r.Uint8()))
	case tcBlockDataLong:
		d.r.Skip(d.r.UintBE(4))
	case tcEndBlockData:
		return true
	case tcReset:
		d.reset()
	case tcException:
		d.reset()
		d.content(depth + 1)
		d.reset()
	default:
		d.r.Fail(hostile.Malformed, "%#x is no mark of a Java object", mark)
	}
	return false
}

// reset forgets what can be referred to.
func (d *decoder) reset() {
	d.next = 0
	clear(d.handles)
}

// handle numbers a thing that can be referred to.
func (d *decoder) handle(c *Class) {
	if c != nil {
		d.handles[d.next] = c
	}
	d.next++
}

// description reads the class of an object: one that is described, was described
// before, or none.
func (d *decoder) description(depth int) *Class {
	switch mark := d.r.Uint8(); mark {
	case tcNull:
	case tcReference:
		if c := d.handles[uint32(d.r.UintBE(4))-firstHandle]; c != nil || d.r.Err() != nil {
			return c
		}
		d.r.Fail(hostile.Malformed, "a reference to a class that was not described")
	case tcClassDesc, tcProxyClassDesc:
		return d.class(mark, depth)
	default:
		if d.r.Err() == nil {
			d.r.Fail(hostile.Malformed, "%#x where a class is described", mark)
		}
	}
	return nil
}

// class reads the description of a class, and of those that it extends.
func (d *decoder) class(mark uint8, depth int) *Class {
	c := &Class{Offset: d.r.Offset() - 1}
	if d.r.Hold(classCost) != nil || !d.r.Step() || depth > maxDepth {
		d.r.Fail(hostile.OverBudget, "too many classes of Java")
		return nil
	}
	if mark == tcClassDesc {
		if c.Name = d.name(); d.r.Err() != nil {
			return nil
		}
		d.out.Classes = append(d.out.Classes, c)
		d.r.Skip(8) // serialVersionUID
		d.handle(c)
		c.flags = d.r.Uint8()
		d.fields(c)
	} else {
		d.out.Classes = append(d.out.Classes, c)
		d.handle(c)
		for range d.r.Count(d.r.UintBE(4), 2) {
			c.Proxies = append(c.Proxies, d.name())
		}
	}
	for d.r.Err() == nil && !d.content(depth+1) { // what the writer's own class adds
	}
	c.super = d.description(depth + 1)
	if c.super != nil && !c.super.whole && d.r.Err() == nil {
		d.r.FailAt(c.Offset, hostile.Malformed, "a class of Java that extends itself")
	}
	c.whole = true
	return c
}

// name reads a text of at most 64 KiB.
func (d *decoder) name() string { return string(d.r.Bytes(d.r.UintBE(2))) }

// fields reads the types of a class's fields.
func (d *decoder) fields(c *Class) {
	var types []byte
	for range d.r.Count(d.r.UintBE(2), 3) {
		kind := d.r.Uint8()
		d.r.Skip(d.r.UintBE(2))
		types = append(types, kind)
		if kind == 'L' || kind == '[' {
			d.content(maxDepth) // its type: a text, or a reference to one, in which nothing nests
		}
	}
	c.fields = string(types)
}

// object reads an object, an array or a constant of an enumeration.
func (d *decoder) object(mark uint8, depth int) {
	c := d.description(depth)
	d.handle(nil)
	d.out.Objects++
	switch {
	case d.r.Err() != nil:
	case mark == tcEnum:
		d.content(depth + 1) // its name
	case mark == tcArray:
		d.array(c, depth)
	default:
		d.values(c, depth)
	}
}

// sizes are how many bytes values of primitive types take.
var sizes = map[byte]uint64{'B': 1, 'C': 2, 'D': 8, 'F': 4, 'I': 4, 'J': 8, 'S': 2, 'Z': 1}

// array reads the elements of an array.
func (d *decoder) array(c *Class, depth int) {
	n := d.r.UintBE(4)
	if c == nil || len(c.Name) < 2 {
		d.r.Fail(hostile.Malformed, "an array of no type")
		return
	}
	if size := sizes[c.Name[1]]; size > 0 {
		d.r.Skip(n * size)
		return
	}
	for range d.r.Count(n, 1) {
		if d.content(depth + 1); d.r.Err() != nil {
			return
		}
	}
}

// values reads what an object holds, that of the classes which its own extends
// first.
func (d *decoder) values(c *Class, depth int) {
	var all []*Class
	for ; c != nil && d.r.Step(); c = c.super {
		all = append(all, c)
	}
	for i := len(all) - 1; i >= 0 && d.r.Err() == nil; i-- {
		d.own(all[i], depth)
	}
}

// own reads what an object holds for one of its classes.
func (d *decoder) own(c *Class, depth int) {
	if c.Proxies != nil || c.Name == "" {
		// A proxy extends java.lang.reflect.Proxy, which holds the rest.
		return
	}
	more := c.flags&scWriteMethod != 0
	if c.flags&scExternalizable != 0 {
		if more = c.flags&scBlockData != 0; !more {
			d.r.Fail(hostile.Unsupported, "an object that only its class can read")
			return
		}
	} else if c.flags&scSerializable != 0 {
		for _, kind := range []byte(c.fields) {
			if size := sizes[kind]; size > 0 {
				d.r.Skip(size)
			} else if d.content(depth + 1); d.r.Err() != nil {
				return
			}
		}
	}
	for more && d.r.Err() == nil && !d.content(depth+1) {
	}
}
