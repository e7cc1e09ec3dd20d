"""How a training script is started: in this very process, unless its framework asks for more.

A framework has a say by an optional function `launch(job)` in frameworks/<name>.py, called with a Launch just before the
script starts; what it imports must be quick. It may add variables, set a command that runs instead (torchrun), name
processes that run beside the script (a parameter server), or raise a WorkerError."""

import importlib
import os
import sys

from .failure import WorkerError
from .training_env import is_true

ABSENT = {
    "sagemaker_mpi_enabled": "MPI (and Horovod, which needs it)",
    "sagemaker_distributed_dataparallel_enabled": "SageMaker's data parallel library (smdistributed)",
    "sagemaker_pytorch_ddp_enabled": "the launcher 'pytorchddp', which needs MPI,",
    "sagemaker_pytorch_xla_multi_worker_enabled": "the launcher 'pytorchxla', which needs Trainium,",
}
PATIENCE = 5  # seconds for a process beside the script, once told to end
NAMES = 60  # seconds until every host must be known by its name


class Launch:
    """`env` is the TrainingEnv, `entry` one of script, module and command."""

    def __init__(self, env, layout, entry, command):
        self.env = env
        self.layout = layout
        self.entry = entry
        self.command = command  # as it is told in the log; with `child` set also what runs
        self.child = entry == "command"
        self.variables = {}  # more variables for the script and what it starts
        # Pairs of a command and more variables: processes that run as long as the script does, which is then forked, so that
        # they outlive its threads and its atexit functions.
        self.beside = []
        self.finish = None  # called with the script's exit code after its threads, before the processes beside it are ended

    def asked_for(self, name):
        """Whether the SDK switched on a launcher by one of its own hyperparameters."""
        return is_true(self.env.own.get(name))


def command_line(entry, env):
    if entry == "script":
        return [sys.executable, env.program] + env.arguments
    if entry == "module":
        return [sys.executable, "-m", module_name(env.program)] + env.arguments
    import shlex

    # exec, so that a signal reaches the script and not a shell that waits for it
    return ["/bin/sh", "-c", " ".join(["exec ./" + shlex.quote(env.program)] + [shlex.quote(a) for a in env.arguments])]


def module_name(program):
    return (program[:-3] if program.endswith(".py") else program).replace("/", ".")


def framework_name():
    """By the variable that the training toolkit goes by (sagemaker_pytorch_container.training:main is pytorch's), else by ours."""
    module = os.environ.get("SAGEMAKER_TRAINING_MODULE", "").split(".")[0]
    if module.startswith("sagemaker_") and module.endswith("_container"):
        return module[len("sagemaker_") : -len("_container")]
    return os.environ.get("CLARY_FRAMEWORK") or "generic"


def prepare(job):
    for name, what in ABSENT.items():
        if job.asked_for(name):
            raise WorkerError(
                "ConfigurationError",
                "%s is not available here (%s). PyTorch jobs of several processes or hosts can use "
                'distribution={"torch_distributed": {"enabled": True}}, TensorFlow\'s {"parameter_server": '
                '{"enabled": True}}; or the script makes its process group itself.' % (what, name),
            )
    name = framework_name()
    try:
        framework = importlib.import_module("clary_runtime.frameworks." + name)
    except ImportError as error:
        if getattr(error, "name", None) == "clary_runtime.frameworks." + name:
            return
        raise
    launch = getattr(framework, "launch", None)
    if launch:
        launch(job)


def wait_for_names(hosts):
    """Every host's address can be looked up; they may start a moment apart."""
    import socket
    import time

    deadline = time.monotonic() + NAMES
    for host in hosts:
        while True:
            try:
                socket.gethostbyname(host)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise WorkerError("ConfigurationError", "the host %s is not known: %s" % (host, error))
                time.sleep(0.05)  # between two looks


class Beside:
    """The processes beside a script."""

    def __init__(self, job):
        import subprocess

        self._owner = os.getpid()
        self._processes = []
        for command, variables in job.beside:
            self._processes.append(subprocess.Popen(command, env=dict(os.environ, **variables)))

    def end(self):
        import subprocess
        import time

        if os.getpid() != self._owner:  # a forked child leaves by the same way
            return
        for process in self._processes:
            code = process.poll()
            if code:
                print("clary: a process beside the script had ended before it, with the code %d: %s"
                      % (code, " ".join(process.args)[:200]), file=sys.stderr, flush=True)
            process.terminate()
        deadline = time.monotonic() + PATIENCE
        for process in self._processes:
            try:
                process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run_child(command):
    def become():
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print("%s: %s" % (command[0], error.strerror), file=sys.stderr, flush=True)
        finally:
            os._exit(127)

    return run_forked(become)


def run_forked(work):
    """The exit code of a child that does `work` and takes our signals; 128 and its number when one ended it."""
    import signal

    passed_on = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, passed_on)  # until both sides are ready for them
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, passed_on)
        sys.exit(work())  # by way of its threads and its atexit functions

    def pass_on(number, _frame):
        try:
            os.kill(child, number)
        except ProcessLookupError:
            pass  # it ended just now

    former = {number: signal.signal(number, pass_on) for number in passed_on}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, passed_on)
    status = os.waitpid(child, 0)[1]
    for number, handler in former.items():
        signal.signal(number, signal.SIG_DFL if handler is None else handler)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
