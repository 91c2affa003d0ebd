"""The commands that run no case for long: init, check, list, bench, doctor, help."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def json_lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


# --- init


def test_init_writes_a_scenario_that_runs(cutproof: Run, tmp_path: Path) -> None:
    made = cutproof("init", "board")
    assert (made.returncode, made.stderr) == (0, "")
    assert "next: cutproof run board/first.yaml" in made.stdout
    ran = cutproof("run", "board/first.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "PROVED" in ran.stdout


def test_init_overwrites_nothing(cutproof: Run, tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    mine = tmp_path / "scenarios/first.yaml"
    mine.write_text("mine\n")
    refused = cutproof("init")
    assert refused.returncode == 4
    assert "exists and is not overwritten" in refused.stderr
    assert mine.read_text() == "mine\n"


def test_init_where_it_cannot_write(cutproof: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = cutproof("init", "file")
    assert refused.returncode == 4
    assert "cannot write 'file/first.yaml'" in refused.stderr


# --- check


def test_check_good(cutproof: Run, root: Path) -> None:
    good = cutproof("check", root / "scenarios")
    assert (good.returncode, good.stderr) == (0, "")
    assert re.fullmatch(r"\d+ cases in \d+ files: no errors\n", good.stdout)
    [summary] = json_lines(cutproof("check", "--format", "json", root / "scenarios").stdout)
    assert summary["type"] == "summary"
    assert summary["cases"] >= summary["files"] > 10


def test_check_points_at_the_mistake(cutproof: Run, root: Path) -> None:
    bad = root / "tests/data/scenarios/bad/unknown-key.yaml"
    before = bad.read_bytes()
    told = cutproof("check", bad)
    assert (told.returncode, told.stdout) == (4, "")
    lines = told.stderr.splitlines()
    at = next(i for i, line in enumerate(lines) if "unknown key 'fualts'" in line)
    place = re.match(r"(.+):(\d+):(\d+): error: ", lines[at])
    assert place and Path(place[1]) == bad
    source = bad.read_text().splitlines()[int(place[2]) - 1]
    shown, marks = lines[at + 1], lines[at + 2]
    assert shown.endswith(source)
    # The carets stand under the word, at the column that was told.
    start = shown.index(source) + int(place[3]) - 1
    assert marks.index("^") == start
    assert shown[start : start + marks.count("^")] == "fualts"
    assert lines[at + 3].strip() == "= help: did you mean 'faults'?"
    assert bad.read_bytes() == before


@pytest.mark.parametrize("command", ["check", "run", "list", "bench"])
def test_no_command_starts_on_a_bad_scenario(
    command: str, cutproof: Run, root: Path, tmp_path: Path
) -> None:
    told = cutproof(command, root / "tests/data/scenarios/bad/wrong-unit.yaml")
    assert (told.returncode, told.stdout) == (4, "")
    assert "nothing was done" in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_check_of_nothing(cutproof: Run) -> None:
    assert cutproof("check").returncode == 4
    missing = cutproof("check", "nowhere.yaml")
    assert missing.returncode == 4
    assert "cannot read 'nowhere.yaml': No such file or directory" in missing.stderr


# --- list


def test_list_cases(cutproof: Run, root: Path) -> None:
    human = cutproof("list", root / "scenarios")
    cases = json_lines(cutproof("list", "--format", "json", root / "scenarios").stdout)
    assert human.returncode == 0
    assert [line.split()[0] for line in human.stdout.splitlines()] == [c["name"] for c in cases]
    for case in cases:
        assert case["type"] == "case"
        assert Path(case["file"]).is_file()
        assert case["promises"] and set(case["violates"]) <= set(case["promises"])
        assert case["devices"][0]["part"] == case["part"]


def test_list_selects(cutproof: Run, root: Path) -> None:
    tagged = json_lines(
        cutproof("list", "--tag", "hole", "--format", "json", root / "scenarios").stdout
    )
    assert tagged and all(case["expected"] == "VIOLATED" for case in tagged)
    one = cutproof("list", "--case", "holes/h3-no-trial", root / "scenarios")
    assert len(one.stdout.splitlines()) == 1


def test_list_targets(cutproof: Run) -> None:
    parts = json_lines(cutproof("list", "--targets", "--format", "json").stdout)
    by_name = {part["name"]: part for part in parts}
    assert by_name["nrf52840"]["erase_size_bytes"] == 4096
    assert by_name["nrf52840"]["programs_per_word"] == 2
    head, *rows = cutproof("list", "--targets").stdout.splitlines()
    assert [row.split()[0] for row in rows] == list(by_name)
    assert max(map(len, [head, *rows])) < 120
    for title in ("family", "controller", "pages", "rule", "erased"):
        at = head.index(title)
        assert all(row[at - 1] == " " and row[at] != " " for row in rows), title


FAMILIES = [
    *("nRF51", "nRF52", "nRF53", "nRF91", "nRF54L"),
    *("STM32F0", "STM32F1", "STM32F2", "STM32F3", "STM32F4", "STM32F7", "STM32L0", "STM32L1"),
    *("STM32L4", "STM32L5", "STM32G0", "STM32G4", "STM32WB", "STM32WL"),
    *("STM32U5", "STM32H5", "STM32H7", "RP2040", "W25Q", "MX25R", "GD25"),
]


def test_real_parts_of_all_families(cutproof: Run) -> None:
    parts = json_lines(cutproof("list", "--targets", "--format", "json").stdout)
    real = [part for part in parts if part["family"] != "fictional"]
    assert len(real) >= 40
    assert set(FAMILIES) <= {part["family"] for part in real}
    for part in real:
        assert len(part["source"]) > 20, part["name"]
        assert part["faults"] and part["page_count"] > 0, part["name"]
        assert part["is_mapped"] or part["jedec_id"] > 0, part["name"]


# --- bench and doctor


def test_bench_measures_and_keeps_no_log(cutproof: Run, root: Path, tmp_path: Path) -> None:
    scenario = root / "tests/data/cli/torn.yaml"
    case = "cli/torn[images.new.firmware=bad]"
    human = cutproof("bench", scenario, "--case", case)
    assert human.returncode == 0, human.stderr
    for line in (r"states +[\d,]+", r"operations +[\d,]+", r"rate +[\d,]+ states/s, [\d,]+ op"):
        assert re.search(rf"^  {line}", human.stdout, re.MULTILINE), human.stdout
    [measured] = json_lines(cutproof("bench", scenario, "--case", case, "--format", "json").stdout)
    assert measured["name"] == case
    assert measured["states_per_second"] == pytest.approx(
        measured["states"] / measured["seconds"], rel=1e-3
    )
    assert list(tmp_path.iterdir()) == []


def test_doctor(cutproof: Run) -> None:
    human = cutproof("doctor")
    assert human.returncode == 0, human.stdout
    assert "FAIL" not in human.stdout
    checks = json_lines(cutproof("doctor", "--format", "json").stdout)
    assert all(check["good"] for check in checks)
    assert {"core", "source lines", "exploration"} <= {check["what"] for check in checks}


# --- help, and words that are not known

COMMANDS = ["init", "check", "list", "run", "replay", "bench", "doctor"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command: str, cutproof: Run) -> None:
    told = cutproof("help", command)
    assert told.returncode == 0
    assert told.stdout.startswith(f"cutproof {command}")
    assert cutproof(command, "--help").stdout == told.stdout
    assert command in cutproof("--help").stdout


def test_no_command(cutproof: Run) -> None:
    told = cutproof()
    assert (told.returncode, told.stdout) == (4, "")
    assert "Commands" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint", "meant"),
    [
        (["rnu"], "unknown command 'rnu'", "'run'"),
        (["chekc"], "unknown command 'chekc'", "'check'"),
        (["help", "benhc"], "unknown command 'benhc'", "'bench'"),
        (["run", "--lgo", "x"], "option '--lgo'", "'--log'"),
        (["list", "--target"], None, None),  # an abbreviation that is unique
        (["run", "--format", "jsno", "x"], "'jsno' is no value of --format", "'json'"),
        (["run", "--colour", "never"], "option '--colour'", "'--color'"),
        (["run", "--log"], "option '--log' needs a value", None),
    ],
)
def test_did_you_mean(
    arguments: list[str], complaint: str | None, meant: str | None, cutproof: Run
) -> None:
    told = cutproof(*arguments)
    if complaint is None:
        assert told.returncode == 0
        return
    assert (told.returncode, told.stdout) == (4, "")
    assert complaint in told.stderr
    assert meant is None or f"did you mean {meant}?" in told.stderr


def test_output_that_cannot_be_written(cutproof_path: Path) -> None:
    with open("/dev/full", "w") as full:
        told = subprocess.run(
            [cutproof_path, "list", "--targets"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert told.returncode == 3
    assert "cannot write to standard output" in told.stderr
