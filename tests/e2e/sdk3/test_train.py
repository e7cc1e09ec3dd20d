"""ModelTrainer(...).train() with the driver scripts that it packs."""

import json
import re
import subprocess
import sys
import tarfile
import textwrap

import joblib
import numpy as np
import pytest

from jobs import INSTANCE

TRAIN = """
import argparse, json, os, sys
import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("--max-iter", type=int)
parser.add_argument("--name")
parser.add_argument("--flag", type=json.loads)
parser.add_argument("--layers", type=json.loads)
parsed = parser.parse_args()

def channel(name):
    table = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_" + name], "digits.csv"), delimiter=",")
    return table[:, 1:], table[:, 0]

rows, labels = channel("TRAIN")
model = LogisticRegression(max_iter=parsed.max_iter).fit(rows, labels)
accuracy = model.score(*channel("TEST"))
print("accuracy: %.6f" % accuracy)
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "report.json"), "w") as report:
    json.dump({"accuracy": accuracy, "probabilities": model.predict_proba(channel("TEST")[0][:5]).tolist(), "parsed": vars(parsed),
               "cwd": os.getcwd(), "variables": dict(os.environ)}, report)
"""


def write_csv(path, rows, labels):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, np.column_stack([labels, rows]), delimiter=",", fmt="%g")


@pytest.fixture(scope="session")
def trained(session, image, digits, tmp_path_factory):
    """One job with most of what a ModelTrainer can say, but no role: the SDK asks for the caller's."""
    from sagemaker.train import ModelTrainer
    from sagemaker.train.configs import Compute, InputData, MetricDefinition, OutputDataConfig, SourceCode, StoppingCondition, Tag

    folder = tmp_path_factory.mktemp("train")
    rows, labels = digits
    write_csv(folder / "train" / "digits.csv", rows[::2], labels[::2])
    write_csv(folder / "test" / "digits.csv", rows[1::2], labels[1::2])
    test_data = session.upload_data(str(folder / "test"), session.default_bucket(), "sdk3/test")
    (folder / "source").mkdir()
    (folder / "source" / "train.py").write_text(TRAIN)
    trainer = ModelTrainer(
        training_image=image, base_job_name="sdk3-digits",
        source_code=SourceCode(source_dir=str(folder / "source"), entry_script="train.py"),
        compute=Compute(instance_type=INSTANCE, instance_count=1, volume_size_in_gb=2),
        hyperparameters={"max-iter": 200, "name": "x y", "flag": True, "layers": [1, 2]},
        environment={"MINE": "yes"}, tags=[Tag(key="team", value="digits")],
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{session.default_bucket()}/sdk3-output"))
    trainer.with_metric_definitions([MetricDefinition(name="accuracy", regex="accuracy: ([0-9.]+)")])
    trainer.train(input_data_config=[InputData(channel_name="train", data_source=str(folder / "train")),
                                     InputData(channel_name="test", data_source=test_data)], wait=True, logs=True)
    return trainer


@pytest.fixture(scope="session")
def report(trained, read):
    return read(trained.output_data, "data/report.json")


def test_the_job_is_told_as_it_was(trained, role, report):
    job = trained._latest_training_job
    assert (job.training_job_status, job.secondary_status) == ("Completed", "Completed")
    assert job.role_arn == role
    assert job.hyper_parameters == {"flag": "true", "layers": "[1, 2]", "max-iter": "200", "name": "x y"}
    assert [channel.channel_name for channel in job.input_data_config] == ["train", "test", "code", "sm_drivers"]
    assert job.resource_config.volume_size_in_gb == 2 and job.stopping_condition.max_runtime_in_seconds == 600
    assert job.environment == {"MINE": "yes"}
    assert [transition.status for transition in job.secondary_status_transitions] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert [(metric.metric_name, metric.value) for metric in job.final_metric_data_list] == [
        ("accuracy", pytest.approx(report["accuracy"], abs=1e-6))]


def test_the_job_has_its_tags(trained):
    from sagemaker.core.resources import Tag

    found = [(tag.key, tag.value) for tag in Tag.get_all(resource_arn=trained._latest_training_job.training_job_arn)]
    assert found == [("team", "digits")]


def test_the_model_is_as_good_as_it_said(trained, report, read, digits, tmp_path):
    uri = trained._latest_training_job.model_artifacts.s3_model_artifacts
    (tmp_path / "model.joblib").write_bytes(read(uri, "model.joblib"))
    model = joblib.load(tmp_path / "model.joblib")
    rows, labels = digits
    assert report["accuracy"] > 0.95
    assert model.score(rows[1::2], labels[1::2]) == pytest.approx(report["accuracy"], abs=1e-6)
    np.testing.assert_allclose(model.predict_proba(rows[1::2][:5]), report["probabilities"], atol=1e-6)


def test_what_the_script_sees(trained, report):
    assert report["parsed"] == {"max_iter": 200, "name": "x y", "flag": True, "layers": [1, 2]}
    assert report["cwd"] == "/opt/ml/input/data/code"
    variables, job = report["variables"], trained._latest_training_job
    expected = {
        "MINE": "yes", "TRAINING_JOB_NAME": job.training_job_name, "TRAINING_JOB_ARN": job.training_job_arn,
        "SM_MODEL_DIR": "/opt/ml/model", "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data", "SM_OUTPUT_DIR": "/opt/ml/output",
        "SM_INPUT_DIR": "/opt/ml/input", "SM_INPUT_CONFIG_DIR": "/opt/ml/input/config", "SM_SOURCE_DIR": "/opt/ml/input/data/code",
        "SM_ENTRY_SCRIPT": "train.py", "SM_CHANNEL_TRAIN": "/opt/ml/input/data/train", "SM_CHANNEL_CODE": "/opt/ml/input/data/code",
        "SM_CURRENT_HOST": "algo-1", "SM_CURRENT_INSTANCE_TYPE": INSTANCE, "SM_HOST_COUNT": "1", "SM_CURRENT_HOST_RANK": "0",
        "SM_MASTER_ADDR": "algo-1", "SM_MASTER_PORT": "7777", "SM_NUM_GPUS": "0", "SM_HP_NAME": "x y", "SM_HP_LAYERS": "[1, 2]",
        "AWS_REGION": "us-east-1"}
    assert {name: variables.get(name) for name in expected} == expected
    assert json.loads(variables["SM_HPS"]) == {"max-iter": 200, "name": "x y", "flag": True, "layers": [1, 2]}
    assert json.loads(variables["SM_CHANNELS"]) == ["train", "test", "code", "sm_drivers"]
    assert json.loads(variables["SM_HOSTS"]) == ["algo-1"]
    assert int(variables["SM_NUM_CPUS"]) >= 1


def test_in_a_process_of_its_own(server, image, tmp_path):
    """As a user runs it: the log is streamed, and neither telemetry nor identity prints a traceback or takes time."""
    (tmp_path / "train.py").write_text("print('trained', 6 * 7)\n")
    (tmp_path / "run.py").write_text(textwrap.dedent(f"""
        import logging, time
        logging.basicConfig(level=logging.INFO)
        from sagemaker.core.helper.session_helper import Session, get_execution_role
        from sagemaker.train import ModelTrainer
        from sagemaker.train.configs import Compute, SourceCode
        start = time.monotonic()
        session = Session()
        print("bucket", session.default_bucket(), "role", get_execution_role())
        ModelTrainer(training_image="{image}", source_code=SourceCode(source_dir=".", entry_script="train.py"),
                     compute=Compute(instance_type="{INSTANCE}")).train()
        print("took", time.monotonic() - start)
        """))
    # The telemetry's bucket and STS have Amazon's names; only the variables of `clary env` bring them here.
    done = subprocess.run([sys.executable, "run.py"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, timeout=120, env=server.environment())
    assert done.returncode == 0, done.stdout
    assert not [word for word in ("Traceback", "ERROR:") if word in done.stdout], done.stdout
    assert "bucket sagemaker-us-east-1-000000000000 role arn:aws:iam::000000000000:role/" in done.stdout
    assert "trained 42" in done.stdout, done.stdout
    # A name of Amazon's that is not answered here would cost its time limits and retries, minutes in all.
    assert float(re.search(r"^took ([0-9.]+)", done.stdout, re.M)[1]) < 60, done.stdout


def test_entry_script_of_the_shell(trainer, ended, log_of):
    job = trainer({"start.sh": """
        #!/bin/sh
        echo "arguments: $*"
        python -c 'import os, sklearn; print("from python:", sklearn.__version__, os.environ["SM_HP_DEPTH"])'
        """}, code={"entry_script": "start.sh"}, hyperparameters={"depth": 3, "words": "a b"})
    job.train(wait=False)
    assert ended(job)["TrainingJobStatus"] == "Completed"
    lines = log_of(job._latest_training_job.training_job_name)
    assert "arguments: --depth 3 --words a b" in lines and "from python: 1.4.2 3" in lines, lines


def test_command_and_arguments(trainer, ended, log_of):
    job = trainer({"say.py": "import json, os, sys\nprint('given', sys.argv[1:], json.loads(os.environ['SM_HPS']))\n"},
                  code={"entry_script": None, "command": "python say.py", "args": ["--rows", 5, "two words", "$HOME"]},
                  hyperparameters={"depth": 3})
    job.train(wait=False)
    assert ended(job)["TrainingJobStatus"] == "Completed"
    assert "given ['--rows', '5', 'two words', '$HOME'] {'depth': 3}" in log_of(job._latest_training_job.training_job_name)


@pytest.mark.parametrize("where", ["local", "s3"])
def test_source_dir_as_an_archive(trainer, session, source, ended, log_of, tmp_path, where):
    folder = source({"train.py": "import part\nprint('part says', part.WORD)\n", "part.py": "WORD = 'packed'\n"})
    archive = tmp_path / "sourcedir.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, ".")
    at = str(archive)
    if where == "s3":
        at = session.upload_data(at, session.default_bucket(), "sdk3/packed")
    job = trainer(None, code={"source_dir": at})
    job.train(wait=False)
    assert ended(job)["TrainingJobStatus"] == "Completed"
    assert "part says packed" in log_of(job._latest_training_job.training_job_name)


def test_source_dir_as_a_prefix_in_s3(trainer, session, source, ended, log_of):
    session.upload_data(source({"train.py": "print('from a prefix')\n"}), session.default_bucket(), "sdk3/prefix")
    job = trainer(None, code={"source_dir": f"s3://{session.default_bucket()}/sdk3/prefix/"})
    job.train(wait=False)
    assert ended(job)["TrainingJobStatus"] == "Completed"
    assert "from a prefix" in log_of(job._latest_training_job.training_job_name)


def test_requirements(trainer, ended, log_of):
    job = trainer({"train.py": "import sklearn, tabulate\nprint('tabulate', tabulate.__version__, 'beside', sklearn.__version__)\n",
                   "needs.txt": "tabulate==0.9.0\n"}, code={"requirements": "needs.txt"})
    job.train(wait=False)
    described, lines = ended(job), log_of(job._latest_training_job.training_job_name)
    assert described["TrainingJobStatus"] == "Completed", lines[-20:]
    assert "tabulate 0.9.0 beside 1.4.2" in lines


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_hyperparameters_from_a_file(trainer, ended, log_of, tmp_path, form):
    values = {"lr": 0.5, "name": "x", "nested": {"depth": [1, 2]}, "none": None}
    texts = {"json": json.dumps(values), "yaml": "lr: 0.5\nname: x\nnested:\n  depth: [1, 2]\nnone: null\n"}
    path = tmp_path / f"hyperparameters.{form}"
    path.write_text(texts[form])
    job = trainer({"train.py": "import os\nprint('SM_HPS', os.environ['SM_HPS'])\n"}, hyperparameters=str(path))
    job.train(wait=False)
    assert ended(job)["TrainingJobStatus"] == "Completed"
    line = next(line for line in log_of(job._latest_training_job.training_job_name) if line.startswith("SM_HPS "))
    assert json.loads(line[len("SM_HPS "):]) == values


def test_a_role_by_its_name(trainer, role):
    """The SDK asks IAM for its ARN, what it may do, and whom it trusts."""
    assert trainer({"train.py": ""}, role=role.rpartition("/")[2]).role == role


def test_a_role_that_does_not_exist(trainer):
    with pytest.raises(Exception, match="IAM role 'NobodysRole' does not exist"):
        trainer({"train.py": ""}, role="NobodysRole")


def test_without_source_code_the_image_says_what_is_missing(session, image, ended):
    from sagemaker.train import ModelTrainer
    from sagemaker.train.configs import Compute

    job = ModelTrainer(training_image=image, sagemaker_session=session, compute=Compute(instance_type=INSTANCE))
    job.train(wait=False)
    described = ended(job)
    assert described["TrainingJobStatus"] == "Failed"
    assert "No entry point" in described["FailureReason"]
