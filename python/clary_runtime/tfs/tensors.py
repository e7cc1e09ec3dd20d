"""JSON values to arrays and back, by TensorFlow Serving's rules: a number is never taken for another kind, a string
tensor takes text or {"b64": ...}, and an output is written in base64 where its name ends with _bytes."""

import base64
import binascii

from .errors import refuse

SLICE = 1 << 16  # numbers turned into text at a time
KINDS = {"b": "b", "i": "iu", "u": "iu", "f": "iuf"}  # what a dtype's kind accepts
NAMES = {"b": "Boolean", "i": "Number", "u": "Number", "f": "Number", "U": "String", "O": "Array", "c": "Number"}


def is_binary(value):
    return isinstance(value, dict) and len(value) == 1 and "b64" in value


def decode_binary(value):
    try:
        return base64.b64decode(value["b64"], validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise refuse("a value of the key 'b64' is not a base64 string")


def to_bytes(value, name):
    if isinstance(value, list):
        return [to_bytes(element, name) for element in value]
    if isinstance(value, str):
        return value.encode("utf-8")
    if is_binary(value):
        return decode_binary(value)
    raise refuse("JSON Value: %s is not of expected type: string (input %s)", shorten(value), name)


def to_array(value, dtype, name):
    """`dtype` is TensorFlow's."""
    import numpy

    try:
        if dtype.as_numpy_dtype is numpy.object_ or dtype.name == "string":
            array = numpy.array(to_bytes(value, name), dtype=object)
            if any(isinstance(element, list) for element in array.flat):
                raise ValueError("the lists differ in length")
            return array
        array = numpy.array(value)
    except ValueError as error:
        raise refuse("the value of the input %s is not a tensor: %s", name, error)
    wanted = numpy.dtype(dtype.as_numpy_dtype)
    if array.size == 0:
        return array.astype(wanted)
    kind = "f" if wanted.kind in "fV" else wanted.kind  # V: bfloat16
    if array.dtype.kind not in KINDS.get(kind, ""):
        raise refuse("JSON Value: %s Type: %s is not of expected type: %s (input %s)", shorten(value),
                     NAMES.get(array.dtype.kind, "Object"), dtype.name, name)
    if kind in "iu" and not numpy.iinfo(wanted).min <= array.min() <= array.max() <= numpy.iinfo(wanted).max:
        raise refuse("a value of the input %s does not fit into %s", name, dtype.name)
    return array.astype(wanted)


def shorten(value):
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def from_bytes(value, as_binary):
    if isinstance(value, list):
        return [from_bytes(element, as_binary) for element in value]
    data = value.encode("utf-8") if isinstance(value, str) else bytes(value)
    if not as_binary:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass  # no JSON string can hold it
    return {"b64": base64.b64encode(data).decode("ascii")}


def to_json(array, name):
    """Plain lists, numbers and strings."""
    import numpy

    array = numpy.asarray(array)
    if array.dtype.kind in "OSU":
        return from_bytes(array.tolist(), name.endswith("_bytes"))
    if array.dtype.kind == "V":
        array = array.astype(numpy.float32)
    return (shortest(array) if array.dtype.kind == "f" and array.dtype.itemsize < 8 else array).tolist()


def shortest(array):
    """The doubles whose text is the shortest that means these smaller floats: 0.2, not 0.20000000298023224."""
    import numpy

    numbers, found = array.reshape(-1), numpy.empty(array.size)
    for start in range(0, array.size, SLICE):
        found[start : start + SLICE] = numbers[start : start + SLICE].astype("U32").astype("f8")
    return found.reshape(array.shape)
