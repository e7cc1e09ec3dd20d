"""S3 beside versitygw, on the same disk, driven in turns by the same clients."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

import peers
from figures import against, side_by_side
from ground import BUCKET, Ground

RUNS, SECONDS, CONNECTIONS = 5, 4, 16


def versitygw(common):
    program = common.CACHE / "bin" / "versitygw"
    if not program.exists():
        subprocess.run(["go", "install", "github.com/versity/versitygw/cmd/versitygw@latest"], check=True, timeout=900,
                       env={**os.environ, "GOBIN": str(program.parent)})
    return program


class Side:
    """One of the two servers as a client sees it. Both know the same keys."""

    def __init__(self, common, s3_local, port, folder):
        self.common, self.s3_local, self.port, self.folder = common, s3_local, port, folder
        self.host = f"127.0.0.1:{port}"
        folder.mkdir()

    def signed(self, method, sha):
        signer = self.s3_local.Signer(self.host)  # a fresh date: signatures live 15 minutes
        with open(self.folder / "requests", "w") as out:
            for key in range(self.s3_local.KEYS):
                path = f"/{BUCKET}/k/{key:05d}"
                headers = signer.headers(method, path, sha)
                out.write(f"{path}\t{headers['Authorization']}\t{sha}\t{headers['x-amz-date']}\n")
        return self.folder / "requests"

    def small(self, method, body, sha, lua):
        run = self.common.wrk(f"http://{self.host}", CONNECTIONS, SECONDS, lua, [self.signed(method, sha), body, method, self.host])
        assert run["status_errors"] == run["sock_errors"] == 0, run
        return run["rps"]

    def big(self, method, sha, data=None):
        return self.s3_local.big(self.port, method, f"/{BUCKET}/big", sha, data)["mb_per_s"]

    def boto(self, way, file):
        told = subprocess.check_output([sys.executable, "-c", self.s3_local.BOTO, f"http://{self.host}", way, str(file),
                                        self.s3_local.AK, self.s3_local.SK])
        return json.loads(told)["mb_per_s"]


def measure(common, s3_local, ours, theirs, folder):
    body, lua = folder / "body4k", folder / "s3.lua"
    body.write_bytes(os.urandom(4096))
    lua.write_text(s3_local.LUA + common.LUA_DONE)
    sha, empty = hashlib.sha256(body.read_bytes()).hexdigest(), hashlib.sha256(b"").hexdigest()

    def pair(what, unit, at_least, call):
        got = side_by_side(RUNS, ours=lambda: call(ours), theirs=lambda: call(theirs))
        against("s3", what, unit, got["ours"], got["theirs"], "versitygw", at_least)

    for side in (ours, theirs):
        side.small("PUT", body, sha, lua)  # every key is there from now on
    pair(f"PUT 4 KiB, {CONNECTIONS} clients", "requests/s", 0.8, lambda side: side.small("PUT", body, sha, lua))
    pair(f"GET 4 KiB, {CONNECTIONS} clients", "requests/s", 2, lambda side: side.small("GET", "-", empty, lua))
    data = os.urandom(2**20) * 256
    data_sha = hashlib.sha256(data).hexdigest()
    pair("PUT 256 MiB, signed, one stream", "MB/s", 1.5, lambda side: side.big("PUT", data_sha, data))
    pair("GET 256 MiB", "MB/s", 1, lambda side: side.big("GET", empty))
    file = folder / "big.bin"
    file.write_bytes(data)
    pair("PUT 256 MiB, boto3 in parts of 8 MiB", "MB/s", 1.5, lambda side: side.boto("put", file))
    pair("GET 256 MiB, boto3 in parts of 8 MiB", "MB/s", None, lambda side: side.boto("get", folder / "big.back"))


def main():
    common, s3_local = peers.load("common"), peers.load("s3_local")
    if common is None:
        return peers.skip("S3 beside versitygw")
    if shutil.which("go") is None and not (common.CACHE / "bin" / "versitygw").exists():
        return print("  left out: S3 beside versitygw, which `go install` makes; there is no go")
    program = versitygw(common)
    # Both keep their data in this one folder: the same disk.
    with tempfile.TemporaryDirectory(prefix="clary-bench-s3-", dir=common.CACHE) as name:
        folder = common.pathlib.Path(name)
        with Ground(folder / "clary", log_level="warn") as ground:
            s3_local.AK, s3_local.SK = ground.access_key, ground.secret_key
            root, port = folder / "versitygw", common.free_port()
            (root / BUCKET).mkdir(parents=True)
            command = [program, "--port", f"127.0.0.1:{port}", "--access", s3_local.AK, "--secret", s3_local.SK,
                       "--region", s3_local.REGION, "--quiet", "posix", root]
            with common.Server(command, "bench-versitygw") as server:
                ours = Side(common, s3_local, int(ground.address.rsplit(":", 1)[1]), folder / "ours")
                theirs = Side(common, s3_local, port, folder / "theirs")
                wait_for(theirs, server)
                measure(common, s3_local, ours, theirs, folder)


def wait_for(side, server):
    import socket
    import time

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            return socket.create_connection(("127.0.0.1", side.port), 1).close()
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(server.tail())


main()
