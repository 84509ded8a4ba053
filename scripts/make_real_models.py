#!/usr/bin/env python3
"""Make small model files with the real libraries, as benign samples.

usage: make_real_models.py OUTPUT_DIR [GROUP...]

Each maker below trains or builds something tiny and saves it in the ways its
library offers. Makers of libraries that are not installed are skipped with a
line that says so; nothing is downloaded. OUTPUT_DIR/manifest.tsv lists what
was made: path, label (benign, or code for files that carry code by design),
what it is.
"""
import collections
import contextlib
import enum
import os
import pickle
import sys
import traceback
import warnings

warnings.filterwarnings("ignore")
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1",
                  CUDA_VISIBLE_DEVICES="", WANDB_MODE="disabled", YOLO_OFFLINE="true")
MAKERS, ROWS, OUT = [], [], ""


def maker(f):
    MAKERS.append(f)
    return f


def path(name, what, label="benign"):
    p = os.path.join(OUT, name)
    os.makedirs(os.path.dirname(p), exist_ok=True)
    ROWS.append((name, label, what))
    return p


def dump(name, obj, what, protocols=(2, 4), label="benign"):
    for p in protocols:
        full = path(f"{name}_p{p}.pkl", f"{what}, protocol {p}", label)
        try:
            with open(full, "wb") as f:
                pickle.dump(obj, f, protocol=p)
        except Exception as e:
            os.remove(full)
            ROWS.pop()
            print(f"  {name} protocol {p}: {type(e).__name__}: {str(e)[:100]}")


@contextlib.contextmanager
def trying(what):
    """One of many models: a failure costs only that one."""
    try:
        yield
    except Exception as e:
        print(f"  {what}: {type(e).__name__}: {str(e)[:140]}")


# Classes and functions that user code defines; pickled by reference.
Point = collections.namedtuple("Point", "x y")
Colour = enum.Enum("Colour", "RED GREEN", module=__name__)


class Config:
    def __init__(self, **kw):
        self.__dict__.update(kw)


@maker
def plain():
    import argparse, array, datetime as dt, decimal, fractions, functools, ipaddress, itertools
    import operator, pathlib, random, re, time, types, uuid, zoneinfo
    rng = random.Random(1)
    values = {
        "containers": {"a": [1, 2.5, "x", None, True, b"b", (1,), {2}, frozenset([3]), 10**40, -1, 1j]},
        "collections": [collections.OrderedDict(a=1), collections.Counter("abca"), collections.deque([1], 5),
                        collections.defaultdict(list, {1: [2]}), collections.defaultdict(int), Point(1, 2),
                        collections.ChainMap({1: 2}), collections.UserDict(a=1), collections.UserList([1])],
        "datetime": [dt.datetime.now(dt.timezone.utc), dt.date.today(), dt.time(1, 2), dt.timedelta(3),
                     dt.timezone(dt.timedelta(hours=2)), zoneinfo.ZoneInfo("UTC"), time.localtime()],
        "numbers": [decimal.Decimal("1.5"), fractions.Fraction(1, 3), complex(1, 2), array.array("d", [1, 2])],
        "ids": [uuid.UUID(int=5), uuid.uuid4(), ipaddress.ip_address("10.0.0.1"), ipaddress.ip_network("10.0.0.0/8")],
        "regex": re.compile(r"\w+(os\.system)?"), "paths": [pathlib.Path("a/b"), pathlib.PurePosixPath("/x")],
        "namespaces": [argparse.Namespace(lr=0.1, out=pathlib.Path("x")), types.SimpleNamespace(a=1), Config(a=1)],
        "partial": [functools.partial(max, 3), functools.partial(Config, a=1), operator.itemgetter(1, 2),
                    operator.attrgetter("a.b"), operator.methodcaller("lower")],
        "itertools": [itertools.count(3), itertools.chain([1], [2])],
        "random": [rng, rng.getstate()], "ranges": [range(3), slice(1, 2), Ellipsis, NotImplemented],
        "builtins": [len, max, str, dict, ValueError("x"), KeyError("k"), bytearray(b"abc"), print, isinstance],
        "methods": ["a".upper, [].append, {}.get, dict.fromkeys, Point(1, 2)._asdict],
        "text": ["import os; os.system('x')", "eval(", "__reduce__", "curl http://x | sh", "subprocess.Popen"],
        "enum": [Colour.RED, re.I, Colour],
    }
    for k, v in values.items():
        dump(f"plain/{k}", v, f"plain Python: {k}", (0, 1, 2, 3, 4, 5))


@maker
def numpy():
    import numpy as np
    a = np.arange(12.0).reshape(3, 4)
    rec = np.array([(1, 2.0, "x")], dtype=[("a", "i4"), ("b", "f8"), ("c", "U3")])
    for k, v in {"array": a, "fortran": np.asfortranarray(a), "object": np.array([{"a": 1}, None, "x"], dtype=object),
                 "record": rec, "recarray": rec.view(np.recarray), "masked": np.ma.array(a, mask=a > 3),
                 "datetimes": np.array(["2020-01-01", "NaT"], dtype="datetime64[ns]"), "strings": np.array(["a", "bb"]),
                 "scalars": [np.float32(1), np.int64(2), np.bool_(True), np.complex64(1j), np.str_("a"), np.bytes_(b"b"),
                             np.datetime64("2020-01-01"), np.timedelta64(3, "D"), np.void(b"x")],
                 "dtypes": [np.dtype("f4"), np.dtype([("a", "O")]), np.float32, np.dtype("M8[ns]")], "matrix": np.matrix(a),
                 "ufuncs": [np.add, np.log1p, np.sqrt, np.mean, np.linalg.norm], "poly": np.poly1d([1, 2]),
                 "Polynomial": np.polynomial.Polynomial([1, 2]),
                 "rngs": [np.random.RandomState(1), np.random.default_rng(1), np.random.PCG64(1), np.random.MT19937(2),
                          np.random.SeedSequence(3), np.random.Generator(np.random.Philox(1)), np.random.SFC64(1)],
                 "chararray": np.char.array(["a"]), "big": np.zeros(70000)}.items():
        dump(f"numpy/{k}", v, f"numpy {k}", (0, 2, 4, 5))
        if k == "masked":
            continue
        np.save(path(f"numpy/{k}.npy", f"np.save of {k}"), v if not isinstance(v, list) else np.array(v, dtype=object), allow_pickle=True)
    np.savez(path("numpy/many.npz", "np.savez"), a=a, rec=rec, o=np.array([{"a": 1}], dtype=object))
    np.savez_compressed(path("numpy/compressed.npz", "np.savez_compressed"), a=a)


@maker
def scipy():
    import numpy as np, scipy.interpolate, scipy.optimize, scipy.signal, scipy.sparse as sp, scipy.spatial, scipy.stats
    m = sp.random(10, 10, 0.2, format="csr", random_state=1)
    x = np.linspace(0, 1, 8)
    things = {f"sparse_{k}": m.asformat(k) for k in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr")}
    things.update(sparse_array=sp.csr_array(m), kdtree=scipy.spatial.KDTree(np.random.rand(9, 2)),
                  ckdtree=scipy.spatial.cKDTree(np.random.rand(9, 2)), hull=list(scipy.spatial.ConvexHull(np.random.rand(9, 2)).vertices),
                  spline=scipy.interpolate.UnivariateSpline(x, x**2), cubic=scipy.interpolate.CubicSpline(x, x**2),
                  interp1d=scipy.interpolate.interp1d(x, x), rbf=scipy.interpolate.RBFInterpolator(np.random.rand(9, 2), np.arange(9.0)),
                  bspline=scipy.interpolate.BSpline(np.arange(8.0), np.arange(4.0), 3), optimum=scipy.optimize.minimize(np.sum, x),
                  kde=scipy.stats.gaussian_kde(np.random.rand(20)), rotation=scipy.spatial.transform.Rotation.identity(),
                  ttest=scipy.stats.ttest_1samp(x, 0), lti=scipy.signal.lti([1.0], [1.0, 2.0]))
    for d in "norm uniform loguniform randint expon beta gamma poisson lognorm t".split():
        things[f"frozen_{d}"] = getattr(scipy.stats, d)(*{"randint": (1, 5), "beta": (1, 2), "gamma": (2,), "poisson": (3,), "lognorm": (1,), "t": (3,), "loguniform": (1e-3, 1)}.get(d, ()))
    for k, v in things.items():
        dump(f"scipy/{k}", v, f"scipy {k}", (2, 4, 5))


@maker
def pandas():
    import numpy as np, pandas as pd
    i = pd.date_range("2020-01-01", periods=4, tz="Europe/Berlin")
    df = pd.DataFrame({"a": [1, 2, 3, 4], "b": list("abcd"), "c": pd.Categorical(list("aabb")), "d": i, "e": [None, 1.0, 2, 3],
                       "f": pd.array([1, None, 2, 3], dtype="Int64"), "g": pd.array([True, None, False, True], dtype="boolean"),
                       "h": pd.array(list("wxyz"), dtype="string"), "o": [{"a": 1}, [1], None, "s"]})
    things = {"frame": df, "series": df.a, "indexed": df.set_index(["a", "b"]), "datetimes": i, "periods": pd.period_range("2020", periods=3, freq="M"),
              "intervals": pd.interval_range(0, 3), "deltas": pd.timedelta_range("1h", periods=3), "ranges": pd.RangeIndex(3), "timestamp": pd.Timestamp("2020", tz="UTC"),
              "offsets": [pd.offsets.MonthEnd(), pd.offsets.BDay(2), pd.offsets.Hour(3)], "nat": pd.NaT, "na": pd.NA, "sparse": pd.arrays.SparseArray([0, 0, 1]),
              "cut": pd.cut([1, 2, 3], 2), "interval": pd.Interval(0, 1), "period": pd.Period("2020-01"), "timedelta": pd.Timedelta("1D"), "empty": pd.DataFrame(),
              "multicolumns": pd.DataFrame(np.eye(2), columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])), "grouped": df.groupby("c", observed=True).a.sum()}
    with trying("arrow"):
        things["arrow"] = df[["a", "b"]].convert_dtypes(dtype_backend="pyarrow")
    for k, v in things.items():
        dump(f"pandas/{k}", v, f"pandas {k}", (2, 4, 5))
    df.to_pickle(path("pandas/frame.pkl.gz", "DataFrame.to_pickle, gzip"))
    df.to_pickle(path("pandas/frame.pkl.zip", "DataFrame.to_pickle, zip"))


@maker
def sklearn():
    import joblib, numpy as np, sklearn.datasets, sklearn.utils
    from sklearn.utils import all_estimators
    X, y = sklearn.datasets.make_classification(60, 6, random_state=0)
    X = np.abs(X)
    for name, cls in all_estimators():
        with trying(name):
            try:
                est = cls()
            except TypeError:
                from sklearn.linear_model import LogisticRegression
                from sklearn.tree import DecisionTreeClassifier as T
                args = {"estimator": LogisticRegression()}
                if name in ("ColumnTransformer",):
                    args = {"transformers": [("a", "passthrough", [0])]}
                elif name in ("FeatureUnion",):
                    from sklearn.decomposition import PCA
                    args = {"transformer_list": [("p", PCA(2))]}
                elif name == "Pipeline":
                    from sklearn.preprocessing import StandardScaler
                    args = {"steps": [("s", StandardScaler()), ("c", T())]}
                elif name.startswith(("Voting", "Stacking")):
                    from sklearn.linear_model import Ridge
                    args = {"estimators": [("a", LogisticRegression() if "Class" in name else Ridge())]}
                elif name in ("GridSearchCV", "HalvingGridSearchCV"):
                    args = {"estimator": T(), "param_grid": {"max_depth": [1, 2]}}
                elif name in ("RandomizedSearchCV", "HalvingRandomSearchCV"):
                    import scipy.stats
                    args = {"estimator": T(), "param_distributions": {"max_depth": scipy.stats.randint(1, 5), "min_impurity_decrease": scipy.stats.uniform(0, 1)}}
                est = cls(**args)
            try:
                est.fit(X, y)
            except Exception:
                with contextlib.suppress(Exception):
                    est.fit(["a b", "b c"] * 30, y)
            dump(f"sklearn/{name}", est, f"sklearn {name}", (2, 5))
    from sklearn.compose import ColumnTransformer, make_column_selector
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
    pipe = make_pipeline(ColumnTransformer([("n", StandardScaler(), [0, 1]), ("c", OneHotEncoder(handle_unknown="ignore"), [2]), ("s", "passthrough", make_column_selector(dtype_include="number"))] [:2]), FunctionTransformer(np.tanh), RandomForestClassifier(5)).fit(X, y)
    for c in (0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3), ("lz4", 3)):
        with trying(f"joblib {c}"):
            n = c if isinstance(c, int) else c[0]
            joblib.dump(pipe, path(f"sklearn/pipeline_{n}.joblib", f"sklearn pipeline, joblib compress={c}"), compress=c)
    dump("sklearn/pipeline", pipe, "sklearn pipeline", (0, 1, 2, 3, 4, 5))
    text = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), stop_words="english"), RandomForestClassifier(3)).fit(["run os system", "import subprocess eval"] * 5, [0, 1] * 5)
    joblib.dump(text, path("sklearn/text.joblib", "text pipeline"))
    with trying("skops"):
        import skops.io
        skops.io.dump(pipe, path("sklearn/pipeline.skops", "skops of a pipeline"))
        skops.io.dump(text, path("sklearn/text.skops", "skops of a text pipeline"))


@maker
def boosting():
    import sklearn.datasets
    X, y = sklearn.datasets.make_classification(80, 6, random_state=0)
    with trying("xgboost"):
        import xgboost as xgb
        for name in ("XGBClassifier", "XGBRegressor", "XGBRFClassifier"):
            m = getattr(xgb, name)(n_estimators=3).fit(X, y)
            dump(f"xgboost/{name}", m, f"xgboost {name}", (2, 4, 5))
        dump("xgboost/Booster", m.get_booster(), "xgboost Booster")
        for ext in ("json", "ubj"):
            m.save_model(path(f"xgboost/model.{ext}", f"xgboost {ext}"))
        if xgb.__version__ < "3":  # which wrote it last
            m.save_model(path("xgboost/model.deprecated", "xgboost, binary"))
    with trying("lightgbm"):
        import lightgbm as lgb
        for name in ("LGBMClassifier", "LGBMRegressor"):
            m = getattr(lgb, name)(n_estimators=3, verbose=-1).fit(X, y)
            dump(f"lightgbm/{name}", m, f"lightgbm {name}", (2, 4, 5))
        m.booster_.save_model(path("lightgbm/model.txt", "lightgbm text"))
        dump("lightgbm/Booster", m.booster_, "lightgbm Booster")
    with trying("catboost"):
        import catboost
        m = catboost.CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False).fit(X, y)
        dump("catboost/model", m, "catboost classifier", (2, 4, 5))
        m.save_model(path("catboost/model.cbm", "catboost cbm"))


@maker
def torch():
    import torch, torch.nn as nn
    t = torch.arange(6.0).reshape(2, 3)
    save = lambda o, n, what, **kw: torch.save(o, path(f"torch/{n}", what), **kw)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(2, 2), nn.Dropout(0.1), nn.LSTM(2, 2))
    save(net.state_dict(), "state.pt", "state_dict")
    save(net.state_dict(), "state_legacy.pth", "state_dict, legacy format", _use_new_zipfile_serialization=False)
    save(net, "module.pt", "full module")
    save(net, "module_legacy.pt", "full module, legacy format", _use_new_zipfile_serialization=False)
    for p in (2, 3, 4, 5):
        save({"model": net.state_dict(), "epoch": 3, "args": Config(a=1)}, f"checkpoint_p{p}.pt", f"checkpoint, protocol {p}", pickle_protocol=p)
    tensors = {str(d).split(".")[1]: torch.zeros(3).to(d) for d in (torch.float16, torch.bfloat16, torch.float64, torch.int8, torch.uint8, torch.bool, torch.int64, torch.complex64, torch.float8_e4m3fn)}
    tensors.update(sparse=t.to_sparse(), csr=t.to_sparse_csr(), view=t[:, 1], param=nn.Parameter(t), quant=torch.quantize_per_tensor(t, 0.1, 0, torch.qint8), meta=t.to("meta"), size=t.shape, device=t.device, dtype=t.dtype, grad=t.clone().requires_grad_(), nested=torch.nested.nested_tensor([t[0], t[1]]), buffer=nn.Buffer(t), gen=torch.Generator().get_state(), storage=t.untyped_storage(), finfo=torch.finfo(torch.float32).bits, layout=torch.strided)
    for k, v in tensors.items():
        with trying(f"tensor {k}"):
            save({k: v}, f"tensor_{k}.pt", f"tensor {k}")
            dump(f"torch/plain_{k}", v, f"tensor {k}, plain pickle", (2, 4))
    modules = {"Linear": (2, 2), "Bilinear": (2, 2, 2), "Conv1d": (1, 1, 1), "Conv3d": (1, 1, 1), "ConvTranspose2d": (1, 1, 1), "Embedding": (3, 2), "EmbeddingBag": (3, 2), "GRU": (2, 2), "RNN": (2, 2), "LSTMCell": (2, 2), "GRUCell": (2, 2), "MultiheadAttention": (2, 1), "Transformer": (2, 1, 1, 1, 2), "TransformerEncoderLayer": (2, 1, 2), "GroupNorm": (1, 2), "LayerNorm": (2,), "RMSNorm": (2,), "InstanceNorm2d": (2,), "LocalResponseNorm": (2,), "Softmax": (), "LogSoftmax": (), "GELU": (), "SiLU": (), "Mish": (), "PReLU": (), "Hardswish": (), "Hardsigmoid": (), "Tanh": (), "Sigmoid": (), "ELU": (), "LeakyReLU": (), "Softplus": (), "Threshold": (0.1, 0), "GLU": (), "MaxPool2d": (2,), "AvgPool2d": (2,), "AdaptiveAvgPool2d": (1,), "AdaptiveMaxPool1d": (1,), "Upsample": (), "PixelShuffle": (2,), "ZeroPad2d": (1,), "ReflectionPad2d": (1,), "Identity": (), "Unfold": (2,), "Fold": (2, 1), "CosineSimilarity": (), "CrossEntropyLoss": (), "MSELoss": (), "BCEWithLogitsLoss": (), "CTCLoss": (), "KLDivLoss": (), "TripletMarginLoss": (), "SmoothL1Loss": (), "NLLLoss": (), "AdaptiveLogSoftmaxWithLoss": (4, 4, [2]), "ModuleList": ([nn.Linear(1, 1)],), "ModuleDict": ({"a": nn.Linear(1, 1)},), "ParameterList": ([t],), "ParameterDict": ({"a": t},), "Dropout2d": (), "AlphaDropout": (), "LazyLinear": (2,), "SyncBatchNorm": (2,), "Unflatten": (1, (1, 2)), "ChannelShuffle": (1,), "MaxUnpool2d": (2,)}
    for k, a in modules.items():
        with trying(k):
            save(getattr(nn, k)(*a), f"nn_{k}.pt", f"full nn.{k}")
    for k in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop", "LBFGS"):
        with trying(k):
            o = getattr(torch.optim, k)(net[0].parameters(), lr=0.1)
            save({"state": o.state_dict(), "object": o}, f"optim_{k}.pt", f"optimizer {k}")
    S, o = torch.optim.lr_scheduler, torch.optim.SGD(net.parameters(), lr=0.1)
    for k, a in {"StepLR": (1,), "CosineAnnealingLR": (3,), "ReduceLROnPlateau": (), "OneCycleLR": (0.1, 10), "LinearLR": (), "ExponentialLR": (0.9,), "CyclicLR": (0.1, 0.2), "CosineAnnealingWarmRestarts": (2,), "MultiStepLR": ([1, 2],)}.items():
        with trying(k):
            s = getattr(S, k)(o, *a)
            save({"state": s.state_dict()}, f"sched_{k}.pt", f"scheduler state {k}")
            save(s, f"schedobj_{k}.pt", f"scheduler object {k}")
    import torch.nn.utils as U
    with trying("wrapped"):
        save(U.weight_norm(nn.Linear(2, 2)), "weight_norm.pt", "weight_norm")
        save(U.spectral_norm(nn.Linear(2, 2)), "spectral_norm.pt", "spectral_norm")
        save(torch.optim.swa_utils.AveragedModel(nn.Linear(2, 2)).state_dict(), "ema.pt", "AveragedModel state")
        save(nn.DataParallel(nn.Linear(2, 2)), "dataparallel.pt", "DataParallel")
    with trying("parametrised"):
        save(U.parametrizations.weight_norm(nn.Linear(2, 2)).state_dict(), "parametrised.pt", "parametrized state")
    with trying("pruned"):
        import torch.nn.utils.prune as prune
        save(prune.l1_unstructured(nn.Linear(4, 4), "weight", 1), "pruned.pt", "pruned module")
    with trying("quantised"):
        q = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 4), nn.ReLU()), {nn.Linear}, dtype=torch.qint8)
        save(q, "quantised.pt", "dynamically quantised module")
        save(q.state_dict(), "quantised_state.pt", "quantised state")
    with trying("data"):
        import torch.utils.data as D
        ds = D.TensorDataset(t, t)
        save({"set": ds, "subset": D.Subset(ds, [0]), "concat": D.ConcatDataset([ds]), "loader": D.DataLoader(ds), "sampler": D.RandomSampler(ds)}, "data.pt", "data sets and loader")
    with trying("distributions"):
        save([torch.distributions.Normal(t, t + 1), torch.distributions.Categorical(t + 1)], "distributions.pt", "distributions")
    with trying("script"):
        torch.jit.script(nn.Sequential(nn.Linear(2, 2), nn.ReLU())).save(path("torch/scripted.pt", "TorchScript"))
        torch.jit.trace(net[:5].eval(), torch.zeros(1, 1, 3, 3)).save(path("torch/traced.pt", "traced TorchScript"))
    with trying("export"):
        ep = torch.export.export(nn.Linear(2, 2), (torch.zeros(1, 2),))
        torch.export.save(ep, path("torch/exported.pt2", "torch.export program"))
    with trying("fx"):
        with torch.package.PackageExporter(path("torch/package.pt", "torch.package archive with source", "code")) as ex:
            ex.save_source_string("mine", "def f(x):\n    return x\n")
            ex.save_pickle("model", "model.pkl", t)
        save(torch.fx.symbolic_trace(nn.Sequential(nn.Linear(2, 2), nn.ReLU())), "fx_graph.pt", "fx GraphModule (carries source)")
        ROWS[-1] = (ROWS[-1][0], "code", ROWS[-1][2])
    with trying("checkpoint"):
        import datetime, pathlib, numpy as np, argparse
        save({"epoch": 1, "best": np.float64(0.5), "rng": [torch.get_rng_state(), np.random.get_state()], "args": argparse.Namespace(lr=1), "when": datetime.datetime.now(), "path": pathlib.Path("x"),
              "scaler": torch.amp.GradScaler("cpu").state_dict(), "fn": torch.nn.functional.relu, "act": torch.relu, "dtype": torch.float16}, "training.pt", "training checkpoint with odds and ends")


@maker
def torch_checkpoint():
    import torch, torch.distributed.checkpoint as dcp
    with trying("dcp"):
        dcp.save({"w": torch.zeros(3), "step": 1}, checkpoint_id=path("torch/dcp/x", "").rsplit("/", 1)[0])
        ROWS.pop()
        ROWS.append(("torch/dcp/.metadata", "benign", "distributed checkpoint metadata"))


@maker
def torchvision():
    import torch, torchvision
    for n in ("resnet18", "mobilenet_v3_small", "squeezenet1_1", "efficientnet_b0", "vit_b_16", "densenet121", "googlenet", "shufflenet_v2_x0_5", "regnet_x_400mf", "convnext_tiny", "swin_t", "mnasnet0_5"):
        with trying(n):
            m = getattr(torchvision.models, n)(weights=None)
            for p in m.parameters():
                p.data = p.data.flatten()[:1].clone()
            for p in m.buffers():
                p.data = p.data.flatten()[:1].clone()
            torch.save(m, path(f"torchvision/{n}.pt", f"full torchvision {n} with shrunken weights"))
    from torchvision import transforms as T
    torch.save(T.Compose([T.Resize(3), T.ToTensor(), T.Normalize([0], [1]), T.RandomCrop(2), T.ColorJitter(), T.RandomHorizontalFlip()]), path("torchvision/transforms.pt", "transforms"))


@maker
def timm():
    import timm, torch
    for n in ("resnet10t", "vit_tiny_patch16_224", "efficientnet_lite0", "convnext_atto", "swin_tiny_patch4_window7_224", "mixer_s32_224", "mobilenetv3_small_050", "deit_tiny_patch16_224", "regnetx_002", "ghostnet_050"):
        with trying(n):
            m = timm.create_model(n)
            for p in list(m.parameters()) + list(m.buffers()):
                p.data = p.data.flatten()[:1].clone()
            torch.save(m, path(f"timm/{n}.pt", f"full timm {n} with shrunken weights"))


@maker
def transformers():
    import torch, transformers as T
    args = T.TrainingArguments(output_dir="out", report_to=[], use_cpu=True)
    torch.save(args, path("transformers/training_args.bin", "TrainingArguments"))
    with trying("seq2seq"):
        torch.save(T.Seq2SeqTrainingArguments(output_dir="out", report_to=[], use_cpu=True, fsdp="", generation_config=T.GenerationConfig()), path("transformers/seq2seq_args.bin", "Seq2SeqTrainingArguments"))
    small = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=20, num_key_value_heads=2, n_embd=8, n_layer=1, n_head=2, d_model=8, d_ff=8, num_layers=1, num_heads=2, d_kv=4, dim=8, hidden_dim=8, n_layers=1, n_heads=2, encoder_layers=1, decoder_layers=1, encoder_ffn_dim=8, decoder_ffn_dim=8, encoder_attention_heads=2, decoder_attention_heads=2, max_position_embeddings=16, pad_token_id=0, embedding_size=8, head_dim=4)
    for n in ("Bert", "Roberta", "GPT2", "Llama", "T5", "DistilBert", "Mistral", "Electra", "Albert", "ViT", "Qwen2", "Bart", "OPT", "Whisper", "Gemma", "Phi", "GPTNeoX", "DebertaV2", "XLMRoberta", "MPNet"):
        with trying(n):
            m = getattr(T, n + "Model")(getattr(T, n + "Config")(**small))
            torch.save(m, path(f"transformers/{n}.pt", f"full {n}Model"))
            m.save_pretrained(path(f"transformers/{n}/x", "").rsplit("/", 1)[0])
            ROWS.pop()
            ROWS.append((f"transformers/{n}/model.safetensors", "benign", f"{n} save_pretrained"))
    with trying("tokenizer"):
        v = path("transformers/vocab.txt", "vocabulary")
        open(v, "w").write("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "eval", "exec", "os", "##system"]))
        tok = T.BertTokenizer(v)
        dump("transformers/tokenizer", tok, "slow tokenizer")
        dump("transformers/fast", T.BertTokenizerFast(v), "fast tokenizer")
    with trying("trainer state"):
        o = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(2))])
        torch.save(T.get_linear_schedule_with_warmup(o, 1, 10).state_dict(), path("transformers/scheduler.pt", "scheduler state"))
        torch.save(o.state_dict(), path("transformers/optimizer.pt", "optimizer state"))
    with trying("peft"):
        import peft
        m = peft.get_peft_model(T.BertModel(T.BertConfig(**small)), peft.LoraConfig(r=2, target_modules=["query"]))
        torch.save(m, path("transformers/peft.pt", "full LoRA model"))
        m.save_pretrained(path("transformers/peft/x", "").rsplit("/", 1)[0], safe_serialization=False)
        ROWS.pop()
        ROWS.append(("transformers/peft/adapter_model.bin", "benign", "LoRA weights"))


@maker
def sentence_transformers():
    import sentence_transformers as S, torch, transformers as T
    bert = T.BertModel(T.BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=20))
    torch.save([S.models.Pooling(8), S.models.Dense(8, 4), S.models.Normalize(), bert], path("transformers/sentence.pt", "sentence-transformers modules"))


@maker
def lightning():
    import lightning.pytorch as pl, torch

    class Net(pl.LightningModule):
        def __init__(self, lr=0.1, name="x"):
            super().__init__()
            self.save_hyperparameters()
            self.l = torch.nn.Linear(2, 1)

        def training_step(self, b, i):
            return self.l(b).sum()

        def configure_optimizers(self):
            o = torch.optim.Adam(self.parameters())
            return [o], [torch.optim.lr_scheduler.StepLR(o, 1)]

    globals()["Net"] = Net
    Net.__qualname__ = "Net"
    d = torch.utils.data.DataLoader(torch.zeros(4, 2))
    tr = pl.Trainer(max_epochs=1, logger=False, enable_progress_bar=False, accelerator="cpu", enable_checkpointing=True, default_root_dir=path("lightning/root/x", "").rsplit("/", 1)[0],
                    callbacks=[pl.callbacks.EarlyStopping("loss", strict=False, check_on_train_epoch_end=False)])
    ROWS.pop()
    tr.fit(Net(), d)
    tr.save_checkpoint(path("lightning/model.ckpt", "Lightning checkpoint"))
    tr.save_checkpoint(path("lightning/weights.ckpt", "Lightning weights"), weights_only=True)


@maker
def ultralytics():
    import torch
    from ultralytics import YOLO
    for n in ("yolov8n.yaml", "yolo11n.yaml", "yolov8n-seg.yaml", "yolov8n-pose.yaml", "yolov8n-cls.yaml", "yolov5n.yaml", "yolo11n-obb.yaml"):
        with trying(n):
            m = YOLO(n)
            for p in list(m.model.parameters()) + list(m.model.buffers()):
                p.data = p.data.flatten()[:1].clone()
            m.save(path(f"ultralytics/{n[:-5]}.pt", f"ultralytics {n}"))


@maker
def keras():
    import keras, numpy as np
    L = keras.layers
    m = keras.Sequential([L.Input((4,)), L.Dense(3, activation="relu"), L.Dropout(0.1), L.BatchNormalization(), L.Dense(1)])
    m.compile("adam", "mse", metrics=["mae"])
    m.fit(np.zeros((8, 4)), np.zeros(8), verbose=0)
    i = L.Input((8, 8, 3))
    x = L.Conv2D(2, 3, padding="same")(i)
    f = keras.Model(i, L.Dense(2, activation="softmax")(L.GlobalAveragePooling2D()(L.Add()([x, L.Activation("gelu")(x)]))))
    r = keras.Sequential([L.Input((5,)), L.Embedding(10, 4), L.Bidirectional(L.LSTM(3)), L.Dense(1, kernel_regularizer="l2")])
    for n, k in (("dense", m), ("functional", f), ("recurrent", r)):
        for ext in ("keras", "h5", "weights.h5"):
            with trying(f"{n}.{ext}"):
                full = path(f"keras/{n}.{ext}", f"Keras {n} {ext}")
                k.save_weights(full) if ext == "weights.h5" else k.save(full)
        with trying(f"{n} export"):
            k.export(path(f"keras/{n}_saved/x", "").rsplit("/", 1)[0], verbose=False)
            ROWS.pop()
            ROWS.append((f"keras/{n}_saved/saved_model.pb", "benign", f"SavedModel of {n}"))
        with trying(f"{n} pickle"):
            dump(f"keras/{n}", k, f"pickled Keras {n} (carries a .keras archive)", (4,))
    with trying("lambda"):
        keras.Sequential([L.Input((2,)), L.Lambda(lambda x: x * 2)]).save(path("keras/lambda.keras", "Lambda layer with code", "code"))


@maker
def statsmodels():
    import numpy as np, pandas as pd, statsmodels.api as sm, statsmodels.formula.api as smf
    x = np.random.rand(60, 2)
    df = pd.DataFrame({"y": x.sum(1) + np.random.rand(60), "a": x[:, 0], "b": x[:, 1], "c": list("xyz") * 20})
    for n, mk in {"ols": lambda: sm.OLS(df.y, sm.add_constant(x)).fit(), "glm": lambda: sm.GLM((df.y > 1).astype(int), x, family=sm.families.Binomial()).fit(), "logit": lambda: sm.Logit((df.y > 1).astype(int), x).fit(disp=0),
                  "formula": lambda: smf.ols("y ~ a + C(c)", df).fit(), "arima": lambda: sm.tsa.ARIMA(df.y, order=(1, 0, 0)).fit(), "smoothing": lambda: sm.tsa.ExponentialSmoothing(df.y).fit(), "mixed": lambda: smf.mixedlm("y ~ a", df, groups=df.c).fit(), "sarimax": lambda: sm.tsa.SARIMAX(df.y, order=(1, 0, 0)).fit(disp=0), "rlm": lambda: sm.RLM(df.y, x).fit(), "var": lambda: sm.tsa.VAR(df[["y", "a"]]).fit(1)}.items():
        with trying(n):
            r = mk()
            dump(f"statsmodels/{n}", r, f"statsmodels {n}", (4,))
            r.save(path(f"statsmodels/{n}.pickle", f"statsmodels {n} .save"))


@maker
def gensim():
    import gensim
    from gensim.models import Doc2Vec, FastText, LdaModel, LsiModel, Phrases, TfidfModel, Word2Vec
    texts = [["eval", "import", "os", "system"], ["human", "computer", "system"], ["graph", "trees", "minors"]] * 5
    d = gensim.corpora.Dictionary(texts)
    c = [d.doc2bow(t) for t in texts]
    for n, mk in {"w2v": lambda: Word2Vec(texts, vector_size=4, min_count=1), "ft": lambda: FastText(texts, vector_size=4, min_count=1, bucket=10), "d2v": lambda: Doc2Vec([gensim.models.doc2vec.TaggedDocument(t, [i]) for i, t in enumerate(texts)], vector_size=4, min_count=1),
                  "lda": lambda: LdaModel(c, 2, d), "lsi": lambda: LsiModel(c, d, 2), "tfidf": lambda: TfidfModel(c), "phrases": lambda: Phrases(texts), "dictionary": lambda: d, "index": lambda: gensim.similarities.MatrixSimilarity(c, num_features=len(d))}.items():
        with trying(n):
            m = mk()
            m.save(path(f"gensim/{n}.model", f"gensim {n}.save"))
            dump(f"gensim/{n}", m, f"gensim {n}", (2, 4))


@maker
def spacy():
    import spacy
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "X", "pattern": "os system"}])
    dump("spacy/nlp", nlp, "spaCy pipeline", (4,))
    dump("spacy/doc", nlp("Run this now."), "spaCy Doc", (4,))
    dump("spacy/vocab", nlp.vocab, "spaCy Vocab", (4,))


@maker
def nltk():
    import nltk
    train = [({"a": 1}, "x"), ({"a": 2}, "y")] * 3
    dump("nltk/bayes", nltk.NaiveBayesClassifier.train(train), "nltk naive Bayes")
    dump("nltk/tree", nltk.DecisionTreeClassifier.train(train), "nltk tree")
    dump("nltk/freq", nltk.FreqDist("abca"), "nltk FreqDist")
    dump("nltk/stemmer", nltk.PorterStemmer(), "nltk stemmer")
    dump("nltk/tagger", nltk.UnigramTagger([[("a", "DT"), ("dog", "NN")]]), "nltk tagger")
    dump("nltk/punkt", nltk.tokenize.punkt.PunktSentenceTokenizer("Mr. X ran. He fell. " * 5), "nltk Punkt")


@maker
def more_sklearn():
    import numpy as np
    X, y = np.random.rand(60, 4), np.array([0, 1, 1] * 20)
    def imb():
        from imblearn.ensemble import BalancedRandomForestClassifier
        from imblearn.over_sampling import SMOTE
        from imblearn.pipeline import make_pipeline
        from sklearn.linear_model import LogisticRegression
        return [make_pipeline(SMOTE(), LogisticRegression()).fit(X, y), BalancedRandomForestClassifier(3).fit(X, y)]
    def hmm():
        from hmmlearn.hmm import GaussianHMM
        return GaussianHMM(2).fit(X)
    def umap():
        import umap
        return umap.UMAP(n_neighbors=5, n_epochs=3).fit(X)
    def hdbscan():
        import hdbscan
        return hdbscan.HDBSCAN(min_cluster_size=3).fit(X)
    def lifelines():
        import lifelines, pandas as pd
        return [lifelines.KaplanMeierFitter().fit(X[:, 0]), lifelines.CoxPHFitter(penalizer=1).fit(pd.DataFrame({"t": X[:, 0] + 1, "e": y, "a": X[:, 1]}), "t", "e")]
    def encoders():
        import category_encoders as ce
        return [ce.TargetEncoder().fit(X, y), ce.OrdinalEncoder().fit(X), ce.HashingEncoder(max_process=1)]
    def mlxtend():
        from mlxtend.classifier import EnsembleVoteClassifier, StackingClassifier
        from sklearn.linear_model import LogisticRegression
        return StackingClassifier([LogisticRegression()], LogisticRegression()).fit(X, y)
    def pyod():
        from pyod.models.iforest import IForest
        from pyod.models.knn import KNN
        return [IForest(n_estimators=3).fit(X), KNN().fit(X)]
    def optuna():
        import optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        s = optuna.create_study()
        s.optimize(lambda t: t.suggest_float("x", 0, 1), 2)
        return s
    def networkx():
        import networkx as nx
        return [nx.karate_club_graph(), nx.DiGraph([(1, 2)]), nx.MultiGraph([(1, 2)])]
    def shap():
        import shap
        from sklearn.ensemble import RandomForestClassifier
        return shap.TreeExplainer(RandomForestClassifier(3).fit(X, y))
    def geometric():
        import torch
        from torch_geometric.data import Data
        from torch_geometric.nn import GATConv, GCNConv, SAGEConv
        return [Data(x=torch.zeros(2, 2), edge_index=torch.tensor([[0], [1]])), GCNConv(2, 2), GATConv(2, 2), SAGEConv(2, 2)]
    def segmentation():
        import segmentation_models_pytorch as smp
        m = smp.Unet("resnet18", encoder_weights=None)
        for p in list(m.parameters()) + list(m.buffers()):
            p.data = p.data.flatten()[:1].clone()
        return m
    def diffusers():
        import diffusers
        return [diffusers.DDPMScheduler(), diffusers.UNet2DModel(sample_size=8, block_out_channels=(4, 4), norm_num_groups=2, down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"), layers_per_block=1)]
    def metrics():
        import torchmetrics
        return [torchmetrics.Accuracy("binary"), torchmetrics.MeanSquaredError()]
    def accelerate():
        import accelerate
        return [accelerate.state.PartialState(cpu=True), accelerate.utils.DistributedType.NO]
    def omegaconf():
        import omegaconf
        return omegaconf.OmegaConf.create({"a": [1, {"b": "${a}"}], "p": "???"})
    def einops():
        from einops.layers.torch import Rearrange
        return Rearrange("a b -> b a")
    def tabnet():
        from pytorch_tabnet.tab_network import TabNet
        import torch
        return TabNet(4, 2, group_attention_matrix=torch.eye(4))
    def openclip():
        import open_clip.model as m
        return m.CLIP(8, m.CLIPVisionCfg(layers=1, width=64, image_size=32, patch_size=16), m.CLIPTextCfg(layers=1, width=64, heads=1, vocab_size=20))
    def audio():
        import torchaudio
        return [torchaudio.transforms.MelSpectrogram(), torchaudio.transforms.MFCC()]
    def albument():
        import PIL.Image
        return PIL.Image.new("RGB", (2, 2))
    def yaml_like():
        import sympy
        x = sympy.Symbol("x")
        return [x, x**2 + 1, sympy.Rational(1, 2)]
    def matplotlib():
        import matplotlib.cm, matplotlib.colors
        return [matplotlib.colors.Normalize(0, 1), matplotlib.colors.ListedColormap(["red"])]
    def sb3():
        import stable_baselines3 as sb, gymnasium as gym
        m = sb.PPO("MlpPolicy", gym.make("CartPole-v1"), n_steps=8, device="cpu")
        m.save(path("more/sb3.zip", "stable-baselines3 archive (cloudpickle inside)"))
        return m.policy.state_dict()
    for f in (imb, hmm, umap, hdbscan, lifelines, encoders, mlxtend, pyod, optuna, networkx, shap, geometric, segmentation, diffusers, metrics, accelerate, omegaconf, einops, tabnet, openclip, audio, albument, yaml_like, matplotlib, sb3):
        with trying(f.__name__):
            o = f()
            dump(f"more/{f.__name__}", o, f"{f.__name__} object", (2, 4))


@maker
def fastai():
    import fastai.tabular.all as fa, pandas as pd, numpy as np
    df = pd.DataFrame({"a": np.random.rand(40), "c": list("xy") * 20, "y": np.random.rand(40)})
    dls = fa.TabularDataLoaders.from_df(df, procs=[fa.FillMissing, fa.Normalize], cat_names=[], cont_names=["a"], y_names="y", bs=8)
    learn = fa.tabular_learner(dls, layers=[4])
    learn.export(path("fastai/export.pkl", "fastai Learner.export"))
    learn.path = __import__("pathlib").Path(OUT) / "fastai"
    learn.save("weights")
    ROWS.append(("fastai/models/weights.pth", "benign", "fastai Learner.save"))


@maker
def functions():
    import cloudpickle, dill
    scale = 2
    f = lambda x: x * scale
    for lib in (cloudpickle, dill):
        with open(path(f"functions/{lib.__name__}_lambda.pkl", f"{lib.__name__} of a lambda", "code"), "wb") as h:
            lib.dump(f, h)
        with open(path(f"functions/{lib.__name__}_data.pkl", f"{lib.__name__} of plain data"), "wb") as h:
            lib.dump({"a": [1, 2], "b": Point(1, 2)._asdict()}, h)


@maker
def weights():
    import h5py, numpy as np, onnx, safetensors.numpy
    safetensors.numpy.save_file({"w": np.zeros((2, 2), "f4")}, path("weights/model.safetensors", "safetensors"), {"format": "pt"})
    with h5py.File(path("weights/data.h5", "plain HDF5"), "w") as f:
        f.create_dataset("a/b", data=np.zeros(3), compression="gzip")
        f.attrs["note"] = "eval(os.system)"
    with trying("onnx"):
        x = onnx.helper.make_tensor_value_info("x", 1, [1])
        y = onnx.helper.make_tensor_value_info("y", 1, [1])
        onnx.save(onnx.helper.make_model(onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])), path("weights/relu.onnx", "ONNX"))


@maker
def tensorflow_graphs():
    import tensorflow as tf
    v1 = tf.compat.v1
    vocabulary = os.path.join(OUT, "vocabulary.txt")
    with open(vocabulary, "w") as f:
        f.write("a\nb\n")

    class Served(tf.Module):
        def __init__(self):
            self.table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(
                vocabulary, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER), -1)
            self.scale = tf.Variable([1., 2.])

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def look_up(self, words):
            tf.debugging.assert_greater(tf.size(words), 0)
            tf.print("words", words)
            return self.table.lookup(words)

        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
        def loop(self, x):
            for _ in tf.range(3):
                x = x * self.scale
            return tf.cond(tf.reduce_sum(x) > 0, lambda: x, lambda: -x)

    tf.saved_model.save(Served(), os.path.dirname(path("tensorflow/module/saved_model.pb", "SavedModel with an asset")))
    with v1.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 4], name="x")
        y = tf.matmul(x, v1.get_variable("w", [4, 2]), name="y")
        saver = v1.train.Saver(sharded=True)
        session.run(v1.global_variables_initializer())
        saver.save(session, path("tensorflow/train/model.ckpt.meta", "MetaGraphDef with a sharded saver")[:-len(".meta")])
        frozen = v1.graph_util.convert_variables_to_constants(session, session.graph_def, ["y"])
        with open(path("tensorflow/frozen.pb", "frozen GraphDef"), "wb") as f:
            f.write(frozen.SerializeToString())
        tf.io.write_graph(frozen, OUT, os.path.relpath(path("tensorflow/frozen.pbtxt", "frozen GraphDef as text"), OUT))
        v1.train.export_meta_graph(path("tensorflow/meta.pbtxt", "MetaGraphDef as text"), as_text=True)
        first = v1.train.Saver(write_version=v1.train.SaverDef.V1)
        first.save(session, path("tensorflow/first/model.ckpt", "checkpoint of the first version"), write_meta_graph=False)
        texts = v1.saved_model.Builder(os.path.dirname(path("tensorflow/text/saved_model.pbtxt", "SavedModel as text")))
        texts.add_meta_graph_and_variables(session, ["serve"])
        texts.save(as_text=True)
    checkpoint = tf.train.Checkpoint(w=tf.Variable([1., 2.]), words=tf.Variable(["a", "b"]))
    tf.train.CheckpointManager(checkpoint, os.path.dirname(path("tensorflow/checkpoint/checkpoint", "state of checkpoints")), 2).save()
    os.remove(vocabulary)


@maker
def gguf_files():
    import gguf, numpy as np
    for order in gguf.GGUFEndian.LITTLE, gguf.GGUFEndian.BIG:
        w = gguf.GGUFWriter(path(f"gguf/{order.name.lower()}.gguf", f"GGUF, {order.name.lower()}-endian"), "llama", endianess=order)
        w.add_block_count(2)
        w.add_token_list([b"a", b"b", "system exec eval"])
        w.add_chat_template([{"name": "default", "template": "{% for m in messages %}{{ m.content }}{% endfor %}"},
                             {"name": "tool_use", "template": "{{ bos_token }}"}])
        w.add_custom_alignment(64)
        w.add_tensor("f32", np.zeros((4, 512), "f4"))
        w.add_tensor("q8_0", gguf.quants.quantize(np.ones((4, 512), "f4"), gguf.GGMLQuantizationType.Q8_0), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        w.write_header_to_file()
        w.write_kv_data_to_file()
        w.write_tensors_to_file()
        w.close()


@maker
def onnxruntime_files():
    import subprocess
    import numpy as np, onnx
    from onnx import TensorProto, helper, numpy_helper
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 4]) for n in "xy")
    w = numpy_helper.from_array(np.ones((4, 4), "f4"), "w")
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["a"]), helper.make_node("Relu", ["a"], ["y"])], "mlp", [x], [y], [w])
    full = path("onnxruntime/mlp.onnx", "ONNX, to be converted")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), full)
    subprocess.run([sys.executable, "-m", "onnxruntime.tools.convert_onnx_models_to_ort", os.path.dirname(full)], check=True, capture_output=True)
    for style in "mlp", "mlp.with_runtime_opt":
        path(f"onnxruntime/{style}.ort", "ONNX Runtime's own form")


def files_below(directory, what):
    """Lists the files that a library wrote below a directory of the output."""
    for root, _, names in os.walk(os.path.join(OUT, directory)):
        for name in names:
            path(os.path.relpath(os.path.join(root, name), OUT), what)


@maker
def coreml():
    import coremltools as ct, numpy as np
    from coremltools.converters.mil import Builder
    from coremltools.models import datatypes, neural_network
    network = neural_network.NeuralNetworkBuilder([("x", datatypes.Array(3))], [("y", datatypes.Array(2))])
    network.add_inner_product("dense", np.ones((2, 3), "f4"), np.zeros(2, "f4"), 3, 2, True, "x", "a")
    network.add_activation("relu", "RELU", "a", "y")
    ct.models.utils.save_spec(network.spec, path("coreml/network.mlmodel", "Core ML network"))

    @Builder.program(input_specs=[Builder.TensorSpec(shape=(1, 64))])
    def program(x):
        return Builder.relu(x=Builder.linear(x=x, weight=np.random.rand(32, 64).astype("f4"), bias=np.zeros(32, "f4")))

    ct.convert(program, convert_to="mlprogram", skip_model_load=True).save(os.path.join(OUT, "coreml/program.mlpackage"))
    files_below("coreml/program.mlpackage", "Core ML program")


@maker
def paddle():
    import paddle as pd
    net = pd.nn.Sequential(pd.nn.Linear(3, 4), pd.nn.ReLU(), pd.nn.Linear(4, 2))
    optimizer = pd.optimizer.Adam(parameters=net.parameters())
    net(pd.ones([2, 3])).sum().backward()
    optimizer.step()
    pd.save(net.state_dict(), path("paddle/net.pdparams", "Paddle parameters"))
    pd.save(optimizer.state_dict(), path("paddle/net.pdopt", "Paddle optimizer"))
    pd.jit.save(net, os.path.join(OUT, "paddle/inference/net"), input_spec=[pd.static.InputSpec([None, 3], "float32")])
    files_below("paddle/inference", "Paddle program")


@maker
def orbax():
    import shutil
    import jax.numpy as jnp, numpy as np, orbax.checkpoint as ocp
    tree = {"params": {"dense": {"kernel": jnp.arange(12.).reshape(3, 4), "bias": np.zeros(4, "f4")}}, "step": 7, "opt": [np.ones((2, 2)), 3.5]}
    for ocdbt in True, False:
        for zarr3 in True, False:
            name = f"orbax/{'ocdbt' if ocdbt else 'files'}_{'zarr3' if zarr3 else 'zarr2'}"
            shutil.rmtree(os.path.join(OUT, name), ignore_errors=True)
            checkpointer = ocp.Checkpointer(ocp.PyTreeCheckpointHandler(use_ocdbt=ocdbt, use_zarr3=zarr3))
            checkpointer.save(os.path.join(OUT, name), tree)
            checkpointer.close()
            files_below(name, "checkpoint of Orbax")


@maker
def zarr():
    import numpy as np, zarr
    for version, options in (2, {}), (3, {}), (3, {"shards": (10, 10)}):
        name = f"zarr/v{version}{'_sharded' if options else ''}"
        array = zarr.create_array(os.path.join(OUT, name), shape=(20, 20), chunks=(5, 5), dtype="f4", zarr_format=version, overwrite=True, **options)
        array[:] = np.random.rand(20, 20)
        files_below(name, f"Zarr array, version {version}")


def main():
    global OUT
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    OUT = os.path.abspath(sys.argv[1])
    os.makedirs(OUT, exist_ok=True)
    os.chdir(OUT)
    wanted = sys.argv[2:]
    for f in MAKERS:
        if wanted and f.__name__ not in wanted:
            continue
        before = len(ROWS)
        try:
            f()
        except Exception as e:
            print(f"{f.__name__}: {type(e).__name__}: {e}")
            if os.environ.get("TRACE"):
                traceback.print_exc()
        print(f"{f.__name__}: {len(ROWS) - before} files", flush=True)
    old = {}
    manifest = os.path.join(OUT, "manifest.tsv")
    if os.path.exists(manifest):
        old = {l.split("\t")[0]: l for l in open(manifest, encoding="utf-8").read().splitlines()[1:]}
    for name, label, what in ROWS:
        old[name] = f"{name}\t{label}\t{what}"
    with open(manifest, "w", encoding="utf-8") as f:
        f.write("path\tlabel\twhat\n" + "".join(f"{old[k]}\n" for k in sorted(old) if os.path.isfile(os.path.join(OUT, k))))


if __name__ == "__main__":
    main()
