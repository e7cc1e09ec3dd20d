"""generate.py <api folder> <output folder>: writes <service>.hpp and <service>.cpp for every service of operations.toml.

Files that would not change are left alone, so that nothing is compiled again for nothing.
"""

import pathlib
import sys
import tomllib

from emit import Emitter
from model import Model, load_patches


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main(api, output):
    api, output = pathlib.Path(api), pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    for service, table in tomllib.loads((api / "operations.toml").read_text()).items():
        emitter = Emitter(Model(service, table["operations"], load_patches(api / "patches", service)))
        write_if_changed(output / f"{service}.hpp", emitter.header())
        write_if_changed(output / f"{service}.cpp", emitter.source())
    (output / "generated").touch()


if __name__ == "__main__":
    main(*sys.argv[1:])
