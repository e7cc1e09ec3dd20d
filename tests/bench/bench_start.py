"""How quickly the server is ready and how much memory it takes, with many jobs in its store."""

import contextlib
import os
import pathlib
import signal
import sqlite3
import subprocess
import tempfile
import time
import urllib.request

from clary_server import BINARY
from figures import figure, wait_for_calm
from ground import Ground, archive

RUNS, JOBS = 9, 10_000


def multiply_job(database, name):
    """Copies one finished job's record until there are JOBS of them: what the API would have left, without running them."""
    with contextlib.closing(sqlite3.connect(database)) as store, store:
        columns = [row[1] for row in store.execute("PRAGMA table_info(records)")]
        record = dict(zip(columns, store.execute("SELECT * FROM records WHERE name = ? AND kind LIKE '%job%'", (name,)).fetchone()))
        first = store.execute("SELECT max(id) FROM records").fetchone()[0] + 1
        insert = f"INSERT INTO records ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        for number in range(JOBS - 1):
            copy = {column: value.replace(name, f"copy-{number}") if isinstance(value, str) else value for column, value in record.items()}
            copy["id"] = first + number
            copy["created"] += number
            store.execute(insert, [copy[column] for column in columns])
        store.execute("UPDATE record_ids SET next = max(next, ?)", (first + JOBS,))


def pss_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("no Pss")


def start_once(ground):
    """Milliseconds from the command to /-/ready, and the memory once it is idle."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in ground.settings.items()]
    # Not what `clary env` set in this process: the server would take itself for its proxy.
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(("AWS_", "CLARY_", "HTTPS_PROXY"))}
    log = open(ground.data_dir / "server.log", "ab")
    wait_for_calm()
    began = time.monotonic()
    server = subprocess.Popen([str(BINARY), "serve", f"--data-dir={ground.data_dir}", *flags], stdout=log, stderr=log,
                              stdin=subprocess.DEVNULL, env=environment)
    try:
        while True:
            if server.poll() is not None:
                raise RuntimeError("the server ended:\n" + ground.log_text()[-2000:])
            try:
                with urllib.request.urlopen(ground.url + "/-/ready", timeout=5) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                time.sleep(0.001)
        ready = (time.monotonic() - began) * 1000
        time.sleep(2)  # idle is a state of its own: what start-up leaves to do is done by then
        return ready, pss_mb(server.pid)
    finally:
        log.close()
        server.send_signal(signal.SIGTERM)
        server.wait(30)


with tempfile.TemporaryDirectory(prefix="clary-bench-start-") as folder:
    with Ground(folder) as ground:
        job, _, _ = ground.train(ground.put("code/empty.tar.gz", archive(**{"script.py": b"pass\n"})))
        ground.stop()
        multiply_job(next(ground.data_dir.rglob("*.db")), job)
        ground.start = None  # from here on this benchmark starts it itself
        runs = [start_once(ground) for _ in range(RUNS)]
        with contextlib.closing(sqlite3.connect(next(ground.data_dir.rglob("*.db")))) as store:
            count = store.execute("SELECT count(*) FROM records WHERE kind LIKE '%job%'").fetchone()[0]

figure("start", f"server start to ready, {count:,} jobs in the store", [ready for ready, _ in runs], "ms", at_most=100)
figure("start", "idle memory, PSS", [memory for _, memory in runs], "MB", at_most=60)
