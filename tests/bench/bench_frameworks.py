"""What a framework's training script costs as a job against the same script run by hand, with the same environment and data."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from figures import figure, ratios, side_by_side
from ground import BUCKET, Ground, archive
from runtime_python import python_of

SUPPORT = pathlib.Path(__file__).resolve().parents[1] / "support"
SCRIPTS = SUPPORT.parents[1] / "examples" / "mnist"
RUNS = 3


def run_by_hand(python, script, channel, arguments):
    """Seconds of the script in a folder of its own, with the variables that it looks at."""
    folder = tempfile.mkdtemp(prefix="clary-bench-")
    variables = {"PATH": os.environ["PATH"], "HOME": folder, "SM_MODEL_DIR": folder + "/model", "SM_OUTPUT_DATA_DIR": folder + "/output",
                 "SM_CHANNEL_TRAINING": str(channel), "SM_HOSTS": '["algo-1"]', "SM_CURRENT_HOST": "algo-1", "TF_CPP_MIN_LOG_LEVEL": "1"}
    for name in ("SM_MODEL_DIR", "SM_OUTPUT_DATA_DIR"):
        os.makedirs(variables[name])
    began = time.time()
    done = subprocess.run([python, "-u", str(script)] + arguments, cwd=folder, env=variables, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600)
    took = time.time() - began
    shutil.rmtree(folder)
    if done.returncode != 0:
        sys.exit(done.stdout.decode(errors="replace")[-2000:])
    return took


def compare(ground, what, runtime, image, script, channel, trials):
    """`trials` is a list of hyperparameters: one job after the other against one run after the other."""
    python = python_of(ground, runtime)
    code = ground.put(f"code/{script.stem}.tar.gz", archive(**{"script.py": script.read_bytes()}))
    for file in sorted(path for path in channel.rglob("*") if path.is_file()):
        ground.put(f"{script.stem}/{file.relative_to(channel)}", file.read_bytes())
    channels = {"training": f"s3://{BUCKET}/{script.stem}"}

    def as_a_job(hyperparameters):
        _, began, ended = ground.train(code, image=image, hyperparameters=hyperparameters, channels=channels, instance="ml.p2.xlarge")
        return ended - began

    def by_hand(hyperparameters):
        arguments = [part for name, value in sorted(hyperparameters.items()) for part in ("--" + name, str(value))]
        return run_by_hand(python, script, channel, arguments)

    as_a_job(trials[0])  # warms the caches of both
    got = side_by_side(RUNS, job=lambda: sum(map(as_a_job, trials)), hand=lambda: sum(map(by_hand, trials)))
    figure("frameworks", what + ", as jobs", got["job"], "s", note="Create to Completed, inputs and outputs included")
    figure("frameworks", what + ", by hand", got["hand"], "s")
    figure("frameworks", what + ", jobs / by hand", ratios(got["job"], got["hand"]), "x", at_most=1.05)


def write_mnist(python, folder, function):
    """MNIST in full, written with the runtime's numpy."""
    subprocess.run([python, "-c", "import sys, mnist; mnist.%s(sys.argv[1])" % function, str(folder)], check=True,
                   env={**os.environ, "PYTHONPATH": str(SUPPORT)})
    return pathlib.Path(folder)


with Ground() as ground, tempfile.TemporaryDirectory(prefix="clary-bench-mnist-") as folder:
    python = python_of(ground, "tensorflow:2.1.0")
    compare(ground, "the workflow's TensorFlow 2.1.0 script on MNIST, 5 epochs", "tensorflow:2.1.0",
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.1.0-gpu-py3", SCRIPTS / "tensorflow_mnist.py",
            write_mnist(python, folder + "/npy", "write_npy"), [{"epochs": 5}])
    compare(ground, "the workflow's sweep of three on PyTorch 1.1.0 and MNIST, 1 epoch each", "pytorch:1.1.0",
            "520713654638.dkr.ecr.us-east-1.amazonaws.com/sagemaker-pytorch:1.1.0-cpu-py3", SCRIPTS / "pytorch_mnist.py",
            write_mnist(python, folder + "/idx", "write_idx"), [{"epochs": 1, "hidden_channels": n} for n in (2, 5, 10)])
