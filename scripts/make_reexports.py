#!/usr/bin/env python3
"""Exports the same models with whatever libraries are installed.

usage: python - <scripts/make_reexports.py >PART    with each Python that has other versions, then
       cat HEADER PART... >entrypoint/testdata/reexports.txtar

Each file is one member of a txtar archive, compressed and in base64, in a folder
named after the versions. entrypoint/reexports_test.go scans them: the version that
wrote a model may not change the fingerprint of a finding. The payloads are
"echo poc" and "1+1".
"""
import base64
import gzip
import io
import os
import pickle
import platform
import sys
import tempfile


class Run:
    def __reduce__(self):
        return (os.system, ("echo poc",))


class Eval:
    def __reduce__(self):
        return (eval, ("1+1",))


def plain(d):
    for p in range(0, pickle.HIGHEST_PROTOCOL + 1):
        with open(os.path.join(d, "protocol-%d.pkl" % p), "wb") as f:
            pickle.dump({"w": [1, 2, 3], "e": Run(), "f": Eval()}, f, protocol=p)
    return "python-" + platform.python_version()


def torch(d):
    import torch
    m = {"w": torch.zeros(3), "p": torch.nn.Parameter(torch.ones(2, 2)), "e": Run(), "f": Eval()}
    torch.save(m, os.path.join(d, "model.pt"))
    with open(os.path.join(d, "stream.pt"), "wb") as f:
        torch.save(m, f)
    torch.save(m, os.path.join(d, "legacy.pt"), _use_new_zipfile_serialization=False)
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
    net.hook = Run()
    torch.save(net, os.path.join(d, "net.pt"))
    return "torch-" + torch.__version__


def numpy(d):
    import numpy
    a = numpy.empty(2, dtype=object)
    a[0], a[1] = Run(), Eval()
    numpy.save(os.path.join(d, "array.npy"), a, allow_pickle=True)
    numpy.savez_compressed(os.path.join(d, "arrays.npz"), a=a, b=numpy.zeros(3))
    return "numpy-" + numpy.__version__


def sklearn(d):
    import joblib
    import sklearn
    from sklearn.linear_model import LogisticRegression
    m = LogisticRegression().fit([[0.0, 1.0], [1.0, 0.0]], [0, 1])
    m.extra = Run()
    with open(os.path.join(d, "regression.pkl"), "wb") as f:
        pickle.dump(m, f)
    joblib.dump(m, os.path.join(d, "regression.joblib"))
    joblib.dump(m, os.path.join(d, "regression-compressed.joblib"), compress=3)
    return "sklearn-%s-joblib-%s" % (sklearn.__version__, joblib.__version__)


def cloudpickle(d):
    import cloudpickle

    def evil(x):
        import subprocess
        return subprocess.run(["echo", "poc"])
    with open(os.path.join(d, "cloud.pkl"), "wb") as f:
        f.write(cloudpickle.dumps({"f": evil, "l": lambda x: os.system("echo poc")}))
    return "cloudpickle-" + cloudpickle.__version__


def tensorflow(d):
    import tensorflow as tf
    layers = tf.keras.layers
    m = tf.keras.Sequential([layers.Input((2,)), layers.Dense(2, name="d"), layers.Lambda(lambda x: x * 2, name="lam")])
    m.save(os.path.join(d, "lambda.h5"))
    m.save(os.path.join(d, "lambda.keras"))

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
        def read(self, x):
            return tf.io.read_file("/etc/hostname")
    module = Module()
    tf.saved_model.save(module, os.path.join(d, "saved"), signatures={"s": module.read})
    os.rename(os.path.join(d, "saved", "saved_model.pb"), os.path.join(d, "saved_model.pb"))
    return "tensorflow-%s-keras-%s" % (tf.__version__, tf.keras.__version__)


def pack(content):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as f:
        f.write(content)
    return base64.encodebytes(out.getvalue()).decode()


for library in (plain, torch, numpy, sklearn, cloudpickle, tensorflow):
    with tempfile.TemporaryDirectory() as made:
        try:
            version = library(made).replace("+cu", "-cu")
        except ImportError as e:
            sys.stderr.write("left out: %s\n" % e)
            continue
        for name in sorted(os.listdir(made)):
            path = os.path.join(made, name)
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    sys.stdout.write("-- %s/%s --\n%s" % (version, name, pack(f.read())))
