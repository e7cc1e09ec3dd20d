"""XGBoost 1.7-1 in script mode by SDK 2.257: trained on digits, deployed, and predicting as the model does."""

import time

import numpy as np
import pytest
from runtime_python import python_of
from xgboost_flow import SCRIPT, as_csv, digits, local_prediction, upload

RUNTIME = "xgboost:1.7-1"


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
    estimator = XGBoost(entry_point=str(SCRIPT), framework_version="1.7-1", role=role, sagemaker_session=session, instance_count=1,
                        instance_type="ml.m5.xlarge", hyperparameters={"num_round": 8, "max_depth": 4},
                        metric_definitions=[{"Name": "validation:accuracy", "Regex": "validation accuracy: (.*?);"}])
    estimator.fit(upload(session, tmp_path_factory.mktemp("digits")))
    return estimator


def test_the_script_learns(fitted):
    job = fitted.latest_training_job.describe()
    assert job["TrainingJobStatus"] == "Completed"
    (metric,) = job["FinalMetricDataList"]
    print("digits accuracy", metric["Value"])
    assert metric["Value"] > 0.8


def test_an_endpoint_predicts_as_the_model_does(fitted, server, session, tmp_path):
    from sagemaker.deserializers import CSVDeserializer
    from sagemaker.serializers import CSVSerializer

    rows = digits()[1][:40, 1:]
    expected, names = local_prediction(server, session, RUNTIME, fitted.model_data, rows, tmp_path)
    assert names == ["xgboost-model"]
    predictor = fitted.deploy(initial_instance_count=1, instance_type="ml.m5.xlarge", serializer=CSVSerializer(),
                              deserializer=CSVDeserializer(), wait=False)
    try:
        client = session.sagemaker_client
        deadline = time.monotonic() + 90
        while client.describe_endpoint(EndpointName=predictor.endpoint_name)["EndpointStatus"] == "Creating":
            assert time.monotonic() < deadline
            time.sleep(0.1)  # between two looks
        np.testing.assert_allclose(np.array(predictor.predict(rows), dtype=float), expected, atol=1e-6)
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()


def test_the_algorithm_itself_trains_without_a_script(server, session, role, tmp_path):
    from sagemaker import image_uris
    from sagemaker.estimator import Estimator
    from sagemaker.inputs import TrainingInput

    channels = {name: TrainingInput(url, content_type="text/csv") for name, url in upload(session, tmp_path).items()}
    estimator = Estimator(image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1"), role, 1, "ml.m5.xlarge", sagemaker_session=session)
    estimator.set_hyperparameters(num_round=8, objective="multi:softmax", num_class=10, max_depth=4, eval_metric="merror,mlogloss")
    estimator.fit(channels)
    job = estimator.latest_training_job.describe()
    final = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert set(final) == {"train:merror", "train:mlogloss", "validation:merror", "validation:mlogloss"} and final["validation:merror"] < 0.2
    rows = digits()[1]
    found, names = local_prediction(server, session, RUNTIME, estimator.model_data, rows[:, 1:], tmp_path)
    assert names == ["xgboost-model"]
    assert (found != rows[:, 0]).mean() == pytest.approx(final["validation:merror"], abs=1e-5)
    predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.xlarge")
    try:
        answer = session.sagemaker_runtime_client.invoke_endpoint(EndpointName=predictor.endpoint_name, Body=as_csv(rows[:40, 1:]), ContentType="text/csv")
        served = [float(value) for value in answer["Body"].read().decode().replace("\n", ",").split(",") if value]
        np.testing.assert_allclose(served, found[:40], atol=1e-6)
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()
