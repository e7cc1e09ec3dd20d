"""The defaults of the Hugging Face inference containers: a transformers pipeline over the model's folder, or over a model of the
hub (HF_MODEL_ID), for the task HF_TASK or the one that the model's architecture means."""

import json
import os

from .. import content
from ..failure import WorkerError
from ..transform import Answer

DEFAULT_PROGRAM = "inference.py"
ANSWERS_AS_FLASK = False  # its server tells the type as it was asked for
TASKS = (  # by what the architecture's name ends in; a later match wins
    ("TapasForQuestionAnswering", "table-question-answering"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForTokenClassification", "token-classification"),
    ("ForSequenceClassification", "text-classification"),
    ("ForMultipleChoice", "multiple-choice"),
    ("ForMaskedLM", "fill-mask"),
    ("ForCausalLM", "text-generation"),
    ("ForConditionalGeneration", "text2text-generation"),
    ("MTModel", "text2text-generation"),
    ("EncoderDecoderModel", "text2text-generation"),
    ("GPT2LMHeadModel", "text-generation"),
    ("T5WithLMHeadModel", "text2text-generation"),
)
WEIGHTS_OF_OTHERS = ["tf*", "flax*", "rust*", "*onnx*", "*mlmodel", "*tflite", "*tar.gz", "*openvino*", "*ckpt"]
NO_CSV = ("zero-shot-classification", "table-question-answering")


def truth(name):
    return os.environ.get(name, "").lower() in ("y", "yes", "t", "true", "on", "1")


def with_torch():
    import importlib.util

    return importlib.util.find_spec("torch") is not None


def device():
    if not with_torch():
        return -1
    import torch

    return 0 if torch.cuda.is_available() else -1


def model_fn(model_dir):
    named = os.environ.get("HF_MODEL_ID")
    folder = (named if os.path.isdir(named) else fetch(named)) if named else model_dir
    task = os.environ.get("HF_TASK") or task_of(folder)
    from transformers import pipeline

    options = {"trust_remote_code": True} if truth("HF_TRUST_REMOTE_CODE") else {}
    made = pipeline(task=task, model=folder, device=device(), **options)
    return conversation(made) if task == "conversational" else made


def task_of(folder):
    path = os.path.join(folder, "config.json")
    if not os.path.exists(path):
        raise WorkerError(
            "ModelLoadError",
            "The model has no config.json. Put a transformers model at the top of model.tar.gz, or name one of the hub "
            "by HF_MODEL_ID, and set HF_TASK.",
        )
    with open(path, encoding="utf-8") as file:
        architecture = (json.load(file).get("architectures") or [""])[0]
    found = [task for ending, task in TASKS if architecture.endswith(ending)]
    if not found:
        raise WorkerError(
            "ModelLoadError", "The task cannot be told from the architecture '%s': set HF_TASK." % architecture
        )
    os.environ["HF_TASK"] = found[-1]
    return found[-1]


def fetch(model_id):
    """The folder of a model of the hub. Its cache is the worker's own, unless HF_HOME names another."""
    import tempfile

    if "HF_HOME" not in os.environ:
        os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="huggingface-")
    import huggingface_hub

    revision = os.environ.get("HF_MODEL_REVISION") or None
    token = os.environ.get("HF_API_TOKEN") or os.environ.get("HF_TOKEN") or None
    # Older versions know neither `token` nor patterns; both take the token from the environment.
    if token:
        os.environ["HUGGING_FACE_HUB_TOKEN"] = os.environ["HF_TOKEN"] = token
    try:
        if not os.environ.get("HF_TASK"):
            told = huggingface_hub.HfApi().model_info(model_id, revision=revision).pipeline_tag
            if told:
                os.environ["HF_TASK"] = told
        ignored = WEIGHTS_OF_OTHERS if with_torch() else []
        try:
            return huggingface_hub.snapshot_download(model_id, revision=revision, ignore_patterns=ignored)
        except TypeError:
            return huggingface_hub.snapshot_download(model_id, revision=revision)
    except Exception as error:  # one of many kinds, by version and by what is out of reach
        raise WorkerError(
            "ModelLoadError",
            "The model %s (HF_MODEL_ID) could not be fetched from the Hugging Face hub: %s: %s. Without a way to "
            "huggingface.co, put the model's files into model.tar.gz." % (model_id, type(error).__name__, error),
        )


def conversation(pipeline):
    from transformers.pipelines import Conversation

    def converse(inputs, *arguments, **options):
        given = Conversation(
            inputs["text"],
            past_user_inputs=inputs.get("past_user_inputs", []),
            generated_responses=inputs.get("generated_responses", []),
        )
        answer = pipeline(given, *arguments, **options)
        said = {"past_user_inputs": answer.past_user_inputs, "generated_responses": answer.generated_responses}
        return {"generated_text": answer.generated_responses[-1], "conversation": said}

    return converse


def from_csv(text):
    import csv
    import io

    first = text.splitlines()[0].lower() if text.strip() else ""
    if not any(column in first for column in ("question", "context", "inputs")):
        raise content.BadContent(
            "You need to provide the correct CSV with Header columns to use it with the inference toolkit default handler."
        )
    rows = [dict(row) for row in csv.DictReader(io.StringIO(text))]
    return {"inputs": [row["inputs"] for row in rows] if rows and "inputs" in rows[0] else rows}


def input_fn(body, content_type):
    kind = content.bare(content_type)
    if kind == content.CSV:
        if os.environ.get("HF_TASK") in NO_CSV:
            raise content.BadContent("%s takes no CSV, use another content type" % os.environ["HF_TASK"])
        return from_csv(body)
    if kind == content.JSON:
        try:
            return json.loads(body)
        except ValueError as error:
            raise content.BadContent("The body is not valid application/json: %s" % error) from error
    if kind.startswith("image/"):
        import io

        from PIL import Image

        try:
            return {"inputs": Image.open(io.BytesIO(body)).convert("RGB")}
        except OSError as error:
            raise content.BadContent("The body is not an image: %s" % error) from error
    if kind.startswith("audio/"):
        return {"inputs": bytes(body)}
    if kind == content.NPY:
        return content.decode(body, kind)
    raise content.UnsupportedFormatError(content_type)


def predict_fn(data, model):
    if not isinstance(data, dict):
        return model(data)
    data = dict(data)
    inputs = data.pop("inputs", data)
    parameters = data.pop("parameters", None)
    return model(inputs, **parameters) if parameters else model(inputs)


def plain(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "save") and hasattr(value, "tobytes"):  # an image, as PNG
        import base64
        import io

        out = io.BytesIO()
        value.save(out, format="PNG")
        return base64.b64encode(out.getvalue()).decode()
    return str(value) if hasattr(value, "isoformat") else content._plain(value)


def output_fn(prediction, accept):
    chosen = content.choose(accept)
    if chosen == content.JSON:
        text = json.dumps(prediction, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=plain)
        return text, content.JSON
    if chosen == content.CSV:
        import csv
        import io

        rows = prediction if isinstance(prediction, list) else [prediction]
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue(), content.CSV
    if chosen is None:
        raise content.UnsupportedFormatError(accept)
    return content.encode(prediction, chosen)


def error_answer(error):
    """What the containers answer whatever went wrong; clients look for these members."""
    told = {"code": 400, "type": "InternalServerException", "message": str(error)}
    return Answer(400, content.JSON, json.dumps(told, indent=2).encode())
