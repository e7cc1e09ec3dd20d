"""The defaults of the XGBoost container in script mode: bodies come as a DMatrix, the user's module loads the model. Models without a module are
served by clary-model-server, without Python."""

import re

from .. import content
from .generic import model_fn, output_fn  # noqa: F401 (XGBoost's are the shared ones)

LIBSVM = ("text/libsvm", "text/x-libsvm")
RECORDIO = "application/x-recordio-protobuf"
DELIMITERS = ",;\t| "
PAIR = re.compile(r"(\d+):(\S+)")


def from_csv(text):
    """Rows without a label; an empty field is a missing value."""
    import numpy

    lines = text.strip("\r\n").splitlines()
    delimiter = next((sign for sign in DELIMITERS if lines and sign in lines[0].strip()), ",")
    rows = [[field.strip() or "nan" for field in line.split(delimiter)] for line in lines]
    if not rows or len({len(row) for row in rows}) > 1:
        raise ValueError("the rows differ in length" if rows else "the body is empty")
    return numpy.array(rows).astype(float)


def from_libsvm(text):
    """[label] [qid:n] index:value ...; what a row leaves out is missing."""
    import numpy
    from scipy.sparse import csr_matrix

    starts, columns, values = [0], [], []
    for line in text.splitlines():
        fields = line.split("#", 1)[0].split()
        if not fields:
            continue
        if ":" not in fields[0]:
            float(fields[0])
            fields = fields[1:]
        for field in fields:
            match = PAIR.fullmatch(field)
            if match:
                columns.append(int(match[1]))
                values.append(float(match[2]))
            elif not field.startswith("qid:"):
                raise ValueError("'%s' is not index:value" % field[:80])
        starts.append(len(columns))
    if len(starts) == 1:
        raise ValueError("the body is empty")
    if columns and max(columns) >= 1 << 31:
        raise ValueError("an index is too large")
    return csr_matrix((numpy.array(values, dtype="float32"), columns, starts),
                      shape=(len(starts) - 1, max(columns, default=0) + 1))


def from_recordio(body):
    from .. import recordio

    return recordio.read(body)[0]


def read_text(body):
    return body if isinstance(body, str) else bytes(body).decode("utf-8")


def input_fn(body, content_type):
    import xgboost

    kind = content.bare(content_type)
    if kind == content.NPY:
        data = content.decode(body, content_type)
        return xgboost.DMatrix(data.reshape(1, -1) if data.ndim == 1 else data)
    try:
        if kind == content.CSV:
            data = from_csv(read_text(body))
        elif kind in LIBSVM:
            data = from_libsvm(read_text(body))
        elif kind == RECORDIO:
            data = from_recordio(bytes(body))
        else:
            raise content.UnsupportedFormatError(content_type)
    except (ValueError, OverflowError) as error:
        raise content.BadContent("The body is not valid %s: %s" % (kind, error)) from error
    return xgboost.DMatrix(data)


def predict_fn(data, model):
    return model.predict(data, validate_features=False)
