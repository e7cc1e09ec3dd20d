"""Input channels as a job sees them: prefixes, manifests, FastFile, and what is said of those that cannot be."""

import io
import json
import pathlib
import tarfile

import pytest

from jobs import Platform, wait_until
from many_objects import Puts

# Reads its file once the test says so.
LATE = """
import os, time
print("started", flush=True)
while not os.path.exists("/tmp/go"):
    time.sleep(0.02)
with open("/opt/ml/input/data/train/file", "rb") as file:
    data = file.read()
print("read", data[:6].decode(), len(data))
"""

LOOK = """
import json, os
seen = {}
top = "/opt/ml/input/data"
for channel in os.listdir(top):
    files = seen[channel] = {}
    for folder, _, names in os.walk(os.path.join(top, channel)):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                files[os.path.relpath(path, os.path.join(top, channel))] = file.read(100).decode("latin-1")
print("seen", json.dumps(seen))
"""

ADD_UP = """
import os
files = total = 0
for folder, _, names in os.walk("/opt/ml/input/data/train"):
    for name in names:
        with open(os.path.join(folder, name)) as file:
            number = int(file.read())
        assert name == "%06d" % number, name
        files, total = files + 1, total + number
print(files, "files,", total, "in all")
"""

# Every way to change a file of a channel, or to keep one beyond the job.
TAMPER = """
import os, json, shutil
path = "/opt/ml/input/data/train/big.bin"
said = {}
def attempt(name, action):
    try:
        action()
        said[name] = "done"
    except OSError as error:
        said[name] = error.strerror
def write_again():
    with open(path, "rb") as file:
        os.close(os.open("/proc/self/fd/%d" % file.fileno(), os.O_WRONLY))
attempt("write", lambda: open(path, "r+b"))
attempt("append", lambda: open(path, "ab"))
attempt("through proc", write_again)
attempt("truncate", lambda: os.truncate(path, 0))
attempt("chmod", lambda: os.chmod(path, 0o777))
attempt("times", lambda: os.utime(path, (0, 0)))
attempt("unlink", lambda: os.unlink(path))
attempt("rename", lambda: os.rename(path, path + "2"))
attempt("create", lambda: open("/opt/ml/input/data/train/new", "w"))
attempt("link", lambda: os.link(path, "/opt/ml/model/linked"))
attempt("remove folder", lambda: os.rmdir("/opt/ml/input/data/train/sub"))
print("said", json.dumps(said))
print("names", json.dumps(sorted(os.listdir("/opt/ml/input/data/train"))))
print("bytes", sum(os.path.getsize(os.path.join("/opt/ml/input/data/train", name)) for name in os.listdir("/opt/ml/input/data/train")))
with open(path, "rb") as file:
    print("first", file.read(16).hex())
"""


def channel(name, uri, data_type="S3Prefix", distribution="FullyReplicated", attributes=None, **more):
    source = {"S3DataType": data_type, "S3Uri": uri, "S3DataDistributionType": distribution}
    if attributes:
        source["AttributeNames"] = attributes
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, **more}


def line_of(platform, name, mark):
    lines = platform.log(name)
    found = [line[len(mark) + 1:] for line in lines if line.startswith(mark + " ")]
    assert found, "\n".join(lines)
    return json.loads(found[0])


def failure(platform, *channels, script=""):
    job = platform.run(script, InputDataConfig=list(channels))
    assert job["TrainingJobStatus"] == "Failed", job
    return job["FailureReason"]


@pytest.fixture(scope="module")
def data(platform):
    for key, text in {"set/a.csv": "a", "set/deep/b.csv": "b", "set/größe/日本.txt": "unicode", "set/marker/": "", "set/deep/c.csv": "c",
                      "img/cat.jpg": "cat", "img/dog.jpg": "dog"}.items():
        platform.put(key, text.encode())
    platform.put("manifest.json", json.dumps([{"prefix": f"s3://{platform.bucket}/set/"}, "a.csv", "deep/c.csv"]))
    platform.put("train.manifest", "\n".join(json.dumps(line) for line in (
        {"source-ref": f"s3://{platform.bucket}/img/cat.jpg", "label": 0, "annotator": "x"},
        {"source-ref": f"s3://{platform.bucket}/img/dog.jpg", "label": 1})))
    return f"s3://{platform.bucket}"


def test_every_kind_of_channel(platform, data):
    job = platform.run(LOOK, InputDataConfig=[
        channel("prefix", f"{data}/set"),
        channel("one", f"{data}/set/deep/b.csv", ContentType="text/csv"),
        channel("listed", f"{data}/manifest.json", "ManifestFile"),
        channel("augmented", f"{data}/train.manifest", "AugmentedManifestFile", attributes=["source-ref", "label"]),
        channel("fast", f"{data}/set", InputMode="FastFile"),
        channel("fast-listed", f"{data}/manifest.json", "ManifestFile", InputMode="FastFile"),
        channel("shard", f"{data}/set", distribution="ShardedByS3Key", ShuffleConfig={"Seed": 5}),
    ])
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    seen = line_of(platform, job["TrainingJobName"], "seen")
    # The script prints bytes.
    whole = {"a.csv": "a", "deep/b.csv": "b", "deep/c.csv": "c", "größe/日本.txt": "unicode"}
    assert seen["prefix"] == seen["fast"] == seen["shard"] == whole  # a shard of one host is all
    assert seen["one"] == {"b.csv": "b"}
    assert seen["listed"] == seen["fast-listed"] == {"a.csv": "a", "deep/c.csv": "c"}
    manifest = seen["augmented"].pop("train.manifest")
    assert seen["augmented"] == {"img/cat.jpg": "cat", "img/dog.jpg": "dog"}
    assert "annotator" not in manifest
    assert job["InputDataConfig"][1]["ContentType"] == "text/csv"


def test_hosts_share_the_objects_out(platform):
    for i in range(7):
        platform.put(f"shards/part-{i}", b"x")
    script = """
import os
host = os.environ["SM_CURRENT_HOST"]
for channel in ("shard", "fast", "all"):
    print(host, channel, *sorted(os.listdir("/opt/ml/input/data/" + channel)))
open("/opt/ml/model/" + host, "w").write(host)
open("/opt/ml/checkpoints/" + host, "w").write(host)
"""
    uri = f"s3://{platform.bucket}/shards"
    job = platform.run(script, InputDataConfig=[
        channel("shard", uri, distribution="ShardedByS3Key"),
        channel("fast", uri, distribution="ShardedByS3Key", InputMode="FastFile"),
        channel("all", uri, InputMode="FastFile"),
    ], CheckpointConfig={"S3Uri": f"s3://{platform.bucket}/ck-of-hosts"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    log = platform.log(job["TrainingJobName"])
    for kind in ("shard", "fast"):
        assert f"algo-1 {kind} part-0 part-2 part-4 part-6" in log
        assert f"algo-2 {kind} part-1 part-3 part-5" in log
    assert sum(line.endswith(" ".join(f"part-{i}" for i in range(7))) for line in log) == 2
    data = platform.s3.get_object(Bucket=platform.bucket, Key=f"output/{job['TrainingJobName']}/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getnames() == ["algo-1", "algo-2"]
    kept = platform.s3.list_objects_v2(Bucket=platform.bucket, Prefix="ck-of-hosts/")["Contents"]
    assert [item["Key"] for item in kept] == ["ck-of-hosts/algo-1", "ck-of-hosts/algo-2"]


def test_fastfile_is_lazy_read_only_and_larger_than_the_volume(platform):
    big = bytes(range(256)) * 4096 * 64  # 64 MiB
    platform.put("fast/big.bin", big)
    platform.put("fast/sub/small", b"s")
    etag = platform.s3.head_object(Bucket=platform.bucket, Key="fast/big.bin")["ETag"]
    for i in range(20):
        platform.s3.copy_object(Bucket=platform.bucket, Key=f"fast/copy-{i:02}", CopySource={"Bucket": platform.bucket, "Key": "fast/big.bin"})
    job = platform.run(TAMPER, volume=1, InputDataConfig=[channel("train", f"s3://{platform.bucket}/fast", InputMode="FastFile")])
    log = "\n".join(platform.log(job["TrainingJobName"]))
    assert job["TrainingJobStatus"] == "Completed", log
    said = line_of(platform, job["TrainingJobName"], "said")
    assert said.pop("link") == "Invalid cross-device link"
    # The folder is the job's, the files are the server's, where that is root; the mount is read-only for whoever it is.
    assert {said.pop(name) for name in ("unlink", "rename", "create", "remove folder")} == {"Read-only file system"}
    assert set(said.values()) <= {"Read-only file system", "Permission denied", "Operation not permitted"}, said
    assert line_of(platform, job["TrainingJobName"], "names") == ["big.bin", *(f"copy-{i:02}" for i in range(20)), "sub"]
    assert f"first {big[:16].hex()}" in log
    assert line_of(platform, job["TrainingJobName"], "bytes") > 1 << 30
    assert "FastFile" not in log  # nothing had to be copied
    assert platform.s3.head_object(Bucket=platform.bucket, Key="fast/big.bin")["ETag"] == etag
    assert platform.s3.get_object(Bucket=platform.bucket, Key="fast/big.bin")["Body"].read() == big
    # On the host nothing is, or was, mounted.
    assert str(platform.server.data_dir) not in pathlib.Path("/proc/self/mounts").read_text()


def fast_workers(platform):
    return [path for path in (platform.server.data_dir / "workers").glob("*") if (path / "fastfile" / "train" / "file").exists()]


def submit_late(platform):
    platform.put("kept/file", b"before" * 20000)
    name = platform.submit(LATE, InputDataConfig=[channel("train", f"s3://{platform.bucket}/kept", InputMode="FastFile")])
    platform.wait_for_line(name, "started")
    return name


def let_it_read(platform, name):
    [worker] = fast_workers(platform)
    (worker / "tmp" / "go").write_text("")
    job = platform.wait(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert "read before 120000" in platform.log(name)
    wait_until(lambda: not worker.exists(), what="the end of the worker's folder")


def test_a_fastfile_channel_keeps_what_was_there_at_the_start(platform):
    name = submit_late(platform)
    platform.put("kept/file", b"after")
    platform.s3.delete_object(Bucket=platform.bucket, Key="kept/file")
    let_it_read(platform, name)


def test_a_channel_of_200_000_small_files(platform):
    credentials = platform.session.get_credentials()
    puts = Puts(platform.server.address, credentials.access_key, credentials.secret_key, platform.bucket)
    puts.all([(f"small/{i % 200:03}/{i:06}", b"%d" % i) for i in range(200_000)])
    job = platform.wait(platform.submit(ADD_UP, max_runtime=600, channels={"train": f"s3://{platform.bucket}/small"}), 300)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert f"200000 files, {sum(range(200_000))} in all" in platform.log(job["TrainingJobName"])


def test_a_fastfile_channel_outlives_the_server(make_server):
    platform = Platform(make_server(first_look_seconds=0))
    name = submit_late(platform)
    platform.server.kill()
    platform.server.start()
    let_it_read(platform, name)
    assert platform.s3.get_object(Bucket=platform.bucket, Key="kept/file")["Body"].read(6) == b"before"
    assert str(platform.server.data_dir) not in pathlib.Path("/proc/self/mounts").read_text()


def test_what_does_not_work_says_why(platform, data):
    s3 = f"s3://{platform.bucket}"
    with pytest.raises(platform.sagemaker.exceptions.ClientError, match="Pipe"):
        platform.submit("", InputDataConfig=[channel("train", f"{data}/set", InputMode="Pipe")])
    assert "not supported in the input mode FastFile" in failure(
        platform, channel("train", f"{data}/train.manifest", "AugmentedManifestFile", attributes=["label"], InputMode="FastFile"))
    assert 'No S3 objects found under S3 URL' in failure(platform, channel("train", f"{s3}/nothing-here"))

    platform.put("bad/missing.json", json.dumps([{"prefix": f"{s3}/set/"}, "gone-1", "a.csv", "gone-2"]))
    reason = failure(platform, channel("train", f"{s3}/bad/missing.json", "ManifestFile"))
    assert f"{s3}/set/gone-1, {s3}/set/gone-2" in reason
    platform.put("bad/hostile.json", json.dumps([{"prefix": f"{s3}/set/"}, "../../../../../etc/cron.d/x"]))
    assert '".." is not allowed' in failure(platform, channel("train", f"{s3}/bad/hostile.json", "ManifestFile"))
    platform.put("bad/huge.json", b"[" + b" " * (64 << 20) + b"]")
    assert "larger than" in failure(platform, channel("train", f"{s3}/bad/huge.json", "ManifestFile"))
    platform.put("bad/deep.json", b"[" * 100000)
    assert "is not valid" in failure(platform, channel("train", f"{s3}/bad/deep.json", "ManifestFile"))
    platform.put("both/a", b"file")
    platform.put("both/a/b", b"in a folder of that name")
    assert "both a file and a folder" in failure(platform, channel("train", f"{s3}/both"))
    assert "both a file and a folder" in failure(platform, channel("train", f"{s3}/both", InputMode="FastFile"))
