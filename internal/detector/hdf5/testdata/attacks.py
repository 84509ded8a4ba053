"""Write HDF5 files that reach out, with h5py, and print them encoded.
usage: attacks.py > attacks.txt"""
import base64, gzip, io, sys
import h5py, numpy as np


def sample(name, make, **how):
    memory = io.BytesIO()
    with h5py.File(memory, "w", **how) as f:
        f["weights"] = np.arange(12, dtype="f4").reshape(3, 4)
        make(f)
    print(name, base64.b64encode(gzip.compress(memory.getvalue(), 9, mtime=0)).decode())


def virtual(f, where):
    layout = h5py.VirtualLayout(shape=(2, 10), dtype="i4")
    layout[0] = h5py.VirtualSource(where, "data", shape=(10,))
    f.create_virtual_dataset("vds", layout)


def link(name):
    return lambda f: f.__setitem__("far", h5py.ExternalLink(name, "/data"))


def storage(name):
    return lambda f: f.create_dataset("outside", shape=(4,), dtype="f4", external=[(name, 0, 16)])


def dense_config(f):
    for i in range(20):
        f.attrs["attribute_%d" % i] = "x" * 5000
    f.attrs["model_config"] = '{"class_name": "Lambda", "config": {"name": "far_down"}}' + " " * 100_000


print("# name, then gzip and base64 of the file; made by attacks.py with h5py %s" % h5py.version.version)
for libver in ("earliest", "latest"):
    sample("link_absolute_" + libver, link("/etc/passwd"), libver=libver)
    sample("link_beside_" + libver, link("other.h5"), libver=libver)
    sample("storage_parent_" + libver, storage("../../secret"), libver=libver)
    sample("storage_beside_" + libver, storage("weights.bin"), libver=libver)
    sample("shape_bomb_" + libver, lambda f: f.create_dataset("big", shape=(1 << 20, 1 << 20), dtype="f8"), libver=libver)
    sample("grown_" + libver, lambda f: f.create_dataset("big", shape=(1000,), maxshape=(None,), dtype="f8"), libver=libver)
    sample("plain_" + libver, lambda f: f.attrs.__setitem__("note", "an ordinary file"), libver=libver)
sample("dense_config", dense_config, libver="latest")
sample("virtual_windows", lambda f: virtual(f, "C:\\Users\\x\\secret.h5"), libver="latest")
sample("virtual_beside", lambda f: virtual(f, "part.h5"), libver="latest")
sample("virtual_same_file", lambda f: virtual(f, "."), libver="latest")
sample("empty_text", lambda f: f.attrs.__setitem__("TITLE", h5py.Empty("S1")))
for libver in ("earliest", "latest"):
    row = np.frombuffer(b"cposix\nsystem\n(S'echo poc'\ntR." + bytes(100), dtype="u1")
    sample("chunked_pickle_" + libver, lambda f: f.create_dataset("row", data=row, chunks=(60,), compression="gzip"), libver=libver)


def masked(f):
    d = f.create_dataset("row", shape=(130,), dtype="u1", chunks=(60,), compression="gzip")
    d[...] = row
    d.id.write_direct_chunk((0,), row[:60].tobytes(), filter_mask=1)


sample("chunked_masked", masked, libver="earliest")


def rows(shape, chunks):
    return lambda f: f.create_dataset("rows", data=np.resize(row, shape), chunks=chunks, compression="gzip")


for libver in ("earliest", "latest"):
    sample("chunked_column_" + libver, rows((130, 1), (60, 1)), libver=libver)
    sample("chunked_rows_" + libver, rows((1, 10, 13), (1, 3, 13)), libver=libver)
    sample("chunked_table_" + libver, rows((2, 130), (2, 60)), libver=libver)


def packed(f):
    import hdf5plugin

    f.create_dataset("w", data=np.arange(64, dtype="f4"), chunks=(64,), **hdf5plugin.BZip2())


sample("packed_bzip2", packed)


def deflated(f):
    f.create_dataset("w", data=np.arange(64, dtype="f4"), chunks=(64,), compression="gzip", shuffle=True)


sample("packed_deflate", deflated)
