"""A package index of one package, claryprobe 1.0, whose module knows the answer 42: for tests that make environments without a registry."""

import hashlib
import http.server
import io
import threading
import zipfile


def make_wheel():
    files = {"claryprobe.py": "answer = 42\n", "claryprobe-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: claryprobe\nVersion: 1.0\n",
             "claryprobe-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    record = "".join(f"{name},,\n" for name in files) + "claryprobe-1.0.dist-info/RECORD,,\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        for name, text in {**files, "claryprobe-1.0.dist-info/RECORD": record}.items():
            wheel.writestr(name, text)
    return buffer.getvalue()


WHEEL = make_wheel()


class Answers(http.server.BaseHTTPRequestHandler):

    def do_GET(self):
        wheel = self.path.endswith(".whl")
        body = WHEEL if wheel else b'<a href="/claryprobe-1.0-py3-none-any.whl">claryprobe-1.0-py3-none-any.whl</a>'
        found = wheel or self.path.rstrip("/").endswith("/claryprobe")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/octet-stream" if wheel else "text/html")
        self.send_header("Content-Length", str(len(body) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


LOCKED = f"claryprobe==1.0 --hash=sha256:{hashlib.sha256(WHEEL).hexdigest()}\n"


class PackageIndex:
    """Answers on 127.0.0.1:port until it is closed; port 0 takes a free one."""

    def __init__(self, port=0):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers)
        self.variables = {"UV_DEFAULT_INDEX": f"http://127.0.0.1:{self.server.server_port}/simple", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": "",
                          "UV_HTTP_RETRIES": "0"}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
