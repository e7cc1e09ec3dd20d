"""The defaults that all framework containers share."""

from .. import content


def model_fn(model_dir):
    raise NotImplementedError(
        "Please provide a model_fn implementation.\nSee documentation for model_fn at "
        "https://github.com/aws/sagemaker-python-sdk"
    )


def input_fn(body, content_type):
    return content.decode(body, content_type)


def predict_fn(data, model):
    raise NotImplementedError(
        "Please provide a predict_fn implementation.\nSee documentation for predict_fn at "
        "https://github.com/aws/sagemaker-python-sdk"
    )


def output_fn(prediction, accept):
    return content.encode(prediction, accept)
