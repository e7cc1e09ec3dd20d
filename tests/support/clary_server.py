"""A Clary server under test: starts the built binary on a free port of 127.0.0.1 with a data folder of its own.

Used by every end-to-end and protocol test, in whatever Python its clients need (3.8 and up); standard library alone.
"""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("CLARY_BINARY", ROOT / "build" / "clary"))
# Environments are made once for all tests; what is tested of their making uses a folder of its own.
RUNTIME_CACHE = pathlib.Path(os.environ.get("CLARY_TEST_RUNTIMES", pathlib.Path.home() / ".cache" / "clary" / "runtimes"))
UV = os.environ.get("CLARY_UV", str(pathlib.Path.home() / ".cache" / "clary" / "tools" / "bin" / "uv"))


class ClaryServer:
    """One server; `settings` are flags of `clary serve` without their dashes (first_look_seconds=0), `variables` are added to its environment.
    None leaves a setting to its default."""

    def __init__(self, data_dir=None, variables=None, **settings):
        self.owned = data_dir is None
        self.data_dir = pathlib.Path(data_dir or tempfile.mkdtemp(prefix="clary-test-"))
        self.settings = {"listen": "127.0.0.1:0", "cache_dir": str(RUNTIME_CACHE), "uv": UV, **settings}
        self.variables = variables or {}
        # For a server that lives in a mount namespace: what goes before each command, and where the folder is in there.
        self.enter, self.data_dir_inside = [], self.data_dir
        self.process = None

    def start(self):
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in self.settings.items() if value is not None]
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CLARY_"))}
        for name in ("HTTPS_PROXY", "https_proxy"):
            environment.pop(name, None)
        environment.update(self.variables)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.log = open(self.data_dir / "server.log", "ab")
        self.process = subprocess.Popen(
            [*self.enter, str(BINARY), "serve", f"--data-dir={self.data_dir_inside}", *flags],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, env=environment, start_new_session=True)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log_text()[-3000:]}")
            running = self._running()
            if running and running["pid"] == self.process.pid:
                self.address = running["addresses"][0]
                self.url = f"http://{self.address}"
                # From now on the same port, so that clients find a restarted server.
                self.settings["listen"] = self.address
                return self
            time.sleep(0.005)  # between two looks at the file that it writes when it is ready
        raise RuntimeError(f"the server is not ready after 20 s:\n{self.log_text()[-3000:]}")

    def _running(self):
        try:
            return json.loads((self.data_dir / "run" / "server.json").read_text())
        except (OSError, ValueError):
            return None

    def log_text(self):
        return (self.data_dir / "server.log").read_text(errors="replace")

    def clary(self, *args, check=True, env=None):
        """Runs a `clary` command against this server; its standard output."""
        done = subprocess.run([*self.enter, str(BINARY), *args, f"--data-dir={self.data_dir_inside}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True, timeout=300, env=env)
        if check and done.returncode != 0:
            raise RuntimeError(f"clary {' '.join(args)}: {done.stderr or done.stdout}")
        return done.stdout

    def env(self):
        """The variables of `clary env`; None for those that it unsets."""
        return json.loads(self.clary("env", "--form", "json"))

    def environment(self):
        """This process's environment as a shell has it after eval "$(clary env)"."""
        merged = dict(os.environ)
        for name, value in self.env().items():
            if value is None:
                merged.pop(name, None)
            else:
                merged[name] = value
        return merged

    def apply(self):
        """Puts the variables of `clary env` into this process's environment."""
        for name, value in self.env().items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)
        self.process = None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def end_workers(self):
        """Ends what lives on after the server: only processes whose pid stands in this data folder."""
        def of_network(text):
            pid, start_time, _ = text.split()
            return {"pid": int(pid), "start_time": int(start_time)}

        records = [(record, json.loads) for record in (self.data_dir / "workers").glob("*/record")]
        records += [(record, of_network) for record in (self.data_dir / "networks").glob("*/record")]
        for record, read in records:
            try:
                process = read(record.read_text())
                started = pathlib.Path("/proc/%d/stat" % process["pid"]).read_text().rpartition(")")[2].split()[19]
                if int(started) == process["start_time"]:
                    os.kill(process["pid"], signal.SIGKILL)
            except (OSError, ValueError, KeyError, IndexError):
                pass  # it has ended

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self.end_workers()
        if self.owned:
            # Beside the next test: the many small folders of the objects take a second on some disks.
            subprocess.Popen(["rm", "-rf", str(self.data_dir)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
