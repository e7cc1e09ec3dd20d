"""The methods of TensorFlow Serving's REST protocol on a loaded model: a parsed request in, an answer to be written as
JSON out (https://www.tensorflow.org/tfx/serving/api_rest)."""

import json

from . import tensors
from .errors import ServingError, refuse

DEFAULT_SIGNATURE = "serving_default"


def parse(body):
    try:
        request = json.loads(body)
    except ValueError as error:
        raise refuse("JSON Parse error: %s", error)
    if not isinstance(request, dict):
        raise refuse("Request is not a JSON object")
    return request


def answer(model, method, request):
    methods = {"predict": predict, "classify": classify, "regress": regress}
    if method not in methods:
        raise refuse("Malformed request: there is no method %s", method)
    name = request.get("signature_name", DEFAULT_SIGNATURE)
    if not isinstance(name, str):
        raise refuse("'signature_name' key must be a string value.")
    return methods[method](model.signature(name or DEFAULT_SIGNATURE), request)


def predict(signature, request):
    if "instances" in request and "inputs" in request:
        raise refuse("Request must have one of 'instances' and 'inputs', not both")
    if "instances" in request:
        values = from_rows(signature, request["instances"])
        return {"predictions": to_rows(signature(to_arrays(signature, values)), len(request["instances"]))}
    if "inputs" in request:
        values = from_columns(signature, request["inputs"])
        outputs = signature(to_arrays(signature, values))
        columns = {name: tensors.to_json(array, name) for name, array in outputs.items()}
        return {"outputs": columns if len(columns) != 1 else next(iter(columns.values()))}
    raise refuse("Missing 'inputs' or 'instances' key")


def to_arrays(signature, values):
    return {name: tensors.to_array(value, signature.inputs[name], name) for name, value in values.items()}


def from_rows(signature, instances):
    if not isinstance(instances, list):
        raise refuse("Expecting 'instances' to be a list")
    if not instances:
        raise refuse("'instances' is empty")
    names = sorted(signature.inputs)
    if isinstance(instances[0], dict) and not tensors.is_binary(instances[0]):
        for index, row in enumerate(instances):
            if not isinstance(row, dict) or sorted(row) != names:
                raise refuse("Failed to process element: %d of 'instances' list. Error: it must be an object with the keys %s",
                             index, ", ".join(names))
        return {name: [row[name] for row in instances] for name in names}
    if len(names) != 1:
        raise refuse("instances is a plain list, but expecting list of objects as multiple input tensors required as per "
                     "tensorinfo_map: %s", ", ".join(names))
    return {names[0]: instances}


def from_columns(signature, inputs):
    names = sorted(signature.inputs)
    if isinstance(inputs, dict) and not tensors.is_binary(inputs):
        if sorted(inputs) != names:
            raise refuse("Request inputs do not match required inputs for the signature. Sent: %s, required: %s",
                         ", ".join(sorted(inputs)) or "none", ", ".join(names))
        return inputs
    if len(names) != 1:
        raise refuse("'inputs' is a plain value/list, but expecting an object as multiple input tensors required as per "
                     "tensorinfo_map: %s", ", ".join(names))
    return {names[0]: inputs}


def to_rows(outputs, count):
    columns = {}
    for name, array in outputs.items():
        if getattr(array, "ndim", 0) == 0:
            raise refuse("Tensor name: %s has no batch dimension: ask with 'inputs'", name)
        if len(array) != count:
            raise refuse("Tensor name: %s has inconsistent batch size: %d expecting: %d", name, len(array), count)
        columns[name] = tensors.to_json(array, name)
    if len(columns) == 1:
        return next(iter(columns.values()))
    return [{name: column[index] for name, column in columns.items()} for index in range(count)]


def run_examples(signature, request, method):
    """The outputs of a signature that takes serialised tf.Examples."""
    import numpy

    if signature.method != "tensorflow/serving/" + method:
        raise refuse("Expected %s signature method_name to be tensorflow/serving/%s. Was: %s", method, method, signature.method)
    examples, shared = request.get("examples"), request.get("context", {})
    if not isinstance(examples, list) or not examples:
        raise refuse("When method is %s, key 'examples' is expected and must be a list of one example at least", method)
    if not isinstance(shared, dict):
        raise refuse("Key 'context' must be an object")
    features = []
    for index, example in enumerate(examples):
        if not isinstance(example, dict):
            raise refuse("Example: %d must be an object", index)
        features.append(to_example(dict(shared, **example)))
    (name,) = signature.inputs
    return signature({name: numpy.array(features, dtype=object)})


def to_example(features):
    import tensorflow

    example = tensorflow.train.Example()
    for name, value in features.items():
        values = value if isinstance(value, list) else [value]
        feature = example.features.feature[name]
        if all(isinstance(v, (str, dict)) for v in values):
            feature.bytes_list.value.extend(tensors.to_bytes(values, name))
        elif any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in values):
            raise refuse("Feature: %s holds values of kinds that do not go together, or of an unknown one", name)
        elif all(isinstance(v, int) for v in values):
            feature.int64_list.value.extend(values)
        else:
            feature.float_list.value.extend(values)
    return example.SerializeToString()


def classify(signature, request):
    outputs = run_examples(signature, request, "classify")
    classes = tensors.to_json(outputs["classes"], "classes") if "classes" in outputs else None
    scores = tensors.to_json(outputs["scores"], "scores") if "scores" in outputs else None
    if classes is None and scores is None:
        raise ServingError(500, "the signature has neither classes nor scores")
    rows = range(len(classes if classes is not None else scores))
    return {"results": [
        [list(pair) for pair in zip(classes[row] if classes is not None else [""] * len(scores[row]),
                                    scores[row] if scores is not None else [0] * len(classes[row]))]
        for row in rows
    ]}


def regress(signature, request):
    outputs = run_examples(signature, request, "regress")
    if "outputs" not in outputs:
        raise ServingError(500, "the signature has no outputs")
    return {"results": tensors.to_json(outputs["outputs"].reshape(-1), "outputs")}
