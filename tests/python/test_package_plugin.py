"""The pytest plugin: what is collected, what passes and fails, and what is said of it.

Each test lets a pytest of its own run in a folder with a few scenarios. The plugin is taken from
python/, not installed; scripts/test_package tests it installed.
"""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Callable

import pytest
from conftest import Run

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ["-p", "cutproof.pytest_plugin"]
HOLE = "hole.yaml::cli/hole"
GOOD = "small.yaml::cli/small[images.new.firmware=good]"
BAD = "small.yaml::cli/small[images.new.firmware=bad]"

PROOF = """\
properties: [bootable, resumes, no-phantom-update]
matrix: {images.new.firmware: [good, bad]}
expect: {verdict: proved, min_states: 3}
"""
Pytest = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(program: Path | None) -> dict[str, str]:
    """No options of the pytest that runs this, and no colour."""
    names = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "CUTPROOF", "FORCE_COLOR", "PY_COLORS", "CI")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    kept |= {"PYTHONPATH": str(ROOT / "python"), "COLUMNS": "200"}
    return kept | ({"CUTPROOF": str(program)} if program else {})


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *PLUGIN, "-rA", "--strict-markers", *args]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A claim that holds, and a matrix of two proofs with a handful of states."""
    hole = (ROOT / "tests/data/cli/hole.yaml").read_text()
    small = hole[: hole.index("properties:")].replace("cli/hole", "cli/small")
    small = small.replace("[small, hole]", "[small, proof]") + PROOF
    (tmp_path / "hole.yaml").write_text(hole)
    (tmp_path / "small.yaml").write_text(small)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


@pytest.fixture
def run_pytest(cutproof_path: Path, folder: Path) -> Pytest:
    def run(
        *args: str, cwd: Path = folder, program: Path | None = cutproof_path
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*args),
            cwd=cwd,
            env=environment(program),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def break_hole(folder: Path) -> None:
    """The scenario no longer claims what it shows."""
    text = (folder / "hole.yaml").read_text()
    text = text[: text.index("expect:")] + "expect: {verdict: proved, min_states: 1}\n"
    (folder / "hole.yaml").write_text(text)


def collected(done: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(r"^\S*\.yaml::\S+$", done.stdout, re.MULTILINE)


def counts(done: subprocess.CompletedProcess[str]) -> str:
    return re.sub(r" in .*", "", done.stdout.strip().splitlines()[-1]).strip("= ")


def block(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What is shown of the only failure."""
    return re.search(  # type: ignore[union-attr]
        r"^_{3,} [^\n]+ _{3,}\n(.*?)^={3,}", done.stdout, re.MULTILINE | re.DOTALL
    )[1].splitlines()


def logs(folder: Path) -> list[Path]:
    return sorted((folder / ".pytest_cache/d/cutproof").glob("run-*/*.db"))


# --- what is collected


def test_each_case_is_a_test(run_pytest: Pytest) -> None:
    assert collected(run_pytest("--co", "-q")) == [HOLE, GOOD, BAD]
    assert collected(run_pytest("--co", "-q", "small.yaml")) == [GOOD, BAD]
    assert collected(run_pytest("--co", "-q", BAD)) == [BAD]


@pytest.mark.parametrize(
    "options, wanted",
    [
        (["-k", "hole or bad"], [HOLE, BAD]),
        (["-k", "nrf51822 and seed and not hole"], [GOOD, BAD]),
        (["-m", "small and proof"], [GOOD, BAD]),
        (["-m", "not cutproof"], []),
    ],
    ids=" ".join,
)
def test_selection(run_pytest: Pytest, options: list[str], wanted: list[str]) -> None:
    assert collected(run_pytest("--co", "-q", *options)) == wanted


def test_tags_that_mean_something_to_pytest(run_pytest: Pytest, folder: Path) -> None:
    hole = folder / "hole.yaml"
    hole.write_text(hole.read_text().replace("[small, hole]", "[skip, xfail, skipif]"))
    done = run_pytest("-k", "skip")
    assert (done.returncode, counts(done)) == (0, "1 passed, 2 deselected")


def test_other_yaml_is_left_alone(run_pytest: Pytest, folder: Path) -> None:
    (folder / "compose.yaml").write_text("name: x\nservices: {}\nschema: public\n")
    (folder / "list.yaml").write_text("- schema: 1\n- images: []\n")
    (folder / "nested.yaml").write_text("openapi:\n  schema: 1\n  target: x\n  faults: y\n")
    (folder / "binary.yaml").write_bytes(b"\xff\xfe\x00\x01")
    (folder / "empty.yaml").touch()
    (folder / "old.yml").write_text((folder / "hole.yaml").read_text())
    (folder / "test_x.py").write_text("def test_x(): pass\n")
    done = run_pytest("--co", "-q")
    assert collected(done) == [HOLE, GOOD, BAD] and "test_x.py::test_x" in done.stdout


def test_a_scenario_that_does_not_say_so(run_pytest: Pytest, folder: Path) -> None:
    """A slip in its first key must not make it a test that is never run."""
    hole = folder / "hole.yaml"
    hole.write_text(hole.read_text().replace("schema: 1", "shcema: 1"))
    done = run_pytest("--co", "-q")
    assert done.returncode == 2
    assert re.search(r"^hole.yaml:2:1: error: unknown key 'shcema'$", done.stdout, re.MULTILINE)


def test_a_scenario_error(run_pytest: Pytest, folder: Path) -> None:
    hole = folder / "hole.yaml"
    hole.write_text(hole.read_text().replace("part: nrf51822", "part: nrf51882"))
    done = run_pytest()
    assert (done.returncode, counts(done)) == (2, "1 error")
    assert "ERROR collecting hole.yaml" in done.stdout
    assert re.search(r"^hole.yaml:6:16: error: ", done.stdout, re.MULTILINE)
    assert "did you mean 'nrf51822'?" in done.stdout


def test_a_name_that_is_taken(run_pytest: Pytest, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub/other.yaml").write_text((folder / "hole.yaml").read_text())
    done = run_pytest("--co", "-q")
    assert done.returncode == 2
    assert "sub/other.yaml: error: the name 'cli/hole' is taken by hole.yaml" in done.stdout


def test_list_tells_the_tags(cutproof: Run, root: Path) -> None:
    listed = cutproof("list", "--format", "json", root / "tests/data/cli/torn.yaml")
    assert [json.loads(line)["tags"] for line in listed.stdout.splitlines()] == [
        ["small", "torn"],
        ["small", "torn"],
    ]


# --- what passes


def test_the_word_is_the_verdict(run_pytest: Pytest, folder: Path) -> None:
    text = (folder / "small.yaml").read_text().replace("verdict: proved", "verdict: bounded")
    text = text.replace("good, bad", "good").replace("name: cli/small", "name: cli/bounded")
    (folder / "bounded.yaml").write_text(text + "explore: {cuts: 1}\n")
    done = run_pytest("-v")
    assert (done.returncode, counts(done)) == (0, "4 passed")
    for test, word in ((HOLE, "AS CLAIMED"), (GOOD, "PROVED"), ("cli/bounded", "BOUNDED")):
        assert re.search(re.escape(test) + r"\S* +" + word + " ", done.stdout), test


def test_logs_of_what_passed_are_not_kept(run_pytest: Pytest, folder: Path) -> None:
    assert run_pytest().returncode == 0
    assert not list((folder / ".pytest_cache/d/cutproof").iterdir())


def test_a_folder_for_logs(run_pytest: Pytest, folder: Path, cutproof: Run) -> None:
    for workers in (["-n", "2"], []):  # the logs of the first run give way
        assert run_pytest("--cutproof-log", "kept/logs", *workers).returncode == 0
    kept = sorted((folder / "kept/logs").iterdir())
    assert len(kept) == 3 and all(path.suffix == ".db" for path in kept)
    replayed = cutproof("replay", "cli/hole@00000000:a1", "--log", kept[0], "--force")
    assert replayed.returncode == 0, replayed.stderr
    kept[0].write_text("no log")
    done = run_pytest("--cutproof-log", "kept/logs")
    assert (done.returncode, counts(done)) == (1, "1 failed, 2 passed")
    assert kept[0].read_text() == "no log"


def test_junit(run_pytest: Pytest, folder: Path) -> None:
    break_hole(folder)
    assert run_pytest("--junitxml", "junit.xml").returncode == 1
    cases = {case.get("name"): case for case in ET.parse(folder / "junit.xml").iter("testcase")}
    assert len(cases) == 3
    properties = [
        case.find("properties/property[@name='cutproof_verdict']") for case in cases.values()
    ]
    verdicts = [found.get("value", "") for found in properties if found is not None]
    assert sorted(verdicts) == ["FAIL", "PROVED", "PROVED"]
    failure = cases["cli/hole"].find("failure")
    assert failure is not None and failure.text and failure.text.strip().startswith("FAIL [")
    assert "violates tells-truth: 'new' runs" in str(failure.get("message"))


# --- what fails


@pytest.mark.parametrize("options", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_violation(
    run_pytest: Pytest, folder: Path, cutproof: Run, options: list[str]
) -> None:
    """It is told as `cutproof run` tells it, and the last line replays it."""
    break_hole(folder)
    done = run_pytest("-v", *options)
    assert (done.returncode, counts(done)) == (1, "1 failed, 2 passed")
    assert re.search(r"cli/hole FAIL|FAIL hole.yaml", done.stdout)
    told = [line for line in block(done) if not line.startswith("[gw")]
    alone = cutproof("run", "hole.yaml", "--log", folder / "alone.db", cwd=folder).stdout
    wanted = alone[: alone.index("\n------------\n")].splitlines()[1:]
    # all but the time that the verdict line tells, and the log that the replay names
    assert told[1:-1] == wanted[1:-1]
    assert told[0].split()[-2:] == ["violates", "tells-truth"]
    assert "\nFAIL hole.yaml::cli/hole - violates tells-truth: 'new' runs" in done.stdout
    words = re.fullmatch(r"  replay    cutproof replay '(.+)' --log '(.+)'", told[-1])
    assert words
    replayed = cutproof("replay", words[1], "--log", words[2], cwd=folder)
    assert replayed.returncode == 1 and "REPRODUCED" in replayed.stdout


def test_another_core(run_pytest: Pytest, cutproof_path: Path, folder: Path) -> None:
    core = cutproof_path.parent / "cores/no_backup.so"
    if not core.is_file():
        pytest.fail(f"{core} is not built; run scripts/build")
    done = run_pytest("small.yaml", "--cutproof-core", str(core))
    assert (done.returncode, counts(done)) == (1, "2 failed")
    assert re.search(r"replay    cutproof replay .* --core '.*no_backup.so' --log ", done.stdout)


def test_what_failed_last(run_pytest: Pytest, folder: Path) -> None:
    break_hole(folder)
    assert run_pytest().returncode == 1
    assert collected(run_pytest("--co", "-q", "--lf")) == [HOLE]
    done = run_pytest("--ff", "-x", "-v")
    assert (done.returncode, counts(done)) == (1, "1 failed")
    assert len(logs(folder)) == 2


def test_few_logs_are_kept(run_pytest: Pytest, folder: Path) -> None:
    break_hole(folder)
    for _ in range(4):
        run_pytest("hole.yaml")
    kept = logs(folder)
    assert len(kept) == 3
    assert run_pytest("small.yaml", "-n", "2").returncode == 0
    assert logs(folder) == kept


def test_without_a_cache(run_pytest: Pytest, folder: Path, cutproof: Run) -> None:
    break_hole(folder)
    done = run_pytest("-p", "no:cacheprovider")
    log = re.findall(r"--log '(.+?)'", done.stdout)[-1]
    try:
        assert done.returncode == 1 and not (folder / ".pytest_cache").exists()
        assert Path(log).is_file()
    finally:
        Path(log).unlink()
        Path(log).parent.rmdir()


def test_inconclusive(run_pytest: Pytest, folder: Path) -> None:
    """A budget that runs out is no pass and no skip, and what it found can be gone on with."""
    (folder / "endless.yaml").write_text((ROOT / "tests/data/cli/endless.yaml").read_text())
    done = run_pytest("endless.yaml", "-v", "--cutproof-max-time", "1s")
    assert (done.returncode, counts(done)) == (1, "1 failed")
    assert re.search(r"::cli/endless INCONCLUSIVE", done.stdout)
    assert "\nINCONCLUSIVE endless.yaml::cli/endless - inconclusive: expected PROVED" in done.stdout
    resume = re.fullmatch(r"next: cutproof run --resume (\S+)", block(done)[-1])
    assert resume and (folder / resume[1]).is_file() and (folder / f"{resume[1]}.resume").is_dir()


def test_too_few_states(run_pytest: Pytest, folder: Path) -> None:
    small = folder / "small.yaml"
    small.write_text(small.read_text().replace("min_states: 3", "min_states: 1000000"))
    done = run_pytest("small.yaml")
    assert (done.returncode, counts(done)) == (1, "2 failed")
    assert "expected at least 1,000,000" in done.stdout


def fake(folder: Path, cutproof_path: Path, instead: str) -> str:
    """A command that lists as the real one and runs otherwise."""
    path = folder / "fake"
    path.write_text(f'#!/bin/sh\n[ "$1" = list ] && exec "{cutproof_path}" "$@"\n{instead}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize(
    "instead, told",
    [
        ("exit 0", "No such file"),
        ("kill -SEGV $$", "was ended by signal 11"),
        ("echo 'cutproof: error: no room' >&2; exit 3", "cutproof: error: no room"),
        ('CUTPROOF run "$@" --max-states 5 >/dev/null; exit 0', "exit code 0 of"),
    ],
    ids=["no-log", "killed", "error", "log-disagrees"],
)
def test_a_command_that_fails_otherwise(
    run_pytest: Pytest, folder: Path, cutproof_path: Path, instead: str, told: str
) -> None:
    instead = instead.replace("CUTPROOF run", f'shift; "{cutproof_path}" run')
    program = fake(folder, cutproof_path, instead)
    done = run_pytest("--cutproof", program, "small.yaml", "-v")
    assert (done.returncode, counts(done)) == (1, "2 failed")
    assert told in done.stdout and "::cli/small[images.new.firmware=good] ERROR" in done.stdout


def test_ctrl_c(folder: Path, cutproof_path: Path) -> None:
    """The search ends with pytest, and its log is whole."""
    (folder / "endless.yaml").write_text((ROOT / "tests/data/cli/endless.yaml").read_text())
    args = command("endless.yaml", "--cutproof-log", "logs")
    with subprocess.Popen(
        args,
        cwd=folder,
        env=environment(cutproof_path),
        stdout=subprocess.PIPE,
        text=True,
        # what runs in the background of a shell may ignore it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        for _ in range(100):
            if list(folder.glob("logs/*.db.resume")):
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)  # to pytest alone, not to its group
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 2 and "KeyboardInterrupt" in out
    [log] = folder.glob("logs/*.db")
    sys.path.insert(0, str(ROOT / "python"))
    from cutproof import open as open_log

    with open_log(log) as opened:
        assert opened.run.finished_at and [case.interrupted for case in opened.cases()] == [True]


# --- wrong usage


@pytest.mark.parametrize(
    "options, told",
    [
        (["--cutproof", "/no/such"], "--cutproof: '/no/such' is no program that can be run"),
        (["--cutproof-core", "no.so"], "--cutproof-core: there is no file 'no.so'"),
    ],
    ids=["program", "core"],
)
def test_wrong_options(run_pytest: Pytest, options: list[str], told: str) -> None:
    for workers in ([], ["-n", "1"]):
        done = run_pytest(*options, *workers)
        assert done.returncode == 4 and f"ERROR: {told}" in done.stderr
        assert "Traceback" not in done.stdout + done.stderr


def test_a_wrong_budget(run_pytest: Pytest) -> None:
    done = run_pytest("--cutproof-max-time", "1x", "hole.yaml")
    assert (done.returncode, counts(done)) == (1, "1 failed")
    assert "hole.yaml::cli/hole - cutproof: error: --max-time cannot be '1x'" in done.stdout


# --- what is not of Cutproof


def test_the_tests_of_the_project_are_unaffected(root: Path, cutproof_path: Path) -> None:
    """With the plugin the same tests are collected as without; it adds and changes none."""
    args = [sys.executable, "-m", "pytest", "--co", "-q", "tests/python/test_schema.py",
            "tests/python/test_log.py"]  # fmt: skip
    with_plugin, without = (
        subprocess.run(
            [*args, *options],
            cwd=root,
            env=environment(cutproof_path),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for options in (PLUGIN, [])
    )
    tests = [line for line in without.splitlines() if "::" in line]
    assert len(tests) > 20
    assert [line for line in with_plugin.splitlines() if "::" in line] == tests


def test_the_options_of_the_documentation(root: Path, run_pytest: Pytest) -> None:
    told = set(re.findall(r"--cutproof[a-z-]*", (root / "docs/python.md").read_text()))
    help_text = run_pytest("--help").stdout
    assert told == set(re.findall(r"--cutproof[a-z-]*", help_text))
