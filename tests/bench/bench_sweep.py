"""The sweep of examples/experiments.ipynb, whole, with all of MNIST: three trials on PyTorch 1.1.0 by SDK 1.72, one after the other.

The workflow that the notebook follows says 15 minutes; the environments are there already, as Amazon's images are."""

import json
import os
import subprocess

from figures import figure, wait_for_calm
from ground import ROOT, Ground
from runtime_python import python_of

NOTEBOOK = ROOT / "examples" / "experiments.ipynb"
RUNS = 1
# In the SDK's environment: executes the notebook, asks its kernel for the time, prints it.
EXECUTE = """
import pathlib, sys, time
import nbclient, nbformat

path = pathlib.Path(sys.argv[1])
notebook = nbformat.read(str(path), as_version=4)
notebook.cells.append(nbformat.v4.new_code_cell("print(sweep_seconds)"))
began = time.monotonic()
nbclient.NotebookClient(notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}).execute()
print("\\nSECONDS [%s, %f]" % (notebook.cells[-1].outputs[0]["text"].strip(), time.monotonic() - began))
"""


def execute(ground):
    """Seconds of the sweep, and of the whole notebook."""
    done = subprocess.run([os.environ["CLARY_BENCH_SDK1"], "-c", EXECUTE, str(NOTEBOOK)], env=ground.environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True, timeout=3600)
    lines = [line[len("SECONDS "):] for line in done.stdout.splitlines() if line.startswith("SECONDS ")]
    if done.returncode != 0 or not lines:
        raise RuntimeError(done.stdout[-3000:])
    return json.loads(lines[-1])


with Ground() as ground:
    for runtime in ("tensorflow:2.1.0", "pytorch:1.1.0"):
        python_of(ground, runtime)
    wait_for_calm()
    sweep, whole = zip(*(execute(ground) for _ in range(RUNS)))
    figure("sweep", "the workflow's sweep: three trials of 2 epochs of MNIST on PyTorch 1.1.0, by fit() of SDK 1.72",
           [seconds / 60 for seconds in sweep], "minutes", at_most=15, note="15 minutes in the workflow")
    figure("sweep", "the whole notebook: the data, TensorFlow 2.1.0, the sweep, analytics, lineage", [seconds / 60 for seconds in whole], "minutes")
