"""Batch inference by SDK 1.72.1 as a data scientist writes it: a model of an XGBoost script-mode job, its transformer, a .out for each file."""

import json

import numpy as np
import pytest
from runtime_python import python_of
from xgboost_flow import SCRIPT, as_csv, digits, local_prediction, upload

RUNTIME = "xgboost:0.90-2"


@pytest.fixture(scope="module")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="module")
def role(session):
    import sagemaker

    return sagemaker.get_execution_role()


@pytest.fixture(scope="module")
def fitted(server, session, role, tmp_path_factory):
    from sagemaker.xgboost import XGBoost

    python_of(server, RUNTIME)  # made before, so that no test waits for it
    estimator = XGBoost(entry_point=str(SCRIPT), framework_version="0.90-2", role=role, sagemaker_session=session, train_instance_count=1,
                        train_instance_type="ml.m5.xlarge", hyperparameters={"num_round": 8, "max_depth": 4})
    estimator.fit(upload(session, tmp_path_factory.mktemp("digits")))
    return estimator


def output_of(session, uri):
    bucket, key = uri[len("s3://"):].split("/", 1)
    return session.boto_session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def test_a_model_of_data_and_image_transforms_a_file(fitted, server, session, role, tmp_path):
    from sagemaker import model

    rows = digits()[1][:, 1:]
    (tmp_path / "test-batch.csv").write_text(as_csv(rows) + "\n")
    data = session.upload_data(str(tmp_path / "test-batch.csv"), key_prefix="churn/batch")
    output = "s3://%s/churn/transform" % session.default_bucket()

    churn_model = model.Model(model_data=fitted.model_data, image=fitted.image_name or fitted.train_image(), role=role,
                              sagemaker_session=session)
    transformer = churn_model.transformer(instance_count=1, instance_type="ml.m4.xlarge", strategy="MultiRecord", assemble_with="Line",
                                          output_path=output)
    transformer.transform(data=data, content_type="text/csv", split_type="Line")
    name = transformer.latest_transform_job.job_name
    transformer.wait()

    assert transformer.output_path == output
    expected, _ = local_prediction(server, session, RUNTIME, fitted.model_data, rows, tmp_path)
    lines = output_of(session, output + "/test-batch.csv.out").splitlines()
    np.testing.assert_allclose(np.array([json.loads(line) for line in lines]), expected, atol=1e-6)
    job = session.sagemaker_client.describe_transform_job(TransformJobName=name)
    assert job["TransformJobStatus"] == "Completed" and job["BatchStrategy"] == "MultiRecord"
    churn_model.delete_model()


def test_an_estimator_makes_a_transformer_that_joins(fitted, session, tmp_path):
    rows = digits()[1][:30, 1:]
    (tmp_path / "joined.csv").write_text("".join("id%d,%s\n" % (i, as_csv(rows[i:i + 1])) for i in range(30)))
    data = session.upload_data(str(tmp_path / "joined.csv"), key_prefix="churn/joined")
    transformer = fitted.transformer(1, "ml.m4.xlarge", strategy="MultiRecord", assemble_with="Line", accept="text/csv",
                                     output_path="s3://%s/churn/joined-out" % session.default_bucket())
    transformer.transform(data, content_type="text/csv", split_type="Line", input_filter="$[1:]", output_filter="$[0,-1]",
                          join_source="Input", wait=True, logs=False)
    lines = output_of(session, transformer.output_path + "/joined.csv.out").splitlines()
    assert [line.split(",")[0] for line in lines] == ["id%d" % i for i in range(30)]
    assert all(0 <= float(line.split(",")[1]) <= 1 for line in lines)


def test_a_transform_that_fails_says_why(fitted, session, tmp_path):
    (tmp_path / "bad.csv").write_text("1,2,three\n")
    data = session.upload_data(str(tmp_path / "bad.csv"), key_prefix="churn/bad")
    transformer = fitted.transformer(1, "ml.m4.xlarge", assemble_with="Line", accept="text/csv")
    transformer.transform(data, content_type="text/csv", split_type="Line")
    with pytest.raises(ValueError, match="bad.csv: line 1: the model answered 4"):
        transformer.wait()
