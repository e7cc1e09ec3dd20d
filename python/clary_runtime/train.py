"""python -m clary_runtime.train: runs the user's script of a training job.

The script runs in this very process, as the module __main__, with the arguments, variables, folder and path that
`python script.py` would give it: there is no second interpreter to wait for, and no parent to pass signals on.
When it ends with an error, the reason goes to /opt/ml/output/failure and the exit code is the script's own."""

import os
import sys

from . import failure, launching, process
from .failure import WorkerError
from .layout import Layout
from .overlay import Overlay
from .training_env import TrainingEnv

HIDDEN = (os.path.dirname(os.path.abspath(__file__)), "<frozen runpy>", "<frozen importlib", os.sep + "runpy.py")


def main(arguments):
    if arguments and arguments[0] not in ("--prefix", "train"):
        # ContainerArguments without a ContainerEntrypoint stand in the place of the image's own command, `train`.
        from . import command

        return command.main(["--"] + arguments)
    prefix = arguments[1] if len(arguments) > 1 and arguments[0] == "--prefix" else None
    layout = Layout(prefix)
    try:
        env = TrainingEnv(layout)
        entry = check_entry(env, layout)
        layout.make_output()
        os.environ.update(env.variables())
        overlay = prepare_process(layout)
        install(layout, overlay)
        job = launching.Launch(env, layout, entry, launching.command_line(entry, env))
        launching.prepare(job)
        os.environ.update(job.variables)
    except WorkerError as error:
        failure.report(layout.failure, error)
        return error.exit_code
    print("Invoking script with the following command:\n\n%s\n" % " ".join(job.command), flush=True)
    return run(job)


def run(job):
    if not job.child and not job.beside:
        return run_here(job)
    beside = launching.Beside(job)
    try:
        code = run_command(job) if job.child else launching.run_forked(lambda: run_script_or_module(job))
        if code != 0:
            failure.write(job.layout.failure, failure.describe("ExecuteUserScriptError", code, "", " ".join(job.command)))
        if job.finish:
            job.finish(code)
        return code
    finally:
        beside.end()


def run_here(job):
    if not job.finish:
        return run_script_or_module(job)
    import atexit

    codes, process = [], os.getpid()

    def finish():
        if codes and os.getpid() == process:  # not in a child that the script forked
            job.finish(codes[0])

    atexit.register(finish)  # before the script's own: it is called last, when its threads have ended
    codes.append(run_script_or_module(job))
    return codes[0]


def run_script_or_module(job):
    return run_python(job.entry, job.env, job.layout, job.command)


def check_entry(env, layout):
    """module, script or command, by the toolkit's rule."""
    if not env.program:
        raise WorkerError(
            "ConfigurationError",
            "No entry point: a framework image needs the hyperparameter sagemaker_program, the name of the script to "
            "run. Pass entry_point to the estimator.",
        )
    if not os.path.isdir(layout.code):
        raise WorkerError(
            "ConfigurationError",
            "No source: %s does not exist. The hyperparameter "
            "sagemaker_submit_directory names the archive that holds it." % layout.code,
        )
    if os.path.exists(os.path.join(layout.code, "setup.py")):
        return "module"
    if not os.path.isfile(os.path.join(layout.code, env.program)):
        found = ", ".join(sorted(os.listdir(layout.code))[:20]) or "nothing"
        raise WorkerError(
            "ConfigurationError",
            "The entry point %s is not in the source archive, which holds %s." % (env.program, found),
        )
    return "script" if env.program.endswith(".py") else "command"


def prepare_process(layout):
    overlay = Overlay(layout.overlay)
    process.set_path(layout.code)
    os.chdir(layout.code)
    overlay.enter()
    process.unbuffer()
    if os.getpid() == 1:
        # The kernel drops signals without a handler for the first process of a pid namespace.
        import signal

        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    return overlay


def install(layout, overlay):
    if any(os.path.exists(os.path.join(layout.code, name)) for name in ("setup.py", "requirements.txt")):
        from . import requirements

        requirements.install(layout.code, overlay)
        import importlib

        importlib.invalidate_caches()


def run_python(entry, env, layout, command):
    sys.argv[:] = [env.program] + env.arguments
    try:
        if entry == "script":
            run_script(os.path.join(layout.code, env.program), env.program)
        else:
            import runpy

            runpy.run_module(launching.module_name(env.program), run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        return ended(stop.code, layout, command)
    except BaseException as error:  # all that ends a script is a failure of it
        show(error)
        import traceback

        message = "".join(traceback.format_exception_only(type(error), error)).strip()
        failure.write(layout.failure, failure.describe("ExecuteUserScriptError", 1, message, " ".join(command)))
        return 1
    return 0


def run_script(path, name):
    """As `python name` does it: a fresh module __main__ without a spec, which multiprocessing and pickle rely on."""
    import builtins
    from importlib.machinery import SourceFileLoader

    with open(path, "rb") as file:
        source = file.read()
    folder = os.path.dirname(path)
    if folder != sys.path[0]:
        sys.path.insert(0, folder)
    module = type(sys)("__main__")
    module.__dict__.update(
        __file__=name, __builtins__=builtins, __loader__=SourceFileLoader("__main__", path), __cached__=None
    )
    run_script.shadowed = sys.modules["__main__"]  # its names must outlive this call
    sys.modules["__main__"] = module
    exec(compile(source, name, "exec", dont_inherit=True), module.__dict__)


def show(error):
    """The script's own hook prints it, without the frames that are ours."""
    trace = error.__traceback__
    while trace is not None and any(part in trace.tb_frame.f_code.co_filename for part in HIDDEN):
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def ended(code, layout, command):
    if code is None or code == 0:
        return 0
    message = "" if isinstance(code, int) else str(code)
    number = code if isinstance(code, int) else 1
    if message:
        print(message, file=sys.stderr)
    failure.write(layout.failure, failure.describe("ExecuteUserScriptError", number, message, " ".join(command)))
    return number


def run_command(job):
    if job.entry == "command":
        program = os.path.join(job.layout.code, job.env.program)
        os.chmod(program, os.stat(program).st_mode | 0o755)
    return launching.run_child(job.command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
