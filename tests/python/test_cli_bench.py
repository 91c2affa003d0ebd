"""The standard benchmark, and `bench` of scenarios that are named."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SECTIONS = ["Rate", "Growth", "Fast against slow engine", "Log", "Lifecycle"]


def json_lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def quick(cutproof_path: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The rows of a short benchmark; it leaves nothing behind."""
    here, temporary = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("temporary")
    done = subprocess.run(
        [cutproof_path, "bench", "--quick", "--jobs", "2", "--format", "json"],
        cwd=here,
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [*here.iterdir(), *temporary.iterdir()] == []
    return json_lines(done.stdout)


def of_type(rows: list[dict], name: str) -> list[dict]:
    found = [row for row in rows if row["type"] == f"bench-{name}"]
    assert found, f"no row of bench-{name}"
    return found


# --- the standard benchmark


def test_machine(quick: list[dict]) -> None:
    [machine] = of_type(quick, "machine")
    assert quick[0] == machine and machine["quick"]
    assert machine["cores"] >= 1 and machine["version"] and machine["compiler"] and machine["cpu"]
    assert quick[-1]["type"] == "bench-end" and not quick[-1]["interrupted"]


def test_rate(quick: list[dict]) -> None:
    [rate] = of_type(quick, "rate")
    assert rate["verdict"] == "PROVED" and "fixpoint reached" in rate["bound"]
    assert rate["states_per_second"] == pytest.approx(rate["states"] / rate["seconds"], rel=1e-3)
    assert 16 < rate["bytes_per_state"] < 500
    assert rate["states"] < rate["operations"] < 10 * rate["states"]


def test_growth(quick: list[dict]) -> None:
    growth = of_type(quick, "growth")
    assert [row["pages"] for row in growth] == [4, 8, 16, 32]
    assert all(row["verdict"] == "PROVED" for row in growth)
    fits = of_type(quick, "exponents")
    assert [(fit["from_pages"], fit["to_pages"]) for fit in fits] == [(8, 32), (4, 32)]
    for fit in fits:
        assert 0.8 < fit["operations"] < 1.2
        assert 0.8 < fit["states"] < 1.2
        assert {"seconds", "cpu_seconds"} <= set(fit)


def test_the_rate_is_one_of_the_sizes(quick: list[dict]) -> None:
    [rate] = of_type(quick, "rate")
    [same] = [row for row in of_type(quick, "growth") if row["pages"] == rate["pages"]]
    assert {name: rate[name] for name in same if name != "type"} == {
        name: value for name, value in same.items() if name != "type"
    }


def test_exponents_are_those_of_the_rows(quick: list[dict]) -> None:
    """Of two points the fit is the slope between them; the ends bound that of more."""
    growth = {row["pages"]: row["operations"] for row in of_type(quick, "growth")}
    slopes = [
        (growth[2 * pages] / growth[pages], 2 ** of_type(quick, "exponents")[1]["operations"])
        for pages in (4, 8, 16)
    ]
    assert min(seen for seen, _ in slopes) <= slopes[0][1] <= max(seen for seen, _ in slopes)


def test_engines(quick: list[dict]) -> None:
    for pair in of_type(quick, "engines"):
        assert pair["fast_states"] == pair["slow_states"] > 0
        assert pair["operations_ratio"] == pytest.approx(
            pair["slow_operations"] / pair["fast_operations"], rel=1e-3
        )
        assert pair["operations_ratio"] > 10


def test_log(quick: list[dict]) -> None:
    [cost] = of_type(quick, "log")
    assert cost["ratio"] == pytest.approx(cost["seconds_with"] / cost["seconds_without"], rel=1e-3)
    assert 20 < cost["log_bytes_per_state"] < 200
    assert cost["rounds"] == 3


def test_lifecycle(quick: list[dict]) -> None:
    one, two = of_type(quick, "lifecycle")
    assert (one["processes"], two["processes"]) == (1, 2)
    assert one["verdict"] == two["verdict"] == "PROVED"
    assert one["states"] == two["states"]


def test_human(cutproof: Run, tmp_path: Path) -> None:
    done = cutproof("bench", "--quick", "-j", "1")
    assert (done.returncode, done.stderr) == (0, "")
    headings = [line.partition(":")[0] for line in done.stdout.splitlines() if line[:1].isupper()]
    assert [heading for heading in headings if heading in SECTIONS] == SECTIONS
    assert "Times are those of this machine in this run" in done.stdout
    assert re.search(r"^  exponent .* 4 to +32: states [\d.]+, op", done.stdout, re.MULTILINE)
    assert re.search(r"^  processor  +\S.*\d core", done.stdout, re.MULTILINE)
    assert max(map(len, done.stdout.splitlines())) <= 120
    assert list(tmp_path.iterdir()) == []


def test_the_page_shows_each_section(root: Path) -> None:
    """What is pasted in docs/bench.md is what the program prints, but for the numbers."""
    page = (root / "docs/bench.md").read_text()
    for section in SECTIONS:
        assert re.search(rf"^{section}: ", page, re.MULTILINE), section
        assert f"| {section} |" in page


@pytest.mark.parametrize("quickly", [True, False])
def test_interrupted(quickly: bool, cutproof_path: Path, tmp_path: Path) -> None:
    command = [cutproof_path, "bench", "--format", "json"] + ["--quick"] * quickly
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr
        rows = [json.loads(process.stdout.readline()) for _ in range(3 if quickly else 1)]
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
    assert process.returncode == 2, error
    rows += json_lines(out)
    assert rows[0]["type"] == "bench-machine"
    assert rows[-1]["type"] == "bench-end" and rows[-1]["interrupted"]
    kinds = {row["type"] for row in rows}
    assert ("bench-rate" in kinds) == quickly
    assert "bench-lifecycle" not in kinds


@pytest.mark.parametrize(
    "options, complaint",
    [
        (["--case", "a"], "no --case"),
        (["--max-time", "5s"], "no --max-time"),
        (["--engine", "slow"], "no --engine"),
        (["--audit"], "no --audit"),
    ],
)
def test_options_of_files_alone(options: list[str], complaint: str, cutproof: Run) -> None:
    told = cutproof("bench", "--quick", *options)
    assert (told.returncode, told.stdout) == (4, "")
    assert complaint in told.stderr


# --- scenarios that are named


@pytest.fixture
def torn(root: Path) -> list[str | Path]:
    return [root / "tests/data/cli/torn.yaml", "--case", "cli/torn[images.new.firmware=bad]"]


@pytest.mark.parametrize("option", [["--quick"], ["--jobs", "2"]])
def test_options_of_the_benchmark_alone(
    option: list[str], torn: list[str | Path], cutproof: Run
) -> None:
    told = cutproof("bench", *torn, *option)
    assert (told.returncode, told.stdout) == (4, "")
    assert f"{option[0]} is of the standard benchmark" in told.stderr


def test_a_file_is_measured(torn: list[str | Path], cutproof: Run) -> None:
    [measured] = json_lines(cutproof("bench", *torn, "--format", "json").stdout)
    assert (measured["type"], measured["verdict"]) == ("bench", "PROVED")
    assert measured["states"] > 0 and measured["boots"] > 0


def test_a_budget_is_heeded(torn: list[str | Path], cutproof: Run) -> None:
    stopped = cutproof("bench", *torn, "--max-states", "50", "--format", "json")
    assert stopped.returncode == 6
    [measured] = json_lines(stopped.stdout)
    assert (measured["verdict"], measured["states"]) == ("BOUNDED", 50)


def test_the_engine_is_heeded(torn: list[str | Path], cutproof: Run, tmp_path: Path) -> None:
    lines = Path(torn[0]).read_text(encoding="utf-8").splitlines()
    (tmp_path / "clean.yaml").write_text("\n".join(l for l in lines if "  torn_" not in l))
    clean = ["clean.yaml", *torn[1:]]
    fast, slow = (
        json_lines(cutproof("bench", *clean, "--engine", engine, "--format", "json").stdout)[0]
        for engine in ("fast", "slow")
    )
    assert fast["states"] == slow["states"]
    assert fast["operations"] < slow["operations"]
