"""What TensorFlow's jobs are given: S3, TF_CONFIG, a parameter server beside the script, and the container's own warnings."""

import json
import shutil
import time

import pytest
from test_launch import two_hosts
from test_train import job, seen  # noqa: F401 (job is a fixture)

TENSORFLOW = "sagemaker_tensorflow_container.training:main"
HOSTS = ("127.0.0.1", "localhost")


def told(job, **environment):
    return seen(job, "dict(os.environ)", SAGEMAKER_TRAINING_MODULE=TENSORFLOW, **environment)


def fake_tensorflow(job):
    """A TensorFlow whose server tells how it was called and then waits, in the place of half a gigabyte."""
    (job.folder / "code/tensorflow.py").write_text("""
import json, os, time
class ConfigProto:
    def __init__(self, device_count): self.device_count = device_count
class Server:
    def __init__(self, cluster, job_name, task_index, config):
        path = os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "ps")
        with open(path + ".new", "w") as file: json.dump([cluster, job_name, task_index, config.device_count, os.getpid()], file)
        os.rename(path + ".new", path)
    def join(self):
        while True: time.sleep(10)
class train: pass
train.Server = Server
class v1: pass
v1.train, v1.ConfigProto = train, ConfigProto
class compat: pass
compat.v1 = v1
""")


def test_tensorflows_own_s3_finds_the_endpoint(job):
    found = told(job, AWS_ENDPOINT_URL="http://127.0.0.1:9080", AWS_REGION="eu-west-1")
    wanted = {"S3_ENDPOINT": "127.0.0.1:9080", "S3_USE_HTTPS": "0", "S3_REGION": "eu-west-1", "TF_CPP_MIN_LOG_LEVEL": "1"}
    assert {name: found.get(name) for name in wanted} == wanted
    assert "TF_CONFIG" not in found


def test_the_mirrored_strategy_of_several_workers(job):
    two_hosts(job, "localhost", HOSTS)
    job.hyperparameters(sagemaker_multi_worker_mirrored_strategy_enabled="true")
    assert json.loads(told(job)["TF_CONFIG"]) == {
        "cluster": {"worker": ["127.0.0.1:8890", "localhost:8890"]},
        "environment": "cloud",
        "task": {"index": 1, "type": "worker"},
    }


@pytest.mark.parametrize("current, task", [
    ("127.0.0.1", {"index": 0, "type": "master"}),
    ("localhost", {"index": 0, "type": "worker"}),
])
def test_a_parameter_server_stands_beside_the_script(job, current, task):
    fake_tensorflow(job)
    two_hosts(job, current, HOSTS)
    job.hyperparameters(sagemaker_parameter_server_enabled="true", model_dir='"s3://b/model"')
    job.script("""
        import json, os, sys, time
        server = os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "ps")
        deadline = time.monotonic() + 30
        while not os.path.exists(server) and time.monotonic() < deadline:
            time.sleep(0.02)
        json.dump([json.loads(os.environ["TF_CONFIG"]), json.load(open(server)), sys.argv], open(os.environ["SM_MODEL_DIR"] + "/told", "w"))
    """)
    code, output = job.run(SAGEMAKER_TRAINING_MODULE=TENSORFLOW)
    assert code == 0, output
    config, server, arguments = json.loads((job.folder / "model/told").read_text())
    cluster = {"master": ["127.0.0.1:2222"], "worker": ["localhost:2222"], "ps": ["127.0.0.1:2223", "localhost:2223"]}
    assert config == {"cluster": cluster, "environment": "cloud", "task": task}
    assert server[:4] == [cluster, "ps", HOSTS.index(current), {"GPU": 0}]
    assert arguments[1:] == ["--model_dir", "s3://b/model"]
    assert not alive(server[4])


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_one_host_needs_no_parameter_server(job):
    job.hyperparameters(sagemaker_parameter_server_enabled="true")
    assert "TF_CONFIG" not in told(job)


def test_a_worker_waits_for_the_master(job):
    """Its parameters are needed until then: the master's port stands for it."""
    import socket
    import threading

    fake_tensorflow(job)
    two_hosts(job, "localhost", ("127.0.0.9", "localhost"))
    job.hyperparameters(sagemaker_parameter_server_enabled="true")
    job.script("open('/dev/null')")
    master = socket.socket()
    master.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    master.bind(("127.0.0.9", 2222))
    master.listen(8)
    seen_at = []

    def serve():
        while True:
            try:
                master.accept()[0].close()
            except OSError:
                return
            seen_at.append(time.monotonic())
            if len(seen_at) == 2:
                master.shutdown(socket.SHUT_RDWR)
                master.close()
                return

    thread = threading.Thread(target=serve)
    thread.start()
    code, output = job.run(SAGEMAKER_TRAINING_MODULE=TENSORFLOW)
    thread.join()
    assert code == 0 and len(seen_at) == 2, output


def test_tuning_jobs_have_a_model_dir_each(job):
    job.hyperparameters(_tuning_objective_metric='"loss"', sagemaker_job_name='"job-7"', model_dir='"s3://b/model"')
    assert seen(job, "[os.sys.argv[1:], os.environ['SM_HP_MODEL_DIR'], json.loads(os.environ['SM_HPS'])]",
                SAGEMAKER_TRAINING_MODULE=TENSORFLOW) == [
        ["--model_dir", "s3://b/model/job-1/model"], "s3://b/model/job-1/model", {"model_dir": "s3://b/model/job-1/model"}]
    job.hyperparameters(_tuning_objective_metric='"loss"', sagemaker_job_name='"job-7"', model_dir='"/opt/ml/model"')
    assert seen(job, "os.sys.argv[1:]", SAGEMAKER_TRAINING_MODULE=TENSORFLOW) == ["--model_dir", "/opt/ml/model"]


def test_no_other_argument_is_changed_with_it(job):
    job.script("")
    job.hyperparameters(_tuning_objective_metric='"loss"', model_dir='"s3://b/model"', start='"s3://b/model/old"')
    code, output = job.run(SAGEMAKER_TRAINING_MODULE=TENSORFLOW)
    assert code == 0 and "train.py --model_dir s3://b/model/job-1/model --start s3://b/model/old\n" in output, output
    job.hyperparameters(_tuning_objective_metric='"loss"', model_dir='""')
    assert seen(job, "os.sys.argv[1:]", SAGEMAKER_TRAINING_MODULE=TENSORFLOW) == ["--model_dir", ""]


def test_what_a_script_does_at_its_end_comes_before_ours(job):
    """Threads, and functions of atexit: the model may be theirs, and they need the parameters."""
    text = """
        import atexit, os, threading, time
        def save():
            os.makedirs(os.environ["SM_MODEL_DIR"] + "/1")
            open(os.environ["SM_MODEL_DIR"] + "/1/saved_model.pb", "w").close()
            server = os.environ["SM_OUTPUT_DATA_DIR"] + "/ps"
            if os.environ.get("TF_CONFIG"):
                deadline = time.monotonic() + 30
                while not os.path.exists(server) and time.monotonic() < deadline:
                    time.sleep(0.02)
                import json
                os.kill(json.load(open(server))[4], 0)
                print("parameters are served", flush=True)
        ended = threading.Event()
        atexit.register(save)
        threading.Thread(target=lambda: ended.wait(0.3) or print("thread", flush=True)).start()
    """
    job.script(text)
    code, output = job.run(SAGEMAKER_TRAINING_MODULE=TENSORFLOW)
    assert code == 0 and "thread" in output and "No model" not in output and "servable" not in output, output
    shutil.rmtree(str(job.folder / "model/1"))
    fake_tensorflow(job)
    two_hosts(job, "127.0.0.1", HOSTS)
    job.hyperparameters(sagemaker_parameter_server_enabled="true")
    code, output = job.run(SAGEMAKER_TRAINING_MODULE=TENSORFLOW)
    assert code == 0 and "parameters are served" in output and "No model" not in output and "servable" not in output, output


@pytest.mark.parametrize("path, told", [
    (None, "No model artifact is saved"),
    ("model.h5", "there is no SavedModel in it"),
    ("best/saved_model.pb", "in the folder best, whose name is no number"),
    ("best/1/saved_model.pb", None),
])
def test_models_that_cannot_be_served_are_told_of(job, path, told):
    job.script("""
        import os
        path = %r
        if path:
            path = os.path.join(os.environ["SM_MODEL_DIR"], path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "w").close()
    """ % path)
    code, output = job.run(SAGEMAKER_TRAINING_MODULE=TENSORFLOW)
    assert code == 0
    assert told in output if told else "servable" not in output and "No model" not in output


def test_mpi_is_refused(job):
    job.script("")
    job.hyperparameters(sagemaker_mpi_enabled="true")
    code, output = job.run(SAGEMAKER_TRAINING_MODULE=TENSORFLOW)
    assert code == 1 and "MPI" in job.failure, output
