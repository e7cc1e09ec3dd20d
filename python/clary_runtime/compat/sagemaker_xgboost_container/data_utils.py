"""Channels as DMatrix, in the formats that the XGBoost image reads: the label is the first column."""

import os

import numpy
import xgboost

NAMES = {
    "csv": "csv", "text/csv": "csv", "libsvm": "libsvm", "text/libsvm": "libsvm", "text/x-libsvm": "libsvm", "parquet": "parquet",
    "application/x-parquet": "parquet", "recordio-protobuf": "recordio", "application/x-recordio-protobuf": "recordio",
}  # fmt: skip


def get_content_type(content_type):
    name = NAMES.get((content_type or "libsvm").split(";", 1)[0].strip().lower())
    if name is None:
        raise ValueError("%s is not a content type of the XGBoost image: %s" % (content_type, ", ".join(sorted(NAMES))))
    return name


def files_of(path):
    """Every file of a channel, but hidden ones."""
    if os.path.isfile(path):
        return [path]
    found = []
    for folder, _, names in os.walk(path):
        found += [os.path.join(folder, name) for name in names if not name.startswith((".", "_"))]
    return sorted(found)


def get_dmatrix(data_path, content_type, csv_weights=0, is_pipe=False, combine_train_val=False):
    """None where there is no data. `data_path` is a file, a folder or a list of them."""
    if is_pipe:
        raise ValueError("Pipe mode is not available here: use File mode or FastFile mode")
    kind = get_content_type(content_type)
    paths = data_path if isinstance(data_path, (list, tuple)) else [data_path]
    files = [file for path in paths if path and os.path.exists(path) for file in files_of(path)]
    if not files:
        return None
    if kind == "libsvm":
        from sklearn.datasets import load_svmlight_files

        parts = load_svmlight_files(files, zero_based=True)
        return to_dmatrix(parts[0::2], parts[1::2])
    if kind == "recordio":
        from clary_runtime import recordio

        parts = []
        for file in files:
            with open(file, "rb") as opened:
                parts.append(recordio.read(opened.read()))
        return to_dmatrix([features for features, _ in parts], [labels for _, labels in parts])
    tables = [read_table(file, kind) for file in files]
    first = 2 if csv_weights and kind == "csv" else 1
    matrix = to_dmatrix([table[:, first:] for table in tables], [table[:, 0] for table in tables])
    if first == 2:
        matrix.set_weight(numpy.concatenate([table[:, 1] for table in tables]))
    return matrix


def read_table(file, kind):
    if kind == "parquet":
        import pyarrow.parquet

        return pyarrow.parquet.read_table(file).to_pandas().values.astype("float32")
    import pandas

    return pandas.read_csv(file, header=None).values.astype("float32")


def to_dmatrix(features, labels):
    if any(hasattr(part, "tocsr") for part in features):
        from scipy.sparse import vstack

        rows = vstack(features).tocsr()
    else:
        rows = numpy.vstack(features)
    known = [part for part in labels if part is not None]
    return xgboost.DMatrix(rows, label=numpy.concatenate(known) if len(known) == len(labels) else None)
