"""Training jobs and endpoints of one script each, as the SageMaker SDKs submit them, for tests that speak boto3 alone."""

import io
import json
import pathlib
import re
import tarfile
import time
import uuid

import boto3
from botocore.client import Config

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
INSTANCE = "ml.m5.large"
ROLE = "arn:aws:iam::000000000000:role/{}"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
ENDED = ("Completed", "Failed", "Stopped")


def wait_until(look, seconds=30, what="the state"):
    """What `look` returns once it is true; looks often, for a bounded time."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(0.02)  # between two looks


def tar_gz(files):
    """A tar.gz of {name: text, bytes or TarInfo}."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


class Platform:
    """Clients of one server, and the few calls that every test makes with them."""

    def __init__(self, server):
        self.server = server
        variables = server.env()
        session = boto3.Session(aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                                aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
        # No proxies: what the tests of CONNECT need they set up themselves.
        config = Config(retries={"total_max_attempts": 1}, proxies={}, read_timeout=60, s3={"addressing_style": "path"})

        def client(name):
            return session.client(name, endpoint_url=server.url, config=config)

        self.session, self.client = session, client
        self.sagemaker, self.s3, self.logs = client("sagemaker"), client("s3"), client("logs")
        self.runtime = client("sagemaker-runtime")
        self.role = client("iam").list_roles()["Roles"][0]["Arn"]
        self.bucket = "jobs-" + uuid.uuid4().hex[:12]
        self.s3.create_bucket(Bucket=self.bucket)

    def put(self, key, body):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def submit(self, script="", *, archive=None, source=None, program="train.py", name=None, max_runtime=120, volume=1,
               channels=None, **request):
        """Creates a training job that runs `script` (or `archive`, the bytes of a sourcedir.tar.gz); its name."""
        name = name or "job-" + uuid.uuid4().hex[:12]
        source = source or self.put(f"{name}/source/sourcedir.tar.gz", archive or tar_gz({program: script}))
        hyperparameters = {"sagemaker_program": json.dumps(program), "sagemaker_submit_directory": json.dumps(source)}
        hyperparameters.update(request.pop("HyperParameters", {}))
        arguments = dict(
            TrainingJobName=name, RoleArn=self.role, HyperParameters=hyperparameters,
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            OutputDataConfig={"S3OutputPath": f"s3://{self.bucket}/output"},
            ResourceConfig={"InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": volume},
            StoppingCondition={"MaxRuntimeInSeconds": max_runtime})
        if channels:
            arguments["InputDataConfig"] = [
                {"ChannelName": channel, "DataSource": {"S3DataSource": {
                    "S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}}}
                for channel, uri in channels.items()]
        arguments.update(request)
        self.sagemaker.create_training_job(**arguments)
        return name

    def describe(self, name):
        return self.sagemaker.describe_training_job(TrainingJobName=name)

    def wait(self, name, seconds=60):
        """The job's description once it has ended."""
        def ended():
            job = self.describe(name)
            return job if job["TrainingJobStatus"] in ENDED else None
        return wait_until(ended, seconds, f"the end of {name}")

    def run(self, script="", **options):
        return self.wait(self.submit(script, **options))

    def log(self, name, group=LOG_GROUP):
        """Every line of the job's log, in order."""
        try:
            streams = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=name)["logStreams"]
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        lines = []
        for stream in streams:
            token = None
            while True:
                more = {"nextToken": token} if token else {}
                page = self.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True, **more)
                lines += [event["message"] for event in page["events"]]
                if page["nextForwardToken"] == token:
                    break
                token = page["nextForwardToken"]
        return lines

    def wait_for_line(self, name, text, seconds=30, **group):
        return wait_until(lambda: [line for line in self.log(name, **group) if text in line], seconds, f"'{text}' in the log of {name}")[0]

    def model(self, script, name=None, archive=None):
        """A model, its configuration and nothing else yet: their common name."""
        name = name or "model-" + uuid.uuid4().hex[:12]
        data = self.put(f"{name}/model.tar.gz", archive if archive is not None else tar_gz({"code/inference.py": script, "weights": "7"}))
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer={
            "Image": IMAGE, "ModelDataUrl": data,
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}})
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{
            "VariantName": "AllTraffic", "ModelName": name, "InstanceType": INSTANCE, "InitialInstanceCount": 1}])
        return name

    def deploy(self, script, **options):
        name = self.model(script, **options)
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        return name

    def endpoint(self, name, *statuses, seconds=60):
        def settled():
            found = self.sagemaker.describe_endpoint(EndpointName=name)
            return found if found["EndpointStatus"] in (statuses or ("InService", "Failed")) else None
        return wait_until(settled, seconds, f"{name} in {statuses}")

    def invoke(self, name, body=b"[1]"):
        answer = self.runtime.invoke_endpoint(EndpointName=name, Body=body, ContentType="application/json", Accept="application/json")
        return json.loads(answer["Body"].read())

    def delete_endpoint(self, name, seconds=60):
        self.sagemaker.delete_endpoint(EndpointName=name)
        self.wait_for_no_endpoint(name, seconds)

    def wait_for_no_endpoint(self, name, seconds=60):
        def gone():
            try:
                self.sagemaker.describe_endpoint(EndpointName=name)
            except self.sagemaker.exceptions.ClientError as error:
                assert "Could not find endpoint" in str(error)
                return True
        wait_until(gone, seconds, f"the end of {name}")


def processes_of(data_dir):
    """{pid: command line} of all processes that work in a data folder: whose command line or mounts name it."""
    mark = str(pathlib.Path(data_dir).resolve())
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            mounts = (entry / "mountinfo").read_text(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        # A mount of the data folder's file system into a sandbox shows the path below that file system's root.
        if mark in command or re.search(r"%s/(workers|socket|endpoints)" % re.escape(mark), mounts):
            found[int(entry.name)] = command
    return found


def nothing_runs(server, seconds=30):
    """Waits until no process but the server's own works in its data folder, and no network of hosts is left."""
    def of_workers():
        return {pid: command for pid, command in processes_of(server.data_dir).items() if not server.process or pid != server.process.pid}

    wait_until(lambda: not of_workers(), seconds, "the end of all processes")
    # A network's folder goes just after the process that held it.
    wait_until(lambda: not list((server.data_dir / "networks").glob("*")), seconds, "the end of all networks")
