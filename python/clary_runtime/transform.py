"""One request through the user's functions: body and headers in, status, content type and body out.
Thread rule: the loading thread calls `invoke`; the rest is without state."""

import json
import traceback

from . import content

INTERNAL = 500


class Answer:
    __slots__ = ("status", "content_type", "body")

    def __init__(self, status, content_type, body):
        self.status = status
        self.content_type = content_type
        self.body = body


class Context:
    """What a function with one parameter more is given, as by the inference toolkit."""

    def __init__(self, model_dir, headers):
        self.system_properties = {"model_dir": model_dir, "gpu_id": None}
        self.headers = headers
        self.request_processor = [self]

    def get_request_properties(self):
        return self.headers

    def get_request_property(self, key):
        return self.get_request_header(0, key)

    def get_request_header(self, _index, key):
        return self.headers.get(key.lower())

    def get_all_request_header(self, _index):
        return self.headers


def takes_context(function, arguments):
    """Whether the function wants a context after its `arguments` parameters."""
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return False
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(places) == arguments + 1


class Transformer:
    def __init__(self, functions, model_dir, default_accept):
        self.functions = functions
        self.model_dir = model_dir
        self.default_accept = default_accept
        self.model = None
        self._input = self._adapt(functions.input_fn, 2)
        self._predict = self._adapt(functions.predict_fn, 2)
        self._output = self._adapt(functions.output_fn, 2)
        self._transform = self._adapt(functions.transform_fn, 4) if functions.transform_fn else None

    def _adapt(self, function, arguments):
        """function(*arguments, headers) -> the user's function, with a context where it takes one."""
        if takes_context(function, arguments):
            return lambda *given: function(*given[:-1], Context(self.model_dir, given[-1]))
        return lambda *given: function(*given[:-1])

    def load(self):
        self.model = self._adapt(self.functions.model_fn, 1)(self.model_dir, {})

    def invoke(self, headers, body):
        content_type = headers.get("contenttype") or headers.get("content-type") or content.JSON
        accept = headers.get("accept") or content.ANY
        if accept == content.ANY:
            accept = self.default_accept
        try:
            if content.bare(content_type) in content.TEXT:
                try:
                    body = body.decode("utf-8")
                except UnicodeDecodeError as error:
                    raise content.BadContent("The body is not valid UTF-8: %s" % error) from error
            return to_answer(self._run(body, content_type, accept, headers), accept, self.functions.answers_as_flask)
        except content.BadContent as error:
            return self._refuse(400, error)
        except Exception as error:  # the user's code may raise anything; it ends the request, not the worker
            traceback.print_exc()
            if self.functions.error_answer:
                return self.functions.error_answer(error)
            status = getattr(error, "status_code", INTERNAL)
            return error_text(status if isinstance(status, int) and 400 <= status < 600 else INTERNAL, error)

    def _run(self, body, content_type, accept, headers):
        if self._transform:
            return self._transform(self.model, body, content_type, accept, headers)
        try:
            data = self._input(body, content_type, headers)
        except content.UnsupportedFormatError as error:
            return self._refuse(415, error)
        prediction = self._predict(data, self.model, headers)
        try:
            return self._output(prediction, accept, headers)
        except content.UnsupportedFormatError as error:
            return self._refuse(406, error)

    def _refuse(self, status, error):
        """In the form of the framework's container, where it has one of its own."""
        return self.functions.error_answer(error) if self.functions.error_answer else error_answer(status, error)


def error_answer(status, error):
    return Answer(
        status,
        content.JSON,
        json.dumps(
            {"error": type(error).__name__, "error-message": str(error), "stack-trace": traceback.format_exc()}
        ).encode(),
    )


def error_text(status, error):
    message = "%s\n%s" % (error, traceback.format_exc())
    return Answer(status, "text/plain; charset=utf-8", message.encode("utf-8", "backslashreplace"))


def with_charset(content_type):
    """As Flask tells the type of a text."""
    return (
        content_type + "; charset=utf-8"
        if content_type.startswith("text/") and ";" not in content_type
        else content_type
    )


def to_answer(result, accept, as_flask=True):
    """What output_fn or transform_fn may return: an Answer, a (body, type) pair, a Response as of Flask, a body."""
    status, content_type = 200, None
    if isinstance(result, Answer):
        return result
    if isinstance(result, tuple) and len(result) == 2:
        result, content_type = result
    elif hasattr(result, "get_data"):  # Flask's and werkzeug's
        status = getattr(result, "status_code", 200)
        content_type = getattr(result, "content_type", None) or getattr(result, "mimetype", None)
        result = result.get_data()
    if isinstance(result, (dict, list)):
        result, content_type = json.dumps(result), content_type or content.JSON
    if isinstance(result, str):
        result = result.encode("utf-8")
    if not isinstance(result, (bytes, bytearray, memoryview)):
        raise TypeError(
            "output_fn must return str, bytes or a pair of a body and its content type, not %s" % type(result).__name__
        )
    chosen = content_type or content.choose(accept) or content.bare(accept.split(",")[0])
    return Answer(status, with_charset(str(chosen)) if as_flask else str(chosen), result)
