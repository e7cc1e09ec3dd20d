"""python -m clary_runtime.command -- COMMAND ...: becomes COMMAND with a writable environment over the read-only one.

For jobs with an entry point of their own (ContainerEntrypoint): they find python, python3, pip and pip3 first on PATH,
and what they install has somewhere to go."""

import os
import sys

from . import failure, process
from .failure import WorkerError
from .layout import Layout
from .overlay import Overlay

MPI_DRIVER = "mpi_driver.py"  # what the SDK's sm_train.sh runs for distributed=MPI(...)


def main(arguments):
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        sys.exit("usage: python -m clary_runtime.command -- COMMAND [ARGUMENT ...]")
    layout = Layout()
    Overlay(layout.overlay).enter()
    paths = process.inherited_path()
    os.environ.pop("PYTHONPATH", None)
    if paths:
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    try:
        check_mpi(layout)
    except WorkerError as error:
        failure.report(layout.failure, error)
        sys.exit(error.exit_code)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        error = WorkerError("ExecuteUserScriptError", "%s: %s" % (command[0], error.strerror), 127, " ".join(command))
        failure.report(layout.failure, error)
        sys.exit(error.exit_code)


def check_mpi(layout):
    """The driver itself would end with the first module that it misses, which tells nobody that MPI is what is absent."""
    script = os.path.join(layout.data, "sm_drivers", "sm_train.sh")
    if not os.path.isfile(script):
        return
    with open(script, encoding="utf-8", errors="replace") as file:
        if MPI_DRIVER not in file.read():
            return
    import shutil

    missing = [name for name in ("mpirun", "ssh") if not shutil.which(name)]
    missing += [path for path in ("/usr/sbin/sshd",) if not os.path.exists(path)]
    if missing:
        raise WorkerError(
            "ConfigurationError",
            "distributed=MPI: there is no MPI here (%s not found). Use distributed=Torchrun(...), which needs none, "
            "or an image of your own that has MPI." % ", ".join(missing),
        )


if __name__ == "__main__":
    main(sys.argv[1:])
