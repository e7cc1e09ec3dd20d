"""RecordIO-protobuf, the format of SageMaker's own algorithms: framed records, each a protobuf message
(aialgs.data.Record) whose features and label are maps of named tensors. Read here without protobuf, which no environment
need have; scipy is imported where a record is sparse."""

import struct

MAGIC = 0xCED7230A
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
TENSORS = {2: "<f4", 3: "<f8", 7: "<i4"}  # field of a Value: type of its numbers


def records(body):
    """The payload of each frame."""
    view, place = memoryview(body), 0
    while place < len(view):
        if len(view) - place < 8:
            raise ValueError("the last RecordIO frame is cut off")
        magic, length = struct.unpack_from("<II", view, place)
        if magic != MAGIC:
            raise ValueError("there is no RecordIO frame at byte %d" % place)
        if length > len(view) - place - 8:
            raise ValueError("the last RecordIO frame is cut off")
        yield view[place + 8 : place + 8 + length]
        place += 8 + (length + 3) // 4 * 4


def read_varint(view, place):
    value, shift = 0, 0
    while True:
        if place >= len(view) or shift > 63:
            raise ValueError("a record is not a protobuf message")
        byte = view[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def fields(view):
    """(number, wire type, value) of a message, in order."""
    place = 0
    while place < len(view):
        tag, place = read_varint(view, place)
        kind = tag & 7
        if kind == VARINT:
            value, place = read_varint(view, place)
        else:
            size = {FIXED64: 8, FIXED32: 4}.get(kind)
            if kind == LENGTH:
                size, place = read_varint(view, place)
            if size is None or size > len(view) - place:
                raise ValueError("a record is not a protobuf message")
            value = view[place : place + size]
            place += size
        yield tag >> 3, kind, value


def numbers(kind, value):
    """The varints of a repeated field, packed or single."""
    if kind == VARINT:
        return [value]
    found, place = [], 0
    while place < len(value):
        number, place = read_varint(value, place)
        found.append(number)
    return found


def read_tensor(view, number):
    """(values, keys, shape); keys and shape are lists, empty where there are none."""
    import numpy

    kind_of_values = TENSORS[number]
    parts, keys, shape = [], [], []
    for field, kind, value in fields(view):
        if field == 1 and number == 7:
            signed = [v - (1 << 64) if v >> 63 else v for v in numbers(kind, value)]
            if any(not -(1 << 31) <= v < 1 << 31 for v in signed):
                raise ValueError("a record holds an integer of more than 32 bits")
            parts.append(numpy.array(signed, dtype="<i4"))
        elif field == 1:
            parts.append(numpy.frombuffer(value, dtype=kind_of_values))
        elif field == 2:
            keys += numbers(kind, value)
        elif field == 3:
            shape += numbers(kind, value)
    return (numpy.concatenate(parts) if parts else numpy.array([], dtype=kind_of_values)), keys, shape


def named_tensor(view, wanted):
    """The tensor of a map's entry, when the entry's name is `wanted`."""
    name, tensor = None, None
    for field, _, value in fields(view):
        if field == 1:
            name = bytes(value).decode("utf-8", "replace")
        elif field == 2:
            for number, kind, content in fields(value):
                if number in TENSORS and kind == LENGTH:
                    tensor = read_tensor(content, number)
    return tensor if name == wanted else None


def read(body):
    """(features, labels): an array of rows, or a scipy CSR matrix where rows are sparse; labels is an array or None."""
    import numpy

    rows, labels = [], []
    for record in records(body):
        for field, kind, value in fields(record):
            tensor = named_tensor(value, "values") if kind == LENGTH and field in (1, 2) else None
            if tensor is not None and field == 1:
                rows.append(tensor)
            elif tensor is not None:
                labels.append(tensor[0])
    if not rows:
        raise ValueError("the body holds no record with features")
    if any(keys or (not len(values) and shape) for values, keys, shape in rows):
        features = to_sparse(rows)
    else:
        if len({len(values) for values, _, _ in rows}) > 1:
            raise ValueError("the records differ in length")
        features = numpy.vstack([values for values, _, _ in rows])
    return features, numpy.concatenate(labels) if labels else None


def to_sparse(rows):
    import numpy
    from scipy.sparse import csr_matrix

    starts, columns, values, width = [0], [], [], 0
    for row, keys, shape in rows:
        keys = keys or list(range(len(row)))
        if len(keys) != len(row):
            raise ValueError("a record has %d keys for %d values" % (len(keys), len(row)))
        columns += keys
        values.append(row)
        starts.append(starts[-1] + len(row))
        width = max([width] + shape[:1] + [key + 1 for key in keys])
    if width > 1 << 31:
        raise ValueError("a record's key or its shape is too large")
    return csr_matrix((numpy.concatenate(values), columns, starts), shape=(len(rows), width))
