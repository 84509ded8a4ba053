#!/usr/bin/env python3
"""Write objects.txt: classes that pickles call with arguments and that keep
nothing but what they are given, found by reading their sources.

Members of enumerations, exceptions, named tuples and classes that say how they
are pickled are called; all others are only made and filled. Only packages that
globals.txt calls inert are looked at, and for enumerations all: calling one
gives back a member, whatever else its package does.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import facts, hooks, taint, verdicts  # noqa: E402

ENUMS = {("enum", n) for n in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag")}
TUPLES = {("typing", "NamedTuple")}
ERRORS = {("builtins", n) for n in ("Exception", "BaseException", "ValueError", "TypeError", "RuntimeError", "KeyError",
                                    "AttributeError", "ImportError", "NotImplementedError", "Warning", "UserWarning", "OSError")}
REDUCERS = ("__reduce__", "__reduce_ex__", "__getnewargs__", "__getnewargs_ex__", "__getinitargs__")
INITIALISERS = ("__init__", "__new__", "__post_init__", "_missing_")


def quiet(world, walk, module, cls):
    """Whether nothing runs but bookkeeping when the class is called or filled."""
    if any(walk.of(module, cls)):
        return False
    for name in INITIALISERS:
        at = world.method(module, cls, name)
        if at and (walk.worst(at) or world.summary.get(at)):
            return False
    return True


def reason(world, module, cls):
    mro = set(world.mro(module, cls)[1:])
    if mro & ENUMS:
        return "an enumeration"
    if mro & ERRORS:
        return "an exception"
    if mro & TUPLES:
        return "a named tuple"
    if any(world.method(module, cls, r) for r in REDUCERS):
        return "keeps what it is given"
    return None


def main():
    world = taint.World(facts.load(__doc__))
    world.solve(facts.say)
    write(world, verdicts.Verdicts())


def write(world, known):
    walk, out = hooks.Hooks(world, known), set()
    for module, info in world.modules.items():
        w = known.wildcard(module)
        home = list(known.spellings(module))[-1]
        for cls in info["classes"]:
            why = reason(world, module, cls)
            if why != "an enumeration" and (not w or w[0] != "inert"):
                continue
            if why and not known.exact(home, cls) and quiet(world, walk, module, cls):
                out.add(f"{home} {cls} safe - {why}")
    text = sorted(out, key=lambda s: " ".join(s.split()[:2]).encode() + b" ")
    print(len(text), "objects")
    with open(os.path.join(verdicts.HERE, "objects.txt"), "w", encoding="utf-8") as f:
        f.write("".join(line + "\n" for line in text))


if __name__ == "__main__":
    main()
