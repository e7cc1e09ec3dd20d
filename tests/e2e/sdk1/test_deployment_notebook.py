"""examples/deployment.ipynb, executed as it stands: the built-in XGBoost 0.90-2, a batch transform, an endpoint of scikit-learn, and their deletion."""

import pytest
from notebooks import run_notebook
from runtime_python import python_of

SHOW = """{
    "lines": lines,
    "found": found,
    "output_path": xgboost_transformer.output_path,
    "transform": xgboost_transformer.latest_transform_job.job_name,
    "accuracy": [batch_accuracy, online_accuracy],
    "preds": [int(label) for label in preds],
    "status": endpoint["EndpointStatus"],
    "endpoint": sklearn_predictor.endpoint,
    "models": [xgboost_model.name, sklearn_model.name],
    "bucket": BUCKET,
}"""


@pytest.fixture(scope="module")
def shown(server, tmp_path_factory):
    for runtime in ("xgboost:0.90-2", "sklearn:0.23-1"):
        python_of(server, runtime)  # made before, so that no cell waits for it
    return run_notebook("deployment.ipynb", SHOW, tmp_path_factory)


def test_each_line_has_a_prediction(shown):
    assert shown["output_path"] == "s3://%s/deployment/transform" % shown["bucket"]
    assert shown["found"] == ["deployment/transform/test-batch.csv.out"]
    assert len(shown["lines"]) == 143 and all(0 < float(line) < 1 for line in shown["lines"])
    assert shown["accuracy"][0] > 0.93


def test_the_endpoint_predicts_all_rows_in_one_call(shown):
    assert shown["status"] == "InService"
    assert len(shown["preds"]) == 143 and set(shown["preds"]) == {0, 1}
    assert shown["accuracy"][1] > 0.93


def test_nothing_is_left_but_the_jobs(shown):
    import boto3

    client = boto3.client("sagemaker")
    assert client.describe_transform_job(TransformJobName=shown["transform"])["TransformJobStatus"] == "Completed"
    client.get_waiter("endpoint_deleted").wait(EndpointName=shown["endpoint"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert not set(shown["models"]) & {model["ModelName"] for model in client.list_models(MaxResults=100)["Models"]}
