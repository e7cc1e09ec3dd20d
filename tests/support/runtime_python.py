"""The interpreter of a runtime's environment, for tests that look at a model with the framework that made it."""

import json
import pathlib

from clary_server import RUNTIME_CACHE


def python_of(server, runtime):
    """runtime is an id as "pytorch:1.1.0"; its environment is made first when it has still to be."""
    server.clary("runtimes", "add", runtime)
    found = [about for about in (pathlib.Path(RUNTIME_CACHE) / "environments").glob("*/environment.json")
             if json.loads(about.read_text())["id"] == runtime]
    newest = max(found, key=lambda about: about.stat().st_mtime)
    return str(newest.parent / "tree" / "bin" / "python")
