"""Which framework a model is of, by the modules of its classes."""

KNOWN = (("pytorch", "torch"), ("xgboost", "xgboost"), ("tensorflow", "tensorflow"), ("tensorflow", "keras"), ("sklearn", "sklearn"))


def _get_model_base(model):
    return " ".join(base.__module__ + "." + base.__qualname__ for base in type(model).__mro__)


def _detect_framework_and_version(model_base):
    return next((framework for framework, module in KNOWN if module in model_base), ""), ""
