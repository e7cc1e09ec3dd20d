"""The built-in XGBoost and a batch transform on real data with the unmodified SageMaker Python SDK 2: a prediction for each line of a file.

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
from sagemaker.inputs import TrainingInput
from sagemaker.s3 import S3Downloader
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

for name in ("sagemaker", "botocore", "boto3"):
    logging.getLogger(name).setLevel(logging.WARNING)


def step(text):
    print(f"\n--- {text}", flush=True)


def upload(session, folder, name, *columns):
    path = pathlib.Path(folder) / name
    pd.concat(columns, axis=1).to_csv(path, header=False, index=False)
    return session.upload_data(str(path), key_prefix=f"tumours/{name.split('.')[0]}")


def main():
    session = sagemaker.Session()
    tumours = load_breast_cancer(as_frame=True)
    train_x, test_x, train_y, test_y = train_test_split(tumours.data, tumours.target, test_size=0.25, random_state=7)
    with tempfile.TemporaryDirectory() as folder:
        train = upload(session, folder, "train.csv", train_y, train_x)
        batch = upload(session, folder, "test-batch.csv", test_x)

    step(f"the built-in XGBoost on {len(train_x)} tumours of 30 measurements")
    estimator = sagemaker.estimator.Estimator(
        sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, "3.0-5"),
        role=sagemaker.get_execution_role(),
        instance_count=1,
        instance_type="ml.m5.large",
        base_job_name="tumours",
        hyperparameters={"objective": "binary:logistic", "num_round": 50, "max_depth": 4},
    )
    start = time.time()
    estimator.fit({"train": TrainingInput(train, content_type="text/csv")})
    print(f"fit() took {time.time() - start:.1f} s")

    step(f"a batch transform of {len(test_x)} unseen ones")
    transformer = estimator.transformer(
        instance_count=1,
        instance_type="ml.m5.large",
        strategy="MultiRecord",
        assemble_with="Line",
        output_path=f"s3://{session.default_bucket()}/tumours/transform",
    )
    start = time.time()
    transformer.transform(batch, content_type="text/csv", split_type="Line", wait=True)
    print(f"transform() took {time.time() - start:.1f} s")

    step("the first five lines of test-batch.csv.out")
    lines = S3Downloader.read_file(f"{transformer.output_path}/test-batch.csv.out", session).splitlines()
    print("\n".join(lines[:5]))
    right = [(float(line) > 0.5) == bool(label) for line, label in zip(lines, test_y)]
    print(f"\naccuracy on the {len(lines)} tumours: {sum(right) / len(right):.4f}")
    transformer.delete_model()


if __name__ == "__main__":
    main()
