"""What CPython computes: one line of JSON for each pickle on standard input.

A pickle is its length, four bytes little-endian, and its bytes. It loads a tuple, of
which the line has the types and contents of the texts and numbers. What a call that
fails would return is none of these; a pickle that fails has the line null. Pickles
come from the test alone: they call harmless functions.
"""
import io, json, pickle, struct, sys, warnings

warnings.simplefilter("ignore")


def result(x):
    t = type(x).__name__
    if t == "str":
        return t, x.encode("utf-8", "surrogatepass").hex()
    if t in ("bytes", "bytearray"):
        return t, bytes(x).hex()
    if t in ("int", "bool"):
        return t, str(int(x))
    return "", ""


class Failed:
    """What a call that failed returns, and one that is given such."""

    def __str__(self):
        raise TypeError

    __repr__ = __index__ = __len__ = __str__


def failed(x):
    return isinstance(x, Failed) or isinstance(x, tuple) and any(map(failed, x))


def caught(function):
    def call(*args):
        try:
            return Failed() if failed(args) else function(*args)
        except Exception:
            return Failed()

    return call


class Unpickler(pickle._Unpickler):
    def find_class(self, module, name):
        return caught(super().find_class(module, name))


stdin = sys.stdin.buffer
while size := stdin.read(4):
    data = stdin.read(struct.unpack("<I", size)[0])
    try:
        line = [result(x) for x in Unpickler(io.BytesIO(data)).load()]
    except Exception:
        line = None
    print(json.dumps(line))
