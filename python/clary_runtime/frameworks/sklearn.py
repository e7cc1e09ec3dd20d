"""The defaults of the scikit-learn container: text comes as float32, NPY keeps its type, predict() is called."""

from .. import content
from .generic import model_fn, output_fn  # noqa: F401 (scikit-learn's are the shared ones)


def input_fn(body, content_type):
    array = content.decode(body, content_type)
    if content.bare(content_type) == content.NPY:
        return array
    try:
        return array.astype("float32")
    except (TypeError, ValueError) as error:
        raise content.BadContent("The body holds what is not a number: %s" % error) from error


def predict_fn(data, model):
    # One CSV row decodes to one dimension, which no estimator takes.
    if getattr(data, "ndim", 0) == 1 and getattr(data, "dtype", None) is not None and data.dtype.kind in "iufb":
        data = data.reshape((-1, 1) if getattr(model, "n_features_in_", None) == 1 else (1, -1))
    return model.predict(data)
