"""The tables of this package, read as the program reads them."""
import os

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def table(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        for line in f:
            words = line.rstrip("\n").split(" ", 4)
            yield words[0], words[1], words[2], words[3], words[4] if len(words) > 4 else ""


class Verdicts:
    """Hand-written verdicts: exact lines first, then the nearest wildcard."""

    def __init__(self):
        self.lines = {(m, n): (c, e, w) for m, n, c, e, w in table("globals.txt")}
        self.aliases = {}
        with open(os.path.join(HERE, "aliases.txt"), encoding="utf-8") as f:
            for line in f:
                a, b = line.split()
                self.aliases[a.lstrip("=")] = "" if b == "-" else b

    def spellings(self, module):
        yield module
        head = module
        while head:
            if head in self.aliases:
                yield (self.aliases[head] + module[len(head):]).lstrip(".")
                return
            head = head.rpartition(".")[0]

    def exact(self, module, name):
        for m in self.spellings(module):
            if (m, name) in self.lines:
                return self.lines[m, name]
        return None

    def wildcard(self, module):
        for m in self.spellings(module):
            while m:
                if (m, "*") in self.lines:
                    return self.lines[m, "*"]
                m = m.rpartition(".")[0]
        return None

    def lookup(self, module, name):
        return self.exact(module, name) or self.wildcard(module) or ("unknown", "-", "")
