"""Scripts, archives and requests that misbehave: each ends in a clear word, in bounded time, and leaves nothing behind."""

import io
import json
import os
import tarfile
import time

import pytest
from botocore.exceptions import ClientError

from jobs import IMAGE, Platform, nothing_runs, tar_gz, wait_until


@pytest.fixture(scope="module")
def place(server):
    return Platform(server)


@pytest.fixture
def impatient(make_server):
    """A server that grants a stopped job one second."""
    return Platform(make_server(first_look_seconds=0, job_stop_grace_seconds=1))


def failed(platform, script="", **options):
    job = platform.run(script, **options)
    assert job["TrainingJobStatus"] == "Failed", job["SecondaryStatus"]
    assert job["SecondaryStatus"] == "Failed" and len(job["FailureReason"]) <= 1024
    return job["FailureReason"]


def workers_left(platform):
    return set((platform.server.data_dir / "workers").glob("*algo-1*"))


def test_exit_one(place):
    before = workers_left(place)  # of other tests' jobs: one of 200,000 files takes a while
    reason = failed(place, "import sys\nprint('the column age is missing')\nsys.exit(1)\n")
    assert "AlgorithmError" in reason and "exit code: 1" in reason
    wait_until(lambda: workers_left(place) <= before, what="the removal of the worker's folder")


def test_exit_with_a_code_and_a_message(place):
    reason = failed(place, "import sys, os\nprint('said last', flush=True)\nos._exit(77)\n")
    assert "said last" in reason and "exit code: 77" in reason
    assert "no such file: x" in failed(place, "import sys\nsys.exit('no such file: x')\n")


def test_a_traceback_is_the_reason(place):
    reason = failed(place, "def f():\n    raise ValueError('bad \\u00e9 value')\nf()\n")
    assert "ValueError: bad é value" in reason


def test_a_failure_file_of_its_own_is_the_reason(place):
    reason = failed(place, "open('/opt/ml/output/failure', 'w').write('ClientError: the label column is empty')\nraise SystemExit(3)\n")
    assert reason == "ClientError: the label column is empty, exit code: 3"


@pytest.mark.parametrize("number, name", [(9, "SIGKILL"), (11, "SIGSEGV"), (6, "SIGABRT")])
def test_killed_by_a_signal(place, number, name):
    script = {9: "os.kill(os.getpid(), 9)", 11: "ctypes.string_at(0)", 6: "os.abort()"}[number]
    reason = failed(place, f"import ctypes, os\nprint('said last', flush=True)\n{script}\n")
    assert "said last" in reason and f"killed by {name}" in reason and reason.endswith(f"exit code: {128 + number}")


def test_a_full_disk(place):
    script = """
import os, time
print("filling", flush=True)
with open("/tmp/big", "wb") as file:
    for i in range(40):
        os.posix_fallocate(file.fileno(), i << 26, 1 << 26)
        time.sleep(0.05)
time.sleep(60)
"""
    reason = failed(place, script, volume=1)
    assert "disk" in reason and "VolumeSizeInGB is 1" in reason


def test_a_daemon_ends_with_its_job(impatient):
    script = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.close(0)
        print("daemon is up", flush=True)
        time.sleep(600)
    os._exit(0)
time.sleep(0.5)
print("script ends")
"""
    job = impatient.run(script)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert {"daemon is up", "script ends"} <= set(impatient.log(job["TrainingJobName"]))
    nothing_runs(impatient.server)


def test_a_fork_bomb_is_bounded(impatient):
    script = """
import os, time
children = 0
try:
    for i in range(20000):
        if os.fork() == 0:
            time.sleep(600)
        children += 1
except OSError as error:
    print("refused:", error.errno, flush=True)
print("children", children)
"""
    job = impatient.run(script, max_runtime=30)
    lines = impatient.log(job["TrainingJobName"])
    assert any(line.startswith("refused: 11") for line in lines), (job["SecondaryStatus"], lines[-5:])
    nothing_runs(impatient.server)


def test_ignoring_sigterm(make_server):
    place = Platform(make_server(first_look_seconds=0, job_stop_grace_seconds=3))
    script = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("not now", flush=True))
open("/opt/ml/model/checkpoint", "w").write("1")
print("ready", flush=True)
while True:
    time.sleep(1)
"""
    name = place.submit(script)
    place.wait_for_line(name, "ready")
    start = time.monotonic()
    place.sagemaker.stop_training_job(TrainingJobName=name)
    job = place.describe(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopping", "Stopping")
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Stopped" and "FailureReason" not in job
    assert 2.9 < time.monotonic() - start < 30
    assert "not now" in place.log(name)
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith("/model.tar.gz")
    with pytest.raises(ClientError, match="status Stopped"):
        place.sagemaker.stop_training_job(TrainingJobName=name)


def test_a_script_that_minds_sigterm_ends_itself(place):
    script = """
import signal, sys, time
def end(*_):
    open("/opt/ml/model/checkpoint", "w").write("1")
    print("saved", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(600)
"""
    name = place.submit(script)
    place.wait_for_line(name, "ready")
    place.sagemaker.stop_training_job(TrainingJobName=name)
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Stopped" and "saved" in place.log(name)


def test_the_time_limit(impatient):
    job = impatient.run("import time\nopen('/opt/ml/model/m', 'w').write('1')\nprint('on and on', flush=True)\ntime.sleep(600)\n", max_runtime=1)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert job["SecondaryStatusTransitions"][-1]["StatusMessage"] == "Training job runtime exceeded MaxRuntimeInSeconds provided"
    assert job["ModelArtifacts"]["S3ModelArtifacts"]


def test_one_line_of_fifty_megabytes(place):
    script = "import sys\nfor _ in range(50):\n    sys.stdout.write('x' * (1 << 20))\nprint()\nprint('after')\n"
    start = time.monotonic()
    job = place.run(script)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert time.monotonic() - start < 30
    lines = [line for line in place.log(job["TrainingJobName"]) if line == "after" or line[:1] == "x"]
    assert lines[-1] == "after" and sum(map(len, lines[:-1])) == 50 << 20
    assert max(map(len, lines)) <= 256 * 1024


def test_binary_output(place):
    script = "import os, sys\nsys.stdout.flush()\nos.write(1, bytes(range(256)) * 400 + b'\\n')\nprint('after \\u00fc', flush=True)\n"
    job = place.run(script)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    lines = place.log(job["TrainingJobName"])
    assert "after ü" in lines and any("ABCDEFG" in line for line in lines)


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def bomb():
    """400 MB of zeros in an archive of 400 kB."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=9) as archive:
        archive.addfile(member("train.py", 8), io.BytesIO(b"print(1)"))
        for number in range(4):
            archive.addfile(member(f"zeros{number}", 100 << 20), io.BytesIO(bytes(100 << 20)))
    return buffer.getvalue()


def member(name, size):
    info = tarfile.TarInfo(name)
    info.size = size
    return info


HOSTILE = {
    "parent": lambda: tar_gz({"train.py": "print(1)", "../../evil": "evil"}),
    "absolute": lambda: tar_gz({"train.py": "print(1)", "/tmp/clary-evil": "evil"}),
    "link out": lambda: tar_gz({"train.py": "print(1)", "out": link("out", "/etc"), "out/evil": "evil"}),
    "link up": lambda: tar_gz({"train.py": "print(1)", "a/out": link("a/out", "../../../x")}),
    "hard link": lambda: tar_gz({"train.py": "print(1)", "out": link("out", "/etc/passwd", tarfile.LNKTYPE)}),
    "device": lambda: tar_gz({"train.py": "print(1)", "dev": link("dev", "", tarfile.CHRTYPE)}),
    "bomb": bomb,
    "no archive": lambda: b"this is no archive",
    "cut short": lambda: tar_gz({"train.py": os.urandom(100000)})[:50000],
    "empty": lambda: b"",
}


def files_named(name, below):
    """os.walk passes over folders that the server removes meanwhile, where rglob raises."""
    return [folder for folder, folders, files in os.walk(below) if name in files or name in folders]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_source(place, kind):
    reason = failed(place, source=place.put("hostile.tar.gz", HOSTILE[kind]()))
    assert reason.startswith("ClientError: The source code"), reason
    assert not os.path.exists("/tmp/clary-evil") and not files_named("evil", below=place.server.data_dir)


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_model(place, kind):
    name = place.model("", archive=HOSTILE[kind]())
    place.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    endpoint = place.endpoint(name)
    assert endpoint["EndpointStatus"] == "Failed"
    assert "model.tar.gz" in endpoint["FailureReason"], endpoint["FailureReason"]
    assert not os.path.exists("/tmp/clary-evil") and not files_named("evil", below=place.server.data_dir)
    place.delete_endpoint(name)
    wait_until(lambda: not list((place.server.data_dir / "endpoints").iterdir()), what="the removal of the models' folders")


def test_hostile_links_in_the_model_folder_are_left_out(place):
    script = """
import os
os.symlink("/etc/passwd", "/opt/ml/model/passwd")
os.symlink("/etc", "/opt/ml/model/etc")
os.mkfifo("/opt/ml/model/pipe")
os.symlink("weights", "/opt/ml/model/inside")
open("/opt/ml/model/weights", "w").write("w")
"""
    job = place.run(script)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    bucket, key = job["ModelArtifacts"]["S3ModelArtifacts"][len("s3://"):].split("/", 1)
    archive = tarfile.open(fileobj=io.BytesIO(place.s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
    assert sorted(archive.getnames()) == ["inside", "weights"]


def test_a_model_that_cannot_be_loaded_fails_with_its_words(place):
    name = place.deploy("def model_fn(model_dir):\n    raise RuntimeError('weights of another version')\n")
    endpoint = place.endpoint(name)
    assert endpoint["EndpointStatus"] == "Failed" and "weights of another version" in endpoint["FailureReason"]
    place.delete_endpoint(name)


def test_a_missing_prefix_and_a_missing_bucket(place):
    reason = failed(place, "print(1)", channels={"train": f"s3://{place.bucket}/nothing/here"})
    assert "No S3 objects found under S3 URL" in reason and "nothing/here" in reason
    reason = failed(place, "print(1)", channels={"train": "s3://no-such-bucket-here/data"})
    assert "no-such-bucket-here" in reason
    reason = failed(place, source="s3://no-such-bucket-here/sourcedir.tar.gz")
    assert "no-such-bucket-here" in reason
    reason = failed(place, source=f"s3://{place.bucket}/no-such-key.tar.gz")
    assert "no-such-key" in reason
    reason = failed(place, "print(1)", OutputDataConfig={"S3OutputPath": "s3://no-such-bucket-here/out"})
    assert "no-such-bucket-here" in reason


def test_an_unknown_image(place):
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:latest"
    start = time.monotonic()
    try:
        reason = failed(place, "print(1)", AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"})
    except ClientError as error:
        reason = str(error)
    assert time.monotonic() - start < 5  # podman may be asked for it; no environment is made in that time
    assert image in reason and "sagemaker-scikit-learn" in reason
    model = place.model("")
    place.sagemaker.create_model(ModelName=model + "-x", ExecutionRoleArn=place.role, PrimaryContainer={"Image": image})
    place.sagemaker.create_endpoint_config(EndpointConfigName=model + "-x", ProductionVariants=[{
        "VariantName": "v", "ModelName": model + "-x", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}])
    try:
        place.sagemaker.create_endpoint(EndpointName=model + "-x", EndpointConfigName=model + "-x")
        reason = place.endpoint(model + "-x")["FailureReason"]
    except ClientError as error:
        reason = str(error)
    assert image in reason and "sagemaker-scikit-learn" in reason


def test_an_unknown_version_of_a_known_image(place):
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:9.9-1-cpu-py3"
    try:
        reason = failed(place, "print(1)", AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"})
    except ClientError as error:
        reason = str(error)
    assert "9.9-1" in reason and "1.2-1" in reason


@pytest.mark.parametrize("regex", ["(a+)+$", "(x+x+)+y", "(.*)*([0-9]+)z", "(a|aa)+b"])
def test_a_catastrophic_metric_regex_costs_nothing(place, regex):
    script = "for _ in range(20):\n    print('a' * 20000 + 'x' * 20000 + '!')\nprint('loss=0.5')\n"
    start = time.monotonic()
    job = place.run(script, AlgorithmSpecification={
        "TrainingImage": IMAGE, "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "bad", "Regex": regex}, {"Name": "loss", "Regex": "loss=([0-9.]+)"}]})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert time.monotonic() - start < 10
    assert [(m["MetricName"], m["Value"]) for m in job["FinalMetricDataList"]] == [("loss", 0.5)]


def test_a_metric_regex_that_cannot_be_matched_is_refused(place):
    for regex in ("loss=([0-9.]+", r"(?<=loss=)([0-9.]+)", r"(a)\1"):
        with pytest.raises(ClientError, match="ValidationException.*bad"):
            place.submit("print(1)", AlgorithmSpecification={
                "TrainingImage": IMAGE, "TrainingInputMode": "File", "MetricDefinitions": [{"Name": "bad", "Regex": regex}]})


def test_keys_with_dots_as_a_channel_do_not_leave_it(place):
    for number, key in enumerate(("../up", "a/../../up", "../../../../tmp/clary-evil", "..", "a/./b/../../../x")):
        place.put(f"dots{number}/{key}", b"evil")
        reason = failed(place, "print(1)", channels={"train": f"s3://{place.bucket}/dots{number}/"})
        assert reason.startswith("ClientError: Data download failed") and key in reason, reason
    assert not os.path.exists("/tmp/clary-evil")


def test_keys_of_every_kind_as_a_channel(place):
    names = ["plain.csv", "ünï/cödé ☃.csv", "sp ace/q'uo\"te.csv", "...", "a..b", "new\nline", "semi;colon$(x)", "%2e%2e", "d" * 200, "日本/語"]
    for name in names:
        place.put("kinds/" + name, name.encode())
    place.put("kinds/folder/", b"")
    script = """
import json, os
found = {}
for folder, _, files in os.walk(os.environ["SM_CHANNEL_TRAIN"]):
    for file in files:
        path = os.path.join(folder, file)
        found[os.path.relpath(path, os.environ["SM_CHANNEL_TRAIN"])] = open(path).read()
print("FOUND " + json.dumps(found))
"""
    job = place.run(script, channels={"train": f"s3://{place.bucket}/kinds/"})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    line = [line for line in place.log(job["TrainingJobName"]) if line.startswith("FOUND ")][0]
    assert json.loads(line[len("FOUND "):]) == {name: name for name in names}


def test_keys_that_no_disk_can_hold_are_told(place):
    place.put("long/" + "n" * 300, b"x")
    assert "n" * 30 in failed(place, "print(1)", channels={"train": f"s3://{place.bucket}/long/"})
    place.put("clash/a", b"x")
    place.put("clash/a/b", b"x")
    assert "clash/a" in failed(place, "print(1)", channels={"train": f"s3://{place.bucket}/clash/"})


def test_names(place):
    for name in ("-begins", "ends-", "under_score", "a" * 64, "a/b", "ünï", "a b", ""):
        with pytest.raises(Exception, match="validation error detected|ValidationException|[Pp]arameter validation failed"):
            place.submit("print(1)", name=name) if name else place.sagemaker.describe_training_job(TrainingJobName=" ")
    name = place.submit("print(1)")
    with pytest.raises(ClientError, match="ResourceInUse.*already exists"):
        place.submit("print(1)", name=name)
    assert place.wait(name)["TrainingJobStatus"] == "Completed"


def test_memory_beyond_the_instance(make_server):
    place = Platform(make_server())
    script = "import time\nblocks = []\nfor _ in range(400):\n    blocks.append(b'x' * (64 << 20))\n    time.sleep(0.002)\ntime.sleep(60)\n"
    reason = failed(place, script, ResourceConfig={"InstanceType": "ml.t3.medium", "InstanceCount": 1, "VolumeSizeInGB": 1})
    assert "more memory" in reason and "4.0 GiB" in reason
