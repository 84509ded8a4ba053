package pickle

// An EffectKind is something that loading a pickle does to the process.
type EffectKind uint8

// What loading does.
const (
	Imports  EffectKind = iota // imports a module and takes an attribute of it
	Calls                      // calls a function, or a class with its initialiser
	Makes                      // calls __new__ of a class alone
	Builds                     // gives an object its state: __setstate__, else attributes
	Appends                    // appends, extends or adds items to what is no list or set
	SetsItem                   // sets items of what is no dict
	Persists                   // asks the loader for a persistent id
	Extends                    // asks the extension registry for a code that the pickle did not set
	Takes                      // takes an attribute of Fn that is not known by name: Value, of which Machine.Attribute tells the name
	Holds                      // nothing: Fn is a string or bytes that Machine.Look has asked for, Value the string right before it or zero
)

var effectNames = [...]string{"import", "call", "new", "build", "append", "set item", "persistent id", "extension", "attribute", "constant"}

// String returns the kind in words.
func (k EffectKind) String() string { return effectNames[k] }

// An Effect is one thing that loading would do, with the values as they are at
// that moment. Its slices and values are valid until the next effect.
type Effect struct {
	Kind   EffectKind
	Op     Code  // the opcode that does it, at Offset
	Offset int64 // in the file
	// Fn is what is called; for Builds, Appends and SetsItem what is changed; for
	// Persists the id.
	Fn   Value
	Args []Value // of a call; items appended; keys and values by turns; the state
	Kw   Value   // keyword arguments, a dict, or zero
	// Value is what was imported or what the call returned.
	Value Value
	// Computed says that the machine knows what the call returns: Fn is a function
	// whose whole effect is its result. Of Imports, that the name is one that the
	// pickle computes, and what it computes is known; of Takes, that the name is.
	Computed bool
}

// emit hands an effect to the consumer.
func (m *Machine) emit(e Effect) {
	if m.done {
		return
	}
	e.Op, e.Offset = m.op.Code, m.op.Offset
	if !m.yield(e) {
		m.done = true
	}
}
