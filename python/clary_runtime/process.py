"""This process made ready for the user's code, so that it and what it starts see a Python of their own: nothing of ours
on the path, the user's folder first, output unbuffered."""

import os
import sys

from .overlay import COMPAT

OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def set_path(folder):
    """`folder` comes first on sys.path in the place of the folder that `python -m` put there."""
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    sys.path[:] = [folder] + [path for path in sys.path if path not in (OURS, folder)] + [COMPAT]
    os.environ["PYTHONPATH"] = os.pathsep.join([folder] + inherited_path())


def inherited_path():
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != OURS]


def unbuffer():
    os.environ["PYTHONUNBUFFERED"] = "1"
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, write_through=True)
