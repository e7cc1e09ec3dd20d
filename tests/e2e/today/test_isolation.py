"""What a job can see and reach: its own files, processes and ports, Clary by its one port, and nothing else of the host."""

import json
import os
import pathlib
import socket
import threading

import pytest

from jobs import tar_gz

HERE = pathlib.Path(__file__).parent
HOST = socket.gethostbyname(socket.gethostname())  # an address that this host itself has
SECRET = "the-neighbour's-secret"

# A replica that lives at the same time: what it keeps and where it listens must stay its own.
NEIGHBOUR = """
import os, socket, threading
for path in ("/tmp/neighbour", "/dev/shm/neighbour"):
    open(path, "w").write("%s")
tcp = socket.socket()
tcp.bind(("0.0.0.0", 5555))
tcp.listen()
local = socket.socket(socket.AF_UNIX)
local.bind("\\0neighbour")
local.listen()
def model_fn(model_dir):
    return 1
def predict_fn(data, model):
    return [1]
""" % SECRET


@pytest.fixture(scope="module")
def host_listener():
    """A port of the host's loopback that accepts whoever gets through."""
    listener = socket.create_server(("127.0.0.1", 0))
    reached = []

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            reached.append(1)
            connection.close()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1], reached
    listener.close()


def aliases(port):
    return [f"{host}:{port}" for host in (
        "127.0.0.1", "localhost", "LOCALHOST.", "a.localhost", "127.1", "127.0.0.2", "0.0.0.0", "0", "2130706433", "0x7f.0.0.1", "017700000001",
        "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]")]


@pytest.fixture(scope="module")
def seen(platform, host_listener):
    server = platform.server
    neighbour = platform.deploy(NEIGHBOUR)
    assert platform.endpoint(neighbour)["EndpointStatus"] == "InService"
    own_port, host_port = int(server.address.rpartition(":")[2]), host_listener[0]
    data = str(server.data_dir)
    (server.data_dir / "readable").write_text("host")
    questions = {
        "read": [f"{data}/keys/root.json", f"{data}/readable", f"{data}/meta.db", f"{data}/tls/ca.key", "/root/.bashrc", "/etc/shadow",
                 "/tmp/neighbour", "/dev/shm/neighbour", "/proc/1/root/tmp/neighbour", "/etc/hostname"],
        "list": [data, f"{data}/workers", f"{data}/keys", "/root", "/home", "/tmp", "/opt/ml/input/data", str(HERE), "/run/clary/server"],
        "write": ["/usr/x", "/etc/x", "/x", "/opt/clary/runtime/clary_runtime/train.py", "/opt/clary/x", "/run/clary/server/x",
                  os.path.join("/opt/clary/env", "x"), "/opt/ml/model/x", "/tmp/x", "/home/worker/x", "/dev/shm/x"],
        "dial": [["127.0.0.1", host_port], ["127.0.0.1", 5555], ["169.254.169.254", 80], [HOST, host_port]],
        "abstract": ["neighbour"],
        "connect": aliases(host_port) + aliases(own_port) + [
            f"{HOST}:{own_port}", "169.254.169.254:80", "nonsense", "127.0.0.1:0", "127.0.0.1:99999", ":80"],
    }
    job = platform.run(archive=tar_gz({"train.py": (HERE / "probe.py").read_text(), "questions.json": json.dumps(questions)}))
    lines = [line for line in platform.log(job["TrainingJobName"]) if line.startswith("SEEN ")]
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    yield json.loads(lines[0][len("SEEN "):])
    platform.delete_endpoint(neighbour)


def test_it_is_nobody_of_the_host(seen):
    assert all(identity != 0 for identity in seen["uid"])
    assert 0 not in seen["groups"]
    if os.geteuid() == 0:
        assert seen["uid"][0] >= 100000
    assert all(int(mask, 16) == 0 for mask in seen["capabilities"])
    assert "PermissionError" in seen["setuid"] and "not permitted" in seen["mount"]


def test_it_sees_its_own_files_only(seen):
    for path, found in seen["read"].items():
        if path == "/etc/hostname":
            assert "algo-1" in found
        else:
            assert found.startswith(("FileNotFoundError", "PermissionError")), (path, found)
    for path, found in seen["list"].items():
        if path not in ("/root", "/tmp", "/opt/ml/input/data", "/home", "/run/clary/server"):
            assert found.startswith(("FileNotFoundError", "PermissionError")), (path, found)
    assert seen["list"]["/tmp"] == "[]" and seen["list"]["/opt/ml/input/data"] == "[]"
    assert seen["list"]["/root"] == "['.pyenv']" or seen["list"]["/root"].startswith(("FileNotFoundError", "PermissionError"))
    assert seen["list"]["/home"] == "['worker']"
    assert seen["list"]["/run/clary/server"] == "['clary.sock']"
    assert not {"data", "srv", "mnt"} & set(seen["root"])


def test_it_writes_its_own_folders_only(seen):
    own = {"/opt/ml/model/x", "/tmp/x", "/home/worker/x", "/dev/shm/x"}
    assert {path for path, found in seen["write"].items() if found == "written"} == own


def test_it_sees_its_own_processes_only(seen):
    assert all("clary_runtime.train" in command or "clary-init" in command for command in seen["processes"].values()), seen["processes"]
    assert len(seen["processes"]) <= 3


def test_no_key_of_the_installation_is_in_its_environment(seen, platform):
    variables = platform.server.env()
    everything = json.dumps(seen["environment"])
    assert variables["AWS_SECRET_ACCESS_KEY"] not in everything and variables["AWS_ACCESS_KEY_ID"] not in everything
    assert str(platform.server.data_dir) not in everything
    assert not [name for name in seen["environment"] if name.startswith("CLARY_") and name != "CLARY_FRAMEWORK"]


def test_it_is_its_role(seen, platform):
    assert seen["role"] == platform.role
    assert "assumed-role/" + platform.role.rsplit("/", 1)[1] in seen["identity"]
    assert "401" in seen["bad_token"]


def test_no_port_but_clarys_is_reached(seen, host_listener):
    for address, result in seen["dial"].items():
        assert result != "connected", address
    assert seen["abstract"]["neighbour"] != "connected"
    assert seen["interfaces"] == ["lo"]
    assert host_listener[1] == []


def test_connect_leads_to_nothing_of_the_host(seen, host_listener):
    for target, (status, text) in seen["connect"].items():
        assert status in ((400, 403, 502) if any(c.isalpha() for c in target) else (400, 403)), (target, status, text)
        assert len(text.strip()) > 10, (target, text)
    assert host_listener[1] == []


def test_no_port_of_a_replica_is_reached_from_outside(seen):
    """The neighbour listens at 5555 of all its addresses, which are not this machine's."""
    for host in ("127.0.0.1", HOST):
        with pytest.raises(OSError):
            socket.create_connection((host, 5555), 1).close()


def test_descriptors_are_bounded(platform):
    job = platform.run("""
import os, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
opened = []
try:
    while True:
        opened.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    refused = error.errno
for descriptor in opened:
    os.close(descriptor)
print("refused", refused, len(opened) <= 65536)
""")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert "refused 24 True" in platform.log(job["TrainingJobName"])
