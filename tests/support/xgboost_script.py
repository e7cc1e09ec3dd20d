"""XGBoost in script mode, for 0.90 up to today's: the training script of tests, and the functions that serve its model."""

import argparse
import os
import pickle

import numpy as np
import xgboost as xgb


def model_fn(model_dir):
    path = os.path.join(model_dir, "xgboost-model")
    with open(path, "rb") as file:
        if file.read(1) == b"\x80":  # as scripts here and the algorithm up to 1.2 leave it
            file.seek(0)
            return pickle.load(file)
    return xgb.Booster(model_file=path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--num_round", type=int)
    parser.add_argument("--max_depth", type=int)
    parser.add_argument("--model_dir", type=str, default=os.environ["SM_MODEL_DIR"])
    args, _ = parser.parse_known_args()
    channels = {}
    for name in ("train", "validation"):
        table = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_" + name.upper()], name + ".csv"), delimiter=",")
        channels[name] = xgb.DMatrix(table[:, 1:], table[:, 0])
    print("XGBoost", xgb.__version__)
    booster = xgb.train({"objective": "multi:softprob", "num_class": 10, "max_depth": args.max_depth, "seed": 1}, channels["train"],
                        args.num_round, evals=[(channels["validation"], "validation")])
    found = booster.predict(channels["validation"]).argmax(axis=1)
    print("validation accuracy: %.4f;" % (found == channels["validation"].get_label()).mean())
    with open(os.path.join(args.model_dir, "xgboost-model"), "wb") as file:
        pickle.dump(booster, file)
