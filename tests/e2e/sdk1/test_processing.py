"""Processing jobs of SageMaker Python SDK 1.72.1, unmodified: SKLearnProcessor and ScriptProcessor."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

PREPROCESS = """
import argparse, os
import numpy as np
import pandas as pd
import sklearn
from sklearn.externals import joblib
from sklearn.preprocessing import OneHotEncoder

parser = argparse.ArgumentParser()
parser.add_argument("--train-rows", type=int)
args = parser.parse_args()
data = pd.read_csv(os.path.join("/opt/ml/processing/input", "digits.csv"), header=None)
labels = OneHotEncoder(sparse=False, categories="auto").fit_transform(data[[0]].values)
data.iloc[:args.train_rows].to_csv("/opt/ml/processing/train/train.csv", header=False, index=False)
data.iloc[args.train_rows:].to_csv("/opt/ml/processing/test/test.csv", header=False, index=False)
np.savetxt("/opt/ml/processing/train/labels.csv", labels[:args.train_rows], delimiter=",", fmt="%d")
print("scikit-learn", sklearn.__version__)
"""


@pytest.fixture(scope="session")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="session")
def role(session):
    import sagemaker

    return sagemaker.get_execution_role()


def read(session, uri):
    bucket, key = uri[len("s3://"):].split("/", 1)
    return session.boto_session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def test_preprocessing_of_digits_on_the_version_of_its_time(session, role, tmp_path, capfd):
    from sagemaker.processing import ProcessingInput, ProcessingOutput
    from sagemaker.sklearn.processing import SKLearnProcessor

    digits = load_digits()
    data = pd.DataFrame(np.column_stack([digits.target, digits.data]).astype(int))
    data.to_csv(str(tmp_path / "digits.csv"), header=False, index=False)
    (tmp_path / "preprocess.py").write_text(PREPROCESS)
    processor = SKLearnProcessor(framework_version="0.20.0", role=role, instance_type="ml.m4.xlarge", instance_count=1,
                                 sagemaker_session=session)
    processor.run(code=str(tmp_path / "preprocess.py"), arguments=["--train-rows", "1400"],
                  inputs=[ProcessingInput(source=str(tmp_path / "digits.csv"), destination="/opt/ml/processing/input")],
                  outputs=[ProcessingOutput(output_name="train_data", source="/opt/ml/processing/train"),
                           ProcessingOutput(output_name="test_data", source="/opt/ml/processing/test")])
    assert "scikit-learn 0.20" in capfd.readouterr().out
    job = processor.latest_job.describe()
    assert job["ProcessingJobStatus"] == "Completed"
    places = {output["OutputName"]: output["S3Output"]["S3Uri"] for output in job["ProcessingOutputConfig"]["Outputs"]}

    def table(uri):
        return pd.read_csv(io.BytesIO(read(session, uri)), header=None).values
    assert np.array_equal(table(places["train_data"] + "/train.csv"), data.values[:1400])
    assert np.array_equal(table(places["test_data"] + "/test.csv"), data.values[1400:])
    assert np.array_equal(table(places["train_data"] + "/labels.csv"), np.eye(10)[digits.target[:1400]])


def test_a_script_processor(session, role, tmp_path):
    from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
    from sagemaker.sklearn.estimator import SKLearn

    (tmp_path / "list.py").write_text("""
import json, os, sys
found = sorted(os.path.join(folder, name)[len("/opt/ml/processing/input/"):]
               for folder, _, names in os.walk("/opt/ml/processing/input") for name in names)
json.dump({"found": found, "arguments": sys.argv[1:], "mine": os.environ["MINE"]}, open("/opt/ml/processing/out/list.json", "w"))
""")
    folder = tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "deep" / "b.txt").write_text("b")
    image = SKLearn(entry_point=str(tmp_path / "list.py"), role=role, train_instance_type="ml.m4.xlarge", framework_version="0.23-1",
                    sagemaker_session=session).train_image()
    processor = ScriptProcessor(role=role, image_uri=image, command=["python3"], instance_count=1, instance_type="ml.m4.xlarge",
                                env={"MINE": "1"}, sagemaker_session=session)
    processor.run(code=str(tmp_path / "list.py"), arguments=["--all"], logs=False,
                  inputs=[ProcessingInput(source=str(folder), destination="/opt/ml/processing/input/data")],
                  outputs=[ProcessingOutput(output_name="out", source="/opt/ml/processing/out", s3_upload_mode="Continuous")])
    job = processor.latest_job.describe()
    listed = json.loads(read(session, job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] + "/list.json"))
    assert listed == {"found": ["code/list.py", "data/a.txt", "data/deep/b.txt"], "arguments": ["--all"], "mine": "1"}


def test_a_failure_is_raised_with_its_reason(session, role, tmp_path):
    from sagemaker.sklearn.processing import SKLearnProcessor

    (tmp_path / "fails.py").write_text("import sys\nsys.exit('no such column: age')\n")
    processor = SKLearnProcessor(framework_version="0.20.0", role=role, instance_type="ml.m4.xlarge", instance_count=1,
                                 sagemaker_session=session)
    with pytest.raises(ValueError) as raised:
        processor.run(code=str(tmp_path / "fails.py"))
    assert "no such column: age" in str(raised.value)
