"""Any container image, by podman: training, processing and serving in an image that the test makes, and what is said where that cannot be."""

import io
import json
import os
import tarfile
import uuid

import pytest
from botocore.exceptions import ClientError

import container_image
from clary_server import ClaryServer
from jobs import INSTANCE, Platform, tar_gz, wait_until

SECRET = "of-the-server-alone"


@pytest.fixture(scope="module")
def place():
    with ClaryServer(first_look_seconds=0, variables={"SERVERS_SECRET": SECRET}) as server:
        yield Platform(server)
        # Nothing of podman's is left when all is done.
        wait_until(lambda: not containers(server), 20, "the end of all containers")


@pytest.fixture(scope="module")
def image(place):
    """The image's name. Where podman starts nothing here, that is what jobs must say, and nothing else can be tested."""
    lacking = [line for line in place.server.clary("doctor", check=False).splitlines() if line.startswith("option  other container images")]
    if lacking:
        job = submit(place, "localhost/any:1")
        reason = place.wait(job).get("FailureReason", "")
        assert reason.startswith("ClientError: ") and "podman" in reason and "mend it with" in reason
        pytest.skip(f"no containers here, and jobs say so: {lacking[0]}")
    return container_image.build()


def containers(server):
    """The names of the server's containers, which begin with a hash of its folder of workers."""
    number = 2166136261
    for byte in str((server.data_dir / "workers").resolve()).encode():
        number = (number ^ byte) * 16777619 % 2 ** 32
    return container_image.run("podman", "ps", "--all", "--format", "{{.Names}}", "--filter", f"name=^clary-{number:08x}-").split()


def submit(place, image, parameters=None, algorithm=None, **request):
    name = "job-" + uuid.uuid4().hex[:12]
    place.sagemaker.create_training_job(**{**dict(
        TrainingJobName=name, RoleArn=place.role, HyperParameters=parameters or {},
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File", "MetricDefinitions": [
            {"Name": "accuracy", "Regex": "accuracy: (.*?);"}], **(algorithm or {})},
        OutputDataConfig={"S3OutputPath": f"s3://{place.bucket}/output"},
        ResourceConfig={"InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 120}), **request})
    return name


def completed(place, name):
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), place.log(name))
    return job


def told_by_all(place, name):
    """What the image's program printed as key=value, on all hosts."""
    return [(key, json.loads(value)) for key, _, value in (line.partition("=") for line in place.log(name)) if value and key.isidentifier()]


def told(place, name):
    """The same of a job with one host."""
    return dict(told_by_all(place, name))


def model_of(place, job):
    key = job["ModelArtifacts"]["S3ModelArtifacts"].split("/", 3)[3]
    archive = tarfile.open(fileobj=io.BytesIO(place.s3.get_object(Bucket=place.bucket, Key=key)["Body"].read()))
    return {member.name: archive.extractfile(member).read().decode() for member in archive.getmembers() if member.isfile()}


def test_a_training_job_with_sagemakers_contract(place, image):
    data = place.put("data/x.txt", b"some data").rpartition("/")[0]
    name = submit(place, image, {"weights": "42"}, Environment={"OURS": "yes"}, InputDataConfig=[
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": data}}}])
    job = completed(place, name)
    assert model_of(place, job) == {"weights": "42"}
    assert [(m["MetricName"], m["Value"]) for m in job["FinalMetricDataList"]] == [("accuracy", 0.75)]
    said = told(place, name)
    assert said["arguments"] == ["train"]
    assert said["parameters"] == {"weights": "42"}
    assert said["hosts"] == ["algo-1"] and said["hostname"] == "algo-1"
    assert said["data"] == {"train/x.txt": "some data"}
    assert said["directory"] == "/opt/program" and said["uid"] == 0
    assert "last words" in place.log(name)
    environment = said["environment"]
    assert environment["FROM_IMAGE"] == "yes" and environment["OURS"] == "yes"
    assert environment["TRAINING_JOB_NAME"] == name and environment["TRAINING_JOB_ARN"] == job["TrainingJobArn"]
    assert environment["AWS_REGION"] == "us-east-1"
    # The way to Clary, and nothing else of the host.
    assert said["health"] and {"AccessKeyId", "SecretAccessKey", "Token"} <= set(said["credentials"])
    assert said["interfaces"] == ["lo"]
    assert said["processes"] < 10
    assert "SERVERS_SECRET" not in environment and SECRET not in json.dumps(said)
    assert not (place.server.data_dir / "workers" / f"train-{name}").exists()
    wait_until(lambda: not containers(place.server), 20, "the end of the container")


@pytest.mark.skipif(os.geteuid() != 0, reason="containers are linked under root")
def test_two_hosts_meet_by_name(place, image):
    for more in ({}, {"EnableNetworkIsolation": True}):
        name = submit(place, image, {"meet": "1"}, ResourceConfig={"InstanceType": INSTANCE, "InstanceCount": 2, "VolumeSizeInGB": 1}, **more)
        completed(place, name)
        said = told_by_all(place, name)
        assert sorted(value for key, value in said if key == "hostname") == ["algo-1", "algo-2"]
        assert [value for key, value in said if key == "hosts"] == [["algo-1", "algo-2"]] * 2
        assert [value for key, value in said if key == "interfaces"] == [["lo", "eth0"]] * 2
        met = [value for key, value in said if key == "met"]
        assert [["algo-2", True]] in met and "algo-1" in met
    wait_until(lambda: not list((place.server.data_dir / "networks").iterdir()), 20, "the end of the networks")


@pytest.mark.skipif(os.geteuid() == 0, reason="root links containers")
def test_several_hosts_want_root(place, image):
    name = submit(place, image, ResourceConfig={"InstanceType": INSTANCE, "InstanceCount": 2, "VolumeSizeInGB": 1})
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Failed" and "runs as root" in job["FailureReason"]


def test_an_entry_point_and_arguments_of_the_requests_own(place, image):
    name = submit(place, image, algorithm={"ContainerEntrypoint": ["wherever"], "ContainerArguments": ["--and", "a b"]})
    completed(place, name)
    assert told(place, name)["arguments"] == ["train", "--and", "a b"]
    name = submit(place, image, algorithm={"ContainerEntrypoint": ["/no/such/program"]})
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Failed" and "/no/such/program" in job["FailureReason"]


def test_a_failure_and_a_limit_are_told(place, image):
    failing = submit(place, image, {"fail": "3"})
    greedy = submit(place, image, {"memory": str(64 << 30)}, ResourceConfig={
        "InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": 1})
    reason = place.wait(failing)["FailureReason"]
    assert "it was asked to fail" in reason and "exit code: 3" in reason.lower()
    job = place.wait(greedy)
    assert job["TrainingJobStatus"] == "Failed" and ("memory" in job["FailureReason"].lower()), job["FailureReason"]


def test_an_isolated_job_reaches_nothing(place, image):
    name = submit(place, image, EnableNetworkIsolation=True)
    completed(place, name)
    said = told(place, name)
    assert said["interfaces"] == ["lo"] and "AWS_ENDPOINT_URL" not in said["environment"]


def test_an_image_that_runs_as_a_user_of_its_own(place, image):
    name = submit(place, container_image.build("nobody"))
    job = completed(place, name)
    assert told(place, name)["uid"] == 65534
    assert model_of(place, job) == {"weights": "7"}


def test_a_stopped_job_is_asked_first_and_keeps_what_it_has(place, image):
    name = submit(place, image, {"wait": "3000"})
    place.wait_for_line(name, "line 2")
    place.sagemaker.stop_training_job(TrainingJobName=name)
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Stopped"
    assert "asked to stop" in place.log(name)
    assert model_of(place, job) == {"partial": "so far"}


def test_a_job_goes_on_while_the_server_is_killed(place, image):
    name = submit(place, image, {"wait": "120"})
    place.wait_for_line(name, "line 10")
    for _ in range(2):
        place.server.kill()
        place.server.start()
    completed(place, name)
    lines = [line for line in place.log(name) if line.startswith("line ")]
    assert lines == [f"line {i}" for i in range(120)]


def test_one_that_ended_while_no_server_ran(place, image):
    name = submit(place, image, {"wait": "20"})
    place.wait_for_line(name, "line 2")
    place.server.kill()
    record = wait_until(lambda: next(iter((place.server.data_dir / "workers").glob("*/exit")), None), what="the worker's folder")
    wait_until(lambda: record.read_text().startswith("exited 0"), what="the job's own end")
    place.server.start()
    assert model_of(place, completed(place, name)) == {"weights": "7"}


def test_an_endpoint_serves_from_its_port_and_survives_the_server(place, image):
    name = "model-" + uuid.uuid4().hex[:12]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("weights")
        member.size = 2
        archive.addfile(member, io.BytesIO(b"42"))
    place.sagemaker.create_model(ModelName=name, ExecutionRoleArn=place.role, PrimaryContainer={
        "Image": image, "ModelDataUrl": place.put(f"{name}/model.tar.gz", buffer.getvalue()), "Environment": {"TOLD": "so"}})
    place.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{
        "VariantName": "v", "ModelName": name, "InstanceType": INSTANCE, "InitialInstanceCount": 1}])
    place.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    endpoint = place.endpoint(name)
    assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
    before = place.invoke(name, json.dumps({"x": "y" * 100000}).encode())
    assert before["weights"] == "42" and before["arguments"] == ["serve"] and before["told"] == "so"
    assert before["asked"] == {"x": "y" * 100000}
    place.wait_for_line("v", "serving", group=f"/aws/sagemaker/Endpoints/{name}")
    place.server.kill()
    place.server.start()

    def answer():
        try:
            return place.invoke(name, b"[1]")
        except ClientError:
            return None  # its replica has not been found again yet
    after = wait_until(answer, what="an answer after the restart")
    assert after["started"] == before["started"], "another container serves"
    place.delete_endpoint(name)
    wait_until(lambda: not containers(place.server), 20, "the end of the container")


def test_a_transform_job(place, image):
    name = "transform-" + uuid.uuid4().hex[:12]
    place.sagemaker.create_model(ModelName=name, ExecutionRoleArn=place.role, PrimaryContainer={
        "Image": image, "ModelDataUrl": place.put(f"{name}/model.tar.gz", tar_gz({"weights": "42"}))})
    source = place.put(f"{name}/in/rows.jsonl", b'{"x": 1}\n{"x": 2}\n')
    place.sagemaker.create_transform_job(
        TransformJobName=name, ModelName=name, BatchStrategy="SingleRecord", Environment={"TOLD": "by the job"},
        TransformInput={"ContentType": "application/json", "SplitType": "Line", "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": source}}},
        TransformOutput={"S3OutputPath": f"s3://{place.bucket}/{name}/out", "AssembleWith": "Line"},
        TransformResources={"InstanceType": INSTANCE, "InstanceCount": 1})

    def ended():
        job = place.sagemaker.describe_transform_job(TransformJobName=name)
        return job if job["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None
    job = wait_until(ended, 120, what="the end of the transform job")
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    lines = place.s3.get_object(Bucket=place.bucket, Key=f"{name}/out/rows.jsonl.out")["Body"].read().splitlines()
    answers = [json.loads(line) for line in lines]
    assert [answer["asked"] for answer in answers] == [{"x": 1}, {"x": 2}]
    assert all(answer["weights"] == "42" and answer["told"] == "by the job" for answer in answers)
    wait_until(lambda: not containers(place.server), 60, "the end of the container")


def test_a_processing_job(place, image):
    name = "processing-" + uuid.uuid4().hex[:12]
    source = place.put(f"{name}/in/x.txt", b"some data").rpartition("/")[0]
    script = 'cp /opt/ml/processing/in/x.txt /opt/ml/processing/out/copy.txt; echo "$0 $1 $FROM_IMAGE"'
    place.sagemaker.create_processing_job(
        ProcessingJobName=name, RoleArn=place.role,
        AppSpecification={"ImageUri": image, "ContainerEntrypoint": ["sh", "-c", script], "ContainerArguments": ["zero", "one"]},
        ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": INSTANCE, "VolumeSizeInGB": 1}},
        ProcessingInputs=[{"InputName": "in", "S3Input": {
            "S3Uri": source, "LocalPath": "/opt/ml/processing/in", "S3DataType": "S3Prefix", "S3InputMode": "File"}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": {
            "S3Uri": f"s3://{place.bucket}/{name}/out", "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"}}]})

    def ended():
        job = place.sagemaker.describe_processing_job(ProcessingJobName=name)
        return job if job["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped") else None
    job = wait_until(ended, what="the end of the processing job")
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert place.s3.get_object(Bucket=place.bucket, Key=f"{name}/out/copy.txt")["Body"].read() == b"some data"
    assert "zero one yes" in place.log(name, group="/aws/sagemaker/ProcessingJobs")


def test_an_image_that_cannot_be_had_is_told_in_podmans_words(place, image):
    job = place.wait(submit(place, "127.0.0.1:1/none:1", StoppingCondition={"MaxRuntimeInSeconds": 60}))
    assert job["TrainingJobStatus"] == "Failed"
    reason = job["FailureReason"]
    assert reason.startswith("ClientError: ") and "127.0.0.1:1/none:1" in reason and "connection refused" in reason
    assert "sagemaker-scikit-learn" in reason, "what would have matched"
    for name in ("localhost/no-such-image:1", "dir:/etc"):
        reason = place.wait(submit(place, name))["FailureReason"]
        assert reason.startswith("ClientError: ") and name in reason


def test_where_podman_is_absent_that_is_said(make_server, tmp_path):
    path = container_image.without_podman(tmp_path)
    server = make_server(first_look_seconds=0, podman="podman")
    server.stop()
    server.variables = {"PATH": path}
    server.start()
    place = Platform(server)
    reason = place.wait(submit(place, "localhost/mine:1"))["FailureReason"]
    assert reason.startswith("ClientError: ") and "podman is not installed" in reason and "apt-get install" in reason
    assert "sagemaker-scikit-learn" in reason
    name = "model-" + uuid.uuid4().hex[:12]
    place.sagemaker.create_model(ModelName=name, ExecutionRoleArn=place.role, PrimaryContainer={"Image": "localhost/mine:1"})
    place.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{
        "VariantName": "v", "ModelName": name, "InstanceType": INSTANCE, "InitialInstanceCount": 1}])
    with pytest.raises(ClientError, match="podman is not installed"):
        place.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    doctor = server.clary("doctor", check=False, env={**os.environ, "PATH": path})
    assert "option " in doctor and "podman is not installed" in doctor
