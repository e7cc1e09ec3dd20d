"""examples/experiments.ipynb, executed as it stands: real MNIST, TensorFlow 2.1.0, a sweep on PyTorch 1.1.0, analytics and lineage."""

import pytest
from notebooks import run_notebook
from runtime_python import python_of

ROWS = 6000  # of 60,000, and 1,000 test images
# What the notebook's variables hold at its end, told by its own kernel.
SHOW = """{
    "tf": json.loads(tf_metrics.to_json(orient="records")),
    "tf_component": {k: tf_training[k] for k in ("DisplayName", "Parameters", "InputArtifacts", "OutputArtifacts")},
    "columns": list(table.columns),
    "table": json.loads(table.to_json(orient="records")),
    "lineage": json.loads(lineage.to_json(orient="records")),
    "preprocessing": tracker.trial_component.trial_component_name,
    "trials": hidden_channel_trial_name_map,
    "inputs": [training_data_uri, inputs],
    "best_model": best_model,
    "best_job": best_job["TrainingJobName"],
}"""


@pytest.fixture(scope="module")
def shown(server, tmp_path_factory):
    for runtime in ("tensorflow:2.1.0", "pytorch:1.1.0"):
        python_of(server, runtime)  # made before, so that no cell waits for it
    return run_notebook("experiments.ipynb", SHOW, tmp_path_factory, MNIST_ROWS=str(ROWS))


def test_keras_metrics_are_there_without_definitions(shown):
    metrics = {metric["MetricName"]: metric for metric in shown["tf"]}
    assert {"loss", "accuracy"} <= set(metrics)
    for metric in metrics.values():
        assert metric["Min"] <= metric["Avg"] <= metric["Max"] and metric["Count"] >= 1
    assert 0.7 < metrics["accuracy"]["Last"] <= 1
    assert 0 < metrics["loss"]["Last"] < 1


def test_the_training_job_is_its_trials_component(shown):
    component = shown["tf_component"]
    assert component["DisplayName"] == "Training"
    assert component["Parameters"]["SageMaker.InstanceType"] == {"StringValue": "ml.p2.xlarge"}
    assert component["Parameters"]["SageMaker.InstanceCount"] == {"NumberValue": 1.0}
    assert component["InputArtifacts"]["training"]["Value"] == shown["inputs"][0]
    assert component["OutputArtifacts"]["SageMaker.ModelArtifact"]["Value"].endswith("/output/model.tar.gz")


def test_the_table_has_the_three_trainings_the_most_accurate_first(shown):
    statistics = ["test:accuracy - " + name for name in ("Min", "Max", "Avg", "StdDev", "Last", "Count")]
    expected = ["TrialComponentName", "DisplayName", "SourceArn", "dropout", "epochs", "hidden_channels", "optimizer"] + statistics
    assert shown["columns"][:len(expected)] == expected  # then its artifacts
    rows = shown["table"]
    assert sorted(row["hidden_channels"] for row in rows) == [2, 5, 10]
    best = [row["test:accuracy - Max"] for row in rows]
    assert best == sorted(best, reverse=True)
    print("accuracy:", {row["hidden_channels"]: row["test:accuracy - Max"] for row in rows})
    for row in rows:
        assert row["DisplayName"] == "Training" and row["TrialComponentName"].endswith("-aws-training-job")
        assert (row["epochs"], row["dropout"], row["optimizer"].strip('"')) == (2, 0.2, "sgd")
        assert row["test:accuracy - Count"] == 2  # one an epoch
        assert row["test:accuracy - Min"] <= row["test:accuracy - Avg"] <= row["test:accuracy - Max"] <= 100
        assert row["test:accuracy - Last"] > 70


def test_the_lineage_of_a_trial_is_preprocessing_then_training(shown):
    first, second = shown["lineage"]
    assert (first["DisplayName"], second["DisplayName"]) == ("Preprocessing", "Training")
    assert first["TrialComponentName"] == shown["preprocessing"]
    assert (first["normalization_mean"], first["normalization_std"]) == (0.1307, 0.3081)
    assert first["mnist-dataset - Value"] == shown["inputs"][1] == second["training - Value"]
    assert second["hidden_channels"] == 2 and second["SageMaker.InstanceType"] == "ml.c4.xlarge"
    assert second["SourceArn"] in [row["SourceArn"] for row in shown["table"]]


def test_the_best_model_is_that_of_the_first_row(shown):
    assert shown["table"][0]["SourceArn"].endswith("/" + shown["best_job"])
    assert shown["best_model"].endswith("/%s/output/model.tar.gz" % shown["best_job"])
