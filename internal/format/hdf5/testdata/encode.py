"""Encode files made by h5py_files.py into samples.txt, which the tests read
where there is no h5py. usage: encode.py DIRECTORY NAME... > samples.txt"""
import base64, gzip, os, sys

import h5py

print("# name, then gzip and base64 of the file and of what h5py says of it;")
print("# made by h5py_files.py with h5py %s, HDF5 %s" % (h5py.version.version, h5py.version.hdf5_version))
for name in sys.argv[2:]:
    row = [name]
    for suffix in ("", ".json"):
        with open(os.path.join(sys.argv[1], name + suffix), "rb") as f:
            row.append(base64.b64encode(gzip.compress(f.read(), 9, mtime=0)).decode())
    print(" ".join(row))
