"""XGBoost 0.90-2 in script mode by SDK 1.72.1: trained on digits, deployed, and predicting as the model does."""

import numpy as np
import pytest
from runtime_python import python_of
from xgboost_flow import SCRIPT, as_csv, as_libsvm, digits, local_prediction, upload

RUNTIME = "xgboost:0.90-2"


@pytest.fixture(scope="module")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="module")
def role(session):
    import sagemaker

    return sagemaker.get_execution_role()


def make_estimator(role, session, **options):
    from sagemaker.xgboost import XGBoost

    return XGBoost(entry_point=str(SCRIPT), framework_version="0.90-2", role=role, sagemaker_session=session, train_instance_count=1,
                   train_instance_type="ml.m5.xlarge", **options)


@pytest.fixture(scope="module")
def fitted(server, session, role, tmp_path_factory):
    python_of(server, RUNTIME)  # made before, so that no test waits for it
    estimator = make_estimator(role, session, hyperparameters={"num_round": 8, "max_depth": 4}, enable_sagemaker_metrics=True,
                               metric_definitions=[{"Name": "validation:accuracy", "Regex": "validation accuracy: (.*?);"}])
    estimator.fit(upload(session, tmp_path_factory.mktemp("digits")))
    return estimator


def test_the_script_learns(fitted):
    job = fitted.latest_training_job.describe()
    assert job["TrainingJobStatus"] == "Completed"
    (metric,) = job["FinalMetricDataList"]
    print("digits accuracy", metric["Value"])
    assert metric["MetricName"] == "validation:accuracy" and metric["Value"] > 0.8


def test_an_endpoint_predicts_as_the_model_does(fitted, server, session, tmp_path):
    rows = digits()[1][:40, 1:]
    expected, names = local_prediction(server, session, RUNTIME, fitted.model_data, rows, tmp_path)
    assert names == ["xgboost-model"]
    predictor = fitted.deploy(initial_instance_count=1, instance_type="ml.m5.xlarge")
    try:
        runtime = session.sagemaker_runtime_client
        for body, content_type in ((as_csv(rows), "text/csv"), (as_libsvm(rows), "text/libsvm")):
            answer = runtime.invoke_endpoint(EndpointName=predictor.endpoint, Body=body, ContentType=content_type, Accept="text/csv")
            assert answer["ContentType"] == "text/csv; charset=utf-8"
            found = np.array([[float(v) for v in line.split(",")] for line in answer["Body"].read().decode().splitlines()])
            np.testing.assert_allclose(found, expected, atol=1e-6)
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()


def test_the_algorithm_itself_trains_without_a_script(server, session, role, tmp_path):
    from sagemaker.amazon.amazon_estimator import get_image_uri
    from sagemaker.estimator import Estimator
    from sagemaker.session import s3_input

    channels = {name: s3_input(url, content_type="csv") for name, url in upload(session, tmp_path).items()}
    image = get_image_uri(session.boto_region_name, "xgboost", "0.90-2")
    estimator = Estimator(image, role, 1, "ml.m5.xlarge", sagemaker_session=session)
    estimator.set_hyperparameters(num_round=8, objective="multi:softmax", num_class=10, max_depth=4, eval_metric="merror")
    estimator.fit(channels)
    job = estimator.latest_training_job.describe()
    final = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert set(final) == {"train:merror", "validation:merror"} and final["validation:merror"] < 0.2
    rows = digits()[1]
    found, names = local_prediction(server, session, RUNTIME, estimator.model_data, rows[:, 1:], tmp_path)
    assert names == ["xgboost-model"]
    assert (found != rows[:, 0]).mean() == pytest.approx(final["validation:merror"], abs=1e-5)
    predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.xlarge")
    try:
        answer = session.sagemaker_runtime_client.invoke_endpoint(EndpointName=predictor.endpoint, Body=as_csv(rows[:40, 1:]), ContentType="text/csv")
        served = [float(value) for value in answer["Body"].read().decode().replace("\n", ",").split(",") if value]
        np.testing.assert_allclose(served, found[:40], atol=1e-6)
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()


def test_a_wrong_hyperparameter_fails_fit_with_its_name(session, role, tmp_path):
    from sagemaker.amazon.amazon_estimator import get_image_uri
    from sagemaker.estimator import Estimator

    image = get_image_uri(session.boto_region_name, "xgboost", "0.90-2")
    estimator = Estimator(image, role, 1, "ml.m5.xlarge", sagemaker_session=session, hyperparameters={"num_rounds": 5})
    with pytest.raises(ValueError, match="Missing required hyperparameter: num_round"):
        estimator.fit(upload(session, tmp_path))
