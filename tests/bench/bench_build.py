"""A clean build and an incremental one, in a folder of their own, without ccache."""

import os
import pathlib
import subprocess
import tempfile
import time

from figures import figure
from ground import ROOT

SERVICE_FILE = "src/services/sagemaker/training_jobs.cpp"


def seconds(command, environment):
    began = time.monotonic()
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


with tempfile.TemporaryDirectory(prefix="clary-bench-build-") as folder:
    environment = {**os.environ, "CCACHE_DISABLE": "1"}
    configure = ["cmake", "-S", ".", "-B", folder, "-G", "Ninja", f"-DCLARY_API_PYTHON={os.environ['CLARY_API_PYTHON']}"]
    build = ["ninja", "-C", folder, "clary", "clary-init"]
    clean = seconds(configure, environment) + seconds(build, environment)
    figure("build", "a clean build", [clean / 60], "minutes", at_most=12)
    again = []
    for _ in range(3):
        # What touching the file does, without touching the checkout.
        for made in pathlib.Path(folder).rglob(os.path.basename(SERVICE_FILE) + ".o"):
            if "sagemaker" in str(made):
                made.unlink()
        again.append(seconds(build, environment))
    figure("build", f"after a change of {SERVICE_FILE}", again, "s", at_most=30)
