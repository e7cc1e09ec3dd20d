"""A SageMaker training script: fits a small neural network on the digits of the channel `train` and prints how it does on those it has not seen."""

import argparse
import os

import joblib
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--hidden-units", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    args, _ = parser.parse_known_args()

    data = pd.read_csv(os.path.join(args.train, "digits.csv"), header=None)
    labels, pixels = data[0].values, data.drop(columns=0).values / 16
    train_x, test_x, train_y, test_y = train_test_split(pixels, labels, test_size=0.25, random_state=7)
    model = MLPClassifier(hidden_layer_sizes=(args.hidden_units,), solver="sgd", learning_rate_init=0.1, random_state=7)
    for epoch in range(1, args.epochs + 1):
        model.partial_fit(train_x, train_y, classes=range(10))
        print(f"epoch {epoch}: train:loss={model.loss_:.4f}; test:accuracy={model.score(test_x, test_y):.4f};", flush=True)
    joblib.dump(model, os.path.join(args.model_dir, "model.joblib"))
