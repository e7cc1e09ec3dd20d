"""A dense network for MNIST in script mode, for TensorFlow 2.1.0 up to today's: the training script of
examples/experiments.ipynb, of tests and of benchmarks.

Its arguments and its last lines are those of the workflow's script; the channel `training` holds train_images.npy, train_labels.npy, test_images.npy and
test_labels.npy."""

import argparse
import json
import os

import numpy as np
import tensorflow as tf


def _parse_args():
    parser = argparse.ArgumentParser()
    # model_dir is always passed in from SageMaker. By default this is a S3 path under the default bucket.
    parser.add_argument("--model_dir", type=str)
    parser.add_argument("--sm-model-dir", type=str, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train", type=str, default=os.environ.get("SM_CHANNEL_TRAINING"))
    parser.add_argument("--hosts", type=list, default=json.loads(os.environ.get("SM_HOSTS")))
    parser.add_argument("--current-host", type=str, default=os.environ.get("SM_CURRENT_HOST"))
    parser.add_argument("--epochs", type=int, default=1)
    return parser.parse_known_args()


def _load(folder, part):
    return np.load(os.path.join(folder, part + "_images.npy")) / 255.0, np.load(os.path.join(folder, part + "_labels.npy"))


def model(x_train, y_train, x_test, y_test, epochs):
    network = tf.keras.models.Sequential([
        tf.keras.layers.Flatten(input_shape=(28, 28)),
        tf.keras.layers.Dense(128, activation=tf.nn.relu),
        tf.keras.layers.Dropout(0.2),
        tf.keras.layers.Dense(10, activation=tf.nn.softmax),
    ])
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(x_train, y_train, epochs=epochs, verbose=2)
    loss, accuracy = network.evaluate(x_test, y_test, verbose=2)
    print("test loss: %.4f; test accuracy: %.4f;" % (loss, accuracy))
    return network


if __name__ == "__main__":
    args, unknown = _parse_args()
    print("TensorFlow %s, model_dir %s" % (tf.__version__, args.model_dir))
    np.random.seed(1)  # of the order of the images, in older Keras
    tf.random.set_seed(1)
    mnist_classifier = model(*_load(args.train, "train"), *_load(args.train, "test"), args.epochs)
    if args.current_host == args.hosts[0]:
        folder = os.path.join(args.sm_model_dir, "000000001")
        if hasattr(mnist_classifier, "export"):  # Keras 3 saves no folder
            mnist_classifier.export(folder)
        else:
            mnist_classifier.save(folder, "my_model.h5")
