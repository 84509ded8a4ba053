"""Write HDF5 files of every structure that the reader knows, each with a JSON
description of what h5py itself reads from it. usage: h5py_files.py DIRECTORY"""
import ctypes, json, os, sys
import h5py, numpy as np


def text(value):
    """The elements of an attribute of text or bytes, as latin-1 strings."""
    def one(v):
        if isinstance(v, str):
            v = v.encode()
        return bytes(v).decode("latin-1")
    if isinstance(value, (str, bytes)):
        return [one(value)]
    if isinstance(value, np.void):
        return [value.tobytes().decode("latin-1")]
    if isinstance(value, np.ndarray) and value.dtype.kind in "OS":
        return [one(v) for v in value.reshape(-1)]
    if isinstance(value, np.ndarray) and value.dtype.itemsize == 1:
        return [value.tobytes().decode("latin-1")]
    return []


def text_of(value):
    """An element of variable length, as a latin-1 string."""
    return (value if isinstance(value, bytes) else value.tobytes()).decode("latin-1")


def links(group):
    out = {}
    for name in group:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.SoftLink):
            out[name] = "soft " + link.path
        elif isinstance(link, h5py.ExternalLink):
            out[name] = "external %s %s" % (link.filename, link.path)
        else:
            out[name] = "hard"
    return out


def describe(obj):
    d = {"attrs": {}, "links": {}, "dims": None, "layout": "", "files": None, "sources": None, "stored": 0, "values": None}
    for name in obj.attrs:
        t = text(obj.attrs[name])
        if t:
            d["attrs"][name] = t
    if isinstance(obj, h5py.Group):
        d["links"] = links(obj)
    if isinstance(obj, h5py.Dataset):
        plist = obj.id.get_create_plist()
        d["layout"] = {0: "compact", 1: "contiguous", 2: "chunked", 3: "virtual"}[plist.get_layout()]
        d["dims"] = list(obj.shape or ()) or None
        d["files"] = [os.fsdecode(plist.get_external(i)[0]) for i in range(plist.get_external_count())] or None
        if d["layout"] == "chunked":
            d["stored"] = obj.id.get_storage_size()
        if h5py.check_vlen_dtype(obj.dtype) or h5py.check_string_dtype(obj.dtype):
            if obj.id.get_type().get_class() == h5py.h5t.VLEN or obj.id.get_type().is_variable_str():
                d["values"] = sorted(v for v in map(text_of, obj[()].reshape(-1)) if v) or None
        if obj.is_virtual:
            d["sources"] = ["%s %s" % (s.file_name, s.dset_name) for s in obj.virtual_sources()]
    return d


def finish(path):
    objects = {}
    with h5py.File(path, "r") as f:
        objects["/"] = describe(f)
        seen = {h5py.h5o.get_info(f.id).addr}
        queue = [("/", f)]
        while queue:
            where, group = queue.pop(0)
            for name in group:
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    continue
                obj = group[name]
                addr = h5py.h5o.get_info(obj.id).addr
                if addr in seen:
                    continue
                seen.add(addr)
                full = where.rstrip("/") + "/" + name
                objects[full] = describe(obj)
                if isinstance(obj, h5py.Group):
                    queue.append((full, obj))
    with open(path + ".json", "w") as out:
        json.dump({"objects": objects}, out)


def fill(f, many):
    f.attrs["model_config"] = '{"class_name": "Sequential"}'
    f.attrs["fixed"] = np.bytes_(b"fixed text")
    f.attrs["raw"] = np.void(b"\x80\x04K\x01.")
    f.attrs["bytes"] = np.frombuffer(b"abc\x00def", dtype="u1")
    f.attrs["names"] = np.array([b"a", b"bcd", b""], dtype="S3")
    f.attrs["number"] = 3.5
    f.attrs["strings"] = ["one", "two"]
    g = f.create_group("layers")
    for i in range(many):
        s = g.create_group("dense_%d" % i)
        s["kernel"] = np.zeros((3, 4), "f4")
        s.attrs["weight_names"] = [b"kernel:0", b"bias:0"]
    f.create_dataset("chunked", data=np.arange(1000, dtype="i4"), chunks=(100,), compression="gzip", shuffle=True)
    f.create_dataset("empty", shape=(0,), dtype="f4")
    f.create_dataset("grown", shape=(10,), maxshape=(None,), dtype="f4")
    f.create_dataset("scalar", data=7)
    f.create_dataset("text", data=["a", "b"], dtype=h5py.string_dtype())
    f.create_dataset("outside", shape=(4,), dtype="f4", external=[("weights.bin", 0, 16)])
    f["soft"] = h5py.SoftLink("/layers/dense_0")
    f["far"] = h5py.ExternalLink("other.h5", "/data")
    f["again"] = f["layers"]
    f["kind"] = np.dtype("f8")


def chunked(f):
    """Datasets with every index of chunks, of numbers and of variable length."""
    vlen, strings = h5py.vlen_dtype(np.uint8), h5py.string_dtype()
    words = np.array(["word %d" % i for i in range(60)], dtype=object)
    shapes = {  # name: shape, largest shape, chunk
        "single": ((60,), (60,), (60,)),
        "fixed": ((60,), (60,), (7,)),
        "fixed2": ((6, 10), (6, 100), (4, 3)),
        "extensible": ((60,), (None,), (7,)),
        "extensible_long": ((60,), (None,), (1,)),
        "tree": ((6, 10), (None, None), (4, 3)),
        "tree_long": ((6, 10), (None, None), (1, 1)),
    }
    for name, (shape, largest, chunk) in shapes.items():
        for suffix, options in (("", {}), ("_packed", {"compression": "gzip", "shuffle": True})):
            d = f.create_dataset(name + suffix, shape, strings, chunks=chunk, maxshape=largest, **options)
            d[...] = words.reshape(shape)
            f.create_dataset(name + suffix + "_numbers", data=np.arange(60).reshape(shape), chunks=chunk, maxshape=largest, fletcher32=bool(options), **options)
    for name, chunk in (("fast", 600), ("fast_mixed", 7)):  # of which some do not get smaller
        data = ["%d the same words again" % (i % 5) for i in range(600)] if name == "fast" else ["%d" % (i * i) for i in range(60)]
        f.create_dataset(name, data=data, dtype=strings, chunks=(chunk,), compression="lzf", shuffle=name == "fast")
    d = f.create_dataset("bytes", (3,), vlen, chunks=(2,), maxshape=(None,))
    for i, p in enumerate((b"abc", b"", b"\x80\x04K\x01.")):
        d[i] = np.frombuffer(p, "u1")
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)  # an implicit index: all chunks exist from the start
    plist.set_chunk((7, 3))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    plist.set_fill_time(h5py.h5d.FILL_TIME_ALLOC)
    for name, dtype in (("implicit", h5py.h5t.py_create(strings, logical=True)), ("implicit_numbers", h5py.h5t.NATIVE_INT32)):
        space = h5py.h5s.create_simple((20, 3), (50, 9))
        made = h5py.Dataset(h5py.h5d.create(f.id, name.encode(), dtype, space, plist))
        made[...] = words.reshape(20, 3) if name == "implicit" else np.arange(60).reshape(20, 3)
    sparse = f.create_dataset("sparse", (100_000,), strings, chunks=(10,), maxshape=(None,))
    sparse[77_777] = "far"
    sparse = f.create_dataset("sparse_fixed", (100_000,), strings, chunks=(10,))
    sparse[5], sparse[77_777] = "near", "far"
    partly = f.create_dataset("partly", (100, 100), "i4", chunks=(9, 9), maxshape=(None, None))
    partly[50, 3:60] = 1


def indexes(f):
    """One small dataset with each index that HDF5 1.10 brought."""
    for name, largest in (("single", (4,)), ("fixed", (6,)), ("extensible", (None,))):
        f.create_dataset(name, (4,), h5py.string_dtype(), chunks=(4,) if name == "single" else (1,), maxshape=largest)[...] = list("abcd")
    f.create_dataset("tree", (2, 2), h5py.string_dtype(), chunks=(1, 1), maxshape=(None, None), compression="gzip")[...] = [["a", "b"], ["c", "d"]]


def pages(f):
    """Arrays that are so long that their blocks are divided into pages."""
    for name, largest in (("fixed", (20_000,)), ("extensible", (None,))):
        for suffix, options in (("", {}), ("_packed", {"compression": "gzip"})):
            d = f.create_dataset(name + suffix, (20_000,), "u1", chunks=(1,), maxshape=largest, **options)
            d[:3000] = 1
            d[18_000] = 1
    f.create_dataset("long", (200_000,), "u1", chunks=(1,), maxshape=(None,))[::1000] = 1
    f.create_dataset("text", (20_000,), h5py.string_dtype(), chunks=(2,), maxshape=(None,))[15_000] = "far"


def library():
    """The HDF5 library that h5py loaded, for what h5py has no call for."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            name = line.split()[-1]
            if "libhdf5" in name and "_hl" not in name:
                return ctypes.CDLL(name)


def shared(path, indexes, tree):
    """A file whose objects share messages. indexes are the kinds of messages that
    each heap is for, by their bits; tree: they are found by a B-tree at once."""
    lib, number = library(), ctypes.c_uint
    created = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    made = ctypes.c_int64(created.id)
    lib.H5Pset_shared_mesg_nindexes(made, number(len(indexes)))
    for i, kinds in enumerate(indexes):
        lib.H5Pset_shared_mesg_index(made, number(i), number(kinds), number(8))
    if tree:
        lib.H5Pset_shared_mesg_phase_change(made, number(0), number(0))
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    with h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, created, access)) as f:
        f.attrs["model_config"] = '{"class_name": "Sequential"}'
        for i in range(12):
            d = f.create_dataset("d%d" % i, data=np.arange(100.0).reshape(10, 10), chunks=(5, 5), compression="gzip")
            for k in range(3 if i else 20):  # the first keeps them densely
                d.attrs["note %d" % k] = np.bytes_(b"a note that is the same for all")
            d.attrs["text"] = "the same text"
        f["text"] = ["a", "b"]


def main(directory):
    SPACE, TYPE, FILL, FILTERS, ATTRIBUTE = 2, 8, 32, 0x800, 0x1000
    every = SPACE | TYPE | FILL | FILTERS | ATTRIBUTE
    if library():
        for name, heaps, tree in (("list", [every], False), ("tree", [every], True), ("two", [SPACE | TYPE, FILL | FILTERS | ATTRIBUTE], False)):
            path = os.path.join(directory, "shared_%s.h5" % name)
            shared(path, heaps, tree)
            finish(path)
    for name, fill_chunks in (("chunks", chunked), ("indexes", indexes), ("pages", pages)):
        for libver in ("earliest", "v110", "latest"):
            path = os.path.join(directory, "%s_%s.h5" % (name, libver))
            with h5py.File(path, "w", libver=(libver, "latest")) as f:
                fill_chunks(f)
            finish(path)
    for libver in ("earliest", "v108", "v110", "latest"):
        for many in (3, 300):
            path = os.path.join(directory, "%s_%d.h5" % (libver, many))
            with h5py.File(path, "w", libver=(libver, "latest")) as f:
                fill(f, many)
            finish(path)
    path = os.path.join(directory, "empty.h5")
    h5py.File(path, "w", libver="earliest").close()
    finish(path)
    path = os.path.join(directory, "userblock.h5")
    with h5py.File(path, "w", userblock_size=1024) as f:
        fill(f, 3)
    finish(path)
    for name, size in (("dense.h5", 100), ("huge.h5", 200_000)):
        path = os.path.join(directory, name)
        with h5py.File(path, "w", libver="latest", track_order=True) as f:
            for i in range(40):
                f.attrs["attribute_%d" % i] = np.bytes_(b"x" * size)
        finish(path)
    path = os.path.join(directory, "virtual.h5")
    with h5py.File(path, "w", libver="latest") as f:
        layout = h5py.VirtualLayout(shape=(4, 10), dtype="i4")
        for i in range(4):
            layout[i] = h5py.VirtualSource("part_%d.h5" % i, "data", shape=(10,))
        f.create_virtual_dataset("vds", layout)
    finish(path)
    path = os.path.join(directory, "virtual_shared.h5")
    with h5py.File(path, "w", libver="latest") as f:
        layout = h5py.VirtualLayout(shape=(6, 10), dtype="i4")
        for i in range(6):
            layout[i] = h5py.VirtualSource("." if i < 2 else "part.h5", "data", shape=(10,))
        f.create_virtual_dataset("vds", layout)
    finish(path)


main(sys.argv[1])
