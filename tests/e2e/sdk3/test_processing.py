"""Processing jobs by sagemaker.core.processing: ScriptProcessor and FrameworkProcessor."""

import uuid

import numpy as np
import pytest

from jobs import INSTANCE

SPLIT = """
import argparse, json, os, sys
import numpy as np
import sklearn
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--test-size", type=float)
args = parser.parse_args()
table = np.loadtxt("/opt/ml/processing/input/digits.csv", delimiter=",")
train, test = train_test_split(table, test_size=args.test_size, random_state=0)
for name, rows in (("train", train), ("test", test)):
    os.makedirs("/opt/ml/processing/" + name, exist_ok=True)
    np.savetxt("/opt/ml/processing/%s/digits.csv" % name, rows, delimiter=",", fmt="%g")
with open("/opt/ml/processing/train/report.json", "w") as report:
    json.dump({"sklearn": sklearn.__version__, "greeting": os.environ["GREETING"], "rows": len(table)}, report)
print("split into", len(train), "and", len(test))
"""


@pytest.fixture(scope="module")
def table(session, digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    np.savetxt(folder / "digits.csv", np.column_stack([digits[1], digits[0]]), delimiter=",", fmt="%g")
    return session.upload_data(str(folder / "digits.csv"), session.default_bucket(), "sdk3/processing")


def input_of(uri, path="/opt/ml/processing/input"):
    from sagemaker.core.shapes import ProcessingInput, ProcessingS3Input

    return ProcessingInput(input_name="table", s3_input=ProcessingS3Input(
        s3_uri=uri, local_path=path, s3_data_type="S3Prefix", s3_input_mode="File"))


def output_of(name, uri):
    from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output

    return ProcessingOutput(output_name=name, s3_output=ProcessingS3Output(
        s3_uri=uri, local_path="/opt/ml/processing/" + name, s3_upload_mode="EndOfJob"))


def rows_of(read, uri):
    return len(read(uri).splitlines())


def test_script_processor(session, role, image, table, read, log_of, source):
    from sagemaker.core.processing import ScriptProcessor

    base = f"s3://{session.default_bucket()}/sdk3/split-{uuid.uuid4().hex[:8]}"
    processor = ScriptProcessor(image_uri=image, command=["python3"], role=role, instance_count=1, instance_type=INSTANCE,
                                sagemaker_session=session, base_job_name="sdk3-split-" + uuid.uuid4().hex[:8],
                                env={"GREETING": "hello"})
    processor.run(code=source({"split.py": SPLIT}) + "/split.py", inputs=[input_of(table)], arguments=["--test-size", "0.25"],
                  outputs=[output_of("train", base + "/train"), output_of("test", base + "/test")], wait=True, logs=True)
    assert (rows_of(read, base + "/train/digits.csv"), rows_of(read, base + "/test/digits.csv")) == (1347, 450)
    assert read(base + "/train/report.json") == {"sklearn": "1.4.2", "greeting": "hello", "rows": 1797}
    job = processor.latest_job
    job.refresh()
    assert job.processing_job_status == "Completed"
    assert "split into 1347 and 450" in log_of(job.processing_job_name, "/aws/sagemaker/ProcessingJobs")


def test_framework_processor(session, role, image, table, read, source):
    """Its own bash script unpacks the source, installs requirements.txt and runs the script."""
    from sagemaker.core.processing import FrameworkProcessor

    base = f"s3://{session.default_bucket()}/sdk3/framework-{uuid.uuid4().hex[:8]}"
    folder = source({"main.py": "import json, part, tabulate\njson.dump([part.WORD, tabulate.__version__], "
                                "open('/opt/ml/processing/train/said.json', 'w'))\n",
                     "part.py": "WORD = 'beside'\n", "requirements.txt": "tabulate==0.9.0\n"})
    processor = FrameworkProcessor(image_uri=image, role=role, instance_count=1, instance_type=INSTANCE, sagemaker_session=session,
                                   base_job_name="sdk3-framework-" + uuid.uuid4().hex[:8])
    processor.run(code="main.py", source_dir=folder, outputs=[output_of("train", base)], wait=False)
    processor.latest_job.wait(poll=1)
    assert read(base + "/said.json") == ["beside", "0.9.0"]


def test_a_script_that_fails_says_why(session, role, image, source):
    from sagemaker.core.processing import ScriptProcessor
    from sagemaker.core.utils.exceptions import FailedStatusError

    processor = ScriptProcessor(image_uri=image, command=["python3"], role=role, instance_count=1, instance_type=INSTANCE,
                                sagemaker_session=session, base_job_name="sdk3-fails-" + uuid.uuid4().hex[:8])
    processor.run(code=source({"fails.py": "raise ValueError('no digits here')\n"}) + "/fails.py", wait=False)
    job = processor.latest_job
    with pytest.raises(FailedStatusError):
        job.wait(poll=1)
    assert "ValueError: no digits here" in job.failure_reason, job.failure_reason
