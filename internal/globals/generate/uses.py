#!/usr/bin/env python3
"""Write testdata/uses.txt: what honest model files name, and how they use it.

usage: uses.py DIRECTORY...

Each DIRECTORY holds models and a manifest.tsv as scripts/make_real_models.py
makes them. Pickles are followed with the classes replaced by dummies; nothing
is imported and nothing of a file is called.
"""
import bz2
import collections
import gzip
import io
import lzma
import os
import pickle
import sys
import zipfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import verdicts  # noqa: E402

USES = collections.defaultdict(int)
DECODERS = [(b"\x1f\x8b", gzip.decompress), (b"BZh", bz2.decompress), (b"\xfd7zXZ", lzma.decompress),
            (b"\x5d\0\0", lzma.decompress), (b"x", zlib.decompress)]


class Dummy:
    """What a call returns; remembers the class that it is an instance of."""

    def __init__(self, name=None):
        object.__setattr__(self, "name", name)

    def used(self, how):
        if self.name:
            USES[self.name + (how,)] += 1

    def __call__(self, *args, **kwargs):
        self.used("call")
        return Dummy(self.name)

    def __setstate__(self, state):
        self.used("build")

    def append(self, item):
        self.used("append")

    extend = add = append

    def __setitem__(self, key, value):
        self.used("setitem")

    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        return self is other


class Named(Dummy):
    pass


class Reader(pickle._Unpickler):
    dispatch = dict(pickle._Unpickler.dispatch)
    proto = 0

    def find_class(self, module, name):
        named = Named((module, name, "2" if self.proto < 3 else "3"))
        named.used("import")
        return named

    def persistent_load(self, pid):
        return Dummy()

    def get_extension(self, code):
        self.append(Dummy())

    def new(self, cls):
        if isinstance(cls, Named):
            cls.used("new")
        self.append(Dummy(cls.name if isinstance(cls, Named) else None))

    def load_newobj(self):
        self.stack.pop()
        self.new(self.stack.pop())

    def load_newobj_ex(self):
        self.stack.pop()
        self.load_newobj()

    def load_reduce(self):
        args, callee = self.stack.pop(), self.stack.pop()
        if isinstance(callee, Named) and callee.name[1] in ("_reconstructor", "__newobj__") and args:
            self.new(args[0])
        else:
            self.append(callee() if isinstance(callee, Named) else Dummy())

    def _instantiate(self, cls, args):
        if args and isinstance(cls, Named):
            self.append(cls())
        else:
            self.new(cls)


for op in ("newobj", "newobj_ex", "reduce"):
    Reader.dispatch[getattr(pickle, op.upper())[0]] = getattr(Reader, "load_" + op)


def pickles(data):
    stream = io.BytesIO(data)
    while stream.tell() < len(data):
        try:
            Reader(stream).load()
        except Exception:
            return


def content(data, depth=0):
    if depth > 3:
        return
    if data.startswith(b"PK"):
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
            for member in archive.infolist():
                content(archive.read(member), depth + 1)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
            pass
        return
    for magic, decode in DECODERS:
        if data.startswith(magic):
            try:
                return content(decode(data), depth + 1)
            except Exception:
                pass
    if data.startswith(b"\x93NUMPY"):
        data = data[10 + int.from_bytes(data[8:10], "little"):]
    pickles(data)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for root in sys.argv[1:]:
        with open(os.path.join(root, "manifest.tsv"), encoding="utf-8") as f:
            rows = [line.split("\t") for line in f.read().splitlines()[1:]]
        for path, label, _ in rows:
            if label == "benign":
                with open(os.path.join(root, path), "rb") as f:
                    content(f.read())
    plain = [k for k in USES if all(part.isidentifier() for part in f"{k[0]}.{k[1]}".split("."))]
    with open(os.path.join(verdicts.HERE, "testdata", "uses.txt"), "w", encoding="utf-8") as f:
        f.write("".join(" ".join(k) + "\n" for k in sorted(plain)))


if __name__ == "__main__":
    main()
