"""Processing jobs of SageMaker Python SDK 2.257, unmodified: SKLearnProcessor, ScriptProcessor, FrameworkProcessor."""

import json
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

VERSION = "1.2-1"

PREPROCESS = """
import argparse, os
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--test-size", type=float)
args = parser.parse_args()
data = pd.read_csv("/opt/ml/processing/input/digits.csv", header=None)
train, test = train_test_split(data, test_size=args.test_size, random_state=7, stratify=data[0])
scaler = StandardScaler().fit(train.drop(columns=0).values)
for name, part in (("train", train), ("test", test)):
    scaled = pd.DataFrame(scaler.transform(part.drop(columns=0).values))
    scaled.insert(0, "label", part[0].values)
    scaled.to_csv("/opt/ml/processing/%s/%s.csv" % (name, name), header=False, index=False)
    print(name, len(part), "rows")
open("/opt/ml/output/message", "w").write("%d + %d rows" % (len(train), len(test)))
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


def finish(processor):
    """The job's description once it has ended. (The SDK's own wait() sleeps 5 s before it looks for the first time.)"""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job = processor.latest_job.describe()
        if job["ProcessingJobStatus"] not in ("InProgress", "Stopping"):
            return job
        time.sleep(0.05)  # between two looks
    raise AssertionError(f"not ended after 60 s: {job}")


def outputs_of(processor):
    return {output["OutputName"]: output["S3Output"]["S3Uri"]
            for output in processor.latest_job.describe()["ProcessingOutputConfig"]["Outputs"]}


def test_preprocessing_of_digits(session, role, tmp_path, capfd):
    from sagemaker.processing import ProcessingInput, ProcessingOutput
    from sagemaker.sklearn.processing import SKLearnProcessor

    digits = load_digits()
    data = pd.DataFrame(np.column_stack([digits.target, digits.data]))
    data.to_csv(tmp_path / "digits.csv", header=False, index=False)
    (tmp_path / "preprocess.py").write_text(PREPROCESS)
    processor = SKLearnProcessor(framework_version=VERSION, role=role, instance_type="ml.m5.xlarge", instance_count=1,
                                 base_job_name="digits", sagemaker_session=session)
    start = time.monotonic()
    processor.run(
        code=str(tmp_path / "preprocess.py"), arguments=["--test-size", "0.2"],
        inputs=[ProcessingInput(source=str(tmp_path / "digits.csv"), destination="/opt/ml/processing/input")],
        outputs=[ProcessingOutput(output_name="train", source="/opt/ml/processing/train"),
                 ProcessingOutput(output_name="test", source="/opt/ml/processing/test")])
    assert time.monotonic() - start < 38  # where the first look does not wait, the SDK takes 40 s
    assert "train 1437 rows" in capfd.readouterr().out
    job = processor.latest_job.describe()
    assert job["ProcessingJobStatus"] == "Completed" and job["ExitMessage"] == "1437 + 360 rows"
    assert ":processing-job/digits-" in job["ProcessingJobArn"]

    train, test = train_test_split(data, test_size=0.2, random_state=7, stratify=data[0])
    scaler = StandardScaler().fit(train.drop(columns=0).values)
    for name, part in (("train", train), ("test", test)):
        import io

        found = pd.read_csv(io.BytesIO(read(session, f"{outputs_of(processor)[name]}/{name}.csv")), header=None).values
        assert np.array_equal(found[:, 0], part[0].values)
        assert np.allclose(found[:, 1:], scaler.transform(part.drop(columns=0).values))


def test_a_script_processor_with_any_known_image(session, role, tmp_path):
    from sagemaker import image_uris
    from sagemaker.processing import ProcessingOutput, ScriptProcessor

    (tmp_path / "report.py").write_text("""
import json, os, subprocess, sys
report = {"arguments": sys.argv[1:], "mine": os.environ["MINE"], "script": sys.argv[0], "optimized": sys.flags.optimize,
          "python": subprocess.run(["python", "-c", "import sklearn; print(sklearn.__version__)"], stdout=subprocess.PIPE).stdout.decode().strip(),
          "pip": subprocess.run(["pip", "--version"], stdout=subprocess.DEVNULL).returncode}
json.dump(report, open("/opt/ml/processing/report/report.json", "w"))
open("/opt/ml/processing/more/more.txt", "w").write("more")
""")
    image = image_uris.retrieve("sklearn", session.boto_region_name, version=VERSION, instance_type="ml.m5.large")
    processor = ScriptProcessor(role=role, image_uri=image, command=["python3", "-O"], instance_count=1, instance_type="ml.m5.large",
                                env={"MINE": "two words"}, max_runtime_in_seconds=600, sagemaker_session=session)
    one_place = f"s3://{session.default_bucket()}/one-place"
    processor.run(code=str(tmp_path / "report.py"), arguments=["--flag", "a b", ""], wait=False,
                  outputs=[ProcessingOutput(output_name="report", source="/opt/ml/processing/report", destination=one_place),
                           ProcessingOutput(output_name="more", source="/opt/ml/processing/more", destination=one_place)])
    assert finish(processor)["ProcessingJobStatus"] == "Completed"
    report = json.loads(read(session, one_place + "/report.json"))
    assert report == {"arguments": ["--flag", "a b", ""], "mine": "two words", "script": "/opt/ml/processing/input/code/report.py",
                      "optimized": 1, "python": "1.2.1", "pip": 0}
    assert read(session, one_place + "/more.txt") == b"more"
    assert processor.latest_job.describe()["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}


def test_a_failure_is_raised_with_its_reason(session, role, tmp_path):
    from sagemaker.exceptions import UnexpectedStatusException
    from sagemaker.sklearn.processing import SKLearnProcessor

    (tmp_path / "fails.py").write_text("raise KeyError('no such column: age')\n")
    processor = SKLearnProcessor(framework_version=VERSION, role=role, instance_type="ml.m5.large", instance_count=1, sagemaker_session=session)
    with pytest.raises(UnexpectedStatusException) as raised:
        processor.run(code=str(tmp_path / "fails.py"), logs=False)
    assert "Failed. Reason: AlgorithmError" in str(raised.value) and "no such column: age" in str(raised.value)


def make_wheel(path):
    """A package of one module, so that pip needs no registry."""
    info = "tiny_words-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny_words.py", "def shout(text):\n    return text.upper()\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-words\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"tiny_words.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


def test_a_framework_processor_brings_a_folder_and_its_requirements(session, role, tmp_path):
    from sagemaker.processing import FrameworkProcessor, ProcessingOutput
    from sagemaker.sklearn import SKLearn

    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "run.py").write_text("""
import sys
from deep.helper import greeting
from tiny_words import shout
open("/opt/ml/processing/output/said.txt", "w").write(shout(greeting(sys.argv[1])))
""")
    (source / "deep" / "__init__.py").write_text("")
    (source / "deep" / "helper.py").write_text("def greeting(name):\n    return 'hello ' + name\n")
    make_wheel(source / "tiny_words-1.0-py3-none-any.whl")
    (source / "requirements.txt").write_text("./tiny_words-1.0-py3-none-any.whl\n")
    processor = FrameworkProcessor(estimator_cls=SKLearn, framework_version=VERSION, role=role, instance_count=1, instance_type="ml.m5.large",
                                   sagemaker_session=session)
    processor.run(code="run.py", source_dir=str(source), arguments=["you two"], wait=False,
                  outputs=[ProcessingOutput(output_name="output", source="/opt/ml/processing/output")])
    assert finish(processor)["ProcessingJobStatus"] == "Completed"
    assert read(session, outputs_of(processor)["output"] + "/said.txt") == b"HELLO YOU TWO"
    entrypoint = processor.latest_job.describe()["AppSpecification"]["ContainerEntrypoint"]
    assert entrypoint == ["/bin/bash", "/opt/ml/processing/input/entrypoint/runproc.sh"]


def test_stop(session, role, tmp_path):
    from sagemaker.sklearn.processing import SKLearnProcessor

    (tmp_path / "waits.py").write_text("import time\ntime.sleep(300)\n")
    processor = SKLearnProcessor(framework_version=VERSION, role=role, instance_type="ml.m5.large", instance_count=1, sagemaker_session=session)
    processor.run(code=str(tmp_path / "waits.py"), wait=False)
    processor.latest_job.stop()
    assert finish(processor)["ProcessingJobStatus"] == "Stopped"
