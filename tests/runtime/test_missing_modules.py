"""Our modules for interpreters that were built without them, beside CPython's own."""

import bz2
import importlib.util
import os
import pathlib
import random

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "python" / "missing_modules"


@pytest.fixture(scope="module")
def ours():
    spec = importlib.util.spec_from_file_location("clary_bz2", FOLDER / "_bz2.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAMPLES = {"nothing": b"", "one": b"x", "text": b"hello world\n" * 50000, "random": random.Random(1).randbytes(300_000), "zeros": bytes(3 << 20)}


@pytest.mark.parametrize("name", SAMPLES)
def test_what_it_packs_cpython_reads(ours, name):
    compressor = ours.BZ2Compressor()
    data = SAMPLES[name]
    packed = b"".join(compressor.compress(data[at : at + 70_001]) for at in range(0, len(data), 70_001)) + compressor.flush()
    assert bz2.decompress(packed) == data
    with pytest.raises(ValueError):
        compressor.compress(b"more")


@pytest.mark.parametrize("limit", [-1, 1, 1000, 100_000])
@pytest.mark.parametrize("name", ["one", "text", "random"])
def test_what_cpython_packs_it_reads(ours, name, limit):
    data = SAMPLES[name][: 5000 if limit == 1 else None]
    packed, got = bz2.compress(data) + b"behind", b""
    decompressor, at = ours.BZ2Decompressor(), 0
    while not decompressor.eof:
        piece = packed[at : at + 999] if decompressor.needs_input else b""
        at += len(piece)
        part = decompressor.decompress(piece, limit)
        assert limit < 0 or len(part) <= limit
        got += part
    assert got == data and decompressor.unused_data + packed[at:] == b"behind"
    with pytest.raises(EOFError):
        decompressor.decompress(b"more")


def test_bz2_files_by_it(ours, tmp_path, monkeypatch):
    monkeypatch.setattr(bz2, "BZ2Compressor", ours.BZ2Compressor)
    monkeypatch.setattr(bz2, "BZ2Decompressor", ours.BZ2Decompressor)
    lines = [os.urandom(20).hex() + "\n" for _ in range(5000)]
    with bz2.open(tmp_path / "lines", "wt") as file:
        file.writelines(lines)
    with bz2.open(tmp_path / "lines", "rt") as file:
        assert list(file) == lines


def test_damaged(ours):
    with pytest.raises(OSError):
        ours.BZ2Decompressor().decompress(b"BZh9 this is no bzip2" * 10)
