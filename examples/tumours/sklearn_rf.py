"""A SageMaker script: fits a random forest on the label-first CSV of the channel `train`, and serves it (model_fn)."""

import argparse
import os

import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--n-estimators", type=int, default=100)
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    args, _ = parser.parse_known_args()

    data = pd.read_csv(os.path.join(args.train, "train.csv"), header=None)
    labels, rows = data[0], data.drop(columns=0)
    model = RandomForestClassifier(n_estimators=args.n_estimators, random_state=7).fit(rows.values, labels.values)
    print("train:accuracy=%.4f;" % model.score(rows.values, labels.values))
    joblib.dump(model, os.path.join(args.model_dir, "model.joblib"))
