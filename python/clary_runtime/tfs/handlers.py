"""The user's code/inference.py: `handler(data, context)`, or `input_handler` and `output_handler` around a call of the
model, as AWS's TensorFlow inference images document them."""

import collections
import importlib.util
import io
import json
import os
import sys

Context = collections.namedtuple(
    "Context",
    "model_name, model_version, method, rest_uri, grpc_port, channel, custom_attributes, request_content_type, "
    "accept_header, content_length",
)


class PlainResponse:
    """Stands for requests.Response where the environment has no requests."""

    def __init__(self, status, body):
        self.status_code = status
        self.content = body
        self.text = body.decode("utf-8")
        self.headers = {"Content-Type": "application/json"}
        self.ok = status < 400

    def json(self):
        return json.loads(self.text)


def make_response(status, body, uri):
    try:
        import requests
    except ImportError:
        return PlainResponse(status, body)
    response = requests.Response()
    response.status_code = status
    response._content = body
    response.url = uri
    response.encoding = "utf-8"
    response.headers["Content-Type"] = "application/json"
    return response


def load(model_dir):
    """The module; None where the archive has none."""
    folder = os.path.join(model_dir, "code")
    path = os.path.join(folder, "inference.py")
    if not os.path.isfile(path):
        return None
    for place in (os.path.join(folder, "lib"), folder):
        if place not in sys.path:
            sys.path.insert(0, place)
    module = sys.modules.get("inference")
    if module is not None and os.path.realpath(getattr(module, "__file__", None) or "") == os.path.realpath(path):
        return module  # SAGEMAKER_PROGRAM named it
    spec = importlib.util.spec_from_file_location("inference", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["inference"] = module
    spec.loader.exec_module(module)
    return module


class Handlers:
    """`ask(payload, uri)` gives (status, body) of the model's own answer."""

    def __init__(self, module, ask):
        self._handler = getattr(module, "handler", None)
        self._input = getattr(module, "input_handler", None)
        self._output = getattr(module, "output_handler", None)
        self._ask = ask
        if self._handler is None and (self._input is None or self._output is None):
            raise NotImplementedError(
                "Handlers are not implemented correctly in user script. code/inference.py needs handler, or input_handler "
                "and output_handler."
            )

    def run(self, body, context):
        """(body, content type)"""
        data = io.BytesIO(body)
        if self._handler is not None:
            return self._handler(data, context)
        payload = self._input(data, context)
        if isinstance(payload, (dict, list)):
            payload = json.dumps(payload)
        status, answer = self._ask(payload, context)
        return self._output(make_response(status, answer, context.rest_uri), context)
