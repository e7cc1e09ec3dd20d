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


def mlflow_with_runs(tracking):
    """(the Python, the database) of an MLflow with 10,000 runs of 20 metrics and 20 parameters."""
    common = tracking.c
    kept = common.CACHE / "mlflow-content-10000.db"
    python = tracking.setup("tuned")
    if not kept.exists():  # ten minutes, once
        database = common.TMP / "mlflow-content.db"
        with tracking.serve(python, database, "bench-mlflow-load") as server:
            _, rate, whole = tracking.load_content(server, 10_000, common.Report("bench"))
        if not whole:
            raise RuntimeError(f"MLflow takes only {rate:.1f} runs a second here: too slow to make 10,000")
        kept.write_bytes(database.read_bytes())
    return python, kept
