"""content_types, encoders, env, errors, modules, transformer and worker, as `from ... import worker` names them."""

import os
from types import SimpleNamespace

from clary_runtime import content
from clary_runtime.frameworks import generic
from clary_runtime.layout import Layout


class ClientError(Exception):
    pass


class Response:
    """What output_fn may return: as Flask's, a body with a status and a type."""

    def __init__(self, response=None, accept=None, status=200, headers=None, mimetype=None, direct_passthrough=False):
        del direct_passthrough
        self.response = response if response is not None else ""
        self.status_code = int(status)
        self.headers = dict(headers or {})
        self.mimetype = mimetype or accept or content.JSON
        self.content_type = self.mimetype

    def get_data(self):
        return self.response


class ServingEnv:
    def __init__(self):
        layout = Layout()
        program = os.environ.get("SAGEMAKER_PROGRAM") or ""
        self.model_dir = layout.model
        self.module_name = program[:-3] if program.endswith(".py") else program
        self.module_dir = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY") or layout.code
        self.default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or content.JSON


class TrainingEnv:
    """The members of SM_TRAINING_ENV as attributes."""

    def __init__(self):
        import json

        self.__dict__.update(json.loads(os.environ.get("SM_TRAINING_ENV") or "{}"))


def encode(array_like, content_type):
    return content.encode(array_like, content_type)[0]


content_types = SimpleNamespace(
    JSON=content.JSON,
    CSV=content.CSV,
    NPY=content.NPY,
    ANY=content.ANY,
    OCTET_STREAM="application/octet-stream",
    UTF8_TYPES=list(content.TEXT),
)
encoders = SimpleNamespace(encode=encode, decode=content.decode)
errors = SimpleNamespace(ClientError=ClientError, UnsupportedFormatError=content.UnsupportedFormatError)
worker = SimpleNamespace(Response=Response)
env = SimpleNamespace(ServingEnv=ServingEnv, TrainingEnv=TrainingEnv, model_dir=Layout().model, code_dir=Layout().code)
transformer = SimpleNamespace(
    default_model_fn=generic.model_fn,
    default_input_fn=generic.input_fn,
    default_predict_fn=generic.predict_fn,
    default_output_fn=generic.output_fn,
)
modules = SimpleNamespace()


def training_env():
    return TrainingEnv()
