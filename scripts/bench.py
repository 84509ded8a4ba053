#!/usr/bin/env python3
"""Measures wall time and peak memory of scans, beside other scanners on the same files.

usage: scripts/bench.py [--dir DIR] [--runs N] [--peers] [--check] [NAME...]

It builds the program, makes the files below DIR (a temporary folder by default; 1.3 GiB, most of it
a hole), and prints the fastest of N runs after one that warms the page cache, and the highest peak
of resident memory. What this script itself occupies, some 10 MiB, is the least that can be shown.
With --peers, picklescan and fickling are installed from PyPI into DIR, and scikit-learn, which makes
some of the files; with --check, an aim that is missed fails. NAME selects inputs. For directories,
"reading" is a program that opens and reads every file, as many at a time as there are processors,
and does nothing else: no scanner can take less.
"""
import argparse
import importlib
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GLOBAL_ARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"


def make_tiny(path):
    """A fitted linear classifier of scikit-learn, with its coefficients in an array."""
    with open(path, "wb") as f:
        f.write(b"\x80\x04csklearn.linear_model._logistic\nLogisticRegression\n)\x81}(")
        for key, value in {"penalty": "l2", "dual": False, "tol": 1e-4, "C": 1.0, "max_iter": 100, "n_features_in_": 4}.items():
            f.write(text(key) + plain(value))
        f.write(text("coef_") + array(b"\x00" * 512) + b"ub.")


def text(s):
    b = s.encode()
    return b"\x8c" + bytes([len(b)]) + b


def plain(v):
    if isinstance(v, bool):
        return b"\x88" if v else b"\x89"
    if isinstance(v, str):
        return text(v)
    return b"G" + struct.pack(">d", v) if isinstance(v, float) else b"J" + struct.pack("<i", v)


def array(data):
    """A NumPy array of float64 as its own pickle support writes it."""
    dtype = b"cnumpy\ndtype\n\x8c\x02f8\x89\x88\x87R(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    size = b"B" + struct.pack("<I", len(data))
    return GLOBAL_ARRAY + b"(K\x01J" + struct.pack("<i", len(data) // 8) + b"\x85" + dtype + b"\x89" + size + data + b"tb"


def make_directory(path):
    """2,000 small models."""
    os.makedirs(path)
    for i in range(2000):
        make_tiny(os.path.join(path, f"model-{i:04}.pkl"))


def make_forests(path):
    """2,000 random forests of ten trees, by scikit-learn."""
    make_models(path, 2000, [lambda i: sklearn("ensemble.RandomForestClassifier", n_estimators=10, random_state=i)])


def make_defaults(path):
    """200 random forests as scikit-learn makes them by default, of a hundred trees."""
    make_models(path, 200, [lambda i: sklearn("ensemble.RandomForestClassifier", random_state=i)])


def make_kinds(path):
    """2,000 models of ten kinds of scikit-learn."""
    make_models(path, 2000, [
        lambda i: sklearn("linear_model.LogisticRegression", C=1 + i, max_iter=1000),
        lambda i: sklearn("linear_model.RidgeClassifier", alpha=1 + i),
        lambda i: sklearn("svm.SVC", C=1 + i),
        lambda i: sklearn("naive_bayes.GaussianNB", var_smoothing=1e-9 * (1 + i)),
        lambda i: sklearn("neighbors.KNeighborsClassifier", n_neighbors=1 + i % 9),
        lambda i: sklearn("tree.DecisionTreeClassifier", random_state=i),
        lambda i: sklearn("neural_network.MLPClassifier", random_state=i, max_iter=1),
        lambda i: sklearn("cluster.KMeans", n_clusters=3, random_state=i),
        lambda i: sklearn("decomposition.PCA", n_components=2, random_state=i),
        lambda i: sklearn("pipeline.make_pipeline", sklearn("preprocessing.StandardScaler"), sklearn("linear_model.SGDClassifier", random_state=i)),
    ])


def sklearn(name, *args, **parameters):
    """Calls something of scikit-learn."""
    module, _, called = name.rpartition(".")
    return getattr(importlib.import_module("sklearn." + module), called)(*args, **parameters)


def make_models(path, n, kinds):
    """Fits each kind of model in turn to the irises, and pickles them."""
    warnings.simplefilter("ignore")  # one pass over the data is no fit to rely on
    x, y = sklearn("datasets.load_iris", return_X_y=True)
    os.makedirs(path)
    for i in range(n):
        with open(os.path.join(path, f"model-{i:04}.pkl"), "wb") as f:
            pickle.dump(kinds[i % len(kinds)](i).fit(x, y), f)


def make_dense(path):
    """The vocabulary of a text vectoriser: millions of opcodes, hardly any bytes that are not."""
    words = {f"w{(i * 2654435761) % 2**32:08x}": i for i in range(2_500_000)}
    with open(path, "wb") as f:
        pickle.dump({"vocabulary_": words, "lowercase": True}, f, protocol=4)


def make_forest(path):
    """A random forest: few opcodes, 200 MB in byte strings."""
    tree = os.urandom(1 << 14) * 100
    with open(path, "wb") as f:
        f.write(b"\x80\x04csklearn.ensemble._forest\nRandomForestClassifier\n)\x81}(" + text("estimators_") + b"](")
        for _ in range(122):
            f.write(array(tree))
        f.write(b"eub.")


def make_torch(path):
    """A checkpoint of 16 tensors of 64 MiB, stored as torch.save does; zeros are a hole in the file."""
    size, n = 64 << 20, 16
    crc = zlib.crc32(bytes(size))
    data = b"\x80\x02}("
    for i in range(n):
        data += text(f"layer{i}") + b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\nFloatStorage\n" + \
            text(str(i)) + text("cpu") + b"J" + struct.pack("<i", size // 4) + b"tQK\x00J" + struct.pack("<i", size // 4) + \
            b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    data += b"u."
    members = [("archive/data.pkl", data)] + [(f"archive/data/{i}", None) for i in range(n)] + [("archive/version", b"3\n")]
    directory = b""
    with open(path, "wb") as f:
        for name, content in members:
            length, check = (size, crc) if content is None else (len(content), zlib.crc32(content))
            fixed = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, check, length, length, len(name), 0)
            directory += b"PK\x01\x02\x14\x00" + fixed + struct.pack("<HHHII", 0, 0, 0, 0, f.tell()) + name.encode()
            f.write(b"PK\x03\x04" + fixed + name.encode())
            f.seek(size, os.SEEK_CUR) if content is None else f.write(content)
        f.write(directory + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, n + 2, n + 2, len(directory), f.tell(), 0))
    with zipfile.ZipFile(path) as z:
        assert len(z.namelist()) == n + 2


# name, file, how it is made, what we want: seconds and MiB
INPUTS = [
    ("tiny", "tiny.pkl", make_tiny, 0.010, 64),
    ("directory", "directory", make_directory, 0.2, 64),
    ("kinds", "kinds", make_kinds, 0.3, 64),
    ("forests", "forests", make_forests, 0.3, 64),
    ("defaults", "defaults", make_defaults, 0.3, 64),
    ("torch", "torch-1g.pt", make_torch, 0.050, 64),
    ("forest", "forest-200m.pkl", make_forest, 0.5, 64),
    ("dense", "dense-45m.pkl", make_dense, 1.0, 64),
]


def measure(command, runs, directory):
    """Runs a command in directory, where fickling leaves a report. Returns the exit status, the shortest wall time in s, and the highest peak of memory in MiB."""
    times, peak, status = [], 0, 0
    with open(os.devnull, "wb") as null:
        for i in range(runs + 1):
            start = time.perf_counter()
            child = subprocess.Popen(command, stdout=null, stderr=null, stdin=subprocess.DEVNULL, cwd=directory)
            _, raw, usage = os.wait4(child.pid, 0)
            took = time.perf_counter() - start
            child.returncode = status = os.waitstatus_to_exitcode(raw)
            if i > 0 or took > 10:
                times.append(took)
            peak = max(peak, usage.ru_maxrss / 1024)
            if took > 10:
                break
    return status, min(times), peak


READING = """package main

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
)

func main() {
	d, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	names, err := d.Readdirnames(-1)
	if err != nil {
		panic(err)
	}
	var next atomic.Int64
	var readers sync.WaitGroup
	for range runtime.NumCPU() {
		readers.Go(func() {
			buffer := make([]byte, 1<<16)
			for i := next.Add(1); i <= int64(len(names)); i = next.Add(1) {
				f, err := syscall.Openat(int(d.Fd()), names[i-1], syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
				if err != nil {
					panic(err)
				}
				for n := 1; n > 0; {
					if n, err = syscall.Read(f, buffer); err != nil {
						panic(err)
					}
				}
				syscall.Close(f)
			}
		})
	}
	readers.Wait()
}
"""


def reading(directory):
    """Builds the program that only reads, and returns its command."""
    source, binary = os.path.join(directory, "reading.go"), os.path.join(directory, "reading")
    with open(source, "w") as f:
        f.write(READING)
    subprocess.run(["go", "build", "-o", binary, source], check=True, env={**os.environ, "CGO_ENABLED": "0"})
    return [binary]


# Those that scikit-learn is wanted for.
FITTED = [make_kinds, make_forests, make_defaults]

# As README.md names them. fickling does not say that it needs typing_extensions.
PEERS = ["picklescan==1.0.5", "fickling==0.1.12", "typing_extensions==4.15.0", "scikit-learn==1.7.2"]


def peers(directory):
    """Installs the other scanners and returns their commands."""
    venv = os.path.join(directory, "venv")
    if not os.path.exists(venv):
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    subprocess.run([os.path.join(venv, "bin", "pip"), "install", "-q", *PEERS], check=True)
    return {
        "picklescan": [os.path.join(venv, "bin", "picklescan"), "-p"],
        "fickling": [os.path.join(venv, "bin", "fickling"), "--check-safety", "-p"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--check", action="store_true", help="fail where an aim is missed")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = os.path.abspath(args.dir or temporary)
        os.makedirs(directory, exist_ok=True)
        binary = os.path.join(directory, "modelaudit")
        subprocess.run(["go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "."], cwd=ROOT, check=True,
                       env={**os.environ, "CGO_ENABLED": "0"})
        commands = {"modelaudit": [binary, "scan"], "reading": reading(directory)}
        if args.peers:
            commands.update(peers(directory))
        missed = compare(args, directory, commands)
    sys.exit(1 if args.check and missed else 0)


def compare(args, directory, commands):
    """Prints one line for each input and scanner; returns how many aims were missed."""
    missed = 0
    print(f"{'input':<12}{'scanner':<12}{'exit':>5}{'wall s':>10}{'peak MiB':>10}  aim")
    for name, file, make, seconds, memory in INPUTS:
        if args.names and name not in args.names:
            continue
        path = os.path.join(directory, file)
        if not os.path.exists(path):
            if make in FITTED and not args.peers:
                print(f"{name:<12}left out: it is made with what --peers installs", flush=True)
                continue
            python = os.path.join(directory, "venv", "bin", "python") if make in FITTED else sys.executable
            # in a process of its own: memory once used counts in the children's peaks
            subprocess.run([python, "-c", f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r}); "
                            f"import bench; bench.{make.__name__}({path!r})"], check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        for scanner, command in commands.items():
            if os.path.isdir(path) and scanner == "fickling" or os.path.isfile(path) and scanner == "reading":
                continue
            status, took, peak = measure(command + [path], args.runs, directory)
            aim = ""
            if scanner == "modelaudit":
                met = took <= seconds and peak <= memory
                missed += not met
                aim = f"{seconds} s, {memory} MiB: {'met' if met else 'MISSED'}"
            print(f"{name:<12}{scanner:<12}{status:>5}{took:>10.3f}{peak:>10.1f}  {aim}", flush=True)
    return missed


if __name__ == "__main__":
    main()
