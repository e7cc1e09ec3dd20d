"""What AWS's TensorFlow inference image makes of a request's body before TensorFlow Serving sees it: JSON as it is where
it speaks the protocol, other JSON, JSON lines and CSV as `instances`."""

import csv
import json
import re

from .errors import ServingError, refuse

JSON_TYPES = ("application/json", "application/jsonlines", "application/jsons")
CSV = "text/csv"
KEYS = ("instances", "inputs", "examples")
NUMBER_OR_QUOTE = re.compile(r'\s*("|[\d.+\-]|[Ee]\d|nan|inf)', re.IGNORECASE)


def to_request(text, content_type):
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind in JSON_TYPES:
        return from_json(text)
    if kind == CSV:
        return {"instances": from_csv(text)}
    raise ServingError(415, "Unsupported Media Type: %s" % (content_type or "Unknown"))


def from_json(text):
    values = read_values(text)
    if len(values) > 1:
        return {"instances": values}
    value = values[0]
    if isinstance(value, dict) and any(key in value for key in KEYS):
        return value
    rows = isinstance(value, list) and bool(value) and isinstance(value[0], list)
    return {"instances": value if rows else [value]}


def read_values(text):
    """One value, or several with white space between them: JSON lines."""
    decoder, values, place = json.JSONDecoder(), [], 0
    length = len(text)
    try:
        while True:
            while place < length and text[place] in " \t\r\n":
                place += 1
            if place == length:
                break
            value, place = decoder.raw_decode(text, place)
            values.append(value)
    except ValueError as error:
        raise refuse("JSON Parse error: %s", error)
    if not values:
        raise refuse("JSON Parse error: The document is empty")
    return values


def from_csv(text):
    """A line is a list, or a plain value where there is one column; text where the first field is neither quoted nor
    a number."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise refuse("the body holds no line of CSV")
    plain_text = NUMBER_OR_QUOTE.match(lines[0]) is None
    rows = []
    for line in lines:
        fields = next(csv.reader([line])) if plain_text else read_line(line)
        rows.append(fields if "," in line else fields[0])
    return rows


def read_line(line):
    try:
        return json.loads("[" + line + "]")
    except ValueError:
        return [to_number(field.strip()) for field in next(csv.reader([line]))]


def to_number(field):
    for read in (int, float):
        try:
            return read(field)
        except ValueError:
            pass
    return field
