"""Tests of python/clary_runtime: each starts it as the server does, in a folder of its own instead of /opt/ml.

They run under every interpreter named in CLARY_TEST_PYTHONS (a list of paths), else under the oldest and a recent one
of pyenv where there are any, else under the one that runs pytest. Those that need a framework use the environments of
the server (runtime_python.py)."""

import glob
import os
import pathlib
import sys

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


@pytest.fixture
def served(tmp_path):
    """Makes model servers of one framework, that end with the test."""
    from served import Served

    started = []

    def make(name="ml", framework="xgboost"):
        started.append(Served(tmp_path / name, framework))
        return started[-1]

    yield make
    for one in started:
        one.kill()


@pytest.fixture
def replica(tmp_path):
    from replica import Replica  # which needs this module

    started = Replica(tmp_path / "ml")
    yield started
    started.kill()
