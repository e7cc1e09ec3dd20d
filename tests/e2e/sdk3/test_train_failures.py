"""What a job that goes wrong under SDK 3's drivers says of it."""

import pytest


def test_the_scripts_own_error_is_the_reason(trainer):
    from sagemaker.core.utils.exceptions import FailedStatusError

    job = trainer({"train.py": """
        def fit():
            raise ValueError("the label column is empty")
        fit()
        """})
    with pytest.raises(FailedStatusError) as failed:
        job.train(wait=True, logs=False)
    assert "ValueError: the label column is empty" in str(failed.value)
    reason = job._latest_training_job.failure_reason
    assert reason.startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage \"Traceback (most recent call last):")
    assert reason.endswith("ValueError: the label column is empty\", exit code: 1"), reason


@pytest.mark.parametrize("code, files", [
    ({"entry_script": "start.sh"}, {"start.sh": "echo 'no such table: digits' >&2\nexit 3\n"}),
    ({"entry_script": None, "command": "sh start.sh"}, {"start.sh": "echo 'no such table: digits' >&2\nexit 3\n"}),
])
def test_a_shell_scripts_last_words_are_the_reason(trainer, ended, code, files):
    job = trainer(files, code=code)
    job.train(wait=False)
    described = ended(job)
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"].endswith("no such table: digits\", exit code: 3"), described["FailureReason"]


def test_requirements_that_cannot_be_had(trainer, ended):
    job = trainer({"train.py": "", "needs.txt": "--no-index\nno-such-package==9.9\n"}, code={"requirements": "needs.txt"})
    job.train(wait=False)
    described = ended(job)
    assert described["TrainingJobStatus"] == "Failed"
    assert "no-such-package==9.9" in described["FailureReason"], described["FailureReason"]


def test_mpi_is_absent(trainer, ended):
    from sagemaker.train.distributed import MPI

    job = trainer({"train.py": "print('never')\n"}, distributed=MPI(process_count_per_node=2))
    job.train(wait=False)
    described = ended(job)
    assert described["TrainingJobStatus"] == "Failed"
    assert "MPI" in described["FailureReason"] and "Torchrun" in described["FailureReason"], described["FailureReason"]


def test_torchrun_on_an_image_without_torch(trainer, ended):
    from sagemaker.train.distributed import Torchrun

    job = trainer({"train.py": "print('never')\n"}, distributed=Torchrun(process_count_per_node=1))
    job.train(wait=False)
    described = ended(job)
    assert described["TrainingJobStatus"] == "Failed"
    assert "No module named 'torch'" in described["FailureReason"], described["FailureReason"]
