"""A transform of 50 GB of rows, packed by gzip to what a disk holds easily: memory of the server and what the disk has to hold meanwhile, beyond the
output. The model is one of XGBoost, served without code. Takes some minutes; it runs by its name alone."""

import gzip
import os
import pathlib
import tempfile
import time

from bench_transform import peak_memory, sizes
from bench_xgboost import IMAGE, prepare
from clary_server import ClaryServer
from figures import figure
from ground import BUCKET, Ground

BYTES = 50 * 1000**3
BLOCK = 10 * 1000**2


class Parts:
    """One packed block again and again, as a file: gzip's members may follow one another."""

    def __init__(self, block, count):
        self.block, self.left = block, count
        self.rest = b""

    def read(self, size=-1):
        while self.left and (size < 0 or len(self.rest) < size):
            self.rest += self.block * min(self.left, 100)
            self.left -= min(self.left, 100)
        size = len(self.rest) if size < 0 else size
        given, self.rest = self.rest[:size], self.rest[size:]
        return given


def used(folder):
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def main():
    with Ground(log_level="warn") as ground, tempfile.TemporaryDirectory(prefix="clary-bench-") as name:
        folder = pathlib.Path(name)
        _, model = prepare(ground, folder)
        with open(folder / "rows.csv", "rb") as file:
            rows = b"".join(line for line, _ in zip(file, range(80)))  # within gzip's window
        block = rows * (BLOCK // len(rows))
        lines = block.count(b"\n") * (BYTES // len(block))
        ground.s3.upload_fileobj(Parts(gzip.compress(block, mtime=0), BYTES // len(block)), BUCKET, "huge/rows.csv.gz")
        model_name = ground.name("model")
        ground.sagemaker.create_model(ModelName=model_name, ExecutionRoleArn=ground.role, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": model})
        ground.stop()  # what the upload took is forgotten
        ClaryServer.start(ground)
        memory, disk, most = peak_memory(ground), used(folder), 0
        began = time.perf_counter()
        job = ground.name("huge")
        ground.sagemaker.create_transform_job(
            TransformJobName=job, ModelName=model_name, BatchStrategy="MultiRecord",
            TransformInput={"ContentType": "text/csv", "SplitType": "Line", "CompressionType": "Gzip", "DataSource": {"S3DataSource": {
                "S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/huge/"}}},
            TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out/{job}", "AssembleWith": "Line", "Accept": "text/csv"},
            TransformResources={"InstanceType": "ml.m4.xlarge", "InstanceCount": 1})
        while True:
            described = ground.sagemaker.describe_transform_job(TransformJobName=job)
            most = max(most, used(folder) - disk)
            if described["TransformJobStatus"] != "InProgress":
                break
            time.sleep(1)
        took = time.perf_counter() - began
        assert described["TransformJobStatus"] == "Completed", described.get("FailureReason")
        output = sum(sizes(ground, f"out/{job}/"))
        figure("huge", f"transform of {lines:,} rows, {BYTES / 1000**3:.0f} GB", [lines / took], "rows/s", note=f"{BYTES / took / 1000**2:,.0f} MB/s")
        figure("huge", "the server's memory, more at the most than before", [peak_memory(ground) - memory], "MB", at_most=150)
        figure("huge", "the disk's, beyond the output", [(most - output) / 1000**2], "MB", note=f"the output is {output / 1000**3:.2f} GB")


if __name__ == "__main__":
    main()
