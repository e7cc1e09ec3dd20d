"""The user's serving module: where it is, and its functions."""

import importlib
import importlib.util
import os
import sys

from .failure import WorkerError

FUNCTIONS = ("model_fn", "input_fn", "predict_fn", "output_fn")


def folder_of(layout, default=""):
    """SAGEMAKER_SUBMIT_DIRECTORY is a folder in the model archive or an archive of its own, unpacked into code/."""
    named = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY") or ""
    program = os.environ.get("SAGEMAKER_PROGRAM") or default
    candidates = [named] if named and "://" not in named else []
    candidates += [layout.code, os.path.join(layout.model, "code")]
    for folder in candidates:
        if program and os.path.isfile(os.path.join(folder, program)):
            return folder
    return next((folder for folder in candidates if os.path.isdir(folder)), layout.code)


def load(folder, default=""):
    """The module that SAGEMAKER_PROGRAM names, or the framework's `default` if it is there; None when there is none."""
    program = os.environ.get("SAGEMAKER_PROGRAM") or ""
    if not program and default and os.path.isfile(os.path.join(folder, default)):
        program = default
    if not program:
        return None
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = (program[:-3] if program.endswith(".py") else program).replace("/", ".")
    path = os.path.join(folder, program if program.endswith(".py") else program + ".py")
    if not os.path.isfile(path):
        if importlib.util.find_spec(name.split(".")[0]) is None:
            raise WorkerError("ImportModuleError", "The entry point %s is not in %s" % (program, folder))
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pickles of the model name it
    spec.loader.exec_module(module)
    return module


class Functions:
    def __init__(self, module, defaults):
        self.transform_fn = getattr(module, "transform_fn", None)
        own = [name for name in FUNCTIONS if getattr(module, name, None) is not None]
        if self.transform_fn and set(own) - {"model_fn"}:
            raise WorkerError(
                "UserError", "Cannot use transform_fn implementation with input_fn, predict_fn, and/or " "output_fn"
            )
        for name in FUNCTIONS:
            setattr(self, name, getattr(module, name, None) or getattr(defaults, name))
        self.error_answer = getattr(defaults, "error_answer", None)
        self.answers_as_flask = getattr(defaults, "ANSWERS_AS_FLASK", True)
        self.execution_parameters_fn = getattr(module, "execution_parameters_fn", None)
