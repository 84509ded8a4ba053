"""Which functions hand a parameter to something dangerous, through any number
of calls: facts of functions are joined until nothing new is found."""
import collections
import os

BUILTINS = {"__import__", "compile", "eval", "exec", "execfile", "open"}
# Methods whose name says enough where the object is not known.
METHODS = {"extractall": "write", "write_text": "write", "write_bytes": "write", "exec_module": "execute",
           "load_module": "indirect", "read_text": "read", "read_bytes": "read", "from_string": "execute",
           "load_library": "native", "LoadLibrary": "native", "dlopen": "native", "unlink": "write", "rmtree": "write"}
RANK = ["execute", "process", "deserialise", "native", "indirect", "write", "network", "state", "exit", "read"]


def sinks(path=os.path.join(os.path.dirname(__file__), "sinks.txt")):
    with open(path, encoding="utf-8") as f:
        return {(m, n): e for m, n, e in (line.split() for line in f)}


class World:
    """All modules that were read, and the summaries of their functions."""

    def __init__(self, modules):
        self.modules = modules
        self.sinks = sinks()
        self.summary = collections.defaultdict(dict)  # (module, qualname) -> {param: (effect, reason)}
        self.mros, self.found = {}, {}

    def lookup(self, module, parts, depth=0):
        """Walks parts from a module to where the object is defined."""
        key = module, parts
        if key not in self.found:
            self.found[key] = module, ".".join(parts)  # what a circle of imports comes back to
            self.found[key] = self.walk(module, parts, depth)
        return self.found[key]

    def walk(self, module, parts, depth):
        if depth > 12:
            return module, ".".join(parts)
        info = self.modules.get(module)
        if info is None or not parts:
            return module, ".".join(parts)
        head, rest = parts[0], parts[1:]
        if head in info["functions"] or head in info["classes"]:
            if head in info["classes"] and len(rest) == 1:
                return self.method(module, head, rest[0]) or (module, ".".join(parts))
            return module, ".".join(parts)
        if head in info["names"] and head != "*":
            base, attr = info["names"][head]
            if base == "":
                target = tuple(attr.split("."))
                return (module, ".".join(parts)) if target[0] == head else self.lookup(module, target + rest, depth + 1)
            if not attr:
                return self.lookup(base, rest, depth + 1)
            if base == module:
                return self.lookup(f"{module}.{attr}", rest, depth + 1)
            if f"{base}.{attr}" in self.modules and attr not in self.names_of(base):
                return self.lookup(f"{base}.{attr}", rest, depth + 1)
            return self.lookup(base, (attr,) + rest, depth + 1)
        if f"{module}.{head}" in self.modules:
            return self.lookup(f"{module}.{head}", rest, depth + 1)
        for base in info["names"].get("*", []):
            if base in self.modules and base != module:
                m, n = self.lookup(base, parts, depth + 1)
                if m in self.modules and n and (n.split(".")[0] in self.names_of(m)):
                    return m, n
        return module, ".".join(parts)

    def names_of(self, module):
        i = self.modules.get(module)
        if i is None:
            return set()
        return i["functions"].keys() | i["classes"].keys() | i["names"].keys()

    def mro(self, module, cls, depth=0):
        """Classes of the hierarchy, nearest first; unknown ones as they are named."""
        if (module, cls) in self.mros:
            return self.mros[module, cls]
        self.mros[module, cls] = out = [(module, cls)]
        info = self.modules.get(module, {}).get("classes", {}).get(cls)
        if info and depth < 12:
            for b in info["bases"]:
                m, n = self.lookup(module, b) if b != ("?",) else ("?", "?")
                if m == module and n == b[0] and len(b) == 1 and n not in self.modules[module]["classes"]:
                    m = "builtins"
                out += [x for x in self.mro(m, n, depth + 1) if x not in out]
        return out

    def method(self, module, cls, name):
        for m, c in self.mro(module, cls):
            if m in self.modules and f"{c}.{name}" in self.modules[m]["functions"]:
                return m, f"{c}.{name}"
        return None

    def callee(self, module, qual, f, d):
        """The function or class a call reaches: (module, name), a ("", method), or None for a parameter."""
        head = d[0]
        if head == "":
            return ("", d[1]) if len(d) > 1 else None
        if head == "()":
            m, n = self.callee(module, qual, f, d[1:-1]) or ("", "")
            if m in self.modules and n in self.modules[m]["classes"]:
                return self.method(m, n, d[-1]) or ("", d[-1])
            return (m, f"{n}.{d[-1]}") if m and (m, f"{n}.{d[-1]}") in self.sinks else ("", d[-1])
        if head in f["imports"]:
            base, attr = f["imports"][head]
            return self.lookup(base, ((attr,) if attr else ()) + d[1:])
        if f["method"] and f["params"][:1] == [head] and "." in qual:
            cls = qual.rsplit(".", 1)[0]
            if len(d) == 2:
                return self.method(module, cls, d[1]) or ("", d[1])
            return ("", d[-1])
        if head in f["params"] or head in f["kwonly"] or head in (f["star"], f["kwstar"]):
            return ("", d[-1]) if len(d) > 1 else None
        if head in f["local"]:
            target, made = f["local"][head]
            if target[0] != head:
                got = self.callee(module, qual, dict(f, local={}), target)
                if got and got[0] and not made and len(d) == 1:
                    return got
                if got and got[0] and made and len(d) == 2:
                    m, n = got
                    if m in self.modules and n in self.modules[m]["classes"]:
                        return self.method(m, n, d[1]) or ("", d[1])
                    return (m, f"{n}.{d[1]}") if (m, f"{n}.{d[1]}") in self.sinks else ("", d[1])
            return ("", d[-1]) if len(d) > 1 else None
        if len(d) == 1 and head in BUILTINS and head not in self.names_of(module):
            return "builtins", head
        return self.lookup(module, d)

    def bind(self, target, args, kwargs):
        """Yields (parameter of the target, roots of its argument)."""
        m, n = target
        skip = 0
        info = self.modules[m]
        if n in info["classes"]:
            made = []
            for init in ("__init__", "__new__"):
                t = self.method(m, n, init)
                if t:
                    made += [(t, p, r) for p, r in self.positions(t, 1, args, kwargs)]
            return made
        f = info["functions"].get(n)
        if f is None:
            return []
        return [(target, p, r) for p, r in self.positions(target, skip, args, kwargs)]

    def positions(self, target, skip, args, kwargs):
        f = self.modules[target[0]]["functions"][target[1]]
        params = f["params"][skip:] if skip or not f["method"] else f["params"][1:]
        for i, r in enumerate(args):
            yield (params[i] if i < len(params) else f["star"]), r
        for k, r in kwargs.items():
            if k == "**":
                for p in params + f["kwonly"]:
                    yield p, r
            yield (k if k in params or k in f["kwonly"] else f["kwstar"]), r

    def effect(self, target, call):
        """The effect of a call on a sink, or None."""
        d, base, args, kwargs, consts, kconsts = call
        if target[0] == "":
            return METHODS.get(target[1])
        e = self.sinks.get(target)
        if e == "path":
            return None
        if target == ("torch", "load") and kconsts.get("weights_only") is True:
            return "read"
        if target == ("numpy", "load") and kconsts.get("allow_pickle") is not True:
            return "read"
        if target[0] == "yaml" and any("afe" in p for p in (kconsts.get("Loader") or ()) if isinstance(p, str)):
            return None
        if e == "file":
            mode = kconsts.get("mode") or (consts[1] if len(consts) > 1 else None)
            return "write" if isinstance(mode, str) and set(mode) & set("wax+") else "read"
        return e

    def worthwhile(self, key, f):
        """The calls of a function that can ever say something, with what they reach."""
        module, qual = key
        for call in f["calls"]:
            target = self.callee(module, qual, f, call[0])
            if target and (target[0] in self.modules or self.effect(target, call)):
                yield target, call

    def flows(self, key, f, target, call):
        """Yields (root, effect, reason) of one call."""
        module, qual = key
        d, base, args, kwargs, consts, kconsts = call
        every = frozenset().union(base if target[0] == "" else frozenset(), *args, *kwargs.values())
        e = self.effect(target, call)
        if e:
            if target in (("os", "open"), ("builtins", "open"), ("io", "open"), ("codecs", "open")):
                every = args[0] if args else kwargs.get("file", every)
            for r in every:
                yield r, e, ".".join(p for p in target if p)
            return
        if target[0] not in self.modules:
            return
        for t, p, roots in self.bind(target, args, kwargs):
            hit = self.summary.get(t, {}).get(p)
            if hit:
                for r in roots:
                    yield r, hit[0], hit[1]
        own = self.summary.get(target, {})
        g = self.modules[target[0]]["functions"].get(target[1])
        if g and g["method"] and g["params"] and g["params"][0] in own:
            mine = base | (f["selfroots"] if d[0] == (f["params"] or [None])[0] else frozenset())
            for r in mine:
                yield (r,) + own[g["params"][0]]

    def solve(self, say):
        say(f"{len(self.modules)} modules")
        todo = [((module, qual), f, list(self.worthwhile((module, qual), f)))
                for module, info in self.modules.items() for qual, f in info["functions"].items()]
        rounds, changed = 0, 1
        while changed:
            rounds, changed = rounds + 1, 0
            for key, f, calls in todo:
                for target, call in calls:
                    for r, e, why in self.flows(key, f, target, call):
                        s = self.summary[key]
                        if r not in s or RANK.index(e) < RANK.index(s[r][0]):
                            s[r] = (e, why)
                            changed += 1
            say(f"round {rounds}: {changed} more flows")
        return self.summary
