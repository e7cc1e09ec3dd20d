"""Installs what the user's code asks for: requirements.txt, or the code itself when it is a package with a setup.py."""

import os

from .failure import WorkerError

TAIL = 40


def wanted(code):
    """pip's arguments for this code folder; empty when it asks for nothing."""
    arguments = ["."] if os.path.exists(os.path.join(code, "setup.py")) else []
    if names_any(os.path.join(code, "requirements.txt")):
        arguments += ["-r", "requirements.txt"]
    return arguments


def names_any(path):
    """An empty file, which SDK 3 packs, is not worth the half second that pip takes to read it."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return any(line.strip() and not line.strip().startswith("#") for line in file)
    except OSError:
        return False


def install(code, overlay):
    arguments = wanted(code)
    if arguments:
        run_pip(arguments, code, overlay)


def run_pip(arguments, code, overlay):
    import subprocess

    command = [
        overlay.python,
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
    ] + arguments
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    # A registry out of reach must end the job in a minute, not in pip's six.
    environment.setdefault("PIP_RETRIES", "2")
    print("Installing dependencies with the following command:\n%s" % " ".join(command), flush=True)
    process = subprocess.Popen(
        command, cwd=code, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    tail = []
    for line in process.stdout:
        text = line.decode("utf-8", "replace").rstrip()
        print(text, flush=True)
        tail = tail[1 - TAIL :] + [text]
    code_of_exit = process.wait()
    if code_of_exit != 0:
        # pip's last ERROR names the package, the one before it often names the reason.
        errors = [line for line in tail if line.startswith("ERROR:")][-3:] or tail[-5:]
        kind = "InstallModuleError" if arguments[0] == "." else "InstallRequirementsError"
        raise WorkerError(kind, "\n".join(errors), code_of_exit, "pip install " + " ".join(arguments))
