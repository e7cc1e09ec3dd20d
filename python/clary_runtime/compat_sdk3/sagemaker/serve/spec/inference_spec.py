class InferenceSpec:
    """What the user subclasses: how the model is loaded and asked."""

    def load(self, model_dir):
        raise NotImplementedError("The InferenceSpec has no load().")

    def invoke(self, input_object, model):
        raise NotImplementedError("The InferenceSpec has no invoke().")

    def preprocess(self, input_data):
        pass

    def postprocess(self, predictions):
        pass

    def prepare(self, *args, **kwargs):
        pass

    def get_model(self):
        pass
