"""The part of the package sagemaker_inference that scripts import; see sagemaker_containers beside it."""

from types import SimpleNamespace

import clary_compat  # noqa: F401 (so that clary_runtime is found)
from clary_runtime import content


class BaseInferenceToolkitError(Exception):
    def __init__(self, status_code, message, phrase):
        super().__init__(message)
        self.status_code = status_code
        self.message = message
        self.phrase = phrase


def _encode(array_like, content_type):
    return content.encode(array_like, content_type)[0]


content_types = SimpleNamespace(
    JSON=content.JSON,
    CSV=content.CSV,
    NPY=content.NPY,
    ANY=content.ANY,
    OCTET_STREAM="application/octet-stream",
    UTF8_TYPES=list(content.TEXT),
)
encoder = SimpleNamespace(encode=_encode)
decoder = SimpleNamespace(decode=content.decode)
errors = SimpleNamespace(
    BaseInferenceToolkitError=BaseInferenceToolkitError, UnsupportedFormatError=content.UnsupportedFormatError
)
