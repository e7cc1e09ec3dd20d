"""Figures of the benchmarks: medians of several runs, against what is wanted; kept in build/bench/figures.jsonl.

Run as a program it prints the table of the last run. Standard library alone.
"""

import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / "build" / "bench" / "figures.jsonl"


def short(value):
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def figure(bench, what, values, unit, at_most=None, at_least=None, note=""):
    """One figure: `values` are its runs. `at_most` or `at_least` is what is wanted of the median."""
    median = statistics.median(values)
    wanted = f"< {short(at_most)}" if at_most is not None else f">= {short(at_least)}" if at_least is not None else ""
    met = "" if not wanted else "yes" if (median < at_most if at_most is not None else median >= at_least) else "NO"
    row = {"bench": bench, "what": what, "median": median, "low": min(values), "high": max(values), "runs": len(values), "unit": unit,
           "wanted": f"{wanted} {unit}".strip() if wanted else "", "met": met, "note": note}
    with open(FILE, "a") as out:
        out.write(json.dumps(row) + "\n")
    print("  " + as_text(row), flush=True)
    return median


def as_text(row):
    spread = f"({short(row['low'])} - {short(row['high'])}, {row['runs']} runs)" if row["runs"] > 1 else ""
    text = f"{row['what']}: {short(row['median'])} {row['unit']} {spread}"
    return text + (f"; wanted {row['wanted']}: {row['met']}" if row["wanted"] else "") + (f"; {row['note']}" if row["note"] else "")


def busy_cores(seconds):
    """How many cores were at work meanwhile."""
    def ticks():
        fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return sum(fields) - fields[3] - fields[4]

    before = ticks()
    time.sleep(seconds)
    return (ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds


def wait_for_calm():
    """Until nobody else uses the machine, CLARY_BENCH_WAIT (20) seconds at the most."""
    deadline = time.monotonic() + float(os.environ.get("CLARY_BENCH_WAIT", "20"))
    while busy_cores(0.3) > 0.15 and time.monotonic() < deadline:
        pass


def side_by_side(runs, **measures):
    """Calls each measure in turn, `runs` times over, so that what the machine does meanwhile hits all of them. Lists by name."""
    got = {name: [] for name in measures}
    for turn in range(runs):
        # Whoever goes second finds warmer or colder caches: take turns in that too.
        order = list(measures.items())
        wait_for_calm()
        for name, measure in order if turn % 2 == 0 else reversed(order):
            got[name].append(measure())
    return got


def ratios(ours, theirs):
    return [a / b for a, b in zip(ours, theirs)]


def against(bench, what, unit, ours, theirs, peer, at_least):
    """A figure of ours, the peer's in the same run, and the ratio of each pair of runs."""
    figure(bench, f"{what}, Clary", ours, unit)
    figure(bench, f"{what}, {peer}", theirs, unit)
    figure(bench, f"{what}, Clary / {peer}", ratios(ours, theirs), "x", at_least=at_least)


def machine():
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) / 2**20
    system = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text()).group(1)
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}, kernel {platform.release().split('-')[0]}"


def table():
    rows = [json.loads(line) for line in FILE.read_text().splitlines()]
    lines = [f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, {machine()}, load average {os.getloadavg()[2]:.1f} (15 minutes)", "",
             "| ./dev bench | figure | median (low - high) | runs | wanted | met |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        what = row["what"] + (f" ({row['note']})" if row["note"] else "")
        lines.append(f"| {row['bench']} | {what} | {short(row['median'])} ({short(row['low'])} - {short(row['high'])}) {row['unit']} "
                     f"| {row['runs']} | {row['wanted']} | {row['met']} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
