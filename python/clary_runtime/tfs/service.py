"""One replica of a TensorFlow model: SavedModels behind TensorFlow Serving's REST protocol, with the request bodies that AWS's
image takes beside that, and the handlers of code/inference.py."""

import json
import re
import traceback

from ..transform import Answer
from . import bodies, handlers, rest
from .errors import ServingError
from .local_server import LocalServer
from .models import Models

JSON = "application/json"
ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
ATTRIBUTE = re.compile(r"(tfs-[a-z\-]+)=([^,=]+)(?:,|$)")
ECHOED = (JSON, "application/jsonlines")  # the types that an Accept header can give the answer


class Call:
    __slots__ = ("body", "content_type", "headers", "attributes")

    def __init__(self, body, content_type, headers):
        self.body = body
        self.content_type = content_type
        self.headers = headers
        self.attributes = {name: value.strip() for name, value in ATTRIBUTE.findall(headers.get(ATTRIBUTES, ""))}

    def text(self):
        if isinstance(self.body, str):
            return self.body
        try:
            return bytes(self.body).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ServingError(400, "JSON Parse error: the body is not valid UTF-8: %s" % error)

    def raw(self):
        return self.body.encode("utf-8") if isinstance(self.body, str) else bytes(self.body)


class Service:
    """The models of one replica, and what the user put in front of them."""

    def __init__(self, model_dir):
        self.models = Models(model_dir)
        print("serving the models %s; the default is %s" % (self.models.describe(), self.models.default), flush=True)
        module = handlers.load(model_dir)
        self._handlers = handlers.Handlers(module, self._ask) if module else None
        self._local = LocalServer(self.models) if module else None

    def answer(self, body, content_type, headers):
        """An Answer, whatever happens: a request's trouble ends the request."""
        try:
            return self._answer(Call(body, content_type, headers))
        except ServingError as error:
            status, message = error.status, error.message
        except Exception as error:  # of the user's handlers
            traceback.print_exc()
            status, message = 500, str(error)
        return Answer(status, JSON, json.dumps({"error": message}).encode())

    def _answer(self, call):
        if self._handlers is not None:
            return self._through_handlers(call)
        model = self.models.get(call.attributes.get("tfs-model-name"), call.attributes.get("tfs-model-version"))
        request = bodies.to_request(call.text(), call.content_type)
        value = rest.answer(model, call.attributes.get("tfs-method", "predict"), request)
        return Answer(200, answer_type(call.headers.get("accept")), json.dumps(value).encode())

    def _ask(self, payload, context):
        """The model's answer to what input_handler made."""
        try:
            model = self.models.get(context.model_name, context.model_version)
            value = rest.answer(model, context.method or "predict", rest.parse(payload))
            return 200, json.dumps(value).encode()
        except ServingError as error:
            return error.status, json.dumps({"error": error.message}).encode()

    def _through_handlers(self, call):
        name = call.attributes.get("tfs-model-name") or self.models.default
        version, method = call.attributes.get("tfs-model-version"), call.attributes.get("tfs-method")
        body = call.raw()
        context = handlers.Context(
            model_name=name,
            model_version=version,
            method=method,
            rest_uri="http://localhost:%d/v1/models/%s%s:%s" % (
                self._local.port, name, "/versions/" + version if version else "", method or "predict"),
            grpc_port=None,
            channel=None,
            custom_attributes=call.headers.get(ATTRIBUTES),
            request_content_type=call.headers.get("content-type") or JSON,
            accept_header=call.headers.get("accept") or JSON,
            content_length=len(body),
        )
        result = self._handlers.run(body, context)
        if not isinstance(result, tuple) or len(result) != 2:
            raise ServingError(500, "the handler must return a body and its content type, not %s" % type(result).__name__)
        return result


def answer_type(accept):
    types = [part.split(";", 1)[0].strip() for part in (accept or "").split(",")]
    return types[0] if types[0] in ECHOED else JSON
