#!/usr/bin/env python3
"""Write surveyed.txt: functions and classes of libraries that pass an argument
to something dangerous, found by reading their sources.

usage: survey.py CACHE_DIR SITE_PACKAGES...

Each SITE_PACKAGES is a directory of installed packages; nothing in it is
imported. What whole-module lines of globals.txt already call dangerous is left
out, as is what globals.txt lists.
"""
import collections
import hashlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import facts, hooks, taint, verdicts  # noqa: E402

# Packages that hold no Python a model could name.
SKIP = {"nvidia", "cuda", "include", "bin"}

# Barriers: functions whose flows are known to be harmless, where following
# them would condemn half a library.
BARRIERS = {"logger", "log", "warn", "warning", "info", "debug", "error", "deprecated", "__repr__", "__str__", "_repr_html_"}


def load(cache, roots):
    modules = {}
    for root in roots:
        name = os.path.join(cache, hashlib.sha256(root.encode()).hexdigest()[:12] + ".facts")
        for k, v in facts.read(root, name).items():
            if k.split(".")[0] not in SKIP:
                modules.setdefault(k, v)
    return modules


def best(found):
    return min(found, key=lambda x: taint.RANK.index(x[0]))


def lines(world, known):
    """Yields (module, name, class, effect, why)."""
    walk = hooks.Hooks(world, known)
    for (module, qual), flow in sorted(world.summary.items()):
        flow = {p: v for p, v in flow.items() if v[0] not in ("exit", "state")}
        last = qual.rpartition(".")[2]
        if not flow or last in BARRIERS or last in hooks.HOOKS:
            continue
        effect, sink = best(flow.values())
        yield module, qual, "dangerous", effect, f"passes an argument to {sink}"
    for module, info in sorted(world.modules.items()):
        for cls in sorted(info["classes"]):
            parent = [a for a in world.mro(module, cls)[1:] if known.exact(*a) and known.exact(*a)[0] in ("dangerous", "conditional", "suspicious")]
            if parent:
                c, e, _ = known.exact(*parent[0])
                yield module, cls, c, e, "is a " + ".".join(parent[0])
            for hook, effect, sink in walk.of(module, cls):
                yield module, f"{cls}.{hook}", "suspicious" if effect == "indirect" else "dangerous", effect, f"calls {sink}"
            for init in ("__init__", "__new__"):
                at = world.method(module, cls, init)
                flow = {p: v for p, v in world.summary.get(at, {}).items() if v[0] not in ("exit", "state")} if at else {}
                if flow and at != (module, f"{cls}.{init}") and init == "__init__":
                    effect, sink = best(flow.values())
                    yield module, f"{cls}.{init}", "dangerous", effect, f"passes an argument to {sink}"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    world = taint.World(load(sys.argv[1], sys.argv[2:]))
    print(len(world.modules), "modules", flush=True)
    world.solve()
    known = verdicts.Verdicts()
    out, tally = {}, collections.Counter()
    for module, name, c, e, why in lines(world, known):
        w = known.wildcard(module)
        module = list(known.spellings(module))[-1]
        if known.exact(module, name) or (w and w[0] == "dangerous"):
            continue
        if (module, name) not in out:
            out[module, name] = f"{module} {name} {c} {e} {why}"
            tally[e] += 1
    print(len(out), tally)
    text = sorted(out.values(), key=lambda s: " ".join(s.split()[:2]).encode() + b" ")
    with open(os.path.join(verdicts.HERE, "surveyed.txt"), "w", encoding="utf-8") as f:
        f.write("".join(line + "\n" for line in text))
    exports(world, known, out)


def exports(world, known, out):
    """Writes the names under which other modules have a surveyed function."""
    found = {}
    for module, info in world.modules.items():
        w = known.wildcard(module)
        if w and w[0] == "dangerous":
            continue
        attrs = set(info["names"]) - {"*"}
        for base in info["names"].get("*", []):
            attrs |= {n for n in world.names_of(base) if not n.startswith("_") and "." not in n} if base in world.modules else set()
        for attr in attrs:
            m, n = world.lookup(module, (attr,))
            h = list(known.spellings(m))[-1]
            if (m, n) != (module, attr) and ((h, n) in out or any((h, n + i) in out for i in (".__init__", ".__new__"))):
                module, m = list(known.spellings(module))[-1], list(known.spellings(m))[-1]
                if (m, n) != (module, attr):
                    found[module, attr] = f"{module} {attr} {m} {n}"
    print(len(found), "re-exports")
    with open(os.path.join(verdicts.HERE, "exports.new"), "w", encoding="utf-8") as f:
        f.write("".join(found[k] + "\n" for k in sorted(found)))


if __name__ == "__main__":
    main()
