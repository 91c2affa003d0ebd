"""cutproof replay --save-as, and explore.only: a trace that has become a scenario."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest
import yaml

from replaying import (
    HOLE, MATRIX, TORN, UNDECIDED, WRITES_TWICE, Run, Trace, run_for_traces, scenario_with,
    steps_of,
)  # fmt: skip


def save(cutproof: Run, trace: Trace, path: Path, *options: str) -> dict[str, object]:
    saved = cutproof("replay", trace.replay_id, trace.scenario, "--save-as", path, *options)
    assert (saved.returncode, saved.stderr) == (0, ""), saved.stderr
    assert saved.stdout.startswith(f"wrote {path}: expects ")
    assert cutproof("check", path).returncode == 0
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def run(cutproof: Run, path: Path, log: Path) -> dict[str, object]:
    """Run the scenario; the row of its one case."""
    ran = cutproof("run", path, "--log", log)
    with closing(sqlite3.connect(log)) as db:
        db.row_factory = sqlite3.Row
        [row] = db.execute("SELECT * FROM cases").fetchall()
    return {**dict(row), "exit": ran.returncode, "stdout": ran.stdout}


@pytest.mark.parametrize(
    "changes",
    [[], WRITES_TWICE, TORN, UNDECIDED, MATRIX],
    ids=["a cut", "two cuts", "torn", "undecided", "matrix"],
)
def test_round_trip(
    changes: list[tuple[str, str]], cutproof: Run, root: Path, tmp_path: Path
) -> None:
    """The scenario shows what the trace shows, of the same machine and script."""
    scenario = scenario_with(root, tmp_path / "of.yaml", changes)
    traces = run_for_traces(cutproof, scenario)
    assert len(traces) == (2 if changes == MATRIX else 1)
    for number, trace in enumerate(traces):
        path = tmp_path / f"saved-{number}.yaml"
        saved = save(cutproof, trace, path)
        assert saved["name"] == f"regress/saved-{number}"
        assert saved["explore"] == {"only": trace.trace}
        assert saved["expect"]["verdict"] == "violated"
        row = run(cutproof, path, tmp_path / f"{number}.db")
        assert (row["exit"], row["verdict"], row["met"]) == (0, "VIOLATED", 1)
        cuts = steps_of(cutproof, trace)[-2]["cuts"]
        assert (row["states"], row["cuts"], row["cuts_deepest"]) == (cuts + 1, cuts, cuts)
        [again] = [
            Trace(replay_id, path)
            for (replay_id,) in rows(tmp_path / f"{number}.db", "SELECT replay_id FROM violations")
        ]
        assert steps_of(cutproof, again)[:-1] == steps_of(cutproof, trace)[:-1]


def rows(log: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(log)) as db:
        return db.execute(query).fetchall()


def test_the_choice_of_a_matrix_is_made(cutproof: Run, root: Path, tmp_path: Path) -> None:
    scenario = scenario_with(root, tmp_path / "of.yaml", MATRIX)
    saved = [
        save(cutproof, trace, tmp_path / f"{number}.yaml")
        for number, trace in enumerate(run_for_traces(cutproof, scenario))
    ]
    assert [one["layout"]["buffer"] for one in saved] == ["32B", "64B"]
    assert all("matrix" not in one for one in saved)


@pytest.fixture
def claim(cutproof: Run, root: Path, tmp_path: Path) -> Trace:
    return run_for_traces(cutproof, scenario_with(root, tmp_path / "hole.yaml", []))[0]


def test_a_trace_on_which_all_holds(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    held = Trace(claim.of("a100,a2"), claim.scenario)
    saved = save(cutproof, held, tmp_path / "held.yaml")
    assert saved["expect"] == {"verdict": "bounded"}
    row = run(cutproof, tmp_path / "held.yaml", tmp_path / "held.db")
    assert (row["exit"], row["verdict"], row["states"]) == (0, "BOUNDED", 3)
    assert row["bound"].startswith("only the trace of `explore.only`, no other cut; ")
    assert "BOUNDED" in row["stdout"] and "PROVED" not in row["stdout"]


def test_it_turns_red_when_it_holds(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    path = tmp_path / "fixed.yaml"
    save(cutproof, claim, path)
    path.write_text(path.read_text().replace(claim.trace, "a3"))
    row = run(cutproof, path, tmp_path / "fixed.db")
    assert (row["exit"], row["verdict"], row["met"]) == (1, "BOUNDED", 0)


def test_it_turns_red_when_it_breaks(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    path = tmp_path / "held.yaml"
    save(cutproof, Trace(claim.of("a3"), claim.scenario), path)
    path.write_text(path.read_text().replace('"a3"', f'["a3", "{claim.trace}"]'))
    row = run(cutproof, path, tmp_path / "held.db")
    assert (row["exit"], row["verdict"], row["met"]) == (1, "VIOLATED", 0)
    assert f"cutproof replay 'regress/held@{row['hash']}:{claim.trace}'" in row["stdout"]


def test_what_is_claimed_keeps_its_reason(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    saved = save(cutproof, claim, tmp_path / "saved.yaml")
    assert saved["expect"]["because"] == "H1: see scenarios/holes/h1-confirm-cut.yaml."


def test_what_is_not_claimed_says_what_was_got(
    cutproof: Run, root: Path, tmp_path: Path
) -> None:
    text = (root / HOLE).read_text()
    scenario = tmp_path / "hole.yaml"
    scenario.write_text(text.partition("expect:")[0] + "expect: {verdict: proved}\n")
    [trace] = run_for_traces(cutproof, scenario)
    saved = save(cutproof, trace, tmp_path / "saved.yaml")
    assert saved["expect"] == {
        "verdict": "violated",
        "violates": ["tells-truth"],
        "because": "'new' runs and is told Revert; the truth is Boot or Swap",
    }


def test_the_states_of_the_traces(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    """They are a chain, as in a search: the same outcomes at the same events."""
    log = tmp_path / "run.db"
    path = tmp_path / "two.yaml"
    save(cutproof, Trace(claim.of(f"{claim.trace},a2"), claim.scenario), path)
    run(cutproof, path, log)
    got = rows(log, "SELECT id, parent, boot, operation_index, fault, outcome FROM states_named")
    event = int(claim.trace[1:])
    assert got == [
        (1, 0, 0, 0, "start", "started"),
        (2, 1, 1, event, "after", "started"),
        (3, 2, 2, 2, "after", "started"),
    ]
    [cut] = rows(log, "SELECT file, operation FROM states_named WHERE id = 2")
    assert cut == ("core/src/format_seed.c", "program")
    counted = rows(log, "SELECT sum(times) FROM sites WHERE fault = 'after'")
    assert counted == [(2,)]


def test_the_states_are_those_of_a_search(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    search, log = tmp_path / "search.db", tmp_path / "only.db"
    assert cutproof("run", claim.scenario, "--log", search).returncode == 0
    save(cutproof, claim, tmp_path / "only.yaml")
    run(cutproof, tmp_path / "only.yaml", log)
    query = "SELECT hash, outcome, final_image FROM states"
    assert set(rows(log, query)) <= set(rows(search, query))


def test_parts_and_their_merge(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    path = tmp_path / "three.yaml"
    save(cutproof, Trace(claim.of("a3"), claim.scenario), path)
    path.write_text(path.read_text().replace('"a3"', '["a3", "a4,a1", "a5"]'))
    for part in (1, 2):
        ran = cutproof("run", path, "--shard", f"{part}/2", "--log", f"{part}.db")
        assert ran.returncode == 0, ran.stdout
    assert cutproof("merge", "--log", "all.db", "1.db", "2.db").returncode == 0
    whole = run(cutproof, path, tmp_path / "whole.db")
    [merged] = rows(tmp_path / "all.db", "SELECT states, verdict, cuts FROM cases")
    assert merged == (whole["states"], "BOUNDED", whole["cuts"])


# --- what is refused


@pytest.mark.parametrize(
    ("only", "complaint"),
    [
        ("only: x1", "expected aN, bN"),
        ("only: ", "no trace"),
        ("only: []", "the list is empty"),
        ('only: ["a1", "a1"]', "'a1' is there twice"),
        ("only: {a: b}", "expected a list, found a mapping"),
        ("only: a1, cuts: 2", "'cuts' has no meaning beside 'only'"),
        ("only: a1, torn: 2", "'torn' has no meaning beside 'only'"),
        ("only: a1, states: 2", "'states' has no meaning beside 'only'"),
    ],
)
def test_bad_keys(only: str, complaint: str, cutproof: Run, root: Path, tmp_path: Path) -> None:
    change = [("properties:", f"explore: {{{only}}}\nproperties:")]
    told = cutproof("check", scenario_with(root, tmp_path / "bad.yaml", change))
    assert told.returncode == 4
    assert complaint in told.stdout + told.stderr


def test_nothing_is_proved_by_traces(cutproof: Run, root: Path, tmp_path: Path) -> None:
    text = (root / HOLE).read_text().partition("expect:")[0]
    path = tmp_path / "bad.yaml"
    path.write_text(text + "explore: {only: a1}\nexpect: {verdict: proved}\n")
    told = cutproof("check", path)
    assert told.returncode == 4
    assert "proves nothing beyond its traces" in told.stdout + told.stderr


def test_a_trace_that_no_longer_fits(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    path = tmp_path / "gone.yaml"
    save(cutproof, claim, path)
    path.write_text(path.read_text().replace(claim.trace, "a99999"))
    row = run(cutproof, path, tmp_path / "gone.db")
    assert (row["verdict"], row["met"]) == ("ERROR", 0)
    assert row["exit"] not in (0, 6)
    assert "event 99999 is never reached" in row["error"]


def test_a_file_is_not_overwritten(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    path = tmp_path / "there.yaml"
    path.write_text("mine\n")
    told = cutproof("replay", claim.replay_id, claim.scenario, "--save-as", path)
    assert told.returncode == 4
    assert "exists and is not overwritten" in told.stderr
    assert path.read_text() == "mine\n"
    save(cutproof, claim, path, "--force")


@pytest.mark.parametrize("name", ["trace.txt", ".yaml", "yaml", "no-such-folder/a.yaml"])
def test_a_name_that_will_not_do(
    name: str, claim: Trace, cutproof: Run, tmp_path: Path
) -> None:
    told = cutproof("replay", claim.replay_id, claim.scenario, "--save-as", tmp_path / name)
    assert (told.returncode, told.stdout) == (4, "")
    assert "error: " in told.stderr
    assert not (tmp_path / name).exists()


def test_no_permission(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root can write everywhere")
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    told = cutproof("replay", claim.replay_id, claim.scenario, "--save-as", folder / "a.yaml")
    assert (told.returncode, list(folder.iterdir())) == (4, [])
    assert "Permission denied" in told.stderr


def test_the_schema_knows_it(claim: Trace, cutproof: Run, tmp_path: Path) -> None:
    schema = json.loads(cutproof("check", "--print-schema").stdout)
    saved = save(cutproof, claim, tmp_path / "saved.yaml")
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(saved)
    for wrong in ("x1", "a1,,a2", "a1,", ["t5."], []):
        assert not validator.is_valid({**saved, "explore": {"only": wrong}})
