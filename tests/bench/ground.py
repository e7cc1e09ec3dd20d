"""What the benchmarks stand on: a server with boto3 clients, training jobs and endpoints through the API, a runtime that echoes."""

import io
import json
import os
import pathlib
import tarfile
import tempfile
import time

import boto3
from botocore.config import Config

from clary_server import ClaryServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "build" / "bench"
BUCKET = "bench"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.23-1-cpu-py3"
ECHO = "000000000000.dkr.ecr.us-east-1.amazonaws.com/echo:1"

ECHO_RUNTIME = """
[runtime]
name = "echo"
[[image]]
repositories = ["echo"]
accounts = ["*"]
[[version]]
tag = "1"
library = "echo 1"
python = "3.11"
requirements = "requirements.txt"
fidelity = "exact"
serve_command = ["/opt/ml/model/echo_worker", "{socket}"]
"""


def archive(**members):
    """A tar.gz of name -> bytes, all executable."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


class Ground(ClaryServer):
    """A server under measurement, with clients and a bucket."""

    def __init__(self, data_dir=None, **settings):
        self.runtimes = tempfile.TemporaryDirectory(prefix="clary-bench-runtimes-")
        echo = pathlib.Path(self.runtimes.name) / "echo"
        echo.mkdir()
        (echo / "runtime.toml").write_text(ECHO_RUNTIME)
        (echo / "requirements.txt").write_text("# an echo needs nothing\n")
        super().__init__(data_dir, runtimes_dir=self.runtimes.name, **settings)
        self.count = 0

    def start(self):
        super().start()
        self.apply()
        self.session = boto3.Session()
        credentials = self.session.get_credentials().get_frozen_credentials()
        self.access_key, self.secret_key = credentials.access_key, credentials.secret_key
        self.s3 = self.client("s3")
        self.sagemaker = self.client("sagemaker")
        self.logs = self.client("logs")
        self.runtime = self.client("sagemaker-runtime")
        self.s3.create_bucket(Bucket=BUCKET)
        self.role = self._role()
        return self

    def client(self, service):
        return self.session.client(service, config=Config(read_timeout=120, retries={"total_max_attempts": 1}))

    def _role(self):
        account = self.client("sts").get_caller_identity()["Account"]
        return f"arn:aws:iam::{account}:role/service-role/ClaryBench"

    def name(self, stem):
        self.count += 1
        return f"{stem}-{self.count}"

    def put(self, key, data):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        return f"s3://{BUCKET}/{key}"

    def train(self, code_url, image=SKLEARN, hyperparameters=None, channels=None, instance="ml.m4.xlarge", metrics=()):
        """Runs script.py of an archive of code as a training job. Its name, the time of the call, the time of its end as seen here.
        channels: {name: S3 prefix}."""
        name = self.name("job")
        quoted = {"sagemaker_program": "script.py", "sagemaker_submit_directory": code_url, "sagemaker_region": "us-east-1",
                  "sagemaker_job_name": name, "sagemaker_container_log_level": "20"}
        parameters = {key: f'"{value}"' for key, value in quoted.items()}
        parameters.update({key: json.dumps(value) for key, value in (hyperparameters or {}).items()})
        return self.run_job(name, image, parameters, channels or {}, instance, metrics)

    def train_algorithm(self, image, hyperparameters, channels, instance="ml.m4.xlarge"):
        """The same of an image that is an algorithm: no script. Channels are CSV."""
        return self.run_job(self.name("job"), image, hyperparameters, channels, instance, (), {"ContentType": "text/csv"})

    def run_job(self, name, image, parameters, channels, instance, metrics, of_channel=None):
        inputs = [{"ChannelName": channel, "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}}, **(of_channel or {})}
            for channel, uri in channels.items()]
        began = time.time()
        self.sagemaker.create_training_job(
            TrainingJobName=name, RoleArn=self.role, HyperParameters=parameters,
            AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File", "MetricDefinitions": list(metrics)},
            **({"InputDataConfig": inputs} if inputs else {}),
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/output"}, StoppingCondition={"MaxRuntimeInSeconds": 600},
            ResourceConfig={"InstanceType": instance, "InstanceCount": 1, "VolumeSizeInGB": 5})
        while True:
            job = self.sagemaker.describe_training_job(TrainingJobName=name)  # the first look waits for the end
            if job["TrainingJobStatus"] not in ("InProgress", "Stopping"):
                break
            time.sleep(0.01)
        ended = time.time()
        if job["TrainingJobStatus"] != "Completed":
            raise RuntimeError(f"{name}: {job.get('FailureReason')}")
        return name, began, ended

    def deploy(self, image, model_url, environment=None):
        """Makes a model, a configuration and an endpoint. Its name, the time of CreateEndpoint, the time when it was seen InService."""
        name = self.name("endpoint")
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer={
            "Image": image, "ModelDataUrl": model_url, "Environment": environment or {}})
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{
            "VariantName": "one", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m4.xlarge"}])
        began = time.time()
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        while True:
            endpoint = self.sagemaker.describe_endpoint(EndpointName=name)
            if endpoint["EndpointStatus"] != "Creating":
                break
            time.sleep(0.01)
        ended = time.time()
        if endpoint["EndpointStatus"] != "InService":
            raise RuntimeError(f"{name}: {endpoint.get('FailureReason')}")
        return name, began, ended

    def delete_endpoint(self, name):
        self.sagemaker.delete_endpoint(EndpointName=name)
        self.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})

    def deploy_echo(self):
        program = (PROGRAMS / "echo_worker").read_bytes()
        return self.deploy(ECHO, self.put("echo/model.tar.gz", archive(echo_worker=program)))

    def log_lines(self, group, stream_prefix):
        streams = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream_prefix)["logStreams"]
        return [event["message"] for stream in streams for event in self.logs.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)["events"]]

    def told(self, group, stream_prefix, mark):
        """The number after `mark` in the log; waits a little for the log to arrive."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            for line in self.log_lines(group, stream_prefix):
                if mark in line:
                    return float(line.split(mark, 1)[1].split()[0])
            time.sleep(0.05)
        raise RuntimeError(f"no '{mark}' in the log {group} {stream_prefix}")

    def worker_sockets(self):
        return sorted((self.data_dir / "workers").glob("*/ml/worker.sock"))

    def __exit__(self, *error):
        super().__exit__(*error)
        self.runtimes.cleanup()
        for name in list(os.environ):
            if name.startswith("AWS_"):
                del os.environ[name]
