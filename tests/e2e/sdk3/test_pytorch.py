"""SDK 3 with the PyTorch images. What is pickled here cannot be loaded on Python 3.7, where PyTorch 1.1.0 is: so models are
served by source code of their own. CLARY_TEST_SDK3_PYTORCH names another version, "2.6.0" for one."""

import io
import json
import os
import uuid

import numpy as np
import pytest

from jobs import INSTANCE

VERSION = os.environ.get("CLARY_TEST_SDK3_PYTORCH", "1.1.0")

TRAIN = """
import argparse, os
import numpy as np
import torch
import torch.distributed as dist

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
parser.add_argument("--local_rank", type=int)
args = parser.parse_args()
dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
table = torch.tensor(np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "digits.csv"), delimiter=",", dtype="float32"))
mine = table[rank::size]
rows, labels = mine[:, 1:] / 16, mine[:, 0].long()
torch.manual_seed(0)
model = torch.nn.Linear(64, 10)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
for epoch in range(args.epochs):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(rows), labels)
    loss.backward()
    for parameter in model.parameters():
        dist.all_reduce(parameter.grad)
        parameter.grad /= size
    optimizer.step()
weight = model.weight.data.clone()
dist.all_reduce(weight)
assert torch.allclose(weight / size, model.weight.data, atol=1e-5), "the ranks differ"
if rank == 0:
    accuracy = (model(table[:, 1:] / 16).argmax(1) == table[:, 0].long()).float().mean().item()
    print("world %d accuracy %.4f" % (size, accuracy), flush=True)
    torch.save(model.state_dict(), os.path.join(os.environ["SM_MODEL_DIR"], "model.pth"))
    np.savez(os.path.join(os.environ["SM_MODEL_DIR"], "weights.npz"), weight=model.weight.data.numpy(), bias=model.bias.data.numpy())
"""

INFERENCE = """
import os
import torch

def model_fn(folder):
    model = torch.nn.Linear(64, 10)
    model.load_state_dict(torch.load(os.path.join(folder, "model.pth")))
    return model.eval()

def predict_fn(rows, model):
    with torch.no_grad():
        return torch.softmax(model(torch.as_tensor(rows).float() / 16), 1)
"""


def image_of(scope):
    from sagemaker.core import image_uris

    return image_uris.retrieve("pytorch", "us-east-1", version=VERSION, py_version="py3" if VERSION < "1.13" else "py312",
                               instance_type=INSTANCE, image_scope=scope)


@pytest.fixture(scope="module")
def trained(session, digits, ended, log_of, tmp_path_factory):
    from sagemaker.train import ModelTrainer
    from sagemaker.train.configs import Compute, InputData, MetricDefinition, SourceCode
    from sagemaker.train.distributed import Torchrun

    folder = tmp_path_factory.mktemp("torch")
    (folder / "source").mkdir()
    (folder / "source" / "train.py").write_text(TRAIN)
    (folder / "data").mkdir()
    np.savetxt(folder / "data" / "digits.csv", np.column_stack([digits[1], digits[0]]), delimiter=",", fmt="%g")
    trainer = ModelTrainer(training_image=image_of("training"), base_job_name="sdk3-torch-" + uuid.uuid4().hex[:8],
                           source_code=SourceCode(source_dir=str(folder / "source"), entry_script="train.py"),
                           compute=Compute(instance_type=INSTANCE, instance_count=1), hyperparameters={"epochs": 60},
                           distributed=Torchrun(process_count_per_node=2))
    trainer.with_metric_definitions([MetricDefinition(name="accuracy", regex="accuracy ([0-9.]+)")])
    trainer.train(input_data_config=[InputData(channel_name="train", data_source=str(folder / "data"))], wait=False)
    described = ended(trainer)
    assert described["TrainingJobStatus"] == "Completed", log_of(described["TrainingJobName"])[-40:]
    return described


@pytest.fixture(scope="module")
def weights(trained, read):
    found = np.load(io.BytesIO(read(trained["ModelArtifacts"]["S3ModelArtifacts"], "weights.npz")))
    return found["weight"], found["bias"]


def test_torchrun_over_two_processes(trained, weights, digits, log_of):
    lines = [line for line in log_of(trained["TrainingJobName"]) if line.startswith("world ")]
    accuracy = trained["FinalMetricDataList"][0]["Value"]
    assert lines == ["world 2 accuracy %.4f" % accuracy]
    own = ((digits[0] / 16) @ weights[0].T + weights[1]).argmax(1)
    assert (own == digits[1]).mean() == pytest.approx(accuracy, abs=1e-3) and accuracy > 0.95


def test_served_by_its_source_code(trained, weights, session, role, digits, in_service, tmp_path):
    from sagemaker.core.training.configs import Compute, SourceCode
    from sagemaker.serve import ModelBuilder

    (tmp_path / "inference.py").write_text(INFERENCE)
    name = "sdk3-torch-" + uuid.uuid4().hex[:8]
    builder = ModelBuilder(image_uri=image_of("inference"), role_arn=role, sagemaker_session=session,
                           s3_model_data_url=trained["ModelArtifacts"]["S3ModelArtifacts"], compute=Compute(instance_type=INSTANCE),
                           source_code=SourceCode(source_dir=str(tmp_path), entry_script="inference.py"))
    builder.build(model_name=name)
    endpoint = builder.deploy(endpoint_name=name, initial_instance_count=1, instance_type=INSTANCE, wait=False)
    try:
        in_service(name)
        rows = digits[0][:20]
        body = io.BytesIO()
        np.save(body, rows)
        answer = endpoint.invoke(body=body.getvalue(), content_type="application/x-npy", accept="application/x-npy")
        scores = (rows / 16) @ weights[0].T + weights[1]
        expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        np.testing.assert_allclose(np.load(io.BytesIO(answer.body.read())), expected, atol=1e-6)
    finally:
        endpoint.delete()


def test_the_reason_is_the_workers_own_error(session, ended, source):
    from sagemaker.train import ModelTrainer
    from sagemaker.train.configs import Compute, SourceCode
    from sagemaker.train.distributed import Torchrun

    trainer = ModelTrainer(training_image=image_of("training"), base_job_name="sdk3-torch-" + uuid.uuid4().hex[:8],
                           source_code=SourceCode(source_dir=source({"train.py": "raise ValueError('no digits here')\n"}),
                                                  entry_script="train.py"),
                           compute=Compute(instance_type=INSTANCE, instance_count=1), distributed=Torchrun(process_count_per_node=2))
    trainer.train(wait=False)
    described = ended(trainer)
    assert described["TrainingJobStatus"] == "Failed"
    assert "ValueError: no digits here" in described["FailureReason"], described["FailureReason"]


def test_an_inference_spec_on_pytorch_2(weights, session, role, digits, in_service, tmp_path):
    """Packed by ModelBuilder here, without torch, and loaded by the image's own. (Samples are lists: the image's numpy 1 cannot unpickle
    arrays of numpy 2.)"""
    from sagemaker.core import image_uris
    from sagemaker.core.training.configs import Compute
    from sagemaker.serve import InferenceSpec, ModelBuilder, ModelServer
    from sagemaker.serve.builder.schema_builder import SchemaBuilder

    class Digits(InferenceSpec):
        def load(self, model_dir):
            import os
            import numpy
            import torch
            found = numpy.load(os.path.join(model_dir, "weights.npz"))
            model = torch.nn.Linear(64, 10)
            model.load_state_dict({name: torch.from_numpy(found[name]) for name in ("weight", "bias")})
            return model.eval()

        def invoke(self, input_object, model):
            import torch
            if not torch.__version__.startswith("2.6.0"):  # no assert: pytest's own would be pickled along
                raise RuntimeError(torch.__version__)
            with torch.no_grad():
                return torch.softmax(model(torch.tensor(input_object) / 16), 1).tolist()

    rows = digits[0][:20]
    scores = (rows / 16) @ weights[0].T + weights[1]
    expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    (tmp_path / "packed").mkdir()
    np.savez(tmp_path / "packed" / "weights.npz", weight=weights[0], bias=weights[1])
    name = "sdk3-torch-" + uuid.uuid4().hex[:8]
    image = image_uris.retrieve("pytorch", "us-east-1", version="2.6.0", py_version="py312", instance_type=INSTANCE, image_scope="inference")
    builder = ModelBuilder(inference_spec=Digits(), model_server=ModelServer.TORCHSERVE, image_uri=image, role_arn=role,
                           sagemaker_session=session, model_path=str(tmp_path / "packed"), dependencies={"auto": False},
                           compute=Compute(instance_type=INSTANCE), schema_builder=SchemaBuilder(rows.tolist(), expected.tolist()))
    builder.build(model_name=name)
    endpoint = builder.deploy(endpoint_name=name, initial_instance_count=1, instance_type=INSTANCE, wait=False)
    try:
        in_service(name)
        answer = endpoint.invoke(body=json.dumps(rows.tolist()).encode(), content_type="application/json", accept="application/json")
        np.testing.assert_allclose(json.loads(answer.body.read()), expected, atol=1e-6)
    finally:
        endpoint.delete()
