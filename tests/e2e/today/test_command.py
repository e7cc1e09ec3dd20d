"""The command `clary`: settings from one table, commands that find the server by its data folder, and a full disk."""

import json
import os
import pathlib
import re
import subprocess

import pytest
from botocore.exceptions import ClientError

from clary_server import BINARY, ClaryServer
from jobs import Platform, wait_until


def clary(*arguments, timeout=30, cwd=None, **variables):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CLARY_")}
    environment.update(variables)
    return subprocess.run([str(BINARY), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=timeout, cwd=cwd,
                          env=environment)


def settings_of_the_table():
    done = clary("serve", "--help")
    assert done.returncode == 0
    return re.findall(r"^ +--([a-z-]+) ", done.stdout, re.M), done.stdout


def test_help_lists_every_setting_with_its_variable():
    names, text = settings_of_the_table()
    expected = {"data-dir", "listen", "account", "region", "log-level", "log-file", "sandbox", "connect", "connect-all-amazon", "first-look-seconds",
                "invocation-timeout-seconds", "pool-threads", "max-connections", "stop-grace-seconds", "job-stop-grace-seconds", "cache-dir", "runtimes-dir", "uv"}
    assert expected <= set(names) and "config" in names
    for name in expected:
        assert "CLARY_" + name.upper().replace("-", "_") in text, name
    assert "127.0.0.1:9080" in text


def test_every_command_has_help():
    text = clary("--help").stdout
    for command in ("serve", "env", "stop", "status", "runtimes", "version", "doctor"):
        assert re.search(rf"^ +{command} ", text, re.M), command
        done = clary(command, "--help")
        assert done.returncode == 0 and len(done.stdout.splitlines()) > 3
        if command != "version":
            assert "--data-dir" in done.stdout, command


def test_no_or_an_unknown_command():
    assert clary().returncode != 0
    done = clary("frobnicate")
    assert done.returncode != 0 and "frobnicate" in done.stdout + done.stderr


@pytest.mark.parametrize("value, word", [("listne = '127.0.0.1:0'", "listne"), ("pool-threads = 1", "pool-threads"), ("pool-threads = 'many'", "many"),
                                         ("sandbox = 'maybe'", "maybe"), ("log-level = 'loud'", "loud"), ("account = '12'", "12"), ("a = [", "line 1"),
                                         ("[listen]\nx = 1", "listen")])
def test_a_wrong_settings_file_is_refused_by_name(tmp_path, value, word):
    (tmp_path / "clary.toml").write_text(value + "\n")
    done = clary("serve", f"--data-dir={tmp_path}")
    assert done.returncode == 1 and word in done.stderr and "clary.toml" in done.stderr, done.stderr
    other = tmp_path / "other.toml"
    other.write_text(value + "\n")
    done = clary("serve", f"--data-dir={tmp_path / 'x'}", f"--config={other}")
    assert done.returncode == 1 and word in done.stderr and str(other) in done.stderr


def test_a_settings_file_that_is_not_there(tmp_path):
    done = clary("serve", f"--data-dir={tmp_path}", f"--config={tmp_path / 'none.toml'}")
    assert done.returncode == 1 and "none.toml" in done.stderr


def test_an_unknown_variable_or_flag_is_refused_by_name(tmp_path):
    done = clary("serve", f"--data-dir={tmp_path}", "--listen=127.0.0.1:0", CLARY_LISTNE="127.0.0.1:0")
    assert done.returncode == 1 and "CLARY_LISTNE" in done.stderr, done.stderr
    done = clary("serve", f"--data-dir={tmp_path}", "--listne=127.0.0.1:0")
    assert done.returncode != 0 and "listne" in done.stderr
    done = clary("serve", f"--data-dir={tmp_path}", CLARY_POOL_THREADS="0")
    assert done.returncode == 1 and "CLARY_POOL_THREADS" in done.stderr and "2 to 1024" in done.stderr


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "999.1.1.1:80", ""])
def test_a_wrong_address_is_refused(tmp_path, address):
    done = clary("serve", f"--data-dir={tmp_path}", f"--listen={address}")
    assert done.returncode == 1 and len(done.stderr.strip()) > 20, done.stderr
    assert address in done.stderr


def test_flags_win_over_variables_over_the_file(make_server, tmp_path):
    (tmp_path / "clary.toml").write_text('region = "eu-west-1"\nfirst-look-seconds = 0\nlisten = ["127.0.0.1:0", "[::1]:0"]\n')
    server = make_server(tmp_path, listen=None, variables={"CLARY_REGION": "eu-west-2"})
    assert server.env()["AWS_REGION"] == "eu-west-2"
    assert len(json.loads((tmp_path / "run" / "server.json").read_text())["addresses"]) == 2
    server.stop()
    server = make_server(tmp_path, listen=None, region="eu-west-3", variables={"CLARY_REGION": "eu-west-2"})
    assert server.env()["AWS_REGION"] == "eu-west-3"


def test_an_empty_value_is_no_other_flag(tmp_path):
    done = clary("serve", f"--data-dir={tmp_path}", "--cache-dir=", "--log-level=loud", cwd=tmp_path)
    assert done.returncode == 1 and "loud" in done.stderr


def test_a_relative_data_folder(tmp_path):
    server = subprocess.Popen([str(BINARY), "serve", "--data-dir=data", "--listen=127.0.0.1:0"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: (tmp_path / "data" / "run" / "server.json").exists(), what="the server")
        variables = json.loads(clary("env", "--form=json", "--data-dir=data/", cwd=tmp_path).stdout)
        assert variables["AWS_CA_BUNDLE"].startswith(f"{tmp_path}/data/tls/")
    finally:
        server.terminate()
        assert server.wait(timeout=20) == 0


def test_version_and_doctor(server):
    assert re.fullmatch(r"clary \d+\.\d+\.\d+\S*\n", clary("version").stdout)
    done = clary("doctor", f"--data-dir={server.data_dir}")
    assert done.returncode == 0 and "nothing is lacking" in done.stdout, done.stdout
    # Without bubblewrap it says so, and what mends it.
    done = clary("doctor", f"--data-dir={server.data_dir}", PATH="/nonexistent")
    assert done.returncode == 1 and "lacks" in done.stdout and "apt" in done.stdout and "bubblewrap" in done.stdout, done.stdout


def test_without_a_sandbox_it_refuses_unless_told(tmp_path):
    done = clary("serve", f"--data-dir={tmp_path}", "--listen=127.0.0.1:0", PATH="/nonexistent")
    assert done.returncode == 1 and "bubblewrap" in done.stderr and "sandbox" in done.stderr, done.stderr


def test_status(make_server):
    server = make_server(first_look_seconds=0)
    platform = Platform(server)
    name = platform.submit("import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    platform.wait_for_line(name, "up", 300)  # its environment may have to be made
    text = server.clary("status")
    assert [line.split()[-1] for line in text.splitlines() if line.startswith("listens on")] == [server.url]
    assert server.url in text and str(server.data_dir) in text and f"pid {server.process.pid}" in text and "1 InProgress" in text
    status = json.loads(server.clary("status", "--json"))
    assert status["training_jobs"]["InProgress"] == 1 and status["pid"] == server.process.pid and status["slots"]["used"]["cpus"] > 0
    platform.sagemaker.stop_training_job(TrainingJobName=name)
    platform.wait(name)
    assert json.loads(server.clary("status", "--json"))["training_jobs"]["Stopped"] == 1


def test_status_and_runtimes_answer_the_root_key_only(server):
    import urllib.error
    for path in ("/-/status", "/-/runtimes", "/-/nothing"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.get(path)
        assert refused.value.code in (403, 404)


def test_health_ready_and_metrics(server):
    assert server.get("/-/health") and server.get("/-/ready")
    metrics = server.get("/-/metrics")
    assert re.search(r"^# TYPE clary_\w+ (counter|gauge|histogram)$", metrics, re.M) and re.search(r"^clary_\w+(\{.*\})? [0-9.e+]+$", metrics, re.M)


def test_stop_waits_for_the_end(make_server):
    server = make_server()
    process = server.process
    assert server.clary("stop") == "stopped\n"
    assert process.wait(timeout=1) == 0
    assert "no server runs" in server.clary("stop")
    done = clary("status", f"--data-dir={server.data_dir}")
    assert done.returncode == 1 and "no server runs" in done.stderr


def test_a_stale_server_file_is_none(make_server):
    server = make_server()
    server.kill()
    done = clary("status", f"--data-dir={server.data_dir}")
    assert done.returncode == 1 and "no server runs" in done.stderr
    assert "no server runs" in clary("stop", f"--data-dir={server.data_dir}").stdout


def test_log_lines_have_request_ids(make_server, tmp_path):
    server = make_server(log_level="debug", log_file=str(tmp_path / "clary.log"))
    platform = Platform(server)
    with pytest.raises(ClientError) as caught:
        platform.describe("none")
    request_id = caught.value.response["ResponseMetadata"]["RequestId"]
    wait_until(lambda: request_id in (tmp_path / "clary.log").read_text(), 5, f"the request {request_id} in the log")


@pytest.fixture
def small_disk(tmp_path):
    """A server whose data folder is on a disk of 24 MB, seen by it and its children alone."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts")
    folder = tmp_path / "data"
    folder.mkdir()
    holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", f"mount -t tmpfs -o size=32m tmpfs {folder} && echo up && exec sleep 600"],
                              stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"up\n"
    server = ClaryServer(folder, first_look_seconds=0, log_file=str(tmp_path / "server.log"))
    server.enter = ["nsenter", f"--mount=/proc/{holder.pid}/ns/mnt"]
    server.data_dir = pathlib.Path(f"/proc/{holder.pid}/root{folder}")
    yield server
    server.__exit__(None, None, None)
    holder.kill()
    holder.wait()


def test_a_full_disk(small_disk):
    server = small_disk.start()
    ballast = server.data_dir / "ballast"  # stands for what else is on the disk
    ballast.write_bytes(bytes(8 << 20))
    platform = Platform(server)
    kept = {}
    refused = None
    for number in range(100):
        body = os.urandom(1 << 20)
        try:
            platform.s3.put_object(Bucket=platform.bucket, Key=f"k{number}", Body=body)
            kept[f"k{number}"] = body
        except ClientError as error:
            refused = error
            break
    assert refused is not None and len(kept) > 5
    assert refused.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503, 507)
    assert "space" in refused.response["Error"]["Message"], refused.response["Error"]
    # Small writes fill the last blocks; each is refused clearly or kept.
    for number in range(300):
        try:
            platform.s3.put_object(Bucket=platform.bucket, Key=f"s{number}", Body=b"s" * 5000)
            kept[f"s{number}"] = b"s" * 5000
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503, 507), error
            assert "space" in error.response["Error"]["Message"], error
    try:
        platform.submit("print(1)")
    except ClientError as error:
        assert "space" in str(error), error
    # Reading goes on, and nothing that was acknowledged is lost, now or after a crash on the full disk.
    for _ in range(2):
        for key, body in kept.items():
            assert platform.s3.get_object(Bucket=platform.bucket, Key=key)["Body"].read() == body
        listed = {o["Key"] for page in platform.s3.get_paginator("list_objects_v2").paginate(Bucket=platform.bucket) for o in page["Contents"]}
        assert set(kept) <= listed
        server.kill()
        server.start()
    # Room again: everything goes on.
    ballast.unlink()
    platform.s3.delete_object(Bucket=platform.bucket, Key="k0")
    platform.s3.put_object(Bucket=platform.bucket, Key="after", Body=b"a" * 100000)
    job = platform.run("print('works')")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
