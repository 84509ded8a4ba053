#!/usr/bin/env python3
"""Write surveyed.txt: functions and classes of libraries that pass an argument
to something dangerous, found by reading their sources.

Each SITE_PACKAGES is a directory of installed packages; nothing in it is
imported. What whole-module lines of globals.txt already call dangerous is left
out, as is what globals.txt lists.
"""
import collections
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import facts, hooks, objects, taint, verdicts  # noqa: E402


# Barriers: functions whose flows are known to be harmless, where following
# them would condemn half a library.
STRONG = {"execute", "process", "deserialise", "native"}
WEAK = {"exit", "state"}
# Modules whose classes make classes: a subclass is not what its base can do.
FACTORIES = {"enum", "typing", "typing_extensions", "builtins", "types", "threading", "abc", "weakref", "functools", "operator"}
BARRIERS = {"logger", "log", "warn", "warning", "info", "debug", "error", "deprecated", "__repr__", "__str__", "_repr_html_"}


def best(found):
    return min(found, key=lambda x: taint.RANK.index(x[0]))


def lines(world, known):
    """Yields (module, name, class, effect, why)."""
    walk = hooks.Hooks(world, known)
    for (module, qual), flow in sorted(world.summary.items()):
        last = qual.rpartition(".")[2]
        strong = {p: v for p, v in flow.items() if v[0] in STRONG or (p != "self" and v[0] not in WEAK)}
        flow = strong if "." in qual and last != "__init__" else {p: v for p, v in flow.items() if v[0] not in WEAK}
        if not flow or last in BARRIERS or last in hooks.HOOKS:
            continue
        effect, sink = best(flow.values())
        yield module, qual, "dangerous", effect, f"hands it to {sink}"
    for module, info in sorted(world.modules.items()):
        w = known.wildcard(module)
        inert = w and w[0] == "inert"
        for cls in sorted(info["classes"]):
            yield from of_class(world, known, walk if inert else None, module, cls)


def methods(world, known, out):
    """Names of methods that do the same in most classes of a package, and so in
    those that inherit them."""
    made, bad = collections.Counter(), collections.defaultdict(list)
    for module, info in world.modules.items():
        w = known.wildcard(module)
        if w and w[0] in ("dangerous", "conditional"):
            continue
        home = list(known.spellings(module))[-1]
        for qual in info["functions"]:
            if qual.count(".") == 1 and not qual.split(".")[1].startswith("_"):
                key = home.split(".")[0], qual.split(".")[1]
                made[key] += 1
                line = out.get((home, qual))
                if line:
                    bad[key].append(line.split(" ")[2:])
    for (top, name), lines in sorted(bad.items()):
        if 2 * len(lines) >= made[top, name]:
            c, e = collections.Counter((w[0], w[1]) for w in lines).most_common(1)[0][0]
            yield top, f"*.{name}", c, e, "does so in most classes of the package"


def of_class(world, known, walk, module, cls):
    for parent in world.mro(module, cls)[1:]:
        verdict = known.exact(*parent)
        if verdict and parent[0] not in FACTORIES and verdict[0] in ("dangerous", "conditional", "suspicious"):
            yield module, cls, verdict[0], verdict[1], "is a " + ".".join(parent)
            break
    for hook, effect, sink in walk.of(module, cls) if walk else ():
        if effect != "indirect":
            yield module, f"{cls}.{hook}", "suspicious", effect, f"calls {sink}"
    at = world.method(module, cls, "__init__")
    flow = {p: v for p, v in world.summary.get(at, {}).items() if v[0] not in WEAK} if at else {}
    if flow and at != (module, f"{cls}.__init__"):
        effect, sink = best(flow.values())
        yield module, f"{cls}.__init__", "dangerous", effect, f"hands it to {sink}"


def main():
    world = taint.World(facts.load(__doc__))
    world.solve(facts.say)
    known = verdicts.Verdicts()
    out, tally = {}, collections.Counter()
    for module, name, c, e, why in lines(world, known):
        w = known.wildcard(module)
        module = list(known.spellings(module))[-1]
        if known.exact(module, name) or (w and w[0] in ("dangerous", "conditional")):
            continue
        if (module, name) not in out:
            out[module, name] = f"{module} {name} {c} {e} {why}"
            tally[e] += 1
    for top, name, c, e, why in methods(world, known, out):
        out[top, name] = f"{top} {name} {c} {e} {why}"
    print(len(out), tally)
    text = sorted(out.values(), key=lambda s: " ".join(s.split()[:2]).encode() + b" ")
    with open(os.path.join(verdicts.HERE, "surveyed.txt"), "w", encoding="utf-8") as f:
        f.write("".join(line + "\n" for line in text))
    exports(world, known, out)
    objects.write(world, known)


def exports(world, known, out):
    """Writes the names under which other modules have a surveyed function."""
    found = {}

    def home(module):
        return list(known.spellings(module))[-1]

    def listed(m, n):
        if any((m, n + part) in out for part in ("", ".__init__", ".__new__")):
            return True
        exact, whole = known.exact(m, n), known.wildcard(m)
        if exact or not whole:
            return bool(exact) and exact[0] == "dangerous"
        sharp = m.split(".")[0] in sys.stdlib_module_names or any(
            world.summary.get((m, n + part)) for part in ("", ".__init__"))
        return whole[0] == "dangerous" and sharp

    for module, info in world.modules.items():
        w = known.wildcard(module)
        if w and w[0] == "dangerous":
            continue
        attrs = set(info["names"])
        for base in info["names"].get("*", []):
            attrs |= {n for n in world.names_of(base) if not n.startswith("_") and "." not in n}
        attrs.discard("*")
        for attr in attrs:
            m, n = world.lookup(module, (attr,))
            if n and (home(m), n) != (home(module), attr) and listed(home(m), n) and not known.exact(module, attr):
                found[home(module), attr] = f"{home(module)} {attr} {home(m)} {n}"
    lazy = {m for m, i in world.modules.items() if "." not in m and ("__getattr__" in i["functions"] or "_LazyModule" in i["names"])}
    for module, name in out:
        top, name = module.split(".")[0], name.split(".")[0]
        if top in lazy and not name.startswith("_") and not known.exact(top, name):
            found.setdefault((top, name), f"{top} {name} {module} {name}")
    for key in list(found):
        m, n = found[key].split(" ")[2:]
        if (m, n) in found and (home(m), n) == (m, n) and found[m, n].split(" ")[2:] == list(key):
            del found[key]
    print(len(found), "re-exports")
    with open(os.path.join(verdicts.HERE, "exports.txt"), "w", encoding="utf-8") as f:
        f.write("".join(found[k] + "\n" for k in sorted(found, key=lambda k: f"{k[0]} {k[1]} ".encode())))


if __name__ == "__main__":
    main()
