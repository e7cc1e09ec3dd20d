"""A replica under test: `python -m clary_runtime.serve` in a folder of its own, spoken to over its Unix socket."""

import http.client
import os
import signal
import socket
import subprocess
import textwrap
import time

from conftest import clean_environment


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class Replica:
    def __init__(self, folder, framework="sklearn"):
        self.folder = folder
        self.framework = framework
        self.socket = str(folder / "model.sock")
        (folder / "model").mkdir(parents=True)
        (folder / "code").mkdir()
        self.process = None

    def command(self, python):
        return [python, "-u", "-m", "clary_runtime.serve", "--socket", self.socket, "--prefix", str(self.folder), "--framework", self.framework]

    def start(self, python, script=None, wait=True, **environment):
        if script is not None:
            (self.folder / "code/inference.py").write_text(textwrap.dedent(script))
        environment.setdefault("SAGEMAKER_PROGRAM", "inference.py")
        environment.setdefault("SAGEMAKER_SUBMIT_DIRECTORY", "s3://b/sourcedir.tar.gz")
        with open(str(self.folder / "log"), "w") as log:
            self.process = subprocess.Popen(self.command(python), cwd="/", stdout=log, stderr=subprocess.STDOUT,
                                            env=clean_environment(**environment), start_new_session=True)
        if wait:
            end = time.monotonic() + 60
            while not os.path.exists(self.socket):
                assert self.process.poll() is None, self.log
                assert time.monotonic() < end, self.log
                time.sleep(0.01)
        return self

    @property
    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def connect(self):
        return UnixConnection(self.socket)

    def invoke(self, body=b"", content_type="application/json", **headers):
        connection = self.connect()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type:
            headers["Content-Type"] = content_type
        connection.request("POST", "/invocations", body, headers)
        answer = connection.getresponse()
        try:
            return answer.status, answer.getheader("Content-Type"), answer.read()
        finally:
            connection.close()

    def raw(self, data):
        """What comes back for these bytes until the server closes."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(self.socket)
            connection.sendall(data)
            got = b""
            while True:
                part = connection.recv(65536)
                if not part:
                    return got
                got += part

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=40)

    def kill(self):
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
