package rds

import "github.com/modelaudit/modelaudit/internal/hostile"

// pair reads a list, a call, a closure or a promise. The tails of lists are
// read in a loop, since lists are long.
func (w *walker) pair(f flags) item {
	outer := w.ctx
	defer func() { w.ctx = outer }()
	switch f.kind {
	case languageType:
		return w.call(f)
	case closureType:
		// A closure is an environment, formals and a body, told as what it is
		// before what is in it.
		w.emit(Event{Kind: Function, Offset: f.offset})
		w.ctx.Function = true
	case promiseType:
		return w.promise(f)
	}
	out := item{kind: f.kind}
	for first := true; ; first = false {
		w.annotations(f)
		// Only frames of environments have active bindings: elsewhere the bit
		// means another thing.
		w.ctx.Active = w.ctx.Active || f.active && w.ctx.Environment
		if it := w.item(); first {
			out.text = it.text
		}
		w.ctx.Active = outer.Active
		next, more := w.tail()
		if !more {
			return out
		}
		f = next
	}
}

// annotations reads the attributes and the tag of a cell, if it has them.
func (w *walker) annotations(f flags) {
	if f.attributes {
		w.item()
	}
	if f.tag {
		w.item()
	}
}

// tail reads the rest of a list: the flags of its next cell, or an object that
// ends it.
func (w *walker) tail() (next flags, more bool) {
	if !w.r.Step() {
		return flags{}, false
	}
	f := w.flags()
	if f.kind == listType || f.kind == dotsType {
		return f, w.r.Err() == nil
	}
	if w.enter() {
		w.finish(f)
	}
	w.leave()
	return flags{}, false
}

// promise reads the environment, the value and the code of a promise.
func (w *walker) promise(f flags) item {
	w.annotations(f)
	// A promise with a value was forced before it was saved, and its code never
	// runs again.
	if value := w.item(); value.kind == unbound {
		w.emit(Event{Kind: Promise, Offset: f.offset})
		w.ctx.Promise = true
	}
	w.item()
	return item{kind: f.kind}
}

// call reads a call: the function, then its arguments.
func (w *walker) call(f flags) item {
	w.annotations(f)
	function := w.item()
	var args [2]item // the first two
	argument := ""
	for i := 0; ; i++ {
		next, more := w.tail()
		if !more {
			break
		}
		w.annotations(next)
		it := w.item()
		if i < len(args) {
			args[i] = it
		}
		if it.kind == stringType && argument == "" {
			argument = it.text
		}
	}
	return w.called(f, function, args, argument)
}

// called tells a call, unless it is the name pkg::name of a function, which is
// told with the call of that.
func (w *walker) called(f flags, function item, args [2]item, argument string) item {
	out := item{kind: f.kind}
	if function.text == "::" || function.text == ":::" {
		out.pkg, out.call = args[0].text, args[1].text
	}
	e := Event{Kind: Call, Offset: f.offset, Name: function.text, Argument: argument}
	e.Computed = args[0].function
	if args[1].kind == symbolType {
		e.Symbol = args[1].text
	}
	if function.call != "" {
		e.Package, e.Name = function.pkg, function.call
	}
	if out.function = e.Name; e.Name != "" {
		w.emit(e)
	}
	return out
}

// bytecode reads compiled code: the number of its shared parts, the code and
// its constants.
func (w *walker) bytecode() {
	w.int()
	outer := w.ctx
	w.ctx.Bytecode = true
	w.compiled()
	w.ctx = outer
}

// compiled reads code and its constants. A symbol among them is the name of a
// function if an instruction looks it up as one, and else that of a variable.
func (w *walker) compiled() {
	defer w.leave()
	if !w.enter() {
		return
	}
	functions := w.instructions()
	for i := range w.count(w.length()) {
		kind := w.int()
		switch kind {
		case bytecodeType:
			w.compiled()
		case languageType, listType, sharedCode, sharedReference, attrLanguage, attrList:
			w.constant(kind)
		default:
			if it := w.item(); it.kind == symbolType && functions[i] {
				w.emit(Event{Kind: Call, Offset: w.r.Offset(), Name: it.text})
			}
		}
		if w.r.Err() != nil {
			return
		}
	}
}

// Instructions whose operand is the constant that names a function, GETFUN to
// GETINTLBUILTIN of eval.c.
const (
	firstGetter = 23
	lastGetter  = 27
)

// maxOperands bounds how many of them one piece of code may have.
const maxOperands = 1 << 16

// instructions reads the integers of code, and returns the constants that they
// name functions by. Operands are not told from instructions, so that it may be
// a few too many.
func (w *walker) instructions() map[int]bool {
	out := make(map[int]bool)
	f := w.flags()
	if f.kind != integerType {
		w.finish(f)
		return out
	}
	last := 0
	for range w.count(w.length()) {
		n := w.int()
		if last >= firstGetter && last <= lastGetter {
			out[n] = true
		}
		if len(out) > maxOperands {
			w.r.FailAt(f.offset, hostile.Unsupported, "code that names more than %d functions", maxOperands)
		}
		if last = n; !w.r.Step() {
			break
		}
	}
	if f.attributes {
		w.item()
	}
	return out
}

// constant reads a list or call among the constants, whose cells are spelled in
// another way than elsewhere.
func (w *walker) constant(kind int) item {
	at := w.r.Offset()
	defer w.leave()
	if !w.enter() {
		return item{}
	}
	switch kind {
	case sharedReference:
		w.int()
		return item{}
	case sharedCode:
		w.int()
		kind = w.int()
	case languageType, listType, attrLanguage, attrList:
	default:
		return w.item()
	}
	if kind == attrLanguage || kind == attrList {
		w.item()
	}
	w.item() // the tag
	head := w.constant(w.int())
	rest := w.constant(w.int())
	if kind == listType || kind == attrList {
		return item{kind: head.kind, text: head.text, next: &rest}
	}
	args, argument := [2]item{rest}, ""
	if rest.next != nil {
		args[1] = *rest.next
	}
	for it, n := &rest, 0; it != nil && n < 8 && argument == ""; it, n = it.next, n+1 {
		if it.kind == stringType {
			argument = it.text
		}
	}
	return w.called(flags{kind: languageType, offset: at}, head, args, argument)
}
