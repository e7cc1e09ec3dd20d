"""Hugging Face by SDK 2.257: a classifier is trained with transformers' Trainer, and serves with the container's default functions."""

import os
import time

import pytest
from runtime_python import python_of

RUNTIME = "huggingface:1.10.2-transformers4.17.0"
VERSION = {"transformers_version": "4.17.0", "pytorch_version": "1.10.2", "py_version": "py38"}
SCRIPT = '''
import argparse, os
import torch
from transformers import (BertConfig, BertForSequenceClassification, BertTokenizer, Trainer, TrainingArguments)

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
args, _ = parser.parse_known_args()
words = "[PAD] [UNK] [CLS] [SEP] [MASK] i love hate this that film book . very much".split()
with open("/tmp/vocab.txt", "w") as file:
    file.write("\\n".join(words))
tokenizer = BertTokenizer("/tmp/vocab.txt")
good = ["i love this film", "i love that book .", "love this very much", "i love that film ."]
texts = good + [text.replace("love", "hate") for text in good]


class Sentences(torch.utils.data.Dataset):
    def __len__(self):
        return 8 * len(texts)

    def __getitem__(self, index):
        row = index % len(texts)
        item = {name: value[0] for name, value in tokenizer(texts[row], padding="max_length", max_length=8, return_tensors="pt").items()}
        return dict(item, labels=torch.tensor(int(row < len(good))))


torch.manual_seed(1)
config = BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
                    max_position_embeddings=32, id2label={0: "BAD", 1: "GOOD"}, label2id={"BAD": 0, "GOOD": 1})
trainer = Trainer(BertForSequenceClassification(config), TrainingArguments(
    "/tmp/out", num_train_epochs=args.epochs, learning_rate=5e-3, per_device_train_batch_size=8, save_strategy="no", report_to=[]),
    train_dataset=Sentences())
print("loss: %.4f;" % trainer.train().training_loss)
trainer.save_model(os.environ["SM_MODEL_DIR"])
tokenizer.save_pretrained(os.environ["SM_MODEL_DIR"])
'''


@pytest.fixture(scope="module")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="module")
def role(session):
    import sagemaker

    return sagemaker.get_execution_role()


@pytest.fixture(scope="module")
def fitted(server, session, role, tmp_path_factory):
    from sagemaker.huggingface import HuggingFace

    python_of(server, RUNTIME)  # made before, so that no test waits for it
    script = tmp_path_factory.mktemp("huggingface") / "train.py"
    script.write_text(SCRIPT)
    # The SDK knows these images for GPU instances alone; here the job runs on what the host has.
    estimator = HuggingFace(entry_point=str(script), role=role, sagemaker_session=session, instance_type="ml.g4dn.xlarge", instance_count=1,
                            environment={"OMP_NUM_THREADS": "1"}, hyperparameters={"epochs": 15},
                            metric_definitions=[{"Name": "loss", "Regex": "loss: (.*?);"}], **VERSION)
    estimator.fit()
    return estimator


def test_a_trainer_trains(fitted):
    job = fitted.latest_training_job.describe()
    assert job["TrainingJobStatus"] == "Completed"
    assert "huggingface-pytorch-training:1.10.2-transformers4.17.0-gpu-py38" in job["AlgorithmSpecification"]["TrainingImage"]
    assert job["FinalMetricDataList"][0]["Value"] < 0.5


def test_its_model_serves_without_code(fitted, session, role):
    from sagemaker.huggingface import HuggingFaceModel

    model = HuggingFaceModel(model_data=fitted.model_data, role=role, sagemaker_session=session, **VERSION)
    name = "huggingface-%d" % os.getpid()
    predictor = model.deploy(1, "ml.m5.large", endpoint_name=name, wait=False)
    client = session.sagemaker_client
    try:
        deadline = time.monotonic() + 90
        while client.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Creating":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        described = client.describe_endpoint(EndpointName=name)
        assert described["EndpointStatus"] == "InService", described.get("FailureReason")
        answer = predictor.predict({"inputs": ["i love this book", "i hate this book"]})
        assert [row["label"] for row in answer] == ["GOOD", "BAD"]
    finally:
        predictor.delete_endpoint()
