"""A user's own runtimes (docs/own_runtimes.md): an image URI that means a requirements file or a virtual environment of theirs; and what prune frees."""

import re
import subprocess
import sys

import pytest

from jobs import Platform, wait_until
from package_index import PackageIndex

IMAGE = "registry.example.com/team/churn:2026-11"
SCRIPT = "import claryprobe, sys\nprint('answer', claryprobe.answer, sys.version_info[:2])\n"


@pytest.fixture
def index():
    running = PackageIndex()
    yield running
    running.close()


def describe(folder, version):
    folder.mkdir(parents=True)
    (folder / "runtime.toml").write_text(f'[runtime]\nname = "churn"\nframework_module = "sklearn"\n\n[[version]]\ntag = "1"\nlibrary = "claryprobe"\n'
                                         f'images = ["registry.example.com/team/churn:*"]\n{version}\n')


def submit(place, script):
    return place.submit(script, AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"})


def test_plain_requirements_and_prune(make_server, tmp_path, index):
    describe(tmp_path / "runtimes" / "churn", 'python = "3.11"\nrequirements = "requirements.txt"')
    (tmp_path / "runtimes" / "churn" / "requirements.txt").write_text("claryprobe>=1\n")
    tmp_path.chmod(0o755)
    server = make_server(cache_dir=None, runtimes_dir=str(tmp_path / "runtimes"), variables=index.variables)
    place = Platform(server)
    job = place.wait(submit(place, SCRIPT))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert "answer 42 (3, 11)" in place.log(job["TrainingJobName"])
    assert re.search(r"churn:1 .*ready", server.clary("runtimes"))

    stale = server.data_dir / "cache" / "environments" / "0123456789abcdef0123456789abcdef"
    (made,) = (path for path in stale.parent.iterdir())
    subprocess.run(["cp", "-a", str(made), str(stale)], check=True)
    told = server.clary("runtimes", "prune")
    assert "removed " + stale.name in told and "churn" not in told and re.search(r"[0-9.]+ MB are free again", told), told
    assert made.exists() and not stale.exists() and not (server.data_dir / "cache" / "packages").exists()

    running = submit(place, SCRIPT + "print('ready', flush=True)\nimport time\ntime.sleep(600)\n")
    place.wait_for_line(running, "ready")
    assert "churn" not in server.clary("runtimes", "prune", "--all"), "a job uses it"
    server.kill()
    server.start()  # the next server has the job from its record, and no lease
    assert "churn" not in server.clary("runtimes", "prune", "--all"), "a job of before uses it"
    place.sagemaker.stop_training_job(TrainingJobName=running)
    place.wait(running)
    wait_until(lambda: "removed churn:1" in server.clary("runtimes", "prune", "--all"), what="the pruning")
    assert not made.exists() and re.search(r"churn:1 .*absent", server.clary("runtimes"))
    job = place.wait(submit(place, SCRIPT))  # made again
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def test_a_virtual_environment_in_the_data_folders_own_place(make_server, tmp_path):
    tmp_path.chmod(0o755)
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    (library,) = environment.glob("lib/python*/site-packages")
    (library / "claryprobe.py").write_text("answer = 42\n")
    data = tmp_path / "data"
    describe(data / "runtimes" / "churn", f'virtualenv = "{environment}"')
    place = Platform(make_server(data_dir=data))
    assert re.search(r"churn:1 .*exact +ready", place.server.clary("runtimes"))
    job = place.wait(submit(place, SCRIPT + f"try:\n    open({str(library)!r} + '/x', 'w')\nexcept OSError:\n    print('read-only')\n"))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert {"answer 42 (%d, %d)" % sys.version_info[:2], "read-only"} <= set(place.log(job["TrainingJobName"]))

    (environment / "bin" / "python").unlink()
    job = place.wait(submit(place, SCRIPT))
    assert job["TrainingJobStatus"] == "Failed" and str(environment) in job["FailureReason"], job
    assert re.search(r"churn:1 .*failed: .*no working Python", place.server.clary("runtimes"))


@pytest.mark.parametrize("text, told", [("[runtime", "runtime.toml, line 1"), ("[runtime]\nname = 'x'\n[[version]]\ntag = '1'\nlibrary = 'x'\n", "no python or requirements"),
                                        ("[runtime]\nname = 'x'\n[[version]]\ntag = '1'\nlibrary = 'x'\nvirtualenv = 'here'\n", "absolute path")])
def test_a_definition_that_is_wrong_is_told_where(make_server, tmp_path, text, told):
    (tmp_path / "mine" / "x").mkdir(parents=True)
    (tmp_path / "mine" / "x" / "runtime.toml").write_text(text)
    with pytest.raises(RuntimeError) as refused:
        make_server(runtimes_dir=str(tmp_path / "mine"))
    assert told in str(refused.value)
