"""Batch transform by SDK 2.257: a scikit-learn model with an inference script, what its Transformer sends, and the values of the .out."""

import json

import numpy as np
import pytest

TRAIN = """
import os, joblib
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

def model_fn(folder):
    return joblib.load(os.path.join(folder, "model.joblib"))

def predict_fn(rows, model):
    return model.predict_proba(rows)[:, 1]

if __name__ == "__main__":
    rows, labels = load_digits(return_X_y=True)
    joblib.dump(LogisticRegression(max_iter=60).fit(rows, labels == 8), os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""


@pytest.fixture(scope="module")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="module")
def fitted(session, tmp_path_factory):
    import sagemaker
    from sagemaker.sklearn import SKLearn

    script = tmp_path_factory.mktemp("script") / "train.py"
    script.write_text(TRAIN)
    estimator = SKLearn(entry_point=str(script), framework_version="1.2-1", role=sagemaker.get_execution_role(), sagemaker_session=session,
                        instance_count=1, instance_type="ml.m5.large")
    estimator.fit()
    return estimator


def test_a_transformer_gives_what_an_endpoint_would(fitted, session, tmp_path):
    from sklearn.datasets import load_digits

    rows = load_digits().data[:200]
    for name, part in (("one.csv", rows[:150]), ("two.csv", rows[150:])):
        np.savetxt(str(tmp_path / name), part, delimiter=",", fmt="%g")
    data = session.upload_data(str(tmp_path), key_prefix="transform2/in")
    transformer = fitted.transformer(1, "ml.m5.large", strategy="MultiRecord", assemble_with="Line", accept="text/csv", max_payload=1,
                                     max_concurrent_transforms=2, env={"MINE": "1"},
                                     output_path="s3://%s/transform2/out" % session.default_bucket())
    transformer.transform(data, content_type="text/csv", split_type="Line",
                          model_client_config={"InvocationsTimeoutInSeconds": 60, "InvocationsMaxRetries": 1}, wait=True, logs=True)
    job = session.sagemaker_client.describe_transform_job(TransformJobName=transformer.latest_transform_job.name)
    assert job["ModelClientConfig"] == {"InvocationsTimeoutInSeconds": 60, "InvocationsMaxRetries": 1}
    assert job["MaxConcurrentTransforms"] == 2 and job["MaxPayloadInMB"] == 1

    def output(name):
        return session.read_s3_file(session.default_bucket(), "transform2/out/%s.out" % name)

    found = np.array([float(line) for line in (output("one.csv") + output("two.csv")).splitlines()])
    import joblib
    import tarfile

    bucket, key = fitted.model_data[len("s3://"):].split("/", 1)
    session.download_data(str(tmp_path / "model"), bucket, key)
    with tarfile.open(str(tmp_path / "model" / "model.tar.gz")) as archive:
        archive.extractall(str(tmp_path / "model"))
    model = joblib.load(str(tmp_path / "model" / "model.joblib"))
    # Of the model's own numbers, whatever the version of scikit-learn here.
    expected = 1 / (1 + np.exp(-(rows @ model.coef_.T + model.intercept_)[:, 0]))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_json_lines_are_joined(fitted, session, tmp_path):
    from sklearn.datasets import load_digits

    rows = load_digits().data[:20].tolist()
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"id": i, "pixels": row}) + "\n" for i, row in enumerate(rows)))
    data = session.upload_data(str(tmp_path / "rows.jsonl"), key_prefix="transform2/lines")
    transformer = fitted.transformer(1, "ml.m5.large", strategy="MultiRecord", assemble_with="Line", accept="application/jsonlines",
                                     output_path="s3://%s/transform2/lines-out" % session.default_bucket())
    transformer.transform(data, content_type="application/jsonlines", split_type="Line", input_filter="$.pixels",
                          output_filter="$['id','SageMakerOutput']", join_source="Input", wait=True, logs=False)
    lines = session.read_s3_file(session.default_bucket(), "transform2/lines-out/rows.jsonl.out").splitlines()
    assert [json.loads(line)["id"] for line in lines] == list(range(20))
    assert all(0 <= json.loads(line)["SageMakerOutput"] <= 1 for line in lines)
