"""Three training jobs inside an experiment with the unmodified SageMaker Python SDK 2: a trial each, compared by their metrics, the best one shown.

Nothing here names Clary: the environment of `clary env` is all that points the SDK at it.
"""

import datetime
import logging
import os
import pathlib
import tempfile
import time

os.environ.setdefault("SAGEMAKER_SUPPRESS_V2_WARNING", "1")  # the SDK's notice that version 3 exists

import pandas as pd
import sagemaker
from sagemaker.analytics import ExperimentAnalytics
from sagemaker.sklearn import SKLearn
from sklearn.datasets import load_digits

for name in ("sagemaker", "botocore", "boto3"):
    logging.getLogger(name).setLevel(logging.WARNING)


def step(text):
    print(f"\n--- {text}", flush=True)


def upload(session):
    digits = load_digits()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "digits.csv"
        pd.concat([pd.Series(digits.target), pd.DataFrame(digits.data)], axis=1).to_csv(path, header=False, index=False)
        return session.upload_data(str(path), key_prefix="digits-sweep")


def start(session, experiment, units, train):
    """The training job of one trial, which is made for it."""
    trial = f"{experiment}-{units}-units"
    session.sagemaker_client.create_trial(TrialName=trial, ExperimentName=experiment)
    estimator = SKLearn(
        entry_point="train_network.py",
        framework_version="1.2-1",
        py_version="py3",
        role=sagemaker.get_execution_role(),
        instance_count=1,
        instance_type="ml.m5.large",
        base_job_name="digits-sweep",
        hyperparameters={"hidden-units": units, "epochs": 20},
        metric_definitions=[
            {"Name": "train:loss", "Regex": "train:loss=(.*?);"},
            {"Name": "test:accuracy", "Regex": "test:accuracy=(.*?);"},
        ],
    )
    estimator.fit({"train": train}, experiment_config={"TrialName": trial, "TrialComponentDisplayName": "Training"}, wait=False)
    return estimator.latest_training_job.name


def table_of(session, experiment):
    """The training steps of all trials, the most accurate first."""
    return ExperimentAnalytics(
        experiment_name=experiment,
        search_expression={"Filters": [{"Name": "DisplayName", "Operator": "Equals", "Value": "Training"}]},
        sort_by="metrics.test:accuracy.max",
        sort_order="Descending",
        metric_names=["train:loss", "test:accuracy"],
        parameter_names=["hidden-units", "epochs"],
        sagemaker_session=session,
    ).dataframe()


def main():
    session = sagemaker.Session()
    experiment = "digits-" + datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    step(f"three trials inside the experiment {experiment}: networks of 2, 5 and 10 hidden units")
    session.sagemaker_client.create_experiment(ExperimentName=experiment, Description="How many hidden units the digits need")
    train = upload(session)
    began = time.time()
    jobs = [start(session, experiment, units, train) for units in (2, 5, 10)]
    finished = session.sagemaker_client.get_waiter("training_job_completed_or_stopped")
    for job in jobs:
        finished.wait(TrainingJobName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 600})
    print(f"the three jobs took {time.time() - began:.1f} s")

    step("their analytics")
    table = table_of(session, experiment)
    shown = ["hidden-units", "epochs", "train:loss - Last", "test:accuracy - Max", "test:accuracy - Last", "test:accuracy - Count"]
    print(table[["TrialComponentName"] + shown].to_string(index=False))
    best = table.iloc[0]
    print(f"\nthe best trial: {best['Trials'][0]}, {best['test:accuracy - Max']:.4f} of the unseen digits with {best['hidden-units']:g} hidden units")


if __name__ == "__main__":
    main()
