"""What serves turns into bytes of a content type; pickled models hold instances of these."""

import io
import json


class BaseSerializer:
    pass


class SimpleBaseSerializer(BaseSerializer):
    default_type = "application/json"

    def __init__(self, content_type=None):
        self.content_type = content_type or self.default_type

    @property
    def CONTENT_TYPE(self):
        return self.content_type


class JSONSerializer(SimpleBaseSerializer):
    def serialize(self, data):
        return data.read() if hasattr(data, "read") else json.dumps(data, default=_plain)


class JSONLinesSerializer(SimpleBaseSerializer):
    default_type = "application/jsonlines"

    def serialize(self, data):
        if isinstance(data, str):
            return data
        return data.read() if hasattr(data, "read") else "\n".join(json.dumps(line, default=_plain) for line in data)


class CSVSerializer(SimpleBaseSerializer):
    default_type = "text/csv"

    def serialize(self, data):
        if isinstance(data, str):
            return data
        if hasattr(data, "read"):
            return data.read()
        if hasattr(data, "to_csv"):
            return data.to_csv(header=False, index=False)
        several = len(data) > 0 and hasattr(data[0], "__len__") and not isinstance(data[0], str)
        return "\n".join(_csv_row(row) for row in (data if several else [data]))


class NumpySerializer(SimpleBaseSerializer):
    default_type = "application/x-npy"

    def __init__(self, dtype=None, content_type=None):
        super().__init__(content_type)
        self.dtype = dtype

    def serialize(self, data):
        import numpy

        if hasattr(data, "read"):
            return data.read()
        array = data if isinstance(data, numpy.ndarray) else numpy.array(data, self.dtype)
        if array.size == 0:
            raise ValueError("Cannot serialize empty array.")
        buffer = io.BytesIO()
        numpy.save(buffer, array)
        return buffer.getvalue()


class SparseMatrixSerializer(SimpleBaseSerializer):
    default_type = "application/x-npz"

    def serialize(self, data):
        import scipy.sparse

        buffer = io.BytesIO()
        scipy.sparse.save_npz(buffer, data)
        return buffer.getvalue()


class IdentitySerializer(SimpleBaseSerializer):
    default_type = "application/octet-stream"

    def serialize(self, data):
        return data


class LibSVMSerializer(SimpleBaseSerializer):
    default_type = "text/libsvm"

    def serialize(self, data):
        return data.read() if hasattr(data, "read") else data


class DataSerializer(SimpleBaseSerializer):
    default_type = "file-path/raw-bytes"

    def serialize(self, data):
        if isinstance(data, dict) and "data" in data:
            data = data["data"]
        if isinstance(data, bytes):
            return data
        if not isinstance(data, str):
            raise ValueError("Object of type %s is not Data serializable." % type(data))
        with open(data, "rb") as file:
            return file.read()


class StringSerializer(SimpleBaseSerializer):
    default_type = "text/plain"

    def serialize(self, data):
        if not isinstance(data, str):
            raise ValueError("Object of type %s is not String serializable." % type(data))
        return data.encode("utf-8")


class TorchTensorSerializer(SimpleBaseSerializer):
    default_type = "tensor/pt"

    def serialize(self, data):
        return NumpySerializer().serialize(data.detach().cpu().numpy())


def _plain(value):
    if hasattr(value, "tolist"):  # numpy's arrays and numbers
        return value.tolist()
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def _csv_row(row):
    import csv

    if isinstance(row, str):
        return row
    if hasattr(row, "flatten"):
        row = row.flatten()
    buffer = io.StringIO()
    csv.writer(buffer).writerow(row)
    return buffer.getvalue().rstrip("\r\n")
