"""What bytes of a content type become before the model sees them; pickled models hold instances of these."""

import io
import json


class BaseDeserializer:
    pass


class SimpleBaseDeserializer(BaseDeserializer):
    default_type = "*/*"

    def __init__(self, accept=None):
        self.accept = accept or self.default_type

    @property
    def ACCEPT(self):
        return (self.accept,) if isinstance(self.accept, str) else self.accept


class BytesDeserializer(SimpleBaseDeserializer):
    def deserialize(self, stream, content_type=None):
        return stream.read()


class StringDeserializer(SimpleBaseDeserializer):
    default_type = "application/json"

    def __init__(self, encoding="UTF-8", accept=None):
        super().__init__(accept)
        self.encoding = encoding

    def deserialize(self, stream, content_type=None):
        return stream.read().decode(self.encoding)


class JSONDeserializer(SimpleBaseDeserializer):
    default_type = "application/json"

    def deserialize(self, stream, content_type=None):
        return json.loads(stream.read().decode("utf-8"))


class JSONLinesDeserializer(SimpleBaseDeserializer):
    default_type = "application/jsonlines"

    def deserialize(self, stream, content_type=None):
        return [json.loads(line) for line in stream.read().decode("utf-8").splitlines() if line.strip()]


class CSVDeserializer(SimpleBaseDeserializer):
    default_type = "text/csv"

    def __init__(self, encoding="utf-8", accept=None):
        super().__init__(accept)
        self.encoding = encoding

    def deserialize(self, stream, content_type=None):
        import csv

        return list(csv.reader(stream.read().decode(self.encoding).splitlines()))


class StreamDeserializer(SimpleBaseDeserializer):
    def deserialize(self, stream, content_type=None):
        return stream, content_type


class PandasDeserializer(SimpleBaseDeserializer):
    default_type = ("text/csv", "application/json")

    def deserialize(self, stream, content_type):
        import pandas

        if content_type == "text/csv":
            return pandas.read_csv(stream)
        if content_type == "application/json":
            return pandas.read_json(stream)
        raise ValueError("PandasDeserializer cannot read content type %s." % content_type)


class NumpyDeserializer(SimpleBaseDeserializer):
    default_type = "application/x-npy"

    def __init__(self, dtype=None, accept=None, allow_pickle=True):
        super().__init__(accept)
        self.dtype = dtype
        self.allow_pickle = allow_pickle

    def deserialize(self, stream, content_type):
        import numpy

        body = stream.read()
        if content_type == "text/csv":
            return numpy.genfromtxt(io.StringIO(body.decode("utf-8")), delimiter=",", dtype=self.dtype)
        if content_type == "application/json":
            return numpy.array(json.loads(body.decode("utf-8")), dtype=self.dtype)
        if content_type in ("application/x-npy", "application/x-npz"):
            return numpy.load(io.BytesIO(body), allow_pickle=self.allow_pickle)
        raise ValueError("NumpyDeserializer cannot read content type %s." % content_type)


class TorchTensorDeserializer(SimpleBaseDeserializer):
    default_type = "tensor/pt"

    def deserialize(self, stream, content_type=None):
        import torch

        return torch.from_numpy(NumpyDeserializer().deserialize(stream, "application/x-npy"))
