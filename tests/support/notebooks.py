"""Runs a notebook of examples/ as it stands, in this environment's kernel, and tells what its variables hold at its end."""

import json
import pathlib

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def run_notebook(name, show, folders, **environment):
    """`show`: the text of a dict of its variables. `folders`: pytest's tmp_path_factory; what the notebook leaves in the temporary folder goes with it."""
    import nbclient
    import nbformat

    path = EXAMPLES / name
    notebook = nbformat.read(str(path), as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "the notebook is kept without outputs"
    notebook.cells.append(nbformat.v4.new_code_cell("import json\nprint(json.dumps(%s))" % show))
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in environment.items():
            patch.setenv(variable, value)
        patch.setenv("TMPDIR", str(folders.mktemp("notebook")))
        patch.setenv("IPYTHONDIR", str(folders.mktemp("ipython")))
        client = nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
        client.execute()
    text = "".join(output["text"] for output in notebook.cells[-1].outputs if output["output_type"] == "stream" and output["name"] == "stdout")
    return json.loads(text)
