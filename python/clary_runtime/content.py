"""The content types that every framework container reads and writes: JSON, JSON lines, CSV and NPY, to numpy and back.
numpy is the environment's, imported at the first use. Types carry parameters and ranges here: `text/csv; charset=utf-8`
is CSV, `Accept: text/*` takes the first type that fits."""

import json

JSON = "application/json"
JSON_LINES = "application/jsonlines"
CSV = "text/csv"
NPY = "application/x-npy"
ANY = "*/*"
TEXT = (JSON, CSV)  # what user functions are given as str; everything else comes as bytes


class UnsupportedFormatError(Exception):
    def __init__(self, content_type):
        super().__init__(
            "Content type %s is not supported by this framework.\n\nPlease implement input_fn to to deserialize the "
            "request data or an output_fn to serialize the response. For more information, see the SageMaker Python "
            "SDK README." % content_type
        )


class BadContent(ValueError):
    """The body is not what its content type says."""


def bare(content_type):
    return content_type.split(";", 1)[0].strip().lower()


def _text(body):
    return body.decode("utf-8") if isinstance(body, (bytes, bytearray, memoryview)) else body


def _from_json(body):
    import numpy

    return numpy.array(json.loads(_text(body)))


def _from_json_lines(body):
    import numpy

    return numpy.array([json.loads(line) for line in _text(body).splitlines() if line.strip()])


def _from_csv(body):
    import csv
    import io
    import numpy

    rows = list(csv.reader(io.StringIO(_text(body)), strict=True))
    if len({len(row) for row in rows}) > 1:
        raise ValueError("the rows differ in length")
    array = numpy.array(rows).squeeze()
    try:
        return array.astype(None)
    except ValueError:
        return array  # text stays text


def _from_npy(body):
    import io
    import numpy

    return numpy.load(io.BytesIO(body), allow_pickle=False)


def _plain(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def _to_json(value):
    return json.dumps(value, default=_plain)


def _to_json_lines(value):
    rows = value.tolist() if hasattr(value, "tolist") else value
    return "".join(json.dumps(row, default=_plain) + "\n" for row in (rows if isinstance(rows, list) else [rows]))


def _to_csv(value):
    import csv
    import io
    import numpy

    array = numpy.array(value)
    if array.ndim < 2:
        array = array.reshape(-1, 1)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(array.tolist())
    return out.getvalue()


def _to_npy(value):
    import io
    import numpy

    out = io.BytesIO()
    numpy.save(out, value)
    return out.getvalue()


DECODERS = {JSON: _from_json, JSON_LINES: _from_json_lines, CSV: _from_csv, NPY: _from_npy}
ENCODERS = {JSON: _to_json, JSON_LINES: _to_json_lines, CSV: _to_csv, NPY: _to_npy}


def decode(body, content_type):
    decoder = DECODERS.get(bare(content_type))
    if decoder is None:
        raise UnsupportedFormatError(content_type)
    try:
        return decoder(body)
    except ImportError:
        raise
    except Exception as error:
        raise BadContent("The body is not valid %s: %s" % (bare(content_type), error)) from error


def choose(accept):
    """The first type of an Accept header that can be written; None when there is none."""
    for part in accept.split(","):
        wanted = bare(part)
        if wanted in ENCODERS:
            return wanted
        if wanted.endswith("/*"):
            found = [known for known in ENCODERS if wanted == ANY or known.startswith(wanted[:-1])]
            if found:
                return found[0]
    return None


def encode(value, accept):
    """(body, content type) for an Accept header."""
    chosen = choose(accept)
    if chosen is None:
        raise UnsupportedFormatError(accept)
    return ENCODERS[chosen](value), chosen
