package ort

import "github.com/modelaudit/modelaudit/internal/format/flatbuffers"

// What follows says nothing about a model, but a runtime reads it: it must lie
// in the file like everything else.

// names reads fields that are vectors of strings.
func names(t flatbuffers.Table, fields ...int) {
	for _, f := range fields {
		for range t.Texts(f) {
		}
	}
}

// arg reads a value of a graph: its name and type.
func (w *walker) arg(t flatbuffers.Table) {
	name := t.String(argName, maxName)
	w.text("doc_string", name, t, argDoc)
	if info, ok := t.Table(argType); ok {
		w.info(info)
	}
}

// info reads a type, which may be made of others.
func (w *walker) info(t flatbuffers.Table) {
	defer w.leave()
	if !w.enter() {
		return
	}
	t.String(typeDenotation, maxName)
	value, ok := t.Table(typeValue)
	if !ok {
		return
	}
	switch t.Uint(typeKind, 1, 0) {
	case kindTensor:
		shape(value)
	case kindSequence:
		w.inner(value, typeElement)
	case kindMap:
		w.inner(value, typeMapValue)
	}
}

// inner reads a type that another is made of.
func (w *walker) inner(t flatbuffers.Table, field int) {
	if e, ok := t.Table(field); ok {
		w.info(e)
	}
}

// shape reads the dimensions of a tensor's type.
func shape(t flatbuffers.Table) {
	s, ok := t.Table(typeShape)
	if !ok {
		return
	}
	for _, d := range s.Tables(shapeDims) {
		dimension(d)
	}
}

// dimension reads one dimension: its size is a scalar within the table, its
// parameter a name.
func dimension(t flatbuffers.Table) {
	t.String(dimensionNote, maxName)
	if v, ok := t.Table(dimensionValue); ok {
		v.String(valueParameter, maxName)
	}
}

// optimizations reads what the runtime may do to a graph when it loads it.
func optimizations(g flatbuffers.Table) {
	all, ok := g.Table(graphOptimizations)
	if !ok {
		return
	}
	for _, e := range all.Tables(optimizationEntries) {
		e.String(entryOptimizer, maxName)
		for _, r := range e.Tables(entryRecords) {
			optimization(r)
		}
	}
}

// optimization reads what one optimizer did, and to which nodes: the runtime
// does it again with the kernels that it finds.
func optimization(t flatbuffers.Table) {
	t.String(recordAction, maxName)
	if n, ok := t.Table(recordNodes); ok {
		n.Vector(recordNodeIndices, size32)
	}
	names(t, recordProduced)
}

// resolve reads which kernels the operators take, by types of their arguments.
func resolve(t flatbuffers.Table) {
	for _, op := range t.Tables(resolverOps) {
		op.String(resolverOp, maxName)
		for _, e := range op.Tables(resolverOpArgs) {
			e.String(resolverArgsType, maxName)
			for range e.Tables(resolverArgsArgs) {
			}
		}
	}
}
