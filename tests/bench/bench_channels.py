"""What a job works on and leaves: S3 to a channel beside `cp -r`, packing beside `tar | pigz -1`, and a channel of 200,000 small files."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from figures import figure, ratios, side_by_side
from ground import BUCKET, SKLEARN, Ground, archive
from many_objects import Puts

RUNS, FILES, SIZE = 5, 4000, 262144
SMALL = 200_000
CACHE = pathlib.Path.home() / ".cache" / "clary"
KEEP = b"import shutil; shutil.copytree('/opt/ml/input/data/train', '/opt/ml/model/data')\n"


def weights():
    """256 KiB as float32 weights are: exponents that compress a little, the rest not at all."""
    data = bytearray(os.urandom(SIZE))
    signs = os.urandom(SIZE // 4)
    data[3::4] = bytes((0x3C, 0x3D, 0xBC, 0xBD)[byte & 3] for byte in signs)
    return bytes(data)


def seconds_of(job, status):
    return sum((step["EndTime"] - step["StartTime"]).total_seconds() for step in job["SecondaryStatusTransitions"] if step["Status"] == status)


def train(ground, code, uri, mode="File", volume=8):
    name = ground.name("channels")
    quoted = {"sagemaker_program": "script.py", "sagemaker_submit_directory": code}
    ground.sagemaker.create_training_job(
        TrainingJobName=name, RoleArn=ground.role, HyperParameters={key: f'"{value}"' for key, value in quoted.items()},
        AlgorithmSpecification={"TrainingImage": SKLEARN, "TrainingInputMode": mode},
        InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/output"}, StoppingCondition={"MaxRuntimeInSeconds": 900},
        ResourceConfig={"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": volume})
    while True:
        job = ground.sagemaker.describe_training_job(TrainingJobName=name)
        if job["TrainingJobStatus"] == "Completed":
            return job
        if job["TrainingJobStatus"] != "InProgress":
            raise RuntimeError(f"{name}: {job.get('FailureReason')}")
        time.sleep(0.05)


def settle(ground):
    """The folders of ended jobs are removed after their end: a gigabyte less, and nothing of it, in what is measured."""
    deadline = time.monotonic() + 60
    while any((ground.data_dir / "workers").glob("train-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.sync()


def timed(command):
    began = time.monotonic()
    subprocess.run(command, shell=True, check=True)
    return time.monotonic() - began


def against(what, unit, got, peer):
    figure("channels", f"{what}, Clary", got["ours"], unit)
    figure("channels", f"{what}, {peer}", got["theirs"], unit)
    return ratios(got["ours"], got["theirs"])


def bench_large(ground, puts, folder):
    tree = folder / "tree"
    data = weights()
    pairs = []
    for i in range(FILES):
        body = i.to_bytes(8, "little") + data[8:]
        path = tree / f"{i % 40:02}" / f"{i:04}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        pairs.append((f"large/{path.relative_to(tree)}", body))
    puts.all(pairs, 4)
    nothing = ground.put("code/nothing.tar.gz", archive(**{"script.py": b""}))
    uri = f"s3://{BUCKET}/large"
    train(ground, nothing, uri)  # the environment is there from now on
    back = folder / "back"

    def ours(mode="File"):
        settle(ground)
        return seconds_of(train(ground, nothing, uri, mode), "Downloading")

    # Each side's copy is removed after its run, as the server removes a job's: memory that has just become free is five times quicker
    # to fill in a virtual machine than memory that its host has not given yet, and both have to find the same.
    def theirs():
        settle(ground)
        took = timed(f"cp -r {tree} {back}")
        shutil.rmtree(back)
        return took

    got = side_by_side(RUNS, ours=ours, theirs=theirs)
    figure("channels", "1 GiB in 4,000 files, Clary / cp -r", against("1 GiB in 4,000 files to a channel", "s", got, "cp -r"), "x", at_most=1.5)
    figure("channels", "the same in FastFile mode", [ours("FastFile") for _ in range(RUNS)], "s")

    keep = ground.put("code/keep.tar.gz", archive(**{"script.py": KEEP}))
    packed = folder / "packed.tar.gz"

    def ours_packed():
        settle(ground)
        return seconds_of(train(ground, keep, uri), "Uploading")

    def theirs_packed():
        settle(ground)
        return timed(f"tar -C {tree} -c . | pigz -1 > {packed}")

    got = side_by_side(3, ours=ours_packed, theirs=theirs_packed)
    figure("channels", "packing, Clary / tar | pigz -1", against("1 GiB of weights to model.tar.gz, synced", "s", got, "tar | pigz -1"), "x",
           at_most=1)


def peak_memory(ground, work):
    pid = ground.process.pid
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
    value = work()
    peak = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024
    return value, peak


def bench_small(ground, puts, folder):
    began = time.monotonic()
    puts.all([(f"small/{i % 200:03}/{i:06}", b"%d" % i) for i in range(SMALL)])
    print(f"  {SMALL:,} objects were put in {time.monotonic() - began:.0f} s", flush=True)
    count = b"import os; print(sum(len(names) for _, _, names in os.walk('/opt/ml/input/data/train')))\n"
    code = ground.put("code/count.tar.gz", archive(**{"script.py": count}))
    for mode in ("File", "FastFile"):
        job, peak = peak_memory(ground, lambda: train(ground, code, f"s3://{BUCKET}/small", mode, volume=2))
        assert str(SMALL) in ground.log_lines("/aws/sagemaker/TrainingJobs", job["TrainingJobName"])
        figure("channels", f"200,000 small files to a channel, mode {mode}", [seconds_of(job, "Downloading")], "s", at_most=60)
        figure("channels", f"the server's memory at its highest meanwhile, mode {mode}", [peak], "MB", at_most=200)


def main():
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="clary-bench-channels-", dir=CACHE) as name:
        folder = pathlib.Path(name)
        with Ground(folder / "data", log_level="warn") as ground:
            puts = Puts(ground.address, ground.access_key, ground.secret_key, BUCKET)
            bench_large(ground, puts, folder)
            bench_small(ground, puts, folder)


main()
