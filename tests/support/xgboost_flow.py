"""What the tests of XGBoost share over the SDKs: digits as CSV channels, and the model loaded where it was made."""

import os
import pathlib
import subprocess
import tarfile

import numpy as np
from runtime_python import python_of
from sklearn.datasets import load_digits

SCRIPT = pathlib.Path(__file__).resolve().parent / "xgboost_script.py"
PREDICT = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy, xgboost, xgboost_script
numpy.save(sys.argv[4], xgboost_script.model_fn(sys.argv[2]).predict(xgboost.DMatrix(numpy.load(sys.argv[3]))))
"""


def digits():
    """(rows to train with, rows to look at): the label first"""
    data = load_digits()
    table = np.column_stack([data.target, data.data])
    return table[:1400], table[1400:]


def upload(session, folder):
    channels = {}
    for name, table in zip(("train", "validation"), digits()):
        np.savetxt(str(folder / (name + ".csv")), table, delimiter=",", fmt="%g")
        channels[name] = session.upload_data(str(folder / (name + ".csv")), key_prefix="xgboost/" + name)
    return channels


def local_prediction(server, session, runtime, model_data, rows, folder):
    """(what the job's own XGBoost predicts, the names in model.tar.gz)"""
    bucket, key = model_data[len("s3://"):].split("/", 1)
    session.boto_session.client("s3").download_file(bucket, key, str(folder / "model.tar.gz"))
    with tarfile.open(str(folder / "model.tar.gz")) as archive:
        names = archive.getnames()
        archive.extractall(str(folder))
    np.save(str(folder / "rows.npy"), rows)
    subprocess.run([python_of(server, runtime), "-c", PREDICT, str(SCRIPT.parent), str(folder), str(folder / "rows.npy"),
                    str(folder / "expected.npy")], check=True, timeout=120)
    return np.load(str(folder / "expected.npy")), [os.path.basename(name) for name in names if name.strip("./")]


def as_csv(rows):
    return "\n".join(",".join("%g" % value for value in row) for row in rows)


def as_libsvm(rows):
    return "\n".join(" ".join("%d:%g" % (index, value) for index, value in enumerate(row)) for row in rows)
