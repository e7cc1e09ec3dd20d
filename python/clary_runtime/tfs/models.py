"""The SavedModels below /opt/ml/model, by name and version, loaded as TensorFlow Serving loads them: into a graph and a
session, run by the signature's tensor names. That takes models of TensorFlow 1 and 2 alike, on every version from 1.13.
Thread rule: any thread; sessions are safe to run from several."""

import os
import threading

from .errors import ServingError, from_tensorflow, refuse

INTERNAL = "__saved_model_"  # signatures of the loader's own


class Signature:
    """One entry of a SavedModel's signature map, ready to be called with arrays."""

    def __init__(self, tensorflow, session, definition):
        self.method = definition.method_name
        self.inputs = {name: tensorflow.as_dtype(info.dtype) for name, info in definition.inputs.items()}
        self.outputs = sorted(definition.outputs)
        self._feeds = sorted(definition.inputs)
        self._errors = tensorflow.errors.OpError
        for name, info in list(definition.inputs.items()) + list(definition.outputs.items()):
            if info.WhichOneof("encoding") != "name":
                self._run = None
                self._reason = "the tensor %s is sparse, which is not served" % name
                return
        graph = session.graph
        self._run = session.make_callable(
            [graph.get_tensor_by_name(definition.outputs[name].name) for name in self.outputs],
            feed_list=[graph.get_tensor_by_name(definition.inputs[name].name) for name in self._feeds],
        )

    def __call__(self, arrays):
        if self._run is None:
            raise ServingError(501, self._reason)
        try:
            return dict(zip(self.outputs, self._run(*[arrays[name] for name in self._feeds])))
        except (self._errors, TypeError, ValueError) as error:
            raise from_tensorflow(error)


class SavedModel:
    """One version of a model."""

    def __init__(self, folder):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # read by the import
        import tensorflow

        self._v1 = tensorflow.compat.v1
        graph = self._v1.Graph()
        self._session = self._v1.Session(graph=graph, config=self._config())
        with graph.as_default():
            definition = self._v1.saved_model.load(self._session, [self._v1.saved_model.SERVING], folder)
            self.signatures = {
                name: Signature(self._v1, self._session, signature)
                for name, signature in definition.signature_def.items()
                if not name.startswith(INTERNAL)
            }

    def _config(self):
        def threads(name):
            given = os.environ.get(name) or "0"
            return int(given) if given.isdigit() else 0

        return self._v1.ConfigProto(
            allow_soft_placement=True,
            intra_op_parallelism_threads=threads("SAGEMAKER_TFS_INTRA_OP_PARALLELISM"),
            inter_op_parallelism_threads=threads("SAGEMAKER_TFS_INTER_OP_PARALLELISM"),
        )

    def signature(self, name):
        found = self.signatures.get(name)
        if found is None:
            raise refuse('Serving signature name: "%s" not found in signature def', name)
        return found


def find(folder):
    """{model's name: {version: folder}} of every <name>/<number>/saved_model.pb below; what lies in `folder` itself
    is named after it."""
    found = {}
    for here, names, files in os.walk(folder):
        names.sort()
        version = os.path.basename(here)
        if not {"saved_model.pb", "saved_model.pbtxt"} & set(files) or not version.isdigit() or here == folder:
            continue
        base = os.path.dirname(here)
        versions = found.setdefault(os.path.basename(base), {})
        if int(version) in versions:
            raise ValueError("two SavedModels are version %d of %s: %s, %s" % (
                int(version), os.path.basename(base), versions[int(version)], here))
        versions[int(version)] = here
    return found


class Models:
    def __init__(self, folder):
        self._folders = find(folder)
        if not self._folders:
            raise ValueError(
                "no SavedModel bundles found! TensorFlow Serving takes <number>/saved_model.pb, in the archive's root or "
                "in a folder that names the model"
            )
        named = os.environ.get("SAGEMAKER_TFS_DEFAULT_MODEL_NAME")
        if named and named not in self._folders:
            raise ValueError("SAGEMAKER_TFS_DEFAULT_MODEL_NAME is %s; the archive holds %s" % (
                named, ", ".join(sorted(self._folders))))
        self.default = named or next(iter(self._folders))
        self._loaded = {}
        self._loading = threading.Lock()
        for name in self._folders:
            self.get(name)

    def describe(self):
        return ", ".join("%s (%s)" % (name, ", ".join(str(v) for v in sorted(versions)))
                         for name, versions in sorted(self._folders.items()))

    def versions(self, name):
        if name not in self._folders:
            raise ServingError(404, "Could not find any versions of model %s" % name)
        return sorted(self._folders[name])

    def get(self, name=None, version=None):
        """The newest version when none is named; older ones are loaded when they are first asked for."""
        name = name or self.default
        versions = self._folders.get(name)
        if versions is None:
            raise ServingError(404, "Servable not found for request: %s" % (
                "Latest(%s)" % name if version is None else "Specific(%s, %s)" % (name, version)))
        number = max(versions) if version is None else int(version) if str(version).isdigit() else None
        if number not in versions:
            raise ServingError(404, "Servable not found for request: Specific(%s, %s)" % (name, version))
        with self._loading:
            key = (name, number)
            if key not in self._loaded:
                self._loaded[key] = SavedModel(versions[number])
            return self._loaded[key]
