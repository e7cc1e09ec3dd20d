"""`clary env` in every form: it sets and unsets what it must, twice changes nothing, and nothing of the user's is lost."""

import json
import os
import re
import shutil
import subprocess
import sys
import types

import pytest

from clary_server import BINARY

UNSET = {"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SAGEMAKER", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
         "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"}
SET = {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_REGION", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy",
       "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A server in a folder whose name has what shells stumble over."""
    from clary_server import ClaryServer

    folder = tmp_path_factory.mktemp("data") / "it's $HOME \\n \"here\" `x`"
    with ClaryServer(folder) as server:
        yield server


def in_bash(server, script, **variables):
    """The environment at the end of a bash script, in which `clary env` is the built one."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "CLARY": str(BINARY), "CLARY_DATA_DIR": str(server.data_dir), **variables}
    done = subprocess.run(["bash", "-euc", script + "\nenv -0"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)
    assert done.returncode == 0, done.stderr.decode()
    found = dict(entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry)
    for name in ("_", "SHLVL", "PWD"):
        found.pop(name, None)
    return found


EVAL = 'eval "$("$CLARY" env)"\n'


def test_bash_sets_and_unsets(odd):
    before = {name: "x" for name in UNSET}
    found = in_bash(odd, EVAL, **before)
    assert SET <= set(found) and not UNSET & set(found)
    expected = odd.env()
    assert {name: found[name] for name in SET} == {name: expected[name] for name in SET}
    assert os.path.exists(found["AWS_CA_BUNDLE"]) and found["AWS_ENDPOINT_URL"] == odd.url


def test_twice_changes_nothing(odd, tmp_path):
    (tmp_path / "company.pem").write_text("# the company's own\n" + (odd.data_dir / "tls" / "ca.pem").read_text().replace("A", "B"))
    (tmp_path / "requests.pem").write_text("# for requests alone\n")
    for variables in ({}, {"AWS_CA_BUNDLE": str(tmp_path / "company.pem"), "REQUESTS_CA_BUNDLE": str(tmp_path / "requests.pem"),
                           "no_proxy": "example.com, .amazonaws.com,10.0.0.0/8,*", "AWS_PROFILE": "mine"}):
        once = in_bash(odd, EVAL, **variables)
        assert in_bash(odd, EVAL + EVAL, **variables) == once
        assert in_bash(odd, EVAL + EVAL + EVAL, **variables) == once
    bundle = open(once["AWS_CA_BUNDLE"]).read()
    assert "the company's own" in bundle and "for requests alone" in bundle
    assert (odd.data_dir / "tls" / "ca.pem").read_text() in bundle
    assert once["no_proxy"] == once["NO_PROXY"] == "127.0.0.1,localhost,example.com,10.0.0.0/8"


def test_another_server_after_it_keeps_what_the_user_trusts(odd, make_server, tmp_path):
    (tmp_path / "company.pem").write_text("# the company's own\n")
    other = make_server()
    found = in_bash(odd, EVAL + f'eval "$("$CLARY" env --data-dir {other.data_dir})"\n', AWS_CA_BUNDLE=str(tmp_path / "company.pem"))
    bundle = open(found["AWS_CA_BUNDLE"]).read()
    assert "the company's own" in bundle and (other.data_dir / "tls" / "ca.pem").read_text() in bundle
    assert found["AWS_ENDPOINT_URL"] == other.url


def test_it_touches_no_file_of_the_users(odd, tmp_path):
    in_bash(odd, EVAL, HOME=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_every_form_says_the_same(odd):
    expected = odd.env()
    assert {name for name, value in expected.items() if value is not None} == SET

    fish = dict(re.fullmatch(r"set -gx (\w+) '((?:[^'\\]|\\[\\'])*)';", line).groups() if line.startswith("set -gx") else
                (re.fullmatch(r"set -e (\w+); or true;", line).group(1), None) for line in odd.clary("env", "--form", "fish").splitlines())
    assert {name: value and re.sub(r"\\([\\'])", r"\1", value) for name, value in fish.items()} == expected

    powershell = dict(re.fullmatch(r"\$env:(\w+) = '((?:[^']|'')*)'", line).groups() if line.startswith("$env:") else
                      (re.fullmatch(r"Remove-Item Env:(\w+) -ErrorAction SilentlyContinue", line).group(1), None)
                      for line in odd.clary("env", "--form", "powershell").splitlines())
    assert {name: value and value.replace("''", "'") for name, value in powershell.items()} == expected


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not there")
def test_fish_itself(odd):
    done = subprocess.run(["fish", "-c", '"$CLARY" env --form fish | source; and env -0'], stdout=subprocess.PIPE, check=True,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "CLARY": str(BINARY), "CLARY_DATA_DIR": str(odd.data_dir), "AWS_PROFILE": "x"})
    found = dict(entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry)
    assert "AWS_PROFILE" not in found and found["AWS_CA_BUNDLE"] == odd.env()["AWS_CA_BUNDLE"]


def test_ipython_magic(odd, monkeypatch, capsys):
    magics = {}

    def register_line_magic(function):
        magics[function.__name__] = function
        return function

    core = types.ModuleType("IPython.core.magic")
    core.register_line_magic = register_line_magic
    for name, module in (("IPython", types.ModuleType("IPython")), ("IPython.core", types.ModuleType("IPython.core")), ("IPython.core.magic", core)):
        monkeypatch.setitem(sys.modules, name, module)
    text, expected = odd.clary("env", "--form", "ipython"), odd.env()
    environment = {**dict(os.environ), **{name: "x" for name in UNSET}}
    monkeypatch.setattr(os, "environ", environment)
    exec(compile(text, "magic", "exec"), {})
    magics["clary"]("")
    assert {name: environment[name] for name in SET} == {name: expected[name] for name in SET}
    assert odd.url in capsys.readouterr().out
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_USE_FIPS_ENDPOINT"} & set(environment)


def test_without_a_server(tmp_path):
    done = subprocess.run([str(BINARY), "env", f"--data-dir={tmp_path}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 1 and done.stdout == "" and "no server runs" in done.stderr and "clary serve" in done.stderr
    assert list(tmp_path.iterdir()) == []
