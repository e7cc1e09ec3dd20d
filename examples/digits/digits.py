"""The main job on real data with the unmodified SageMaker Python SDK 2: upload, fit, deploy, predict, delete.

Nothing here names Clary: the environment of `clary env` is all that points the SDK at it.
"""

import logging
import os
import pathlib
import tempfile
import time

os.environ.setdefault("SAGEMAKER_SUPPRESS_V2_WARNING", "1")  # the SDK's notice that version 3 exists

import pandas as pd
import sagemaker
from sagemaker.sklearn import SKLearn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

for name in ("sagemaker", "botocore", "boto3"):
    logging.getLogger(name).setLevel(logging.WARNING)


def step(text):
    print(f"\n--- {text}", flush=True)


def main():
    session = sagemaker.Session()
    role = sagemaker.get_execution_role()
    digits = load_digits()
    train_x, test_x, train_y, test_y = train_test_split(digits.data, digits.target, test_size=0.25, random_state=7)

    step(f"uploading {len(train_x)} images of handwritten digits to s3://{session.default_bucket()}/digits")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "digits.csv"
        pd.concat([pd.Series(train_y), pd.DataFrame(train_x)], axis=1).to_csv(path, header=False, index=False)
        train = session.upload_data(str(path), key_prefix="digits")

    step("fitting a random forest in a training job")
    estimator = SKLearn(
        entry_point="train.py",
        framework_version="1.2-1",
        py_version="py3",
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        base_job_name="digits",
        hyperparameters={"n-estimators": 200},
        metric_definitions=[{"Name": "train:accuracy", "Regex": "train:accuracy=(.*?);"}],
    )
    start = time.time()
    estimator.fit({"train": train})
    print(f"fit() took {time.time() - start:.1f} s")

    step("deploying the model to an endpoint")
    start = time.time()
    # wait=False: the SDK would sleep 30 s before its first look.
    predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.large", wait=False)
    status = session.sagemaker_client.describe_endpoint(EndpointName=predictor.endpoint_name)["EndpointStatus"]
    while status == "Creating":
        time.sleep(0.5)
        status = session.sagemaker_client.describe_endpoint(EndpointName=predictor.endpoint_name)["EndpointStatus"]
    print(f"{predictor.endpoint_name} is {status} after {time.time() - start:.1f} s")

    try:
        step(f"predicting {len(test_x)} held-out images in one call")
        predicted = predictor.predict(pd.DataFrame(test_x).values)
        print(f"accuracy on held-out images: {(predicted == test_y).mean():.4f}")
    finally:
        step("deleting the endpoint and the model")
        predictor.delete_model()
        predictor.delete_endpoint()


if __name__ == "__main__":
    main()
