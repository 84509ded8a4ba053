"""Read Python sources into facts: what each function calls, and from which of
its parameters each argument comes. Nothing is imported or run."""
import argparse
import ast
import collections
import hashlib
import os
import pickle
import sys
import time

START = time.monotonic()

# Packages that hold no Python a model could name.
SKIP = {"nvidia", "cuda", "include", "bin"}

# Function is what is known of one function or method.
#   params: names in order; star, kwstar: names of *args and **kwargs or None
#   calls:  list of (callee, args, kwargs, consts); callee is a tuple of names
#           whose first may be a variable, or ("", method) on an expression with
#           the roots of that expression in `base`
Function = dict


class Roots(ast.NodeVisitor):
    """Which parameters an expression mentions, through local variables."""

    def __init__(self, env):
        self.env, self.found = env, set()

    def visit_Name(self, node):
        self.found |= self.env.get(node.id, frozenset())

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name) and (node.value.id, node.attr) in self.env:
            self.found |= self.env[node.value.id, node.attr]
        else:
            self.visit(node.value)

    def visit_Lambda(self, node):
        pass


def walk(node):
    """The node and all below it, in the order of ast.walk, which takes twice as
    long: nearly all time goes into this."""
    todo = [node]
    for n in todo:
        for v in n.__dict__.values():
            if isinstance(v, ast.AST):
                todo.append(v)
            elif isinstance(v, list):
                todo += [x for x in v if isinstance(x, ast.AST)]
    return todo


def dotted(node):
    """a.b.c as ("a", "b", "c"), or None."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return tuple([node.id] + parts[::-1])
    return None


def const(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, (str, bool, int)) else None


class Body:
    """Walks one function, twice, since a loop may use what its end assigns."""

    def __init__(self, node, init):
        a = node.args
        self.params = [p.arg for p in a.posonlyargs + a.args]
        self.kwonly = [p.arg for p in a.kwonlyargs]
        self.star = a.vararg.arg if a.vararg else None
        self.kwstar = a.kwarg.arg if a.kwarg else None
        names = self.params + self.kwonly + [n for n in (self.star, self.kwstar) if n]
        self.env = {n: frozenset([n]) for n in names}
        self.me = self.params[0] if init and self.params else None
        self.local, self.calls, self.seen = {}, [], {}
        for last in (False, True):
            self.last = last
            self.block(node.body)

    def roots(self, node):
        r = Roots(self.env)
        r.visit(node)
        return frozenset(r.found)

    def block(self, body):
        for s in body:
            self.statement(s)

    def statement(self, s):
        if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return
        if isinstance(s, (ast.Import, ast.ImportFrom)):
            return
        for child in ast.iter_child_nodes(s):
            if isinstance(child, ast.expr):
                self.expression(child)
        if isinstance(s, ast.Assign):
            for t in s.targets:
                self.assign(t, s.value)
        elif isinstance(s, (ast.AugAssign, ast.AnnAssign)) and s.value is not None:
            self.assign(s.target, s.value)
        elif isinstance(s, (ast.For, ast.AsyncFor)):
            self.assign(s.target, s.iter)
        elif isinstance(s, (ast.With, ast.AsyncWith)):
            for item in s.items:
                self.expression(item.context_expr)
                if item.optional_vars is not None:
                    self.assign(item.optional_vars, item.context_expr)
        for name in ("body", "orelse", "finalbody"):
            if isinstance(getattr(s, name, None), list):
                self.block(getattr(s, name))
        for h in getattr(s, "handlers", []) + getattr(s, "cases", []):
            self.block(h.body)

    def assign(self, target, value):
        roots = self.roots(value)
        if isinstance(target, (ast.Tuple, ast.List)):
            for t in target.elts:
                self.assign(t, value)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)
        elif isinstance(target, ast.Name):
            self.env[target.id] = self.env.get(target.id, frozenset()) | roots
            picked = value.body if isinstance(value, ast.IfExp) else value
            d = dotted(picked.func) if isinstance(picked, ast.Call) else dotted(picked)
            if d:
                self.local.setdefault(target.id, (d, isinstance(picked, ast.Call)))
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            k = target.value.id, target.attr
            if target.value.id == self.me:
                self.env[k] = self.env.get(k, frozenset()) | roots
        elif isinstance(target, (ast.Subscript, ast.Attribute)) and isinstance(target.value, ast.Name):
            k = target.value.id
            self.env[k] = self.env.get(k, frozenset()) | roots

    def expression(self, node):
        if self.last:
            binds, calls = self.seen.pop(node)
        else:
            nodes = walk(node)
            binds = [n for n in nodes if isinstance(n, (ast.NamedExpr, ast.comprehension))]
            calls = [n for n in nodes if isinstance(n, ast.Call)]
            self.seen[node] = binds, calls
        for n in binds:
            self.assign(n.target, n.value if isinstance(n, ast.NamedExpr) else n.iter)
        if self.last:
            for n in calls:
                self.call(n)

    def call(self, n):
        d = dotted(n.func)
        base = frozenset()
        if d is None:
            if not isinstance(n.func, ast.Attribute):
                base, d = self.roots(n.func), ("",)
            else:
                base = self.roots(n.func.value)
                inner = n.func.value
                made = dotted(inner.func) if isinstance(inner, ast.Call) else None
                d = ("", n.func.attr) if made is None else ("()",) + made + (n.func.attr,)
        else:
            base = self.roots(n.func)
        args = [self.roots(a) for a in n.args]
        kwargs = {k.arg or "**": self.roots(k.value) for k in n.keywords}
        consts = [const(a) for a in n.args[:3]]
        kconsts = {k.arg: const(k.value) if const(k.value) is not None else dotted(k.value) for k in n.keywords if k.arg in ("mode", "shell", "weights_only", "allow_pickle", "Loader")}
        self.calls.append((d, base, args, kwargs, consts, kconsts))

    def facts(self):
        selfroots = frozenset().union(*[v for k, v in self.env.items() if isinstance(k, tuple)]) if self.me else frozenset()
        return {"params": self.params, "kwonly": self.kwonly, "star": self.star, "kwstar": self.kwstar,
                "calls": self.calls, "local": self.local, "selfroots": selfroots - {self.me}}


def imported(s, module, table, package=False):
    """Adds the names that an import statement binds: module or (module, name)."""
    if isinstance(s, ast.Import):
        for a in s.names:
            if a.asname:
                table[a.asname] = (a.name, "")
            else:
                table[a.name.split(".")[0]] = (a.name.split(".")[0], "")
        return
    base = s.module or ""
    if s.level:
        parts = module.split(".")
        cut = len(parts) - s.level + (1 if package else 0)
        base = ".".join(parts[:max(cut, 0)] + ([s.module] if s.module else []))
    for a in s.names:
        if a.name == "*":
            table.setdefault("*", []).append(base)
        else:
            table[a.asname or a.name] = (base, a.name)


def read_module(path, module, package):
    with open(path, encoding="utf-8", errors="replace") as f:
        tree = ast.parse(f.read())
    names, functions, classes = {}, {}, {}

    def look(body, prefix, cls):
        for s in body:
            if isinstance(s, (ast.Import, ast.ImportFrom)) and not prefix:
                imported(s, module, names, package)
            elif isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef)):
                b = Body(s, cls is not None and s.name in ("__init__", "__new__", "__setstate__"))
                f = b.facts()
                f["method"] = cls is not None and not any(dotted(d) == ("staticmethod",) for d in s.decorator_list)
                f["imports"] = {}
                for st in walk(s):
                    if isinstance(st, (ast.Import, ast.ImportFrom)):
                        imported(st, module, f["imports"], package)
                functions[prefix + s.name] = f
            elif isinstance(s, ast.ClassDef):
                classes[prefix + s.name] = {
                    "bases": [dotted(b) if dotted(b) else ("?",) for b in s.bases],
                    "meta": [dotted(k.value) for k in s.keywords if k.arg == "metaclass"],
                    "attrs": {t.id: dotted(a.value) for a in s.body if isinstance(a, ast.Assign) for t in a.targets if isinstance(t, ast.Name)},
                    "decorators": [dotted(d.func if isinstance(d, ast.Call) else d) or ("?",) for d in s.decorator_list]}
                look(s.body, prefix + s.name + ".", s.name)
            elif isinstance(s, ast.Assign) and not prefix:
                for t in s.targets:
                    if isinstance(t, ast.Name) and dotted(s.value):
                        names.setdefault(t.id, ("", ".".join(dotted(s.value))))
            elif isinstance(s, (ast.If, ast.Try, ast.With)):
                for part in ("body", "orelse", "finalbody"):
                    look(getattr(s, part, []), prefix, cls)
                for h in getattr(s, "handlers", []):
                    look(h.body, prefix, cls)

    look(tree.body, "", None)
    return {"names": names, "functions": functions, "classes": classes, "package": package}


def modules(root):
    """Yields (module name, path, is package) below a directory of packages."""
    for top in sorted(os.listdir(root)):
        full = os.path.join(root, top)
        name = top.removesuffix(".py")
        if os.path.isfile(full):
            if top.endswith(".py"):
                yield name, full, False
            continue
        if name in SKIP or not name.isidentifier() or not os.path.exists(os.path.join(full, "__init__.py")):
            continue
        for dirpath, dirs, files in os.walk(full):
            dirs[:] = sorted(d for d in dirs if d.isidentifier() and d not in ("tests", "test", "idle_test"))
            mod = os.path.relpath(dirpath, root).replace(os.sep, ".")
            for f in sorted(files):
                if f == "__init__.py":
                    yield mod, os.path.join(dirpath, f), True
                elif f.endswith(".py") and f[:-3].isidentifier():
                    yield f"{mod}.{f[:-3]}", os.path.join(dirpath, f), False


def read(found):
    """Facts of modules by their names. Of what is no Python there are none."""
    out = {}
    for name, path, package in found:
        try:
            out[name] = read_module(path, name, package)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return out


def kept(cache, root, top, found):
    """Facts of one package, read or as an earlier run has kept them."""
    place = os.path.join(cache, hashlib.sha256(f"{root}\0{top}".encode()).hexdigest()[:16] + ".facts")
    if not os.path.exists(place):
        with open(place + ".new", "wb") as f:
            pickle.dump(read(found), f, protocol=5)
        os.replace(place + ".new", place)
    with open(place, "rb") as f:
        return pickle.load(f)


def packages(cache, root, until):
    """Yields the facts of each package below root. Out of time, the program ends
    and says how far it came; another run goes on from there."""
    tops = collections.defaultdict(list)
    for m in modules(root):
        tops[m[0].split(".")[0]].append(m)
    for n, (top, found) in enumerate(tops.items()):
        if time.monotonic() > until:
            sys.exit(f"out of time with {n} of the {len(tops)} packages of {root} read: run it again to go on")
        yield kept(cache, root, top, found)
    say(f"{len(tops)} packages of {root} read")


def say(what):
    """Tells how far a run is, and after how many seconds."""
    print(f"{time.monotonic() - START:.0f} s: {what}", flush=True)


def load(doc):
    """Facts of all directories that the command line names, as one: of a module
    that several have, what the first has outranks the others, which may have
    functions that it has not."""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--minutes", type=float, default=float("inf"), help="end if reading takes longer; another run goes on from there")
    p.add_argument("cache", metavar="CACHE_DIR", help="where what was read is kept; empty it when packages have changed")
    p.add_argument("roots", metavar="SITE_PACKAGES", nargs="+", help="a directory of installed packages")
    args = p.parse_args()
    os.makedirs(args.cache, exist_ok=True)
    out = {}
    for root in args.roots:
        for facts in packages(args.cache, root, START + 60 * args.minutes):
            for k, v in facts.items():
                old = out.setdefault(k, v)
                if old is not v:
                    for part in ("functions", "classes", "names"):
                        old[part] = {**v[part], **old[part]}
    return out
