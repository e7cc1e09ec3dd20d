"""What a model packed by SageMaker SDK 3's ModelBuilder imports, where the SDK itself is not installed.

The inference.py that it packs and the objects in its serve.pkl name classes of `sagemaker.serve` and `sagemaker.core`; the
requirements that it captures name neither. Here are those classes, by the behaviour that such a model sees; whatever of the
SDK is installed comes first."""

__path__ = __import__("pkgutil").extend_path(__path__, __name__)
