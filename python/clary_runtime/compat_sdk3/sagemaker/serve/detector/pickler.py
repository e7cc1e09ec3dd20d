import importlib


def load_xgboost_from_json(model_save_path, class_name):
    module, _, name = class_name.rpartition(".")
    model = getattr(importlib.import_module(module), name)()
    model.load_model(model_save_path)
    return model
