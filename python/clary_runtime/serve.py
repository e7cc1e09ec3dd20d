"""python -m clary_runtime.serve --socket PATH [--framework NAME] [--prefix DIR]: the model server of one replica.

The socket appears when the model is loaded. The user's functions run on the main thread, one call at a time, the thread
that loaded the model: they need not be thread-safe, and sessions, graphs and event loops that belong to a thread work.
Pings are answered beside them. With SAGEMAKER_MODEL_SERVER_WORKERS above 1 as many processes share the socket, each
with its own model; the socket listens when all are ready, and all end when one does."""

import importlib
import os
import queue
import signal
import socket
import sys
import threading
import traceback

from . import failure, packed_model, process, requirements, user_code
from .failure import WorkerError
from .http_server import REASONS, Server, log_access
from .layout import Layout
from .overlay import Overlay
from .transform import Answer, Transformer, error_text, to_answer
from .workers import Family

QUEUE_LIMIT = 1024
PATIENCE = 30  # seconds for the answers under way, once told to stop
BACKLOG = 128


class Call:
    """A request on its way to the main thread and back."""

    __slots__ = ("headers", "body", "answer", "done")

    def __init__(self, headers, body):
        self.headers = headers
        self.body = body
        self.answer = None
        self.done = threading.Lock()
        self.done.acquire()


class ModelServer:
    def __init__(self, transformer, functions):
        self._transformer = transformer
        self._parameters = functions.execution_parameters_fn
        self._calls = queue.SimpleQueue()

    def route(self, method, path, headers, body):
        if path == "/ping":
            return (200, "application/json", b"") if method == "GET" else refuse(405)
        if path == "/invocations":
            return self._invocation(method, headers, body)
        if path == "/execution-parameters" and self._parameters and method == "GET":
            return self._in_main_thread(Call(None, None))
        return refuse(404)

    def _invocation(self, method, headers, body):
        answer = self._in_main_thread(Call(headers, body)) if method == "POST" else refuse(405)
        log_access(method, "/invocations", answer[0], len(answer[2]))
        return answer

    def _in_main_thread(self, call):
        if self._calls.qsize() >= QUEUE_LIMIT:
            return refuse(503)
        self._calls.put(call)
        call.done.acquire()
        answer = call.answer
        return answer.status, answer.content_type, answer.body

    def stop(self):
        self._calls.put(None)

    def run(self):
        """Runs the calls until told to stop, those before it included."""
        while True:
            call = self._calls.get()
            if call is None:
                return
            try:
                call.answer = self._call(call)
            finally:
                if call.answer is None:
                    call.answer = Answer(500, "text/plain", b"the model server is ending")
                call.done.release()

    def _call(self, call):
        if call.headers is not None:
            return self._transformer.invoke(call.headers, call.body)
        try:
            return to_answer(self._parameters(), "application/json")
        except Exception as error:
            return error_text(500, error)


def refuse(status):
    return status, "text/plain", REASONS[status].encode()


def read_arguments(arguments):
    options = {"--socket": None, "--prefix": None, "--framework": os.environ.get("CLARY_FRAMEWORK") or "generic"}
    while arguments:
        name = arguments.pop(0)
        if name not in options or not arguments:
            sys.exit("usage: python -m clary_runtime.serve --socket PATH [--framework NAME] [--prefix DIR]")
        options[name] = arguments.pop(0)
    if not options["--socket"]:
        sys.exit("--socket PATH is needed")
    return options


def number_of_workers():
    given = os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or "1"
    if not given.isdigit() or not 1 <= int(given) <= 256:
        raise WorkerError(
            "ConfigurationError", "SAGEMAKER_MODEL_SERVER_WORKERS must be a number from 1 to 256, not " + given
        )
    return int(given)


def prepare_process(layout, defaults):
    """The user's code, what it requires, and its folder on the path."""
    overlay = Overlay(layout.overlay)
    folder = user_code.folder_of(layout, default_program(defaults))
    process.set_path(folder)
    overlay.enter()
    process.unbuffer()
    os.environ.setdefault("SM_MODEL_DIR", layout.model)
    if os.path.isdir(folder):
        requirements.install(folder, overlay)
        packed_model.prepare(overlay, folder)
        os.chdir(folder)
    importlib.invalidate_caches()
    return folder


def find_framework(name):
    try:
        return importlib.import_module("clary_runtime.frameworks." + name)
    except ImportError:
        raise WorkerError("ConfigurationError", "there is no framework %s" % name)


def default_program(defaults):
    """The serving module that a framework's container looks for when none is named."""
    return getattr(defaults, "DEFAULT_PROGRAM", "")


def load(folder, layout, defaults):
    try:
        functions = user_code.Functions(user_code.load(folder, default_program(defaults)), defaults)
        transformer = Transformer(
            functions, layout.model, os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or "application/json"
        )
        transformer.load()
    except (WorkerError, SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        traceback.print_exc()
        raise WorkerError("ModelLoadError", "".join(traceback.format_exception_only(type(error), error)).strip())
    return ModelServer(transformer, functions)


def serve(listener, model_server):
    server = Server(listener, model_server.route, int(os.environ.get("CLARY_BODY_LIMIT") or 1 << 30))

    def drain():
        server.stop(PATIENCE)
        model_server.stop()

    def told_to_stop(_number, _frame):
        threading.Thread(target=drain, daemon=True).start()

    signal.signal(signal.SIGTERM, told_to_stop)
    signal.signal(signal.SIGINT, told_to_stop)
    server.start()
    model_server.run()


def bind(path):
    """Under another name until it listens: who sees the socket can connect to it."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    hidden = path + ".starting"
    if os.path.lexists(hidden):
        os.unlink(hidden)
    try:
        listener.bind(hidden)
    except OSError as error:
        raise WorkerError("ConfigurationError", "cannot make the socket %s: %s" % (path, error))
    return listener


def listen(listener, path):
    listener.listen(BACKLOG)
    os.rename(path + ".starting", path)


def serve_alone(options, layout, folder, defaults):
    listener = bind(options["--socket"])
    model_server = load(folder, layout, defaults)
    listen(listener, options["--socket"])
    serve(listener, model_server)
    return 0


def serve_together(count, options, layout, folder, defaults):
    listener = bind(options["--socket"])

    def work(channel, ready):
        code = 1
        try:
            listener.close()
            model_server = load(folder, layout, defaults)
            os.write(ready, b"x")
            os.close(ready)
            serve(channel, model_server)
            code = 0
        except WorkerError as error:
            failure.report(layout.failure, error)
        except BaseException:
            traceback.print_exc()
        os._exit(code)

    family = Family(count, work)
    if family.wait_until_ready():
        listen(listener, options["--socket"])
        family.serve(listener)
    return family.wait()


def main(arguments):
    options = read_arguments(list(arguments))
    layout = Layout(options["--prefix"])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        count = number_of_workers()
        defaults = find_framework(options["--framework"])
        folder = prepare_process(layout, defaults)
        if count == 1:
            return serve_alone(options, layout, folder, defaults)
        return serve_together(count, options, layout, folder, defaults)
    except WorkerError as error:
        failure.report(layout.failure, error)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
