#!/usr/bin/env python3
"""Print lines for imported.txt: other names of what is dangerous.

usage: imported.py PACKAGE...

Each PACKAGE is imported with all of its modules, which runs whatever they run:
do this where nothing can be harmed. A star import, an assignment or a lazy
module gives an object names that its source does not tell. Merge what is
printed into imported.txt, sorted by module and name.
"""
import importlib
import os
import pkgutil
import sys
import types

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import verdicts  # noqa: E402

TESTS = {"test", "tests", "conftest", "testing"}


def import_all(package):
    """Import a package and its modules, as far as that succeeds."""
    try:
        root = importlib.import_module(package)
    except BaseException:
        return
    for info in pkgutil.walk_packages(getattr(root, "__path__", ()), package + ".", onerror=lambda _: None):
        if not TESTS & set(info.name.split(".")) and not info.name.endswith("__main__"):
            try:
                importlib.import_module(info.name)
            except BaseException:
                pass


def own_name(value):
    """The module and the name that an object bears itself, if it is found there."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    try:
        found = vars(sys.modules[module])[name]
    except (KeyError, TypeError):
        return None
    return (module, name) if found is value else None


def main(packages):
    known = verdicts.Verdicts()
    for module, name, cls, effect, why in verdicts.table("surveyed.txt"):
        known.lines.setdefault((module, name), (cls, effect, why))
    stdin, stdout = sys.stdin, sys.stdout
    sys.stdin = sys.stdout = open(os.devnull, "r+")
    for package in packages:
        import_all(package)
    sys.stdin, sys.stdout = stdin, stdout
    lines = set()
    for module, loaded in list(sys.modules.items()):
        if module.partition(".")[0] not in packages or not isinstance(loaded, types.ModuleType):
            continue
        for attribute, value in list(vars(loaded).items()):
            own = own_name(value) if callable(value) else None
            if own is None or own == (module, attribute):
                continue
            python = own[0].partition(".")[0] in sys.stdlib_module_names
            home = known.lookup(*own) if python else known.exact(*own)
            if home and home[0] == "dangerous" and known.lookup(module, attribute)[0] == "unknown":
                lines.add(f"{module} {attribute} {own[0]} {own[1]}")
    print(*sorted(lines), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
