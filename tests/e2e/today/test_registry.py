"""Environments: made when first asked for, told of while they are made, failed with the reason where the registry is away, and well once it is back."""

import re
import socket
import subprocess

import pytest

from clary_server import BINARY
from jobs import Platform, wait_until
from package_index import LOCKED, PackageIndex

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/probe:1.0-1-cpu-py3"

RUNTIME = """
[runtime]
name = "probe"
framework_module = "sklearn"

[[image]]
repositories = ["probe"]
accounts = ["*"]

[[version]]
tag = "1.0-1"
library = "claryprobe 1.0"
source = "made by a test"
python = "3.11"
requirements = "requirements.txt"
fidelity = "exact"
reason = ""
"""


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def place(make_server, tmp_path, port):
    """A server with an empty cache, one small runtime of its user's own, and a registry that nobody runs yet."""
    folder = tmp_path / "runtimes" / "probe"
    folder.mkdir(parents=True)
    (folder / "runtime.toml").write_text(RUNTIME)
    (folder / "requirements.txt").write_text(LOCKED)
    tmp_path.chmod(0o755)
    server = make_server(cache_dir=None, runtimes_dir=str(tmp_path / "runtimes"),
                         variables={"UV_DEFAULT_INDEX": f"http://127.0.0.1:{port}/simple", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": "", "UV_HTTP_RETRIES": "0"})
    return Platform(server)


@pytest.fixture
def open_registry(port):
    opened = []
    yield lambda: opened.append(PackageIndex(port))
    for index in opened:
        index.close()


def submit(platform, script):
    return platform.submit(script, AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"})


def test_an_unreachable_registry_is_the_reason_and_it_works_once_it_is_back(place, open_registry):
    job = place.wait(submit(place, "import claryprobe\nprint('answer', claryprobe.answer)\n"))
    assert job["TrainingJobStatus"] == "Failed"
    assert "package registry cannot be reached" in job["FailureReason"] and "probe:1.0-1" in job["FailureReason"], job["FailureReason"]
    assert any("Preparing the environment probe:1.0-1" in line for line in place.log(job["TrainingJobName"]))
    listed = place.server.clary("runtimes")
    assert re.search(r"probe:1.0-1 .*failed: .*registry cannot be reached", listed), listed

    open_registry()
    job = place.wait(submit(place, "import claryprobe\nprint('answer', claryprobe.answer)\n"))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    lines = place.log(job["TrainingJobName"])
    assert "answer 42" in lines
    assert any("Preparing the environment probe:1.0-1" in line for line in lines)
    starting = [t for t in job["SecondaryStatusTransitions"] if t["Status"] == "Starting"]
    assert any("Preparing the environment" in t["StatusMessage"] for t in starting), starting
    assert re.search(r"probe:1.0-1 .*ready", place.server.clary("runtimes"))


def test_an_environment_that_was_being_made_when_the_server_was_killed_is_made_anew(place, port, open_registry):
    # A registry that accepts and never answers: the making waits for it.
    silent = socket.create_server(("127.0.0.1", port))
    name = submit(place, "import claryprobe\nprint('answer', claryprobe.answer)\n")
    silent.settimeout(20)
    connection, _ = silent.accept()
    place.server.kill()
    connection.close()
    silent.close()
    open_registry()
    place.server.start()
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert "answer 42" in place.log(name)


def test_a_job_that_waits_for_its_environment_can_be_stopped(place, port):
    silent = socket.create_server(("127.0.0.1", port))
    silent.settimeout(20)
    name = submit(place, "print(1)")
    connection, _ = silent.accept()
    place.sagemaker.stop_training_job(TrainingJobName=name)
    assert place.wait(name, seconds=5)["TrainingJobStatus"] == "Stopped"
    connection.close()
    silent.close()


def test_runtimes_add_shows_progress_and_ends_ready(make_server):
    """In an empty cache, from the registry that this host uses."""
    server = make_server(cache_dir=None)
    before = server.clary("runtimes")
    assert re.search(r"sklearn:1.2-1 +scikit-learn 1.2.1 +3.9 +exact +absent", before), before
    adding = subprocess.run([str(BINARY), "runtimes", "add", "sklearn:1.2-1", f"--data-dir={server.data_dir}"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, universal_newlines=True, timeout=300)
    lines = adding.stdout.splitlines()
    assert adding.returncode == 0, (lines, adding.stderr)
    assert lines[-1] == "sklearn:1.2-1 ready" and any("making" in line for line in lines) and len(lines) >= 3, lines
    assert re.search(r"sklearn:1.2-1 +scikit-learn 1.2.1 +3.9 +exact +ready", server.clary("runtimes"))
    again = server.clary("runtimes", "add", "sklearn:1.2-1")
    assert again.splitlines() == ["sklearn:1.2-1 ready"]
    # Whoever works in an environment cannot change it.
    job = Platform(server).run("import sklearn, sys, os\nprint(sklearn.__version__)\n"
                               "try:\n    open(os.path.join(os.path.dirname(sklearn.__file__), 'x'), 'w')\n    print('WRITTEN')\nexcept OSError as error:\n    print('NOT', error.errno)\n")
    lines = Platform(server).log(job["TrainingJobName"])
    assert "1.2.1" in lines and any(line.startswith("NOT ") for line in lines), lines


def test_an_unknown_runtime_is_refused_with_those_that_are_known(server):
    done = subprocess.run([str(BINARY), "runtimes", "add", "sklearn:99", f"--data-dir={server.data_dir}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=30)
    assert done.returncode == 1 and "sklearn:99" in done.stderr


def test_runtimes_lists_all_versions(server):
    listed = server.clary("runtimes")
    for tag, library, python in (("0.20.0", "0.20.0", "3.7"), ("0.23-1", "0.23.2", "3.7"), ("1.0-1", "1.0.2", "3.8"), ("1.2-1", "1.2.1", "3.9")):
        assert re.search(rf"^sklearn:{tag} +scikit-learn {library} +{python} +exact ", listed, re.M), (tag, listed)


def test_an_environment_makes_progress_while_others_are_used(place, port):
    """A registry that hangs holds up nobody who needs nothing from it."""
    silent = socket.create_server(("127.0.0.1", port))
    silent.settimeout(20)
    submit(place, "print(1)")
    connection, _ = silent.accept()
    wait_until(lambda: re.search(r"probe:1.0-1 .*making", place.server.clary("runtimes")), what="making")
    assert place.server.get("/-/health")
    connection.close()
    silent.close()
