"""The Python package on run logs: rows, types, pandas, and files that are no good logs.

The package is taken from python/, not installed; scripts/test_package tests it installed.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import typing
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Iterator

import pandas
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

import cutproof as package  # noqa: E402
from cutproof import rows  # noqa: E402

TABLES = {
    "run": rows.Run, "selected": rows.Selected, "scenarios": rows.Scenario, "cases": rows.Case,
    "violations": rows.Violation, "sites": rows.Site, "promises": rows.Promise, "wear": rows.Wear,
    "times": rows.Time, "cuts": rows.Cut, "areas": rows.Area, "pages": rows.Page,
    "images": rows.Image, "traces": rows.Trace, "steps": rows.Step, "measures": rows.Measure,
    "failures": rows.Failure, "outcomes": rows.Outcome, "unexercised": rows.Unexercised,
}  # fmt: skip
ENOUGH = 2000  # of the states
METHODS = sorted(TABLES.keys() - {"run"})


@pytest.fixture(scope="module")
def path(cutproof_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with a claimed violation, proofs with torn operations, and a case without cuts."""
    folder = tmp_path_factory.mktemp("log")
    files = ["tests/data/cli/torn.yaml", "tests/data/cli/hole.yaml"]
    files.append("scenarios/seed/revert-is-told.yaml")
    command = [cutproof_path, "run", *(ROOT / file for file in files), "--log", folder / "run.db"]
    subprocess.run(command, check=True, capture_output=True)
    command = [cutproof_path, "measure", folder / "run.db", "core.flash_bytes=5204"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "run.db"


@pytest.fixture
def log(path: Path) -> Iterator[package.Log]:
    with package.open(path) as opened:
        yield opened


def sql(path: Path, query: str) -> list[tuple[typing.Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


# --- rows


@pytest.mark.parametrize("name", TABLES)
def test_rows_have_the_columns_of_their_table(path: Path, name: str) -> None:
    found = [row[1] for row in sql(path, f"PRAGMA table_info({name})")]
    if "case_id" in found:
        found.insert(1, "scenario")
    assert [field.name for field in dataclasses.fields(TABLES[name])] == found


def test_states_have_the_columns_of_the_view(path: Path) -> None:
    found = [row[1] for row in sql(path, "PRAGMA table_info(states_named)")]
    assert [field.name for field in dataclasses.fields(rows.State)] == found


@pytest.mark.parametrize("name", METHODS)
def test_every_row_is_there_once(log: package.Log, path: Path, name: str) -> None:
    [(count,)] = sql(path, f"SELECT count(*) FROM {name}")
    found = getattr(log, name)()
    assert len(found) == count
    assert all(type(row) is TABLES[name] for row in found)
    assert found.columns == [field.name for field in dataclasses.fields(TABLES[name])]


def plain(hint: typing.Any) -> tuple[type, ...]:
    types = typing.get_args(hint) or (hint,)
    return (*types, int) if float in types else types


@pytest.mark.parametrize("name", [*METHODS, "states"])
def test_every_value_is_of_its_type(log: package.Log, name: str) -> None:
    hints = typing.get_type_hints(rows.State if name == "states" else TABLES[name])
    for row in itertools.islice(getattr(log, name)(), ENOUGH):
        for field, hint in hints.items():
            value = getattr(row, field)
            assert isinstance(value, plain(hint)), (name, field, value)
            assert isinstance(value, bool) <= (bool in plain(hint)), (name, field, value)


def test_the_run(log: package.Log) -> None:
    assert (log.run.core_name, log.run.complete, log.run.is_audit) == ("cutproof", True, False)
    assert log.run.finished_at is not None
    assert log.run.started_at <= log.run.finished_at <= datetime.now(timezone.utc)


def test_the_verdicts(log: package.Log) -> None:
    verdicts = {case.scenario: case.verdict for case in log.cases()}
    assert verdicts["cli/hole"] == "VIOLATED"
    assert verdicts["cli/torn[images.new.firmware=good]"] == "PROVED"
    [violation] = log.violations()
    assert (violation.scenario, violation.promise) == ("cli/hole", "tells-truth")
    assert violation.claimed is True and violation.is_of_search is False
    assert violation.replay_id.endswith(":" + violation.trace)
    assert log.failures() == []


def test_states_are_those_of_the_view(log: package.Log, path: Path) -> None:
    torn = log.case("cli/torn[images.new.firmware=bad]")
    wanted = sql(path, f"SELECT * FROM states_named WHERE case_id = {torn.id} LIMIT {ENOUGH}")
    found = map(dataclasses.astuple, itertools.islice(log.states(torn), ENOUGH))
    assert len(wanted) == ENOUGH and set(found) == set(wanted)


def test_states_come_in_batches(log: package.Log, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(log.states("cli/hole"))
    assert len(whole) == log.case("cli/hole").states > 5
    monkeypatch.setattr("cutproof.log.STATES_PER_BATCH", 2)
    assert list(log.states("cli/hole")) == whole
    assert [state.id for state in whole] == list(range(1, len(whole) + 1))


@pytest.mark.parametrize("name", ["violations", "sites", "promises", "wear", "times", "cuts",
                                  "areas", "pages", "images", "traces", "steps", "outcomes",
                                  "unexercised", "states"])  # fmt: skip
def test_rows_of_a_case(log: package.Log, name: str) -> None:
    case = log.case("cli/torn[images.new.firmware=bad]")
    wanted = [row for row in getattr(log, name)() if row.scenario == case.scenario]
    for way in (case, case.id, case.scenario):
        assert list(getattr(log, name)(way)) == wanted


def test_steps_of_a_trace(log: package.Log) -> None:
    traces = log.traces()
    assert {"uncut", "violation", "neighbour"} <= {trace.kind for trace in traces}
    for trace in traces:
        steps = log.steps(trace)
        assert {(step.case_id, step.trace_id) for step in steps} == {
            (trace.case_id, trace.trace_id)
        }
        assert [step.step for step in steps] == sorted(step.step for step in steps)


def test_cuts_and_states_name_fault_and_outcome(log: package.Log) -> None:
    assert {"after"} <= {cut.fault for cut in log.cuts()}
    assert {cut.outcome for cut in log.cuts()} <= {"started", "mixed", "no-boot", "unknown"}
    assert {"start", "after"} <= {state.fault for state in log.states("cli/hole")}


def test_a_case_that_is_not_there(log: package.Log) -> None:
    with pytest.raises(package.NoSuchCaseError, match="'cli/hol'.*did you mean 'cli/hole'"):
        log.wear("cli/hol")
    with pytest.raises(LookupError):
        log.case(99)


# --- pandas


@pytest.mark.parametrize("name", [*METHODS, "states"])
def test_pandas_takes_rows(log: package.Log, name: str) -> None:
    found = list(itertools.islice(getattr(log, name)(), ENOUGH))
    table = pandas.DataFrame(itertools.islice(getattr(log, name)(), ENOUGH))
    assert len(table) == len(found)
    if found:
        names = [field.name for field in dataclasses.fields(found[0])]
        assert list(table.columns) == names
        values = list(table.iloc[0].where(table.iloc[0].notna(), None))
        assert values == list(dataclasses.astuple(found[0]))


def test_pandas_names_the_columns_of_nothing(log: package.Log) -> None:
    failures = log.failures()
    assert not failures
    table = pandas.DataFrame(failures, columns=failures.columns)
    assert list(table.columns) == ["scenario", "promise", "kind", "message", "replay_id"]


# --- files that are no good logs


def damaged(path: Path, folder: Path, change: typing.Callable[[bytes], bytes]) -> Path:
    changed = folder / "changed.db"
    changed.write_bytes(change(path.read_bytes()))
    return changed


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        package.open(tmp_path / "none.db")
    assert isinstance(caught.value, package.LogNotFoundError)
    said = f"cannot read the log '{tmp_path}/none.db': No such file or directory"
    assert str(caught.value) == said
    assert not list(tmp_path.iterdir())


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(package.UnreadableLogError, match="is a directory"):
        package.open(tmp_path)


@pytest.mark.parametrize("content", [b"schema: 1\n", b"x", b"SQLite format 3"])
def test_no_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.db").write_bytes(content)
    with pytest.raises(package.NotALogError, match="is not an SQLite database"):
        package.open(tmp_path / "x.db")


def test_another_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE run(complete)")
    with pytest.raises(package.NotALogError, match="no log of Cutproof"):
        package.open(tmp_path / "x.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(package.NotALogError):
        package.open(tmp_path / "empty.db")


@pytest.mark.parametrize("version", [3, 5])
def test_another_version(path: Path, tmp_path: Path, version: int) -> None:
    shutil.copy(path, tmp_path / "x.db")
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(package.LogVersionError, match=f"version {version}; .* version 4") as caught:
        package.open(tmp_path / "x.db")
    assert (caught.value.found, caught.value.supported) == (version, 4)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.99])
def test_cut_off(path: Path, tmp_path: Path, share: float) -> None:
    changed = damaged(path, tmp_path, lambda data: data[: int(len(data) * share)])
    with pytest.raises((package.DamagedLogError, package.NotALogError)) as caught:
        package.open(changed)
    assert "\n" not in str(caught.value) and str(changed) in str(caught.value)


def test_the_last_byte_is_missing(path: Path, tmp_path: Path) -> None:
    with pytest.raises(package.DamagedLogError, match=r"is cut off: \d+ of \d+ bytes"):
        package.open(damaged(path, tmp_path, lambda data: data[:-1]))


def test_overwritten(path: Path, tmp_path: Path) -> None:
    changed = damaged(path, tmp_path, lambda data: data[:8192] + b"\xa5" * (len(data) - 8192))
    with pytest.raises(package.DamagedLogError, match="is damaged: "):
        with package.open(changed) as log:
            list(log.states())


def test_closed(path: Path) -> None:
    log = package.open(path)
    states = log.states()
    log.close()
    log.close()
    for read in (log.cases, lambda: log.run, lambda: next(states)):
        with pytest.raises(ValueError, match="is closed"):
            read()


# --- read only, and a run that goes on


def test_nothing_is_written(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    with package.open(path) as log:
        list(log.states())
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            log.connection.execute("DELETE FROM cases")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["run.db"]


def test_a_name_that_needs_quotes(path: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a b?mode=memory#%41.db"
    shutil.copy(path, odd)
    with package.open(odd) as log:
        assert len(log.cases()) == 4


@contextmanager
def endless(program: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run that goes on until it is stopped and writes states from the first second on."""
    scenario = ROOT / "tests/data/cli/endless.yaml"
    command = [program, "run", scenario, "--engine", "slow", "--log", log, "-j1"]
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=silent, stderr=silent) as process:
        try:
            yield process
        finally:
            process.kill()


def last_state(log: Path) -> int:
    try:
        return int(sql(log, "SELECT max(rowid) FROM states")[0][0] or 0)
    except sqlite3.Error:
        return 0  # not begun


def wait_for_states(log: Path, count: int) -> None:
    for _ in range(200):
        if last_state(log) >= count:
            return
        time.sleep(0.05)
    pytest.fail(f"no {count} states within ten seconds")


def test_a_run_that_goes_on(
    cutproof_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is half read keeps nothing from being written, and new rows are seen."""
    monkeypatch.setattr("cutproof.log.STATES_PER_BATCH", 50)
    path = tmp_path / "run.db"
    with endless(cutproof_path, path) as process:
        wait_for_states(path, 100)
        with package.open(path) as log:
            states = log.states()
            assert next(states).id == 1  # and the rest is not read
            assert (log.run.complete, log.run.finished_at) == (False, None)
            [case] = log.cases()
            assert (case.verdict, case.met) == (None, None)
            before = last_state(path)
            wait_for_states(path, before + 100)
            assert sum(1 for _ in states) + 1 >= before + 100
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 2
            [case] = log.cases()
            assert case.interrupted is True and log.run.finished_at


def test_a_run_that_was_killed(cutproof_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with endless(cutproof_path, path) as process:
        wait_for_states(path, 100)
        process.kill()
        process.wait()
    with package.open(path) as log:
        assert log.run.complete is False
        assert next(log.states()).fault == "start"


def test_what_a_killed_run_left_is_rolled_back(path: Path, tmp_path: Path) -> None:
    """A journal beside the log means that a commit was cut short."""
    log, copy = tmp_path / "log.db", tmp_path / "copy.db"
    shutil.copy(path, log)
    with closing(sqlite3.connect(log, isolation_level=None)) as writer:
        writer.executescript("PRAGMA cache_size = 5; BEGIN; UPDATE cases SET verdict = 'PROVED';"
                             " DELETE FROM states WHERE rowid > 100")
        shutil.copy(log, copy)  # as a power loss would leave the two
        shutil.copy(f"{log}-journal", f"{copy}-journal")
    with package.open(copy) as opened:
        assert opened.case("cli/hole").verdict == "VIOLATED"
        assert sum(1 for _ in opened.states()) > 100_000


# --- one version of each


def test_schema_version(root: Path) -> None:
    header = (root / "reports/log_schema.h").read_text()
    [version] = re.findall(r"#define CP_LOG_SCHEMA_VERSION\s+(\d+)", header)
    [application] = re.findall(r"#define CP_LOG_APPLICATION_ID\s+(0x\w+)", header)
    assert package.SCHEMA_VERSION == int(version)
    assert sys.modules["cutproof.log"].APPLICATION_ID == int(application, 16)


def test_what_is_exported() -> None:
    assert sorted(package.__all__) == sorted(set(package.__all__))
    errors = {name for name in dir(package) if name.endswith("Error")}
    assert errors <= set(package.__all__)
    assert {row.__name__ for row in TABLES.values()} | {"State"} <= set(package.__all__)


# --- what docs/python.md shows


def test_the_examples_of_the_documentation(
    root: Path, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (root / "docs/python.md").read_text()
    examples = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(examples) >= 4
    shutil.copy(path, tmp_path / "run.db")
    monkeypatch.chdir(tmp_path)
    names: dict[str, typing.Any] = {}
    for example in examples:
        exec(compile(example, "docs/python.md", "exec"), names)
    assert names["cut_most"].times > 0 and len(names["cases"]) == 4


def test_the_methods_of_the_documentation(root: Path) -> None:
    text = (root / "docs/python.md").read_text()
    for name in set(re.findall(r"\blog\.(\w+)", text)):
        assert hasattr(package.Log, name), name
    methods = {name for name in vars(package.Log) if not name.startswith("_")}
    assert methods - {"connection", "close"} <= set(re.findall(r"`log\.(\w+)", text))
    told = set(re.findall(r"`(\w+Error)`", text)) - {"FileNotFoundError", "OSError", "LookupError"}
    told -= {"ValueError"}
    assert told <= set(package.__all__)
