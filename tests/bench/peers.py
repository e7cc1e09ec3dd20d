"""The peers' own scripts, where they stand beside this repository (../shared/peers); None where they don't."""

import importlib
import sys

from ground import ROOT

FOLDER = ROOT.parent / "shared" / "peers"


def load(name):
    if not (FOLDER / f"{name}.py").exists():
        return None
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return importlib.import_module(name)


def skip(what):
    print(f"  left out: {what}; the peers' scripts are not at ../shared/peers", flush=True)
