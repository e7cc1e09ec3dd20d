"""SageMaker Python SDK 2.257, unmodified, with the environment of `clary env` alone."""

import io
import tarfile
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

SCRIPT = """
import json, os
import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.datasets import load_digits

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))

if __name__ == "__main__":
    digits = load_digits()
    model = LogisticRegression(max_iter=200).fit(digits.data, digits.target)
    joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
    with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "report.json"), "w") as report:
        json.dump({"hps": json.loads(os.environ["SM_HPS"]), "hosts": json.loads(os.environ["SM_HOSTS"]),
                   "host": os.environ["SM_CURRENT_HOST"], "gpus": os.environ["SM_NUM_GPUS"], "custom": os.environ["MINE"]}, report)
"""

PROBABILITIES = SCRIPT + """
def predict_fn(data, model):
    return model.predict_proba(data)
"""


@pytest.fixture(scope="session")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="session")
def role(session):
    import sagemaker

    return sagemaker.get_execution_role()


def wait_for(session, endpoint):
    client = session.sagemaker_client
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        described = client.describe_endpoint(EndpointName=endpoint)
        if described["EndpointStatus"] not in ("Creating", "Updating"):
            assert described["EndpointStatus"] == "InService", described.get("FailureReason")
            return
        time.sleep(0.1)
    raise AssertionError("the endpoint is not there after 60 s")


@pytest.fixture(scope="session")
def fitted(session, role, tmp_path_factory):
    from sagemaker.sklearn import SKLearn

    folder = tmp_path_factory.mktemp("fit")
    (folder / "script.py").write_text(SCRIPT)
    estimator = SKLearn(entry_point=str(folder / "script.py"), role=role, sagemaker_session=session, instance_type="ml.m5.large",
                        instance_count=1, framework_version="1.2-1", py_version="py3", base_job_name="sdk2",
                        hyperparameters={"epochs": 2, "name": "x y", "deep": {"a": [1, 2]}}, environment={"MINE": "yes"})
    estimator.fit()
    return estimator


def read_tar(session, uri, member):
    bucket, key = uri[len("s3://"):].split("/", 1)
    data = session.boto_session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return archive.extractfile(member).read()


def test_bucket_and_role_with_the_environment_alone(session, role):
    assert session.default_bucket() == "sagemaker-us-east-1-000000000000"
    assert ":role/" in role


def test_fit_prints_no_traceback_and_is_quick(session, role, tmp_path):
    """In a process of its own, since the SDK logs through handlers made at import."""
    import subprocess
    import sys

    (tmp_path / "one_second.py").write_text("import time\ntime.sleep(1)\nprint('done here')\n")
    (tmp_path / "fit.py").write_text(f"""
from sagemaker.sklearn import SKLearn
SKLearn(entry_point="one_second.py", role="{role}", instance_type="ml.m5.large", instance_count=1, framework_version="1.2-1").fit()
""")
    start = time.monotonic()
    done = subprocess.run([sys.executable, "fit.py"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout, done.stdout
    assert "done here" in done.stdout and "Training job completed" in done.stdout, done.stdout
    assert time.monotonic() - start < 30  # the figure stands in docs/benchmarks.md; this only tells the SDK's own 40 s


def test_the_script_sees_the_container_contract(fitted, session):
    output = fitted.model_data.replace("model.tar.gz", "output.tar.gz")
    import json

    report = json.loads(read_tar(session, output, "data/report.json"))
    assert report == {"hps": {"epochs": 2, "name": "x y", "deep": {"a": [1, 2]}}, "hosts": ["algo-1"], "host": "algo-1", "gpus": "0",
                      "custom": "yes"}


def test_deploy_from_an_estimator(fitted, session):
    predictor = fitted.deploy(initial_instance_count=1, instance_type="ml.m5.large", wait=False)
    try:
        wait_for(session, predictor.endpoint_name)
        import joblib

        rows = load_digits().data[::9]
        local = joblib.load(io.BytesIO(read_tar(session, fitted.model_data, "model.joblib")))
        predicted = predictor.predict(rows)
        assert predicted.dtype == np.int64
        np.testing.assert_array_equal(predicted, local.predict(rows))
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()


@pytest.mark.parametrize("repack", [False, True])
def test_deploy_a_model_of_its_own_in_every_format(fitted, session, role, tmp_path, repack):
    import joblib
    from sagemaker.deserializers import CSVDeserializer, JSONDeserializer, JSONLinesDeserializer, NumpyDeserializer
    from sagemaker.serializers import CSVSerializer, JSONLinesSerializer, JSONSerializer, NumpySerializer
    from sagemaker import image_uris
    from sagemaker.model import Model
    from sagemaker.predictor import Predictor
    from sagemaker.sklearn import SKLearnModel
    from sagemaker.utils import repack_model

    (tmp_path / "inference.py").write_text(PROBABILITIES)
    if repack:  # the code goes into the model's archive, as the SDK does it for its other frameworks
        model_data = f"s3://{session.default_bucket()}/repacked/model.tar.gz"
        repack_model("inference.py", str(tmp_path), [], fitted.model_data, model_data, session)
        image = image_uris.retrieve("sklearn", "us-east-1", version="1.2-1", instance_type="ml.m5.large")
        model = Model(image_uri=image, model_data=model_data, role=role, sagemaker_session=session, predictor_cls=Predictor,
                      env={"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"})
    else:
        model = SKLearnModel(model_data=fitted.model_data, role=role, entry_point="inference.py", source_dir=str(tmp_path),
                             framework_version="1.2-1", sagemaker_session=session)
    predictor = model.deploy(initial_instance_count=2, instance_type="ml.m5.large", wait=False)
    try:
        wait_for(session, predictor.endpoint_name)
        rows = load_digits().data[:5]
        local = joblib.load(io.BytesIO(read_tar(session, fitted.model_data, "model.joblib")))
        expected = local.predict_proba(rows)
        for serializer, deserializer in [(NumpySerializer(), NumpyDeserializer()), (CSVSerializer(), CSVDeserializer()),
                                         (JSONSerializer(), JSONDeserializer()), (CSVSerializer(), JSONDeserializer())]:
            predictor.serializer, predictor.deserializer = serializer, deserializer
            answer = np.array(predictor.predict(rows), dtype=float)
            np.testing.assert_allclose(answer, expected, atol=1e-6, err_msg=f"{serializer} {deserializer}")
        frame = pd.DataFrame(rows)
        predictor.serializer, predictor.deserializer = CSVSerializer(), NumpyDeserializer()
        np.testing.assert_allclose(predictor.predict(frame.to_csv(header=False, index=False)), expected, atol=1e-6)
        predictor.serializer, predictor.deserializer = JSONLinesSerializer(), JSONLinesDeserializer()
        lines = predictor.predict([list(map(float, row)) for row in rows])
        np.testing.assert_allclose(np.array(lines, dtype=float).reshape(expected.shape), expected, atol=1e-6)
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()


def test_several_instances_are_told(fitted, session, role, tmp_path):
    (tmp_path / "inference.py").write_text(SCRIPT)
    from sagemaker.sklearn import SKLearnModel

    model = SKLearnModel(model_data=fitted.model_data, role=role, entry_point=str(tmp_path / "inference.py"), framework_version="1.2-1",
                         sagemaker_session=session)
    predictor = model.deploy(initial_instance_count=2, instance_type="ml.m5.large", wait=False)
    try:
        wait_for(session, predictor.endpoint_name)
        variant = session.sagemaker_client.describe_endpoint(EndpointName=predictor.endpoint_name)["ProductionVariants"][0]
        assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (2, 2)
        assert "sagemaker-scikit-learn:1.2-1" in variant["DeployedImages"][0]["SpecifiedImage"]
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()
