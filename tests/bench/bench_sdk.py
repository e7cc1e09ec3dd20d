"""fit(), deploy() and transform() of the SageMaker Python SDK, unmodified, each in a process of its own."""

import json
import os
import pathlib
import subprocess

from figures import figure
from ground import Ground

RUNS = 5


def run(ground, python, what):
    """The seconds that sdk_calls.py tells."""
    done = subprocess.run([python, str(pathlib.Path(__file__).with_name("sdk_calls.py")), what, str(RUNS)], env=ground.environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=600)
    lines = [line[len("SECONDS "):] for line in done.stdout.splitlines() if line.startswith("SECONDS ")]
    if done.returncode != 0 or not lines:
        raise RuntimeError(done.stdout[-3000:])
    return json.loads(lines[-1])


with Ground() as ground:
    one, two = os.environ["CLARY_BENCH_SDK1"], os.environ["CLARY_BENCH_SDK2"]
    figure("sdk", "fit() of SDK 1.72, one-second script", run(ground, one, "fit"), "s", at_most=3)
    figure("sdk", "fit() of SDK 2.257, one-second script", run(ground, two, "fit"), "s", at_most=8, note="its own 5 s included")
    figure("sdk", "deploy() of SDK 1.72, random forest", run(ground, one, "deploy"), "s", at_most=5)
    figure("sdk", "transform(wait=True) of SDK 1.72, 5,000 rows, random forest", run(ground, one, "transform"), "s", at_most=3)
