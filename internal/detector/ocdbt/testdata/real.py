"""Writes checkpoints with Orbax and prints their files: NAME, then gzip in base64, on a line each.

Run as: python real.py > real.txt, with jax and orbax-checkpoint installed.
"""

import base64
import gzip
import pathlib
import tempfile

import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

tree = {"params": {"dense": {"kernel": jnp.arange(12.0).reshape(3, 4), "bias": np.zeros(4, "f4")}}, "step": 7}

with tempfile.TemporaryDirectory() as directory:
    root = pathlib.Path(directory)
    for name, zarr3 in (("zarr2", False), ("zarr3", True)):
        checkpointer = ocp.Checkpointer(ocp.PyTreeCheckpointHandler(use_ocdbt=True, use_zarr3=zarr3))
        checkpointer.save(root / name, tree)
        checkpointer.close()
    for path in sorted(p for p in root.rglob("*") if p.is_file() and p.name != "commit_success.txt"):
        packed = gzip.compress(path.read_bytes(), 9, mtime=0)
        print(path.relative_to(root).as_posix(), base64.b64encode(packed).decode())
