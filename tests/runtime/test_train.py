import json
import os
import signal
import subprocess
import textwrap
import threading
import time
import zipfile

import pytest
from conftest import clean_environment


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Job:
    def __init__(self, python, folder):
        self.python = python
        self.folder = folder
        self.started = []
        for name in ("input/config", "input/data/train", "code", "model", "output"):
            (folder / name).mkdir(parents=True)
        self.config(
            "resourceconfig",
            {
                "current_host": "algo-1",
                "hosts": ["algo-1"],
                "network_interface_name": "eth0",
                "current_instance_type": "ml.m4.xlarge",
                "current_group_name": "homogeneousCluster",
                "instance_groups": [
                    {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m4.xlarge", "hosts": ["algo-1"]}
                ],
            },
        )
        self.config("inputdataconfig", {"train": {"TrainingInputMode": "File"}})
        self.hyperparameters()

    def config(self, name, value):
        (self.folder / "input/config" / (name + ".json")).write_text(json.dumps(value))

    def hyperparameters(self, **values):
        values.setdefault("sagemaker_program", '"train.py"')
        values.setdefault("sagemaker_submit_directory", '"s3://b/sourcedir.tar.gz"')
        self.config("hyperparameters", values)

    def script(self, text, name="train.py"):
        path = self.folder / "code" / name
        path.write_text(textwrap.dedent(text))
        return path

    def start(self, **environment):
        process = subprocess.Popen(
            [self.python, "-u", "-m", "clary_runtime.train", "--prefix", str(self.folder)],
            cwd="/",
            env=clean_environment(TRAINING_JOB_NAME="job-1", **environment),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.started.append(process)
        watchdog = threading.Timer(90, end, [process])
        watchdog.daemon = True
        watchdog.start()
        return process

    def run(self, **environment):
        process = self.start(**environment)
        output = process.communicate(timeout=120)[0]
        return process.returncode, output

    @property
    def failure(self):
        path = self.folder / "output/failure"
        return path.read_text() if path.exists() else None


@pytest.fixture
def job(python, tmp_path):
    job = Job(python, tmp_path / "ml")
    yield job
    for process in job.started:
        end(process)
        process.communicate()


def seen(job, expression, **environment):
    """What a script sees: the value of `expression` in it."""
    job.script(
        "import json, os, sys\nwith open(os.environ['SM_MODEL_DIR'] + '/seen', 'w') as f:\n"
        "    json.dump(%s, f)\n" % expression
    )
    code, output = job.run(**environment)
    assert code == 0, output
    return json.loads((job.folder / "model/seen").read_text())


def test_hyperparameters_become_arguments_by_the_toolkits_rules(job):
    job.hyperparameters(
        **{
            "n-estimators": "10",
            "flag": "true",
            "text": '"x y"',
            "plain": "hello",
            "none": "null",
            "d": '{"b": 1, "a": [1, 2]}',
            "rate": "0.1",
            "exponent": "1e-3",
            "list": '["a", 1]',
            "quote": '"it\'s"',
            "sagemaker_mpi_enabled": "false",
            "_tuning_objective_metric": "acc",
        }
    )
    assert seen(job, "sys.argv") == [
        "train.py",
        "-d",
        "a=[1, 2],b=1",
        "--exponent",
        "0.001",
        "--flag",
        "True",
        "--list",
        "['a', 1]",
        "--n-estimators",
        "10",
        "--none",
        "",
        "--plain",
        "hello",
        "--quote",
        "it's",
        "--rate",
        "0.1",
        "--text",
        "x y",
    ]


def test_variables_of_the_toolkit(job):
    job.hyperparameters(
        **{
            "batch-size": "256",
            "name": '"a b"',
            "sagemaker_container_log_level": "10",
            "sagemaker_job_name": '"job-1"',
            "sagemaker_region": '"eu-west-1"',
            "sagemaker_parameter_server_enabled": "true",
        }
    )
    at = str(job.folder)
    told = seen(
        job, "dict(os.environ)", SM_NUM_CPUS="3", SAGEMAKER_TRAINING_MODULE="sagemaker_sklearn_container.training:main"
    )
    expected = {
        "SM_MODEL_DIR": at + "/model",
        "SM_CHANNELS": '["train"]',
        "SM_CHANNEL_TRAIN": at + "/input/data/train",
        "SM_HPS": '{"batch-size":256,"name":"a b"}',
        "SM_HP_BATCH-SIZE": "256",
        "SM_HP_NAME": "a b",
        "SM_CURRENT_HOST": "algo-1",
        "SM_HOSTS": '["algo-1"]',
        "SM_NUM_CPUS": "3",
        "SM_LOG_LEVEL": "10",
        "SM_NETWORK_INTERFACE_NAME": "eth0",
        "SM_USER_ARGS": '["--batch-size","256","--name","a b"]',
        "SM_INPUT_DIR": at + "/input",
        "SM_INPUT_CONFIG_DIR": at + "/input/config",
        "SM_OUTPUT_DIR": at + "/output",
        "SM_OUTPUT_DATA_DIR": at + "/output/data",
        "SM_OUTPUT_INTERMEDIATE_DIR": at + "/output/intermediate",
        "SM_INPUT_DATA_CONFIG": '{"train":{"TrainingInputMode":"File"}}',
        "SM_MODULE_NAME": "train",
        "SM_MODULE_DIR": "s3://b/sourcedir.tar.gz",
        "SM_USER_ENTRY_POINT": "train.py",
        "SM_FRAMEWORK_MODULE": "sagemaker_sklearn_container.training:main",
        "SM_FRAMEWORK_PARAMS": '{"sagemaker_parameter_server_enabled":true}',
        "SM_CURRENT_INSTANCE_TYPE": "ml.m4.xlarge",
        "SM_CURRENT_INSTANCE_GROUP": "homogeneousCluster",
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": '["algo-1"]',
        "SM_INSTANCE_GROUPS": '["homogeneousCluster"]',
        "SM_IS_HETERO": "false",
        "SAGEMAKER_REGION": "eu-west-1",
        "SAGEMAKER_JOB_NAME": "job-1",
        "CURRENT_HOST": "algo-1",
        "TRAINING_JOB_NAME": "job-1",
        "PYTHONUNBUFFERED": "1",
    }
    assert {name: told.get(name) for name in expected} == expected
    assert json.loads(told["SM_RESOURCE_CONFIG"])["current_host"] == "algo-1"
    env = json.loads(told["SM_TRAINING_ENV"])
    assert env["hyperparameters"] == {"batch-size": 256, "name": "a b"}
    assert env["job_name"] == "job-1" and env["is_master"] is True and env["num_cpus"] == 3
    assert env["channel_input_dirs"] == {"train": at + "/input/data/train"}
    assert int(told["SM_NUM_GPUS"]) >= 0


def test_the_script_runs_as_python_runs_it(job):
    told = seen(
        job,
        "[__name__, __file__, __spec__ is None, os.getcwd(), sys.path[0], sys.modules['__main__'].__file__,"
        " [m for m in sys.path if m.endswith('/python')], os.environ['PYTHONPATH']]",
    )
    code = str(job.folder / "code")
    assert told == ["__main__", "train.py", True, code, code, "train.py", [], code]


def test_plain_program_as_the_tuner_of_sdk_3_sends_it(job):
    job.hyperparameters(sagemaker_program="train.py", sagemaker_submit_directory="s3://b/sourcedir.tar.gz")
    assert seen(job, "sys.argv") == ["train.py"]


def test_output_comes_at_once_and_the_invocation_is_printed(job):
    job.script("""
        import sys, time
        print("first"); time.sleep(60)
    """)
    process = job.start()
    lines = [process.stdout.readline() for _ in range(5)]
    process.kill()
    process.wait()
    assert lines[0] == "Invoking script with the following command:\n"
    assert lines[2].endswith("/python train.py\n") and lines[4] == "first\n"


def test_an_error_of_the_script_is_the_reason(job):
    job.script("""
        def deep():
            raise ValueError("no such column: x")
        deep()
    """)
    code, output = job.run()
    assert code == 1
    assert output.count("Traceback") == 1 and "clary_runtime" not in output.split("Traceback")[1]
    assert job.failure.startswith(
        'ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: no such column: x"\nCommand "'
    )
    assert job.failure.endswith('/python train.py"')


@pytest.mark.parametrize(
    "statement, code, message",
    [
        ("sys.exit(3)", 3, ""),
        ("sys.exit('bad data')", 1, "bad data"),
        ("raise KeyboardInterrupt()", 1, "KeyboardInterrupt"),
        ("x = (", 1, "SyntaxError"),
        ("import nothing_like_it", 1, "ModuleNotFoundError: No module named 'nothing_like_it'"),
    ],
)
def test_ways_to_end_badly(job, statement, code, message):
    job.script("import sys\n" + statement + "\n")
    assert job.run()[0] == code
    assert "ExitCode %d\n" % code in job.failure and message in job.failure


def test_success_leaves_no_failure_file(job):
    job.script("import sys; sys.exit(0)")
    assert job.run()[0] == 0
    assert job.failure is None


def test_the_scripts_own_failure_file_stays(job):
    job.script(
        "import os\nopen(os.environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('mine')\nraise RuntimeError('other')"
    )
    assert job.run()[0] == 1
    assert job.failure == "mine"


def test_a_long_message_is_shortened(job):
    job.script("raise ValueError('begin' + 'x' * 100000 + 'end')")
    job.run()
    assert len(job.failure) < 1024 and "begin" in job.failure and 'end"' in job.failure


def test_threads_and_exit_handlers_finish_after_an_error(job):
    job.script("""
        import atexit, threading, time
        atexit.register(lambda: print("exit handler"))
        threading.Thread(target=lambda: (time.sleep(0.2), print("thread ended"))).start()
        raise ValueError("main ended")
    """)
    output = job.run()[1]
    assert output.index("main ended") < output.index("thread ended") < output.index("exit handler")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing_finds_the_scripts_functions(job, method):
    job.script("""
        import multiprocessing, os
        def square(x):
            return x * x
        if __name__ == "__main__":
            with multiprocessing.get_context("%s").Pool(2) as pool:
                assert pool.map(square, [1, 2, 3]) == [1, 4, 9]
            open(os.environ["SM_MODEL_DIR"] + "/done", "w").close()
    """ % method)
    code, output = job.run()
    assert code == 0, output
    assert (job.folder / "model/done").exists()


def test_pickles_name_main(job):
    job.script("""
        import pickle
        class Model:
            pass
        assert type(pickle.loads(pickle.dumps(Model()))) is Model
    """)
    assert job.run()[0] == 0


def test_sigterm_reaches_the_script(job):
    job.script("""
        import signal, sys, time
        def stop(number, frame):
            print("saving"); sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        print("ready")
        time.sleep(60)
    """)
    process = job.start()
    while process.stdout.readline() != "ready\n":
        pass
    process.send_signal(signal.SIGTERM)
    assert process.stdout.read() == "saving\n"
    assert process.wait() == 0


def test_sigterm_ends_a_script_that_does_not_care(job):
    job.script("import time; print('ready'); time.sleep(60)")
    process = job.start()
    while process.stdout.readline() != "ready\n":
        pass
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGTERM


def test_shell_entry_point(job):
    job.hyperparameters(sagemaker_program='"go.sh"', name='"x y"')
    job.script(
        """\
        #!/bin/sh
        echo "$SM_MODEL_DIR" "$@" > $SM_MODEL_DIR/seen
        exit 7
    """,
        "go.sh",
    )
    assert job.run()[0] == 7
    assert (job.folder / "model/seen").read_text() == str(job.folder) + "/model --name x y\n"
    assert "ExitCode 7" in job.failure and "./go.sh --name 'x y'" in job.failure


def test_sigterm_reaches_a_shell_entry_point(job):
    job.hyperparameters(sagemaker_program='"go.sh"')
    job.script("#!/bin/sh\ntrap 'echo stopped; exit 0' TERM\necho ready\nwhile :; do sleep 0.05; done\n", "go.sh")
    process = job.start()
    while process.stdout.readline() != "ready\n":
        pass
    process.send_signal(signal.SIGTERM)
    assert process.stdout.read() == "stopped\n" and process.wait() == 0


@pytest.mark.parametrize(
    "setup, reason",
    [
        (lambda job: job.config("hyperparameters", {"a": "1"}), "sagemaker_program"),
        (
            lambda job: job.hyperparameters(sagemaker_program='"other.py"'),
            "other.py is not in the source archive, which holds train.py",
        ),
        (lambda job: (job.folder / "input/config/hyperparameters.json").write_text("{"), "not valid JSON"),
        (lambda job: job.config("resourceconfig", [1]), "not a JSON object"),
        (lambda job: job.hyperparameters(sagemaker_program="[1]"), "not a string"),
    ],
)
def test_configuration_errors_are_clear(job, setup, reason):
    job.script("pass")
    setup(job)
    code, output = job.run()
    assert code == 1
    assert job.failure.startswith("ConfigurationError:") and reason in job.failure and reason in output
    assert "Traceback" not in output


def make_wheel(folder, name, text):
    path = folder / (name + "-1.0-py3-none-any.whl")
    info = name + "-1.0.dist-info/"
    files = {
        name + ".py": text,
        info + "METADATA": "Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n" % name,
        info + "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        info + "entry_points.txt": "[console_scripts]\n%s-tool = %s:main\n" % (name, name),
    }
    with zipfile.ZipFile(str(path), "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
        archive.writestr(info + "RECORD", "".join(file + ",,\n" for file in files) + info + "RECORD,,\n")
    return path


def test_requirements_are_installed_over_the_read_only_environment(job):
    make_wheel(job.folder / "code", "extra", "def main(): print('the tool runs')\nVALUE = 42\n")
    job.script("--no-index\n./extra-1.0-py3-none-any.whl\n", "requirements.txt")
    told = seen(
        job,
        "[__import__('extra').VALUE, __import__('extra').__file__, sys.executable,"
        "__import__('subprocess').check_output('extra-tool').decode(),"
        "__import__('subprocess').check_output([sys.executable, '-c', 'import extra; print(extra.VALUE)']).decode()]",
    )
    assert told[0] == 42 and told[3] == "the tool runs\n" and told[4] == "42\n"
    assert told[1].startswith(str(job.folder / "overlay")) and told[2] == str(job.folder / "overlay/bin/python")


def test_pip_inside_the_script_has_somewhere_to_write(job):
    make_wheel(job.folder, "late", "VALUE = 7\n")
    job.script("""
        import os, subprocess, sys
        wheel = os.path.join(os.environ["SM_INPUT_DIR"], "..", "late-1.0-py3-none-any.whl")
        subprocess.check_call([sys.executable, "-m", "pip", "install", "--no-index", wheel])
        assert subprocess.call("pip --version && pip3 list", shell=True) == 0
        import late
        assert late.VALUE == 7 and "overlay" in late.__file__
    """)
    code, output = job.run()
    assert code == 0, output


def test_a_failed_install_is_the_reason(job):
    job.script("--no-index\nno-such-package==9.9\n", "requirements.txt")
    job.script("pass")
    code, output = job.run()
    assert code == 1
    assert job.failure.startswith("InstallRequirementsError:\nExitCode 1\n")
    assert "no-such-package==9.9" in job.failure and "pip install -r requirements.txt" in job.failure
    assert "Invoking script" not in output


def test_an_unreachable_registry_ends_the_job_soon(job):
    job.script("some-package\n", "requirements.txt")
    job.script("pass")
    begin = time.monotonic()
    code, _ = job.run(PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_FIND_LINKS="")
    assert code == 1 and "some-package" in job.failure
    assert time.monotonic() - begin < 60


def test_the_interpreters_start_is_all_that_a_job_waits_for(job):
    """Nothing slow is imported: a list, so that an addition is a decision."""
    job.script(
        "import sys; print(sorted(m for m in sys.modules if m in "
        "('subprocess', 'tempfile', 'logging', 'socket', 'shutil', 'inspect', 'typing', 'numpy', 'asyncio')))"
    )
    assert job.run()[1].endswith("[]\n")


def test_what_scripts_import_from_the_container(job):
    job.script("""
        from sagemaker_containers.beta.framework import content_types, encoders, env, modules, transformer, worker
        from sagemaker_inference import content_types, decoder, encoder, errors
        assert env.TrainingEnv().current_host == "algo-1"
    """)
    code, output = job.run()
    assert code == 0, output


def test_command_gives_an_entry_point_of_its_own_a_writable_python(python, tmp_path):
    make_wheel(tmp_path, "more", "VALUE = 1\n")
    script = (
        "pip3 install --no-index %s/more-1.0-py3-none-any.whl && python3 -c 'import more; print(more.__file__)'"
        % tmp_path
    )
    done = subprocess.run(
        [python, "-m", "clary_runtime.command", "--", "/bin/bash", "-c", script],
        text=True,
        cwd="/",
        env=clean_environment(CLARY_PREFIX=str(tmp_path)),
        stdout=subprocess.PIPE,
        check=True,
    )
    assert done.stdout.splitlines()[-1].startswith(str(tmp_path / "overlay"))
