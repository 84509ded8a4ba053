package pickle

import "strings"

// File systems of fsspec, which write how they were made. To make most of them does
// nothing, but some connect, make directories or open the archive that they are.

// makeInstance is fsspec's make_instance(cls, args, kwargs).
func makeInstance(m *Machine, c *call) (Value, bool) {
	if len(c.args) < 3 || c.loose || c.kw != 0 || m.Kind(c.args[2]) != Dict {
		return 0, false
	}
	return m.call(call{fn: c.args[0], args: m.elements(c.args[1]), kw: c.args[2], loose: !m.exact(c.args[1])}), true
}

// hubCaches are what the Hub's make_instance(cls, args, kwargs, attributes) sets.
// Instances are shared by the process: another attribute may be a method of theirs.
var hubCaches = map[string]bool{"dircache": true, "_repo_and_revision_exists_cache": true, "_bucket_exists_cache": true}

// makeHub is the Hub's make_instance.
func makeHub(m *Machine, c *call) (Value, bool) {
	if len(c.args) != 4 || !m.exact(c.args[3]) || m.Kind(c.args[3]) != Dict {
		return 0, false
	}
	attributes := m.object(c.args[3]).items
	for i := 0; i < len(attributes); i += 2 {
		if name, ok := m.Str(attributes[i]); !ok || !hubCaches[name] {
			return 0, false
		}
	}
	return makeInstance(m, c)
}

// without makes an instance of a class that is given keywords alone, and none of
// those that decide what it asks of whom.
func without(keywords ...string) func(*Machine, *call) (Value, bool) {
	return func(m *Machine, c *call) (Value, bool) {
		if len(c.args) > 0 || c.loose || c.new || c.kw != 0 && !m.exact(c.kw) {
			return 0, false
		}
		for _, k := range keywords {
			if !m.absent(c, 0, k) {
				return 0, false
			}
		}
		return m.instanceBy(c)
	}
}

// fileMap is fsspec's FSMap(root, fs, check, create, …), of which the flags have it
// write to the file system.
func fileMap(m *Machine, c *call) (Value, bool) {
	if !m.givenFiles(c) || !m.absent(c, 2, "check") || !m.absent(c, 3, "create") {
		return 0, false
	}
	return m.instanceBy(c)
}

// directory is fsspec's DirFileSystem(path, fs, …), which makes a file system
// unless it is given one.
func directory(m *Machine, c *call) (Value, bool) {
	if !m.givenFiles(c) {
		return 0, false
	}
	return m.instanceBy(c)
}

// instanceBy is the instance that a call makes.
func (m *Machine) instanceBy(c *call) (Value, bool) {
	return m.newObject(object{kind: Call, fn: c.fn, kw: c.kw, items: c.args}), true
}

// absent reports whether an argument is known not to be given, or to be False or
// None.
func (m *Machine) absent(c *call, n int, keyword string) bool {
	v := m.arg(c, n, keyword)
	return v == 0 || v == none || v == pyFalse
}

// givenFiles reports whether all arguments of a call are known, and the second is a
// file system of fsspec.
func (m *Machine) givenFiles(c *call) bool {
	if c.loose || c.new || c.kw != 0 && !m.exact(c.kw) {
		return false
	}
	o := m.object(m.arg(c, 1, "fs"))
	if o == nil || o.kind != Call || o.state != 0 {
		return false
	}
	n := m.Name(o.fn)
	return n != nil && strings.HasPrefix(n.Module, "fsspec.") && strings.HasSuffix(n.Name, "FileSystem")
}
