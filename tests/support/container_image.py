"""A container image for tests: Debian with Python, made by debootstrap from the configured mirror, and a program of the tests' own."""

import hashlib
import os
import pathlib
import subprocess
import tempfile

CACHE = pathlib.Path(os.environ.get("CLARY_DEV_CACHE", pathlib.Path.home() / ".cache" / "clary")) / "images"
PACKAGES = "python3-minimal,libpython3-stdlib"

# What the image runs: python3 -u /opt/program/main.py <train|serve|...>.
PROGRAM = r'''
import http.server, json, os, pathlib, signal, socket, sys, time, urllib.request
ML = pathlib.Path("/opt/ml")
CONFIG = ML / "input" / "config"


def tell(key, value):
    print(f"{key}={json.dumps(value)}", flush=True)


def get(url, headers={}):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, headers=headers), timeout=20) as answer:
        return answer.read()


def meet(hosts):
    """What the first host hears from all others, and each of them from it, by name."""
    own = socket.gethostname()
    if own == hosts[0]:
        with socket.create_server(("", 7000)) as server:
            heard = []
            while len(heard) < len(hosts) - 1:
                peer, address = server.accept()
                with peer:
                    heard.append([peer.makefile().readline().strip(), address[0] == socket.gethostbyname(hosts[len(heard) + 1])])
                    peer.sendall((own + "\n").encode())
            return heard
    for _ in range(500):
        try:
            with socket.create_connection((hosts[0], 7000), timeout=10) as server:
                server.sendall((own + "\n").encode())
                return server.makefile().readline().strip()
        except ConnectionRefusedError:
            time.sleep(0.02)


def train():
    parameters = json.loads((CONFIG / "hyperparameters.json").read_text())
    tell("arguments", sys.argv[1:])
    tell("parameters", parameters)
    tell("hosts", json.loads((CONFIG / "resourceconfig.json").read_text())["hosts"])
    tell("directory", os.getcwd())
    tell("uid", os.getuid())
    tell("hostname", socket.gethostname())
    tell("environment", dict(os.environ))
    tell("interfaces", [name for _, name in socket.if_nameindex()])
    tell("processes", sum(name.isdigit() for name in os.listdir("/proc")))
    tell("data", {str(p.relative_to(ML / "input" / "data")): p.read_text() for p in (ML / "input" / "data").rglob("*") if p.is_file()})
    if os.environ.get("AWS_ENDPOINT_URL"):
        tell("health", get(os.environ["AWS_ENDPOINT_URL"] + "/-/health").decode())
        credentials = json.loads(get(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
                                     {"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}))
        tell("credentials", sorted(credentials))
    if "meet" in parameters:
        tell("met", meet(json.loads((CONFIG / "resourceconfig.json").read_text())["hosts"]))
    if os.getuid() == 0:
        pathlib.Path("/srv/anywhere").write_text("the image's own files can be written")
    if "wait" in parameters:
        def ended(*_):
            print("asked to stop", flush=True)
            (ML / "model" / "partial").write_text("so far")
            sys.exit(0)
        signal.signal(signal.SIGTERM, ended)
        for line in range(int(parameters["wait"])):
            print("line", line, flush=True)
            time.sleep(0.02)
    if "memory" in parameters:
        held = bytearray(int(parameters["memory"]))
        held[::4096] = b"x" * len(held[::4096])
        time.sleep(60)
    if "fail" in parameters:
        (ML / "output" / "failure").write_text("it was asked to fail")
        sys.exit(int(parameters["fail"]))
    print("accuracy: 0.75;", flush=True)
    (ML / "model" / "weights").write_text(parameters.get("weights", "7"))
    print("last words", flush=True)


class Model(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        weights = (ML / "model" / "weights").read_text() if (ML / "model" / "weights").exists() else None
        self.answer(json.dumps({"weights": weights, "asked": json.loads(asked), "arguments": sys.argv[1:], "told": os.environ.get("TOLD"),
                                "started": os.stat("/proc/1").st_ctime_ns}).encode())


def serve():
    print("serving", flush=True)
    http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Model).serve_forever()


if __name__ == "__main__":
    {"train": train, "serve": serve}[sys.argv[1] if len(sys.argv) > 1 else "train"]()
'''

CONTAINERFILE = """FROM {base}
COPY main.py /opt/program/main.py
COPY sh /usr/local/bin/wherever
WORKDIR /opt/program
ENV FROM_IMAGE=yes
USER {user}
ENTRYPOINT ["python3", "-u", "/opt/program/main.py"]
CMD ["train"]
"""


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=600, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-3000:]}")
    return done.stdout.strip()


def mirror():
    """The address and the release of the Debian archive that apt is configured with."""
    targets = run("apt-get", "indextargets", "--format", "$(CREATED_BY) $(ORIGIN) $(COMPONENT) $(REPO_URI) $(CODENAME)")
    for line in targets.splitlines():
        words = line.split()
        if words[:3] == ["Packages", "Debian", "main"] and "-" not in words[4] and "security" not in words[3]:
            return words[3], words[4]
    raise RuntimeError(f"apt knows no archive of Debian:\n{targets}")


def base_archive():
    """A tar of the tree that debootstrap makes: made once."""
    archive = CACHE / ("debian-" + hashlib.sha256(PACKAGES.encode()).hexdigest()[:12] + ".tar")
    if archive.exists():
        return archive
    CACHE.mkdir(parents=True, exist_ok=True)
    address, release = mirror()
    folder = tempfile.mkdtemp(prefix="tree-", dir=CACHE)
    tree = os.path.join(folder, "tree")
    # An ordinary user is root in the namespace that podman makes for it.
    enter = [] if os.geteuid() == 0 else ["podman", "unshare"]
    try:
        environment = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
        run(*enter, "debootstrap", "--variant=minbase", f"--include={PACKAGES}", release, tree, address, env=environment)
        run(*enter, "sh", "-c", 'cd "$1" && rm -rf var/cache/apt var/lib/apt/lists usr/share/doc usr/share/locale usr/share/man', "sh", tree)
        run(*enter, "tar", "-C", tree, "--exclude=./dev/*", "-cf", f"{archive}.new", ".")
        os.rename(f"{archive}.new", archive)
    finally:
        subprocess.run([*enter, "rm", "-rf", folder])
    return archive


def build(user="root"):
    """The name of the image, in podman's store."""
    base = "localhost/clary-test-base:" + hashlib.sha256(PACKAGES.encode()).hexdigest()[:12]
    name = "localhost/clary-test-" + user + ":" + hashlib.sha256((PROGRAM + CONTAINERFILE + base).encode()).hexdigest()[:12]

    def there(image):
        return subprocess.run(["podman", "image", "exists", image]).returncode == 0

    if there(name):
        return name
    if not there(base):
        run("podman", "import", str(base_archive()), base)
    with tempfile.TemporaryDirectory() as context:
        (pathlib.Path(context) / "main.py").write_text(PROGRAM)
        program = pathlib.Path(context) / "sh"
        program.write_text('#!/bin/sh\nexec python3 -u /opt/program/main.py train "$@"\n')
        program.chmod(0o755)
        (pathlib.Path(context) / "Containerfile").write_text(CONTAINERFILE.format(base=base, user=user))
        run("podman", "build", "--quiet", "--tag", name, context)
    return name


def without_podman(folder):
    """A PATH on which everything is but podman."""
    for place in os.environ["PATH"].split(":"):
        for program in (pathlib.Path(place).iterdir() if place and os.path.isdir(place) else ()):
            link = pathlib.Path(folder) / program.name
            if program.name != "podman" and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)
