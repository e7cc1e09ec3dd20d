"""Models of the XGBoost image without a serving script, through the API: endpoints and transform jobs run them in C++, and say what is wrong with
rows and with models."""

import json
import uuid

import pytest
from boosters import make_boosters
from botocore.exceptions import ClientError
from jobs import ENDED, INSTANCE, tar_gz, wait_until
from other_models import LIGHTGBM, ONNX, make_models
from runtime_python import python_of

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:%s"
# The tag, and the form of model that SageMaker's container of it writes.
TAGS = [("0.90-2-cpu-py3", "pickle"), ("1.7-1", "binary"), ("3.2-0", "model.ubj")]


@pytest.fixture(scope="module", params=TAGS, ids=[tag for tag, _ in TAGS])
def model(request, platform, server, tmp_path_factory):
    """A model without a script, with the rows and predictions that go with it."""
    tag, form = request.param
    made = make_boosters(python_of(server, "xgboost:" + "-".join(tag.split("-")[:2])), tmp_path_factory.mktemp("boosters"), "binary")["binary"]
    made.tag = tag
    made.name = create(platform, IMAGE % tag, tar_gz({"xgboost-model": (made.folder / form).read_bytes()}))
    return made


def create(platform, image, archive, **environment):
    name = "trees-" + uuid.uuid4().hex[:12]
    platform.sagemaker.create_model(ModelName=name, ExecutionRoleArn=platform.role, PrimaryContainer={
        "Image": image, "ModelDataUrl": platform.put(f"{name}/model.tar.gz", archive), "Environment": environment})
    return name


def deploy(platform, model_name):
    platform.sagemaker.create_endpoint_config(EndpointConfigName=model_name, ProductionVariants=[{
        "VariantName": "AllTraffic", "ModelName": model_name, "InstanceType": INSTANCE, "InitialInstanceCount": 1}])
    platform.sagemaker.create_endpoint(EndpointName=model_name, EndpointConfigName=model_name)
    return platform.endpoint(model_name)


def invoke(platform, name, body, content_type="text/csv", **more):
    return platform.runtime.invoke_endpoint(EndpointName=name, Body=body, ContentType=content_type, **more)["Body"].read()


def close(found, wanted):
    assert found == pytest.approx(wanted, abs=1e-6)


def test_an_endpoint_predicts_without_python(model, platform):
    assert deploy(platform, model.name)["EndpointStatus"] == "InService"
    try:
        close(json.loads("[%s]" % invoke(platform, model.name, model.csv()).decode()), model.expected)
        close(json.loads("[%s]" % invoke(platform, model.name, model.libsvm(), "text/libsvm").decode()), model.expected)
        answer = json.loads(invoke(platform, model.name, json.dumps(model.rows), "application/json", Accept="application/json"))
        close([row["score"] for row in answer["predictions"]], model.expected)
        platform.wait_for_line("AllTraffic", "serving a model of xgboost " + model.tag.split("-")[0], group="/aws/sagemaker/Endpoints/" + model.name)

        for body, content_type, status, message in (
            ("1,2,3", "text/csv", 400, "line 1 has 3 columns; the model was trained with 7."),
            (model.csv() + "1,2,3,4,5,six,7", "text/csv", 400, "line 41, column 6: 'six' is not a number."),
            ("<x/>", "application/xml", 415, "application/xml"),
        ):
            with pytest.raises(ClientError) as raised:
                invoke(platform, model.name, body, content_type)
            error = raised.value.response
            assert error["Error"]["Code"] == "ModelError" and error["OriginalStatusCode"] == status and message in error["OriginalMessage"]
        with pytest.raises(ClientError) as raised:
            invoke(platform, model.name, model.csv(), Accept="image/png")
        assert raised.value.response["OriginalStatusCode"] == 406
    finally:
        platform.delete_endpoint(model.name)


def transform(platform, model_name, files, **more):
    name = "trees-" + uuid.uuid4().hex[:12]
    for key, body in files.items():
        platform.put(f"{name}/in/{key}", body)
    platform.sagemaker.create_transform_job(
        TransformJobName=name, ModelName=model_name,
        TransformInput={"ContentType": "text/csv", "SplitType": "Line", "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": f"s3://{platform.bucket}/{name}/in/"}}},
        TransformOutput={"S3OutputPath": f"s3://{platform.bucket}/{name}/out", "AssembleWith": "Line", "Accept": "text/csv"},
        TransformResources={"InstanceType": INSTANCE, "InstanceCount": 1}, **more)

    def ended():
        job = platform.sagemaker.describe_transform_job(TransformJobName=name)
        return job if job["TransformJobStatus"] in ENDED else None

    return wait_until(ended, 240, f"the end of {name}")


def output(platform, job, key):
    name = job["TransformJobName"]
    return platform.s3.get_object(Bucket=platform.bucket, Key=f"{name}/out/{key}.out")["Body"].read().decode()


def test_a_transform_job_gives_a_line_for_each_row(model, platform):
    text = model.csv().replace("\n", "\r\n")
    job = transform(platform, model.name, {"a.csv": model.csv() * 50, "deep/b.csv": "\ufeff" + text + "\r\n", "c.csv": model.csv().rstrip("\n")})
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    for key, times in (("a.csv", 50), ("deep/b.csv", 1), ("c.csv", 1)):
        close([float(line) for line in output(platform, job, key).splitlines()], model.expected * times)
    single = transform(platform, model.name, {"a.csv": model.csv()}, BatchStrategy="SingleRecord")
    close([float(line) for line in output(platform, single, "a.csv").splitlines()], model.expected)


def test_a_bad_row_fails_the_job_by_its_file_and_words(model, platform):
    job = transform(platform, model.name, {"bad.csv": model.csv() + "1,2,3,4,5,6,seven\n"})
    assert job["TransformJobStatus"] == "Failed" and "bad.csv" in job["FailureReason"]
    streams = platform.logs.describe_log_streams(logGroupName="/aws/sagemaker/TransformJobs", logStreamNamePrefix=job["TransformJobName"])
    name = next(one["logStreamName"] for one in streams["logStreams"] if one["logStreamName"].endswith("/data-log"))
    events = platform.logs.get_log_events(logGroupName="/aws/sagemaker/TransformJobs", logStreamName=name, startFromHead=True)["events"]
    assert any("line 41, column 7: 'seven' is not a number." in event["message"] for event in events)


def test_a_hostile_model_fails_the_endpoint_and_says_why(platform, server):
    python_of(server, "xgboost:1.7-1")
    name = create(platform, IMAGE % "1.7-1", tar_gz({"xgboost-model": b"\x80\x03cposix\nsystem\nX\x04\x00\x00\x00true\x85R."}))
    found = deploy(platform, name)
    assert found["EndpointStatus"] == "Failed" and "The model's pickle holds no booster of XGBoost." in found["FailureReason"]
    platform.delete_endpoint(name)
    name = create(platform, IMAGE % "1.7-1", tar_gz({"a": "1", "b": "2"}))
    found = deploy(platform, name)
    assert found["EndpointStatus"] == "Failed" and "it holds a, b." in found["FailureReason"]
    platform.delete_endpoint(name)


def test_a_script_still_goes_to_python(platform, server, tmp_path):
    made = make_boosters(python_of(server, "xgboost:1.7-1"), tmp_path, "binary")["binary"]
    script = """
import os, xgboost
def model_fn(folder):
    booster = xgboost.Booster()
    booster.load_model(os.path.join(folder, "xgboost-model"))
    return booster
def output_fn(prediction, accept):
    return "by a script", "text/plain"
"""
    archive = tar_gz({"xgboost-model": (made.folder / "model.json").read_bytes(), "code/inference.py": script})
    name = create(platform, IMAGE % "1.7-1", archive, SAGEMAKER_PROGRAM="inference.py", SAGEMAKER_SUBMIT_DIRECTORY="/opt/ml/model/code")
    assert deploy(platform, name)["EndpointStatus"] == "InService"
    assert invoke(platform, name, made.csv()) == b"by a script"
    platform.delete_endpoint(name)


@pytest.mark.parametrize("image, runtime, script, kind, file", [
    ("clary-lightgbm:4.7", "lightgbm:4.7", LIGHTGBM, "classes", "model.txt"),
    ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/clary-onnx:1.32", "onnx:1.32", ONNX, "maps", "model.onnx"),
])
def test_models_of_lightgbm_and_onnx_need_no_script_either(platform, server, tmp_path, image, runtime, script, kind, file):
    made = make_models(python_of(server, runtime), script, tmp_path, kind)[kind]
    archive = {file: (made.folder / file).read_bytes()}
    name = create(platform, image, tar_gz(archive))
    assert deploy(platform, name)["EndpointStatus"] == "InService"
    try:
        rows = [[float(word) for word in line.split(",")] for line in invoke(platform, name, made.csv()).decode().splitlines()]
        assert len(rows) == len(made.expected)
        for row, wanted in zip(rows, made.expected):
            close(row, wanted)
        with pytest.raises(ClientError) as raised:
            invoke(platform, name, "1,2")
        assert "columns" in raised.value.response["OriginalMessage"]
    finally:
        platform.delete_endpoint(name)
    job = transform(platform, name, {"a.csv": made.csv() * 30}, BatchStrategy="MultiRecord")
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    rows = [[float(word) for word in line.split(",")] for line in output(platform, job, "a.csv").splitlines()]
    assert len(rows) == len(made.expected) * 30
    for row, wanted in zip(rows, made.expected * 30):
        close(row, wanted)

    script = "def model_fn(folder):\n    return None\ndef predict_fn(data, model):\n    return 'by a script'\ndef output_fn(answer, accept):\n    return answer, accept\n"
    name = create(platform, image, tar_gz({**archive, "code/inference.py": script}), SAGEMAKER_PROGRAM="inference.py",
                  SAGEMAKER_SUBMIT_DIRECTORY="/opt/ml/model/code")
    assert deploy(platform, name)["EndpointStatus"] == "InService"
    assert invoke(platform, name, "1,2") == b"by a script"
    platform.delete_endpoint(name)
