"""Tests of python/clary_runtime: each starts it as the server does, in a folder of its own instead of /opt/ml.

They run under every interpreter named in CLARY_TEST_PYTHONS (a list of paths), else under the oldest and a recent one
of pyenv where there are any, else under the one that runs pytest. Those that need a framework use the environments
below CLARY_TEST_ENVIRONMENTS (<tag>/bin/python), and make what is missing with uv, from the locks in runtimes/."""

import glob
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tomllib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def interpreters():
    named = os.environ.get("CLARY_TEST_PYTHONS")
    if named:
        return named.split(os.pathsep)
    found = [
        path
        for minor in ("3.7", "3.12")
        for path in sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/%s.*/bin/python" % minor)))[:1]
    ]
    return found or [sys.executable]


@pytest.fixture(params=interpreters(), ids=lambda path: path.split("/")[-3])
def python(request):
    return request.param


def clean_environment(**more):
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("HOME", "LANG") or name.startswith(("OPENBLAS_", "PIP_"))
    }
    kept.update(PATH="/usr/local/bin:/usr/bin:/bin", PYTHONPATH=str(ROOT / "python"), PYTHONDONTWRITEBYTECODE="1")
    kept.update(more)
    return kept


def scikit_learn(tag):
    """The interpreter of the environment of that tag."""
    folder = ROOT / "runtimes" / "sklearn"
    with (folder / "runtime.toml").open("rb") as file:
        version = next(v for v in tomllib.load(file)["version"] if v["tag"] == tag)
    made = os.environ.get("CLARY_TEST_ENVIRONMENTS")
    if made and os.path.exists(os.path.join(made, tag, "bin", "python")):
        return os.path.join(made, tag, "bin", "python")
    lock = folder / version["requirements"]
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not on PATH")
    key = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    target = (
        pathlib.Path(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")))
        / "clary-tests"
        / (tag + "-" + key)
    )
    interpreter = target / "bin" / "python"
    if not (target / "complete").exists():
        versions = glob.glob(os.path.expanduser("~/.pyenv/versions/%s.*/bin/python" % version["python"]))
        subprocess.run(
            [uv, "venv", "-q", "--clear", "--python", versions[0] if versions else version["python"], str(target)],
            check=True,
        )
        subprocess.run(
            [
                uv,
                "pip",
                "install",
                "-q",
                "--python",
                str(interpreter),
                "--require-hashes",
                "--only-binary",
                ":all:",
                "-r",
                str(lock),
            ],
            check=True,
        )
        (target / "complete").touch()
    return str(interpreter)


@pytest.fixture
def replica(tmp_path):
    from replica import Replica  # which needs this module

    started = Replica(tmp_path / "ml")
    yield started
    started.kill()
