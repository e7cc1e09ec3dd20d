"""What a replica of the Hugging Face runtime serves by default, on transformers 4.17.0 and PyTorch 1.10.2, with a small model of random
weights; CLARY_TEST_HUGGINGFACE names other runtimes to try it with, with commas between them."""

import io
import json
import os
import shutil
import subprocess
import wave

import pytest
from conftest import clean_environment
from replica import Replica
from runtime_python import python_of

# Two models, and what they say to two sentences.
MODELS = """
import json, os, sys
import torch
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification, BertTokenizer, pipeline
torch.manual_seed(5)
words = "[PAD] [UNK] [CLS] [SEP] [MASK] i love hate this that film book . very much".split()
folder = sys.argv[1]
with open(os.path.join(folder, "vocab.txt"), "w") as file:
    file.write("\\n".join(words))
config = BertConfig(vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
                    max_position_embeddings=32, id2label={0: "BAD", 1: "GOOD"}, label2id={"BAD": 0, "GOOD": 1})
tokenizer = BertTokenizer(os.path.join(folder, "vocab.txt"))
for name, kind in (("classifier", BertForSequenceClassification), ("masked", BertForMaskedLM)):
    kind(config).save_pretrained(os.path.join(folder, name))
    tokenizer.save_pretrained(os.path.join(folder, name))
classify = pipeline("text-classification", model=os.path.join(folder, "classifier"))
print("EXPECTED " + json.dumps(classify(["i love this film", "i hate that book ."])))
"""


@pytest.fixture(scope="module", params=os.environ.get("CLARY_TEST_HUGGINGFACE", "huggingface:1.10.2-transformers4.17.0").split(","))
def python(request, server):
    return python_of(server, request.param)


@pytest.fixture(scope="module")
def models(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    done = subprocess.run(
        [python, "-W", "ignore", "-c", MODELS, str(folder)],
        check=True, stdout=subprocess.PIPE, universal_newlines=True, env=clean_environment(),
    )  # fmt: skip
    expected = next(line for line in done.stdout.splitlines() if line.startswith("EXPECTED "))
    return folder, json.loads(expected[len("EXPECTED ") :])


def replica_of(models, name, folder):
    replica = Replica(folder, "huggingface")
    (replica.folder / "model").rmdir()
    shutil.copytree(str(models[0] / name), str(replica.folder / "model"))
    return replica


def start(replica, python, wait=True, **environment):
    told = dict(SAGEMAKER_PROGRAM="", SAGEMAKER_SUBMIT_DIRECTORY="", HF_HOME=str(replica.folder / "hub"))
    return replica.start(python, wait=wait, **dict(told, **environment))


@pytest.fixture(scope="module")
def classifier(python, models, tmp_path_factory):
    """A model alone: no code, no HF_TASK; the task is told from the architecture."""
    replica = replica_of(models, "classifier", tmp_path_factory.mktemp("classifier") / "ml")
    start(replica, python)
    yield replica
    replica.kill()


def same(found, wanted):
    return [row["label"] for row in found] == [row["label"] for row in wanted] and [row["score"] for row in found] == pytest.approx(
        [row["score"] for row in wanted], rel=1e-4
    )


def test_inputs_as_json(classifier, models):
    body = json.dumps({"inputs": ["i love this film", "i hate that book ."]}).encode()
    status, content_type, answer = classifier.invoke(body)
    assert (status, content_type) == (200, "application/json") and same(json.loads(answer), models[1])


def test_csv_in_and_out(classifier, models):
    status, content_type, answer = classifier.invoke(b"inputs\ni love this film\ni hate that book .\n", "text/csv", Accept="text/csv")
    assert (status, content_type) == (200, "text/csv")
    lines = answer.decode().split()
    assert lines[0] == "label,score" and [line.split(",")[0] for line in lines[1:]] == [row["label"] for row in models[1]]


@pytest.mark.parametrize(
    "body, content_type, word",
    [
        (b"{", "application/json", "not valid application/json"),
        (b"i love this film\n", "text/csv", "correct CSV with Header columns"),
        (b"<x/>", "application/xml", "application/xml is not supported"),
        (b"not an image", "image/png", "not an image"),
        (b'{"inputs": "i love", "parameters": {"no_such_parameter": {}}}', "application/json", "no_such_parameter"),
    ],
)
def test_what_goes_wrong_is_answered_as_the_container_does(classifier, body, content_type, word):
    status, answered, answer = classifier.invoke(body, content_type)
    told = json.loads(answer)
    assert (status, answered) == (400, "application/json")
    assert told["code"] == 400 and told["type"] == "InternalServerException" and word in told["message"]
    assert classifier.invoke(b'{"inputs": "i love"}')[0] == 200


def test_an_answer_of_a_type_that_is_not_written(classifier):
    status, answered, answer = classifier.invoke(b'{"inputs": "i love"}', Accept="application/xml")
    told = json.loads(answer)
    assert (status, answered, told["type"]) == (400, "application/json", "InternalServerException") and "application/xml" in told["message"]


def test_a_task_that_is_named_and_parameters_for_the_pipeline(python, models, tmp_path):
    replica = replica_of(models, "masked", tmp_path / "ml")
    try:
        start(replica, python, HF_TASK="fill-mask")
        rows = json.loads(replica.invoke(json.dumps({"inputs": "i love [MASK] film"}).encode())[2])
        assert len(rows) == 5 and {"score", "token", "token_str", "sequence"} <= set(rows[0])
        body = json.dumps({"inputs": "i love [MASK] film", "parameters": {"top_k": 2}}).encode()
        assert json.loads(replica.invoke(body)[2]) == rows[:2]
    finally:
        replica.kill()


def test_own_functions_take_the_places_of_the_defaults(python, models, tmp_path):
    """code/inference.py is found without being named; audio comes to it as the decoders give it."""
    replica = replica_of(models, "classifier", tmp_path / "ml")
    (replica.folder / "model/code").mkdir()
    (replica.folder / "model/code/inference.py").write_text(
        "import io, wave\n"
        "def model_fn(model_dir):\n    return 'mine'\n"
        "def predict_fn(data, model):\n"
        "    return {'model': model, 'frames': wave.open(io.BytesIO(data['inputs'])).getnframes()}\n"
    )
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 100)
    try:
        start(replica, python)
        assert json.loads(replica.invoke(sound.getvalue(), "audio/wav")[2]) == {"model": "mine", "frames": 100}
    finally:
        replica.kill()


def test_parameters_without_inputs(python, models, tmp_path):
    replica = replica_of(models, "classifier", tmp_path / "ml")
    (replica.folder / "model/code").mkdir()
    (replica.folder / "model/code/inference.py").write_text(
        "def model_fn(model_dir):\n    return lambda inputs, **parameters: [inputs, parameters]\n"
    )
    try:
        start(replica, python)
        body = json.dumps({"question": "why", "context": "so", "parameters": {"top_k": 2}}).encode()
        assert json.loads(replica.invoke(body)[2]) == [{"question": "why", "context": "so"}, {"top_k": 2}]
    finally:
        replica.kill()


def test_a_transform_fn_is_all(python, models, tmp_path):
    replica = replica_of(models, "classifier", tmp_path / "ml")
    (replica.folder / "model/code").mkdir()
    (replica.folder / "model/code/inference.py").write_text(
        "def model_fn(model_dir):\n    return 1\n"
        "def transform_fn(model, data, content_type, accept):\n    return '%s|%s' % (data, content_type)\n"
    )
    try:
        start(replica, python)
        assert replica.invoke(b"[1]", "application/json")[2] == b"[1]|application/json"
    finally:
        replica.kill()


def fails(replica, python, **environment):
    start(replica, python, wait=False, **environment)
    assert replica.process.wait(timeout=120) == 1
    return (replica.folder / "output/failure").read_text()


def test_a_hub_out_of_reach_says_what_to_do(python, tmp_path):
    reason = fails(
        Replica(tmp_path / "ml", "huggingface"), python, HF_MODEL_ID="some/model", HF_TASK="fill-mask",
        HF_ENDPOINT="http://127.0.0.1:9", HTTPS_PROXY="http://127.0.0.1:9", HF_HUB_DOWNLOAD_TIMEOUT="2",
    )  # fmt: skip
    assert "some/model (HF_MODEL_ID) could not be fetched" in reason and "model.tar.gz" in reason


def test_no_model_and_no_task_says_what_to_do(python, tmp_path):
    assert "HF_MODEL_ID" in fails(Replica(tmp_path / "ml", "huggingface"), python)
