"""Reads botocore's published service models and the choice of operations in operations.toml."""

import gzip
import json
import pathlib
import tomllib

import botocore


class Model:
    """One service's model, cut to the operations that are served.

    `shapes` holds the shapes that those operations reach, in an order in which each stands after all that it contains by value.
    """

    def __init__(self, name, operations, patches):
        self.name = name
        self.raw = _load(name)
        for path, value in patches.items():
            _patch(self.raw, path, value)
        self.metadata = self.raw["metadata"]
        unknown = [op for op in operations if op not in self.raw["operations"]]
        if unknown:
            raise SystemExit(f"operations.toml: {name} has no operation {', '.join(unknown)}")
        self.operations = {op: self.raw["operations"][op] for op in sorted(operations)}
        self.inputs = self._closure(op.get("input") for op in self.operations.values())
        self.outputs = self._closure(op.get("output") for op in self.operations.values())
        self.shapes = self._ordered(self.inputs | self.outputs)

    def shape(self, name):
        return self.raw["shapes"][name]

    def contained(self, name):
        """(member shape names) of a structure, list or map."""
        shape = self.shape(name)
        if shape["type"] == "structure":
            return [member["shape"] for member in shape["members"].values()]
        if shape["type"] == "list":
            return [shape["member"]["shape"]]
        if shape["type"] == "map":
            return [shape["key"]["shape"], shape["value"]["shape"]]
        return []

    def _closure(self, references):
        found, waiting = set(), [reference["shape"] for reference in references if reference]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.contained(name)
        return found

    def _ordered(self, names):
        order, state = [], {}

        def visit(name):
            if state.get(name):
                return  # done, or a cycle: a list breaks it, since std::vector takes an incomplete type
            state[name] = True
            for inner in sorted(self.contained(name)):
                visit(inner)
            order.append(name)

        for name in sorted(names):
            visit(name)
        return order


def _load(name):
    folder = pathlib.Path(botocore.__file__).parent / "data" / name
    version = sorted(path.name for path in folder.iterdir() if path.is_dir())[-1]
    path = folder / version / "service-2.json.gz"
    if path.exists():
        return json.loads(gzip.decompress(path.read_bytes()))
    return json.loads((folder / version / "service-2.json").read_text())


def _patch(raw, path, value):
    *parents, last = path.split("/")
    for key in parents:
        raw = raw[key]
    if value is None:
        raw.pop(last, None)
    else:
        raw[last] = value


def load_patches(folder, name):
    """patches/<service>.toml: a table of `"path/in/the/model" = {value = ..., reason = "..."}`; no value takes the entry out."""
    path = pathlib.Path(folder) / f"{name}.toml"
    if not path.exists():
        return {}
    patches = tomllib.loads(path.read_text())
    for where, patch in patches.items():
        if not patch.get("reason"):
            raise SystemExit(f"{path.name}: '{where}' has no reason")
    return {where: patch.get("value") for where, patch in patches.items()}
