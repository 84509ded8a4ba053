"""Writes a few models with the XGBoost that is installed, as lines of samples.txt:
name, version, the model (gzip, base64), and what it holds.

Versions 0.72.1, 0.90, 1.2.1, 1.7.6 and 2.0.3 made the lines that are there:

    python make.py >>samples.txt
"""
import base64, gzip
import numpy as np
import xgboost as xgb

X = np.random.RandomState(0).rand(50, 3)
y = X[:, 0] * 3
classes = y.astype(int)
cases = {
    "tree": ({"max_depth": 1}, y),
    "dart": ({"booster": "dart", "max_depth": 1, "rate_drop": 0.5}, y),
    "linear": ({"booster": "gblinear", "objective": "multi:softmax", "num_class": 3}, classes),
    "poisson": ({"objective": "count:poisson", "max_depth": 1, "eval_metric": ["rmse", "mae"]}, y),
}
for name, (params, label) in cases.items():
    b = xgb.train(params, xgb.DMatrix(X, label=label), num_boost_round=2)
    b.set_attr(note="a note")
    raw = bytes(b.save_raw("deprecated") if xgb.__version__ >= "1.6" else b.save_raw())
    trees = b.get_dump()
    nodes = 0 if name == "linear" else sum(len(t.strip().splitlines()) for t in trees)
    packed = base64.b64encode(gzip.compress(raw)).decode()
    print(name, xgb.__version__, packed, nodes)
