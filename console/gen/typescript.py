"""typescript.py <api folder> <output folder>: the wire types of the JSON services, for TypeScript, from the models that the server's own come from."""

import pathlib
import sys
import tomllib

LONGEST_UNION = 40  # of an enum that is written out; instance types and the like stay strings
PLAIN = {"string": "string", "character": "string", "blob": "string", "timestamp": "number", "boolean": "boolean", "integer": "number", "long": "number",
         "short": "number", "float": "number", "double": "number", "bigdecimal": "number"}


def write_type(shape):
    if shape["type"] == "list":
        return f"{reference(shape['member'])}[]"
    if shape["type"] == "map":
        return f"Record<string, {reference(shape['value'])}>"
    values = shape.get("enum", [])
    if 0 < len(values) <= LONGEST_UNION:
        return " | ".join(f"'{value}'" for value in values)
    return PLAIN[shape["type"]]


def reference(member):
    return f"Shape{member['shape']}"


def write_shape(name, shape):
    if shape["type"] != "structure":
        return f"export type Shape{name} = {write_type(shape)};\n"
    required = set(shape.get("required", []))
    members = [f"  {member}{'' if member in required else '?'}: {reference(target)};\n" for member, target in shape["members"].items()]
    return f"export interface Shape{name} {{\n{''.join(members)}}}\n"


def write_service(model):
    text = ["// Written by console/gen/typescript.py from the published model.\n"]
    text += [write_shape(name, model.shape(name)) for name in model.shapes]
    text.append("export interface Operations {\n")
    for name, operation in model.operations.items():
        sides = [reference(operation[side]) if side in operation else "Record<string, never>" for side in ("input", "output")]
        text.append(f"  {name}: {{ input: {sides[0]}; output: {sides[1]} }};\n")
    text.append("}\n")
    return "".join(text)


def main(api, output):
    api, output = pathlib.Path(api), pathlib.Path(output)
    sys.path.insert(0, str(api / "gen"))
    from model import Model, load_patches
    output.mkdir(parents=True, exist_ok=True)
    for service, table in tomllib.loads((api / "operations.toml").read_text()).items():
        model = Model(service, table["operations"], load_patches(api / "patches", service))
        if "json" in model.metadata.get("protocols", [model.metadata["protocol"]]) or model.metadata["protocol"] == "rest-json":
            (output / f"{service}.ts").write_text(write_service(model))


if __name__ == "__main__":
    main(*sys.argv[1:])
