"""Transform jobs: a small one from Create to Completed, and a large one's rows in a second with the memory that it takes. The model echoes and is not Python."""

import io
import re
import time
from concurrent.futures import ThreadPoolExecutor

from clary_server import ClaryServer
from figures import figure
from ground import BUCKET, ECHO, PROGRAMS, Ground, archive

ROW = ",".join(f"{value / 7:.4f}" for value in range(30)) + "\n"
SMALL, LARGE, COPIES = 5_000, 1_000_000, 4
RUNS, LARGE_RUNS = 9, 3


def model(ground):
    name = ground.name("model")
    ground.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ground.role, PrimaryContainer={
        "Image": ECHO, "ModelDataUrl": ground.put("echo/model.tar.gz", archive(echo_worker=(PROGRAMS / "echo_worker").read_bytes()))})
    return name


def transform(ground, model_name, prefix):
    """Seconds from Create to the end as a client sees it; the output's prefix."""
    name = ground.name("transform")
    began = time.perf_counter()
    ground.sagemaker.create_transform_job(
        TransformJobName=name, ModelName=model_name, BatchStrategy="MultiRecord", MaxConcurrentTransforms=2,
        TransformInput={"ContentType": "text/csv", "SplitType": "Line", "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}"}}},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out/{name}", "AssembleWith": "Line", "Accept": "text/csv"},
        TransformResources={"InstanceType": "ml.m4.xlarge", "InstanceCount": 1})
    while True:
        job = ground.sagemaker.describe_transform_job(TransformJobName=name)  # the first look waits for the end
        if job["TransformJobStatus"] not in ("InProgress", "Stopping"):
            break
        time.sleep(0.01)
    took = time.perf_counter() - began
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    return took, f"out/{name}/"


def peak_memory(ground):
    """The most that the server has held, in MB."""
    with open(f"/proc/{ground.process.pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1024


def sizes(ground, prefix):
    return [entry["Size"] for entry in ground.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]]


def main():
    with Ground() as ground:
        name = model(ground)
        ground.put("small/rows.csv", (ROW * SMALL).encode())
        transform(ground, name, "small/")
        took = [transform(ground, name, "small/")[0] for _ in range(RUNS)]
        figure("transform", f"a job of {SMALL:,} rows, Create to Completed", [seconds * 1000 for seconds in took], "ms", at_most=1000)

        part = (ROW * (LARGE // 10)).encode()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda i: ground.s3.upload_fileobj(io.BytesIO(part * 10), BUCKET, f"large/{i}.csv"), range(COPIES)))
        rates = []
        ground.stop()  # what the uploads took is forgotten
        ClaryServer.start(ground)
        before = peak_memory(ground)
        for _ in range(LARGE_RUNS):
            took, prefix = transform(ground, name, "large/")
            assert sizes(ground, prefix) == [len(ROW) * LARGE] * COPIES
            rates.append(COPIES * LARGE / took)
        figure("transform", f"{COPIES} files of {LARGE:,} rows of 30 features, through a worker that echoes", rates, "rows/s")
        figure("transform", "the server's memory, more at the most than before", [peak_memory(ground) - before], "MB", at_most=150)


if __name__ == "__main__":
    main()
