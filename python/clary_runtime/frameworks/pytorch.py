"""What the PyTorch containers do: the variables of torch.distributed's env:// and of NCCL, and torchrun, for a training script;
TorchScript models and tensors where a serving module leaves a function out."""

import os
import sys

from .. import content
from ..failure import WorkerError
from ..launching import wait_for_names

MASTER_PORT = "7777"
DEFAULT_PROGRAM = "inference.py"
MODEL_FILE = "model.pt"


def launch(job):
    hosts = job.env.hosts
    if len(hosts) > 1:
        wait_for_names(hosts)
    job.variables.update(
        MASTER_ADDR=job.env.master,
        MASTER_PORT=MASTER_PORT,
        NCCL_SOCKET_IFNAME=job.env.network_interface,
        NCCL_IB_DISABLE="1",
        NCCL_DEBUG="WARN",
    )
    if job.asked_for("sagemaker_torch_distributed_enabled"):
        job.command = torchrun(job)
        job.child = True


def torchrun(job):
    """As the console script torchrun, whose first line may name another interpreter than the job's own."""
    if job.entry != "script":
        raise WorkerError(
            "ConfigurationError",
            "torch_distributed needs a Python script as the entry point, not a package or a shell script.",
        )
    if not os.path.exists(os.path.join(torch_folder(), "distributed", "run.py")):
        raise WorkerError(
            "ConfigurationError", "torch_distributed needs torchrun, which PyTorch has from version 1.9 on."
        )
    env = job.env
    processes = env.own.get("sagemaker_mpi_num_of_processes_per_host") or max(1, env.num_gpus)
    command = [sys.executable, "-m", "torch.distributed.run"]
    command += ["--nnodes", str(len(env.hosts)), "--nproc_per_node", str(processes)]
    if len(env.hosts) > 1:
        rank = env.hosts.index(env.current_host)
        command += ["--master_addr", env.master, "--master_port", MASTER_PORT, "--node_rank", str(rank)]
    return command + [env.program] + env.arguments


def torch_folder():
    """Without the second that an import takes."""
    import importlib.util

    spec = importlib.util.find_spec("torch")
    return list(spec.submodule_search_locations)[0] if spec else ""


def device():
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def model_file(model_dir):
    path = os.path.join(model_dir, MODEL_FILE)
    if os.path.exists(path):
        return path
    files = [name for name in sorted(os.listdir(model_dir)) if name.endswith((".pt", ".pth"))]
    if len(files) != 1:
        raise ValueError("Exactly one .pth or .pt file is required for PyTorch models: %s" % files)
    return os.path.join(model_dir, files[0])


def model_fn(model_dir):
    """A TorchScript model, as in the container; or a whole model that torch.save wrote, when its classes can be imported."""
    import torch

    path = model_file(model_dir)
    try:
        return torch.jit.load(path, map_location=device()).to(device())
    except RuntimeError as error:
        model = pickled_model(path)
        if model is None:
            raise RuntimeError(
                "Failed to load %s. Please ensure model is saved using torchscript, or write a model_fn." % path
            ) from error
        return model.to(device())


def pickled_model(path):
    import inspect

    import torch

    # Newer versions refuse to read whole models unless told that the file is trusted; the user's own is.
    trusted = {"weights_only": False} if "weights_only" in inspect.signature(torch.load).parameters else {}
    try:
        found = torch.load(path, map_location=device(), **trusted)
    except Exception:  # what a pickle raises has no bounds; the caller says what is wrong
        return None
    return found if isinstance(found, torch.nn.Module) else None


def input_fn(body, content_type):
    import torch

    array = content.decode(body, content_type)
    try:
        if content.bare(content_type) == content.NPY:
            return torch.from_numpy(array).to(device())
        return torch.FloatTensor(array).to(device())
    except (TypeError, ValueError) as error:
        raise content.BadContent("The body holds what is not a tensor of numbers: %s" % error) from error


def predict_fn(data, model):
    import torch

    with torch.no_grad():
        model = model.to(device())
        model.eval()
        return model(data.to(device()))


def output_fn(prediction, accept):
    import torch

    if isinstance(prediction, torch.Tensor):
        prediction = prediction.detach().cpu().numpy()
    return content.encode(prediction, accept)
