from sagemaker.serve.spec.inference_spec import InferenceSpec  # noqa: F401
