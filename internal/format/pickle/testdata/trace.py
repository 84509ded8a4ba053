"""What CPython makes of pickles: one line of JSON for each on standard input.

A pickle is its length, four bytes little-endian, and its bytes. Nothing that it
names is imported: find_class gives classes that write down what is done to them.
"""
import io, json, pickle, pickletools, struct, sys, _pickle

try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
except (ImportError, ValueError, OSError):
    pass

sys.set_int_max_str_digits(0)
trace = None
made = 0


def label(x):
    if isinstance(x, Meta):
        return x.path
    if isinstance(x, Instance):
        return "#%d" % x.number
    return "?"


def note(*what):
    trace.append(list(what))


class Meta(type):
    def __call__(cls, *args):
        note("call", cls.path, len(args))
        return instance()

    __setstate__ = property(lambda cls: lambda state: note("build", cls.path))
    append = property(lambda cls: lambda v: note("append", cls.path, 1))
    extend = property(lambda cls: lambda vs: note("append", cls.path, len(vs)))
    add = property(lambda cls: lambda v: note("add", cls.path))

    def __setitem__(cls, k, v):
        note("setitem", cls.path)


class Instance:
    def __call__(self, *args):
        note("call", label(self), len(args))
        return instance()

    def __setstate__(self, state):
        note("build", label(self))

    def append(self, v):
        note("append", label(self), 1)

    def extend(self, vs):
        note("append", label(self), len(vs))

    def add(self, v):
        note("add", label(self))

    def __setitem__(self, k, v):
        note("setitem", label(self))


def instance():
    global made
    made += 1
    x = object.__new__(Instance)
    x.number = made
    return x


def new(cls, *args, **kwargs):
    note("call", cls.path, len(args))
    return instance()


def find_class(self, module, name):
    note("import", module, name)
    return Meta("Stub", (), {"path": module + "\n" + name, "__new__": new})


def persistent_load(self, pid):
    note("persist")
    return instance()


methods = {"find_class": find_class, "persistent_load": persistent_load}
C = type("C", (_pickle.Unpickler,), methods)
Python = type("Python", (pickle._Unpickler,), methods)


def follow(unpickler, file):
    global trace, made
    trace, made = [], 0
    try:
        unpickler(file).load()
        return [trace, ""]
    except (Exception, RecursionError) as e:
        return [trace, type(e).__name__]


def ops(data):
    out = []
    try:
        for op, arg, at in pickletools.genops(data):
            out.append([op.name, at])
        return [out, ""]
    except Exception as e:
        return [out, type(e).__name__]




def main():
    stdin, stdout = sys.stdin.buffer, sys.stdout
    while True:
        head = stdin.read(4)
        if len(head) < 4:
            return
        data = stdin.read(struct.unpack("<I", head)[0])
        json.dump({
            "ops": ops(data),
            "python": follow(Python, io.BytesIO(data)),
            "c": follow(C, io.BufferedReader(io.BytesIO(data))),
            "cbytes": follow(C, io.BytesIO(data)),
        }, stdout)
        stdout.write("\n")


main()
