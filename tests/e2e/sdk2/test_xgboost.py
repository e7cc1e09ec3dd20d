"""XGBoost 1.7-1 in script mode by SDK 2.257: trained on digits, deployed, and predicting as the model does."""

import time

import numpy as np
import pytest
from runtime_python import python_of
from xgboost_flow import SCRIPT, digits, local_prediction, upload

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
