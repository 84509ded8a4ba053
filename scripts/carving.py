#!/usr/bin/env python3
"""Hides files among generated weights, and measures whether and how fast they are found.

usage: scripts/carving.py [--dir DIR] [--gib N] [--quiet-gib N] [--seed N] [hide] [quiet] [speed]

hide   writes models of N GiB (1) as safetensors, PyTorch and GGUF files, of float16, bfloat16, packed int4 and
       random weights, with an ELF program, a Windows program, a zip archive and a pickle at random offsets, and
       wants each of them found, at its place, and nothing else.
quiet  scans 20 GiB of generated weights of six types, one file of 1 GiB at a time, and wants no finding.
speed  compares the search with cat and sha256sum of the same file, on one core, by the processor's time, since
       other programs run as well; the files are in the page cache.

It needs numpy, some 3 GiB of disk below DIR (a temporary folder by default), and 3 GiB of memory. Seeds are fixed:
two runs make the same files.
"""
import argparse
import io
import json
import os
import pickle
import random
import resource
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GIB = 1 << 30
PIECE = 16 << 20
RULE = "file-hidden-in-weights"


# --- weights: functions that make PIECE bytes of one type ---------------------------------------------------------

def normal(rng, n):
    return rng.standard_normal(n, dtype=np.float32) * np.float32(0.02)


def float16(rng):
    return normal(rng, PIECE // 2).astype(np.float16).view(np.uint8)


def bfloat16(rng):
    return (normal(rng, PIECE // 2).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)


def float32(rng):
    return normal(rng, PIECE // 4).view(np.uint8)


def int8(rng):
    return np.clip(normal(rng, PIECE) * 1800, -127, 127).astype(np.int8).view(np.uint8)


def int4(rng):
    """Two weights a byte, normally distributed around 8."""
    quantiles = np.clip(np.sort(normal(np.random.default_rng(4), 1 << 16)) * 150 + 8, 0, 15).astype(np.uint8)
    draw = rng.integers(0, 1 << 16, size=2 * PIECE, dtype=np.uint16)
    return quantiles[draw[:PIECE]] | quantiles[draw[PIECE:]] << 4


def noise(rng):
    return rng.integers(0, 256, size=PIECE, dtype=np.uint8)


TYPES = {"float16": float16, "bfloat16": bfloat16, "int4": int4, "random": noise, "float32": float32, "int8": int8}
# safetensors' name of the type; GGUF's number, and the bytes and weights of one of its blocks
STORED = {"float16": ("F16", 1, 2, 1), "bfloat16": ("BF16", 30, 2, 1), "int4": ("U8", 24, 1, 1), "random": ("U8", 24, 1, 1),
          "float32": ("F32", 0, 4, 1), "int8": ("I8", 24, 1, 1)}


def weights(kind, size, seed):
    rng = np.random.Generator(np.random.SFC64([seed, list(TYPES).index(kind)]))
    out = np.empty(size, np.uint8)
    for at in range(0, size, PIECE):
        out[at:at + PIECE] = TYPES[kind](rng)[:size - at]
    return out


# --- what is hidden -----------------------------------------------------------------------------------------------

def elf():
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 200, 200, 4096) + b"echo poc" * 10


def pe():
    dos = b"MZ" + bytes(58) + struct.pack("<I", 64)
    return dos + b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 0, 0, 0, 0, 240, 0x22) + bytes(240)


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("readme.txt", "echo poc\n" * 100)
    return out.getvalue()


class Call:
    def __reduce__(self):
        return os.system, ("echo poc",)


HIDDEN = {"program (ELF": elf(), "program (Windows": pe(), "zip archive": archive(), "pickle": pickle.dumps(Call(), 4)}


def hide(data, rng):
    """Puts everything into data, far enough apart, and returns the offsets."""
    places = {}
    part = len(data) // len(HIDDEN)
    for i, (name, what) in enumerate(rng.sample(sorted(HIDDEN.items()), len(HIDDEN))):
        at = i * part + rng.randrange(part - 4096)
        data[at:at + len(what)] = np.frombuffer(what, np.uint8)
        places[name] = at
    return places


# --- containers: functions that write data and return where in which member its parts are --------------------------

def safetensors(path, kind, data):
    name, _, width, _ = STORED[kind]
    quarter = len(data) // 4
    header = json.dumps({f"layers.{i}.weight": {"dtype": name, "shape": [quarter // width], "data_offsets": [i * quarter, (i + 1) * quarter]}
                         for i in range(4)}).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(header)) + header)
        start = f.tell()
        f.write(data)
    return [((), start, 0, len(data))]


def pytorch(path, kind, data):
    quarter = len(data) // 4
    parts = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as z:
        z.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
        for i in range(4):
            z.writestr(f"archive/data/{i}", data[i * quarter:(i + 1) * quarter].data)
            parts.append(((f"archive/data/{i}",), 0, i * quarter, quarter))
        z.writestr("archive/version", b"3\n")
    return parts


def gguf(path, kind, data):
    _, number, width, _ = STORED[kind]
    text = lambda s: struct.pack("<Q", len(s)) + s.encode()
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text("general.architecture") + struct.pack("<I", 8) + text("llama")
    head += text("blk.0.attn_q.weight") + struct.pack("<IQIQ", 1, len(data) // width, number, 0)
    head += bytes(-len(head) % 32)
    with open(path, "wb") as f:
        f.write(head)
        f.write(data)
    return [((), len(head), 0, len(data))]


CONTAINERS = {"model.safetensors": safetensors, "model.pt": pytorch, "model.gguf": gguf}


# --- the three measurements ---------------------------------------------------------------------------------------

def scan(binary, path, carve="all"):
    out = subprocess.run([binary, "scan", "--format", "json", "--carve", carve, path], stdout=subprocess.PIPE).stdout
    return json.loads(out)


def check_hide(args, binary):
    failed = 0
    for kind in list(TYPES)[:4]:
        clean = weights(kind, int(args.gib * GIB), args.seed)
        for name, write in CONTAINERS.items():
            data = clean.copy()
            places = hide(data, random.Random(f"{args.seed} {kind} {name}"))
            path = os.path.join(args.dir, name)
            parts = write(path, kind, data)
            wanted = {}
            for what, at in places.items():
                for inside, start, begin, size in parts:
                    if begin <= at < begin + size:
                        wanted[(inside, start + at - begin)] = what
            report = scan(binary, path)
            found = {(tuple(f["inside"]), f["offset"]): f["message"] for f in report["findings"] if f["rule"] == RULE}
            os.remove(path)
            right = sum(1 for place, what in wanted.items() if what in found.get(place, ""))
            more = len(found) - right
            other = {f["rule"] for f in report["findings"]} - {RULE, "pickle-executes-code"}
            ok = right == len(HIDDEN) and not more and not other and not report["files"][0].get("unsearched")
            failed += not ok
            print(f"{kind:<10}{name:<20}{right} of {len(HIDDEN)} found, {more} more {' '.join(sorted(other))}{'' if ok else ' FAILED'}", flush=True)
    return failed


def check_quiet(args, binary):
    failed, total = 0, 0
    share = {"float16": 4, "bfloat16": 4, "int4": 4, "random": 4, "float32": 2, "int8": 2}
    for kind, n in share.items():
        found = 0
        files = max(1, round(args.quiet_gib * n / 20))
        for i in range(files):
            path = os.path.join(args.dir, "quiet.safetensors")
            safetensors(path, kind, weights(kind, GIB, 1000 + args.seed + i))
            report = scan(binary, path)
            os.remove(path)
            found += len(report["findings"]) + (report["files"][0]["status"] != "clean")
            for f in report["findings"]:
                print(" ", f["message"], hex(f["offset"]))
        total += files
        failed += found
        print(f"{kind:<10}{files:>3} GiB: {found} false alarms", flush=True)
    print(f"all       {total:>3} GiB: {failed} false alarms", flush=True)
    return failed


def spent(command):
    """Runs a command on one core, and returns the seconds of processor that it took, the best of three."""
    best = None
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["taskset", "-c", "0"] + command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "GOMAXPROCS": "1"})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = took if best is None else min(best, took)
    return best


def check_speed(args, binary):
    slow = 0
    size = int(args.gib * GIB)
    print(f"{'weights':<10}{'cat':>9}{'sha256sum':>11}{'structure':>11}{'search':>9}  GB/s of processor time, one core")
    for kind in [*TYPES, "zeros"]:
        path = os.path.join(args.dir, "speed.safetensors")
        safetensors(path, kind if kind in TYPES else "random", weights(kind, size, args.seed) if kind in TYPES else np.zeros(size, np.uint8))
        commands = [["cat", path], ["sha256sum", path], [binary, "scan", "--carve", "none", path], [binary, "scan", "--carve", "all", path]]
        rates = [size / max(spent(c), 1e-3) / 1e9 for c in commands]
        os.remove(path)
        slow += rates[3] < 1
        print(f"{kind:<10}{rates[0]:>9.1f}{rates[1]:>11.2f}{rates[2]:>11.1f}{rates[3]:>9.2f}{'' if rates[3] >= 1 else '  below 1'}", flush=True)
    return slow


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir")
    parser.add_argument("--gib", type=float, default=1)
    parser.add_argument("--quiet-gib", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("checks", nargs="*", metavar="hide|quiet|speed")
    args = parser.parse_args()
    checks = {"hide": check_hide, "quiet": check_quiet, "speed": check_speed}
    failed = 0
    with tempfile.TemporaryDirectory(dir=args.dir) as args.dir:
        binary = os.path.join(args.dir, "modelaudit")
        subprocess.run(["go", "build", "-trimpath", "-o", binary, "."], cwd=ROOT, check=True, env={**os.environ, "CGO_ENABLED": "0"})
        for name in args.checks or checks:
            failed += checks[name](args, binary)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
