"""Batch transform by SDK 3.27: core.transformer.Transformer over a model of ours, with its log, and the values of the .out."""

import uuid

import pytest

from jobs import INSTANCE, tar_gz

SCRIPT = """
def model_fn(folder):
    return 0.5
def input_fn(body, content_type):
    text = body if isinstance(body, str) else bytes(body).decode()
    return [[float(cell) for cell in line.split(",")] for line in text.splitlines()]
def predict_fn(rows, model):
    return [sum(row) * model for row in rows]
def output_fn(values, accept):
    return "\\n".join(str(value) for value in values), "text/csv"
"""


@pytest.fixture(scope="module")
def model_name(session, role, image, boto, tmp_path_factory):
    name = "transform-" + uuid.uuid4().hex[:8]
    archive = tmp_path_factory.mktemp("model") / "model.tar.gz"
    archive.write_bytes(tar_gz({"code/inference.py": SCRIPT}))
    data = session.upload_data(str(archive), session.default_bucket(), name)
    boto("sagemaker").create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={
        "Image": image, "ModelDataUrl": data,
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}})
    return name


def test_a_transformer(session, model_name, boto, tmp_path):
    from sagemaker.core.transformer import Transformer

    (tmp_path / "rows.csv").write_text("".join(f"{i},{2 * i}\n" for i in range(100)))
    bucket = session.default_bucket()
    data = session.upload_data(str(tmp_path / "rows.csv"), bucket, model_name + "/in")
    transformer = Transformer(model_name=model_name, instance_count=1, instance_type=INSTANCE, strategy="MultiRecord", assemble_with="Line",
                              accept="text/csv", output_path=f"s3://{bucket}/{model_name}/out", sagemaker_session=session)
    transformer.transform(data, content_type="text/csv", split_type="Line", wait=True, logs=True)
    found = boto("s3").get_object(Bucket=bucket, Key=model_name + "/out/rows.csv.out")["Body"].read().decode().splitlines()
    assert [float(line) for line in found] == [1.5 * i for i in range(100)]
