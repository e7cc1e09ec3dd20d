"""TensorFlow Serving's REST API on the loopback, for the handlers of code/inference.py that ask it by themselves
(`requests.post(context.rest_uri, ...)`). It stands only where there is such a file."""

import json
import re
import socket

from ..http_server import Server
from . import rest
from .errors import ServingError

PORT = 8501  # TensorFlow Serving's own; any free one where that is taken
BODY_LIMIT = 1 << 30
PATH = re.compile(r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d+))?(?::(?P<method>[a-z]+))?")


def listen():
    for port in (PORT, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(64)
            return listener
        except OSError:
            listener.close()
            if port == 0:
                raise


class LocalServer:
    def __init__(self, models):
        self._models = models
        listener = listen()
        self.port = listener.getsockname()[1]
        Server(listener, self._route, BODY_LIMIT).start()

    def _route(self, method, path, _headers, body):
        try:
            status, value = 200, self._answer(method, path, body)
        except ServingError as error:
            status, value = error.status, {"error": error.message}
        except Exception as error:  # one request's trouble; its answer tells it
            status, value = 500, {"error": str(error)}
        return status, "application/json", json.dumps(value).encode()

    def _answer(self, method, path, body):
        match = PATH.fullmatch(path)
        if match is None or (method == "POST") != (match["method"] is not None) or method not in ("GET", "POST"):
            raise ServingError(404, "Malformed request: %s %s" % (method, path))
        if method == "GET":
            return self._status(match["name"], match["version"])
        return rest.answer(self._models.get(match["name"], match["version"]), match["method"], rest.parse(body))

    def _status(self, name, version):
        return {
            "model_version_status": [
                {"version": str(number), "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
                for number in self._models.versions(name)
                if version is None or number == int(version)
            ]
        }
