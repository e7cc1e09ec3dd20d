"""What a job leaves: archives that every reader takes, loose files, and nothing that the job did not have."""

import io
import subprocess
import tarfile

LEAVE = """
import os
os.makedirs("/opt/ml/model/deep/er")
open("/opt/ml/model/weights.bin", "wb").write(bytes(range(256)) * 40000)
open("/opt/ml/model/deep/er/größe.txt", "w").write("text")
open("/opt/ml/model/empty", "w")
os.chmod("/opt/ml/model/empty", 0o755)
os.symlink("weights.bin", "/opt/ml/model/inside")
os.symlink("/etc/passwd", "/opt/ml/model/outside")
os.symlink("../../input/config/resourceconfig.json", "/opt/ml/model/above")
os.mkfifo("/opt/ml/model/pipe")
os.makedirs("/opt/ml/output/data", exist_ok=True)
open("/opt/ml/output/data/predictions.csv", "w").write("1,2")
"""


def read(platform, key):
    return platform.s3.get_object(Bucket=platform.bucket, Key=key)["Body"].read()


def keys(platform, prefix):
    return [item["Key"][len(prefix):] for item in platform.s3.list_objects_v2(Bucket=platform.bucket, Prefix=prefix).get("Contents", [])]


def test_archives_that_every_reader_takes(platform, tmp_path):
    job = platform.run(LEAVE)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    name = job["TrainingJobName"]
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{platform.bucket}/output/{name}/output/model.tar.gz"
    data = read(platform, f"output/{name}/output/model.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        members = {member.name: member for member in archive.getmembers()}
        assert sorted(members) == ["deep", "deep/er", "deep/er/größe.txt", "empty", "inside", "weights.bin"]
        assert archive.extractfile("weights.bin").read() == bytes(range(256)) * 40000
        assert archive.extractfile("deep/er/größe.txt").read() == b"text"
        assert members["inside"].linkname == "weights.bin" and members["empty"].mode == 0o755
    (tmp_path / "model.tar.gz").write_bytes(data)
    assert subprocess.run(["gzip", "-t", "model.tar.gz"], cwd=tmp_path).returncode == 0
    listed = subprocess.run(["tar", "tzf", "model.tar.gz"], cwd=tmp_path, capture_output=True, check=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
    assert len(listed.stdout.splitlines()) == 6 and not listed.stderr
    with tarfile.open(fileobj=io.BytesIO(read(platform, f"output/{name}/output/output.tar.gz"))) as archive:
        assert archive.extractfile("data/predictions.csv").read() == b"1,2"


def test_loose_files_where_compression_is_none(platform):
    job = platform.run(LEAVE, OutputDataConfig={"S3OutputPath": f"s3://{platform.bucket}/loose", "CompressionType": "NONE"})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    name = job["TrainingJobName"]
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{platform.bucket}/loose/{name}/output/model/"
    assert keys(platform, f"loose/{name}/output/") == [
        "data/predictions.csv", "model/deep/er/größe.txt", "model/empty", "model/weights.bin"]
    assert read(platform, f"loose/{name}/output/model/weights.bin") == bytes(range(256)) * 40000


def test_a_folder_that_became_a_link_is_not_followed(platform):
    job = platform.run("import os; os.rmdir('/opt/ml/model'); os.symlink('/etc', '/opt/ml/model')")
    assert keys(platform, f"output/{job['TrainingJobName']}/") == []


def test_two_jobs_with_one_output_path(platform):
    path = {"S3OutputPath": f"s3://{platform.bucket}/shared"}
    names = [platform.submit(f"open('/opt/ml/model/mine', 'w').write('{i}')", OutputDataConfig=path) for i in range(2)]
    for i, name in enumerate(names):
        assert platform.wait(name)["TrainingJobStatus"] == "Completed"
        with tarfile.open(fileobj=io.BytesIO(read(platform, f"shared/{name}/output/model.tar.gz"))) as archive:
            assert archive.extractfile("mine").read() == str(i).encode()
