"""Print, for the Python that runs it, the marshalled code of the functions that
the tests expect: lines of version, name and base64. It works on 2.7 and on 3."""
import base64, marshal, sys

SOURCES = {
    "global_attribute": "f = lambda x: os.system('echo poc')",
    "builtin": "f = lambda x: eval('1+1')",
    "method_of_argument": "f = lambda x: x.eval().system",
    "import_inside": "def f(x):\n  import os\n  y = x\n  os.system('echo poc')\n  return y",
    "import_from": "def f(x):\n  from os import path, system as s\n  s('echo poc')",
    "import_dotted": "def f(x):\n  import os.path\n  os.system('echo poc')",
    "import_as": "def f(x):\n  import subprocess as sp\n  z = sp\n  return z.Popen('echo poc')",
    "import_dotted_as": "def f(x):\n  import os.path as p\n  import xml.etree.ElementTree as e\n  return p.join('data', x), e.Element('a')",
    "attributes": "def f(x):\n  import os\n  return os.path.join('data', x)",
    "import_called": "def f(x):\n  import importlib\n  m = __import__('xml.dom')\n  m.parse(x)\n  __import__('os').system('echo poc')\n  y = x\n  y.spawn(x)\n  return importlib.import_module('subprocess').run(x)",
    "nested": "def f(x):\n  def g(y):\n    return os.popen(y)\n  return g(x)",
    "closure": "def f(x):\n  import os\n  def g():\n    return os\n  return os.getcwd()",
    "far_names": "def f(x):\n  return [%s, os.system]" % ", ".join("n%d" % i for i in range(300)),
    "harmless": "f = lambda x: tf.image.resize(x, (2, 2)) * 2.5 + 3",
    "constants": "f = lambda x: (x, 'text', b'bytes', 2**70, 1.5, 2j, None, (1, 2), frozenset([3]))",
}

version = "%d.%d" % sys.version_info[:2]
for name in sorted(SOURCES):
    scope = {}
    exec(compile(SOURCES[name], "train.py", "exec"), scope)
    raw = marshal.dumps(scope["f"].__code__)
    print(version, name, base64.b64encode(raw).decode()) if sys.version_info[0] > 2 else sys.stdout.write(
        "%s %s %s\n" % (version, name, base64.b64encode(raw).decode()))
