"""Which classes run more than their own bookkeeping when a pickle makes an
instance, fills it or drops it."""
import sys

HOOKS = ["__new__", "__setstate__", "__setattr__", "__del__", "__setitem__", "append", "extend", "add", "__getattr__"]
# Effects that a hook may have without a way for a file to steer them.
HARMLESS = {"state", "exit"}
QUIET = {"warnings", "logging", "re", "copy", "functools", "math", "itertools", "operator", "collections", "typing", "inspect",
         "abc", "enum", "dataclasses", "time", "threading", "weakref", "types", "contextlib", "builtins", "os.path", "json",
         "sys", "gc", "random", "string", "numbers", "datetime", "uuid", "hashlib", "copyreg", "traceback", "torch.utils.hooks"}


class Hooks:
    def __init__(self, world, verdicts):
        self.world, self.verdicts, self.known = world, verdicts, {}

    def worst(self, key, depth=0, cls=None):
        """What a function does beyond bookkeeping: (effect, reason), or None."""
        if key in self.known:
            return self.known[key]
        self.known[key] = None
        module, qual = key
        f = self.world.modules[module]["functions"][qual]
        found = None
        for call in f["calls"]:
            found = found or self.call(module, qual, f, call, depth)
        self.known[key] = found
        return found

    def call(self, module, qual, f, call, depth):
        d, base = call[0], call[1]
        target = self.world.callee(module, qual, f, d)
        if target is None:
            return ("indirect", "a callable of its own state") if base and d[0] in ("", *f["params"][1:]) else None
        if target[0] == "":
            effect = self.world.effect(target, call)
            return (effect, target[1]) if effect else None
        effect = self.world.effect(target, call)
        if effect and effect not in HARMLESS:
            return effect, ".".join(target)
        if target[0] not in self.world.modules:
            if target[0].split(".")[0] in QUIET or ".".join(target) in QUIET:
                return None
            known = self.verdicts.exact(*target)
            if not known and target[0].split(".")[0] in sys.stdlib_module_names:
                known = self.verdicts.wildcard(target[0])
            bad = known and known[0] == "dangerous" and known[1] not in HARMLESS
            return (known[1], ".".join(target)) if bad else None
        if depth >= 4:
            return None
        names = [target[1]]
        if target[1] in self.world.modules[target[0]]["classes"]:
            names = [n for h in ("__init__", "__new__") for n in [self.world.method(target[0], target[1], h)] if n]
        for n in names:
            key = n if isinstance(n, tuple) else (target[0], n)
            if key[1] in self.world.modules[key[0]]["functions"]:
                w = self.worst(key, depth + 1)
                if w:
                    return w
        return None

    def of(self, module, cls):
        """Yields (hook, effect, reason) of a class and its bases."""
        for hook in HOOKS:
            at = self.world.method(module, cls, hook)
            vetted = at and self.verdicts.exact(*at)
            if at and not (vetted and vetted[0] in ("inert", "safe")):
                w = self.worst(at)
                if w:
                    yield hook, w[0], w[1]
