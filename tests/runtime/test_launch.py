"""How a framework changes the way in which a training script is started."""

import json
import os
import signal
import textwrap

import pytest
from test_train import job, seen  # noqa: F401 (job is a fixture)

PYTORCH = "sagemaker_pytorch_container.training:main"


def two_hosts(job, current="algo-1", hosts=("algo-1", "algo-2")):
    group = {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m4.xlarge", "hosts": list(hosts)}
    job.config(
        "resourceconfig",
        {
            "current_host": current,
            "hosts": list(hosts),
            "network_interface_name": "eth7",
            "current_instance_type": "ml.m4.xlarge",
            "current_group_name": "homogeneousCluster",
            "instance_groups": [group],
        },
    )


def fake_torch(job, with_run=True):
    """A torch whose torchrun tells how it was called, in the place of a gigabyte."""
    folder = job.folder / "code/torch/distributed"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    (folder / "__init__.py").write_text("")
    if with_run:
        text = "import json, os, sys\njson.dump([sys.argv[1:], os.environ['MASTER_ADDR'], sys.executable], open(os.environ['SM_MODEL_DIR'] + '/run', 'w'))\n"
        (folder / "run.py").write_text(text)


def test_pytorch_gets_the_variables_of_its_container(job):
    told = seen(job, "dict(os.environ)", SAGEMAKER_TRAINING_MODULE=PYTORCH)
    expected = {
        "MASTER_ADDR": "algo-1",
        "MASTER_PORT": "7777",
        "NCCL_SOCKET_IFNAME": "eth0",
        "NCCL_IB_DISABLE": "1",
        "NCCL_DEBUG": "WARN",
    }
    assert {name: told.get(name) for name in expected} == expected


def test_other_frameworks_do_not(job):
    told = seen(job, "dict(os.environ)", SAGEMAKER_TRAINING_MODULE="sagemaker_sklearn_container.training:main")
    assert "MASTER_ADDR" not in told and "NCCL_DEBUG" not in told


def test_torchrun_on_one_host(job):
    fake_torch(job)
    job.script("")
    job.hyperparameters(sagemaker_torch_distributed_enabled="true", epochs="2", sagemaker_instance_type='"ml.c5.large"')
    code, output = job.run(SAGEMAKER_TRAINING_MODULE=PYTORCH, SM_NUM_GPUS="0")
    assert code == 0, output
    arguments, _, python = json.loads((job.folder / "model/run").read_text())
    assert arguments == ["--nnodes", "1", "--nproc_per_node", "1", "train.py", "--epochs", "2"]
    assert python.startswith(str(job.folder / "overlay"))  # so that its children see what requirements.txt installed
    assert "-m torch.distributed.run --nnodes 1" in output


def test_torchrun_on_the_second_of_two_hosts(job):
    fake_torch(job)
    job.script("")
    two_hosts(job, "localhost", ("127.0.0.1", "localhost"))
    job.hyperparameters(sagemaker_torch_distributed_enabled="true")
    code, output = job.run(SAGEMAKER_TRAINING_MODULE=PYTORCH, SM_NUM_GPUS="4")
    assert code == 0, output
    arguments, master, _ = json.loads((job.folder / "model/run").read_text())
    assert master == "127.0.0.1"
    assert arguments == [
        "--nnodes", "2", "--nproc_per_node", "4", "--master_addr", "127.0.0.1", "--master_port", "7777", "--node_rank", "1", "train.py"
    ]  # fmt: skip


def test_torchrun_needs_a_pytorch_that_has_it(job):
    fake_torch(job, with_run=False)
    job.script("")
    job.hyperparameters(sagemaker_torch_distributed_enabled="true")
    code, output = job.run(SAGEMAKER_TRAINING_MODULE=PYTORCH)
    assert code == 1 and "1.9" in job.failure, output


def test_torchrun_needs_a_script(job):
    fake_torch(job)
    job.script("#!/bin/sh\n", "train.sh")
    job.hyperparameters(sagemaker_program='"train.sh"', sagemaker_torch_distributed_enabled="true")
    code, _ = job.run(SAGEMAKER_TRAINING_MODULE=PYTORCH)
    assert code == 1 and "needs a Python script" in job.failure


@pytest.mark.parametrize(
    "name, word",
    [
        ("sagemaker_mpi_enabled", "MPI"),
        ("sagemaker_distributed_dataparallel_enabled", "smdistributed"),
        ("sagemaker_pytorch_ddp_enabled", "pytorchddp"),
        ("sagemaker_pytorch_xla_multi_worker_enabled", "pytorchxla"),
    ],
)
def test_launchers_that_are_not_here_say_so(job, name, word):
    job.script("print('ran')")
    job.hyperparameters(**{name: "true"})
    code, output = job.run(SAGEMAKER_TRAINING_MODULE=PYTORCH)
    assert code == 1 and "\nran" not in output
    assert word in job.failure and "not available" in job.failure and name in job.failure


def test_a_launcher_that_is_switched_off_is_none(job):
    assert seen_with(job, sagemaker_mpi_enabled="false", sagemaker_torch_distributed_enabled="false") == "1"


def seen_with(job, **hyperparameters):
    job.hyperparameters(**hyperparameters)
    return seen(job, "'1'", SAGEMAKER_TRAINING_MODULE=PYTORCH)


@pytest.fixture
def framework(tmp_path, python, job):
    """A framework of the test's own, whose launch() holds `text`."""
    import shutil

    from conftest import ROOT

    copy = tmp_path / "python"
    shutil.copytree(str(ROOT / "python"), str(copy), ignore=shutil.ignore_patterns("__pycache__"))

    def make(text):
        (copy / "clary_runtime/frameworks/mine.py").write_text("def launch(job):\n" + textwrap.indent(textwrap.dedent(text), "    "))
        return {"CLARY_FRAMEWORK": "mine", "PYTHONPATH": str(copy)}

    return make


BESIDE = """
import json, os, time
path = os.environ["SM_MODEL_DIR"] + "/up"
with open(path + ".new", "w") as file:
    json.dump([os.environ["SHARED"], os.environ["OWN"], os.getpid()], file)
os.rename(path + ".new", path)
time.sleep(600)
"""


def test_processes_beside_the_script_end_with_it(job, framework):
    environment = framework(
        """
        import sys
        job.variables["SHARED"] = "1"
        job.beside.append(([sys.executable, "-c", %r], {"OWN": "2"}))
        job.finish = lambda code: print("finished with", code, flush=True)
        """
        % BESIDE
    )
    job.script("""
        import os, time
        print("script", os.environ["SHARED"], os.environ.get("OWN"), flush=True)
        while not os.path.exists(os.environ["SM_MODEL_DIR"] + "/up"):
            time.sleep(0.02)
        raise SystemExit(3)
    """)
    code, output = job.run(**environment)
    assert code == 3, output
    assert "script 1 None" in output and "finished with 3" in output
    shared, own, pid = json.loads((job.folder / "model/up").read_text())
    assert (shared, own) == ("1", "2")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_framework_can_refuse(job, framework):
    environment = framework(
        """
        from clary_runtime.failure import WorkerError
        raise WorkerError("ConfigurationError", "not on Tuesdays")
        """
    )
    job.script("")
    code, _ = job.run(**environment)
    assert code == 1 and "not on Tuesdays" in job.failure


def test_a_command_of_the_framework_gets_the_signals(job, framework):
    environment = framework("job.command, job.child = ['/bin/sh', '-c', 'trap \"echo told; exit 7\" TERM; echo up; while :; do sleep 0.05; done'], True\n")
    job.script("")
    process = job.start(**environment)
    for line in process.stdout:
        if line == "up\n":
            break
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=30)[0]
    assert process.returncode == 7 and "told" in output


def test_the_signals_are_ours_again_when_a_command_has_ended(job, framework):
    environment = framework(
        """
        import signal
        job.command, job.child = ["/bin/true"], True
        job.finish = lambda code: print("finish", signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
                                        signal.getsignal(signal.SIGINT) is signal.default_int_handler, flush=True)
        """
    )
    job.script("")
    code, output = job.run(**environment)
    assert code == 0 and "finish True True" in output, output


def test_a_process_beside_that_failed_is_told_of(job, framework):
    environment = framework("job.beside.append((['/bin/sh', '-c', 'echo $$ >$SM_MODEL_DIR/new; mv $SM_MODEL_DIR/new $SM_MODEL_DIR/pid; exit 5'], {}))")
    job.script("""
        import os, time
        path = os.environ["SM_MODEL_DIR"] + "/pid"
        def state():
            return open("/proc/%s/stat" % open(path).read().strip()).read().rpartition(")")[2].split()[0]
        while not os.path.exists(path) or state() != "Z":
            time.sleep(0.02)
    """)
    code, output = job.run(**environment)
    assert code == 0 and "a process beside the script had ended before it, with the code 5: /bin/sh" in output, output


CHILDREN = """
import multiprocessing, os, subprocess, sys

def child(name):
    from sagemaker_containers.beta import framework
    print(name, framework.content_types.JSON, [m for m in sys.path if m.endswith("/compat")] == sys.path[-2:-1], flush=True)

if __name__ == "__main__":
    spawned = multiprocessing.get_context("spawn").Process(target=child, args=("spawned",))
    spawned.start()
    spawned.join()
    subprocess.check_call(["python", "-c", "import train; train.child('subprocess')"])
"""


def test_an_error_of_a_script_with_processes_beside_it_is_the_reason(job, framework):
    environment = framework("job.beside.append((['/bin/sleep', '600'], {}))")
    job.script("raise ValueError('no such column: x')")
    code, output = job.run(**environment)
    assert code == 1 and "no such column: x" in job.failure and output.count("Traceback") == 1, output
    os.remove(str(job.folder / "output/failure"))
    job.script("import os\nos.kill(os.getpid(), 9)")
    assert job.run(**environment)[0] == 137 and "ExitCode 137" in job.failure


def test_children_import_what_stands_for_the_containers_packages(job):
    job.script(CHILDREN)
    code, output = job.run()
    assert code == 0, output
    assert "spawned application/json True" in output and "subprocess application/json True" in output, output
    job.script("#!/bin/sh\nexec python -c 'import train; train.child(\"shell\")'\n", "start.sh")
    job.hyperparameters(sagemaker_program='"start.sh"')
    code, output = job.run()
    assert code == 0 and "shell application/json True" in output, output


def test_one_rule_for_what_is_switched_on(job):
    job.hyperparameters(sagemaker_torch_distributed_enabled="1")
    assert json.loads(seen(job, "os.environ['SM_DISTRIBUTION_INSTANCE_GROUPS']", SAGEMAKER_TRAINING_MODULE=PYTORCH)) == []
