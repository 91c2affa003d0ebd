"""cutproof report: what it says of logs of real runs, held against the published schemas."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Run
from faulty import core_path, rows
from jsonschema.validators import validator_for

HOSTILE = "]]> <b>&amp; | ` * \x01\x1b[31m \n::error::no %0A 100% \u2713 </script>"


def sql(log: Path, script: str, *values: str) -> None:
    with closing(sqlite3.connect(log)) as db:
        db.execute(script, values)
        db.commit()


def explore(program: Path, log: Path, *arguments: str | Path) -> Path:
    command = [program, "run", *arguments, "--jobs", "1", "--log", log]
    subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert log.is_file()
    return log


@pytest.fixture(scope="module")
def logs(root: Path, cutproof_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """good.db: proved and claimed cases; bad.db: the same with a core that loses data."""
    folder = tmp_path_factory.mktemp("logs")
    files = [root / "tests/data/cli/hole.yaml", root / "scenarios/journal/forged.yaml"]
    explore(cutproof_path, folder / "good.db", *files)
    core = core_path(cutproof_path, "no_backup")
    update = root / "scenarios/seed/update-confirm.yaml"
    explore(cutproof_path, folder / "bad.db", update, *files, "--core", core)
    return folder


@pytest.fixture
def good(logs: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(logs / "good.db", tmp_path / "good.db"))


@pytest.fixture
def bad(logs: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(logs / "bad.db", tmp_path / "bad.db"))


def form(cutproof: Run, which: str, *logs: Path) -> str:
    ended = cutproof("report", *logs, f"--{which}", *(() if which == "annotations" else ("-",)))
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return ended.stdout


def junit(cutproof: Run, root: Path, tmp_path: Path, *logs: Path) -> ElementTree.Element:
    text = form(cutproof, "junit", *logs)
    (tmp_path / "junit.xml").write_text(text)
    schema = root / "tests/data/schemas/junit-10.xsd"
    checked = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", schema, tmp_path / "junit.xml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    return ElementTree.fromstring(text)


def checked_json(text: str, schema_path: Path) -> dict:
    schema = json.loads(schema_path.read_text())
    data = json.loads(text)
    validator_for(schema)(schema).validate(data)
    return data


def sarif(cutproof: Run, root: Path, *logs: Path) -> dict:
    text = form(cutproof, "sarif", *logs)
    [run] = checked_json(text, root / "tests/data/schemas/sarif-2.1.0.json")["runs"]
    return run


def as_json(cutproof: Run, root: Path, *logs: Path) -> dict:
    return checked_json(form(cutproof, "json", *logs), root / "reports/schema/report-1.json")


def unescape(text: str) -> str:
    return re.sub(r"%([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), text)


def annotations(text: str) -> list[dict[str, str]]:
    """A strict parser of workflow commands: every line must be one."""
    found = []
    for line in text.splitlines():
        match = re.fullmatch(r"::error ([a-z]+=[^,:\r\n]*(?:,[a-z]+=[^,:\r\n]*)*)::(.+)", line)
        assert match, line
        properties = dict(pair.split("=", 1) for pair in match[1].split(","))
        found.append({name: unescape(value) for name, value in properties.items()})
        found[-1]["message"] = unescape(match[2])
    return found


# --- what is as expected


def test_good(cutproof: Run, root: Path, tmp_path: Path, good: Path) -> None:
    suites = junit(cutproof, root, tmp_path, good)
    count = len(suites.findall(".//testcase"))
    assert count == len(rows(good, "SELECT 1 FROM cases")) > 2
    assert suites.attrib["tests"] == str(count)
    assert suites.attrib["failures"] == suites.attrib["errors"] == "0"
    assert not suites.findall(".//failure") and not suites.findall(".//error")
    assert annotations(form(cutproof, "annotations", good)) == []
    text = form(cutproof, "markdown", good)
    assert "**AS EXPECTED**: every case ended as its scenario expects" in text
    assert "| PROVED | journal/forged" in text and "| AS CLAIMED | cli/hole" in text


def test_claimed_is_suppressed(cutproof: Run, root: Path, good: Path) -> None:
    run = sarif(cutproof, root, good)
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    [result] = run["results"]
    [because] = rows(good, "SELECT because FROM cases WHERE scenario = 'cli/hole'")
    assert result["suppressions"] == [{"kind": "external", "justification": because[0]}]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} >= {result["ruleId"]}


# --- failures


def test_failure(cutproof: Run, root: Path, tmp_path: Path, bad: Path) -> None:
    suites = junit(cutproof, root, tmp_path, bad)
    failure = suites.find(".//testcase[@name='seed/update-confirm']/failure")
    assert failure is not None and failure.attrib["type"] == "resumes"
    assert "the last copy of a piece of 'old' was destroyed" in failure.attrib["message"]
    lines = (failure.text or "").splitlines()
    assert lines[0] == "promise   resumes"
    assert any("core/src/boot.c:" in line for line in lines)
    assert lines[-1].startswith("replay    cutproof replay 'seed/update-confirm@")
    for text in (form(cutproof, "markdown", bad), form(cutproof, "annotations", bad)):
        assert lines[-1] in unescape(text)


def test_printed_command_reproduces(
    cutproof: Run, cutproof_path: Path, root: Path, tmp_path: Path, bad: Path
) -> None:
    failure = junit(cutproof, root, tmp_path, bad).find(".//failure")
    assert failure is not None
    command = (failure.text or "").splitlines()[-1].removeprefix("replay    cutproof ")
    ended = subprocess.run(
        f"'{cutproof_path}' {command}", shell=True, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1 and "REPRODUCED" in ended.stdout, ended.stdout + ended.stderr


def test_sarif_failure(cutproof: Run, root: Path, bad: Path) -> None:
    run = sarif(cutproof, root, bad)
    [result] = [item for item in run["results"] if "suppressions" not in item][:1]
    place = result["locations"][0]["physicalLocation"]
    assert (root / place["artifactLocation"]["uri"]).is_file()
    source = (root / place["artifactLocation"]["uri"]).read_text().splitlines()
    assert 1 <= place["region"]["startLine"] <= len(source)
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert steps[-1]["location"]["physicalLocation"] == place
    assert result["partialFingerprints"] == {"casePromise/v1": "seed/update-confirm/resumes"}


def test_claim_that_does_not_hold(cutproof: Run, root: Path, tmp_path: Path, good: Path) -> None:
    sql(good, "DELETE FROM violations")
    sql(good, "UPDATE cases SET verdict = 'PROVED', met = 0 WHERE scenario = 'cli/hole'")
    failure = junit(cutproof, root, tmp_path, good).find(".//testcase[@name='cli/hole']/failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("expected VIOLATED, got PROVED")
    [note] = annotations(form(cutproof, "annotations", good))
    assert note["title"] == "cli/hole FAIL"
    assert "FAILED" in form(cutproof, "markdown", good)


def test_annotations_are_capped(cutproof: Run, bad: Path) -> None:
    sql(bad, "DELETE FROM selected")
    for i in range(12):
        sql(bad, f"INSERT INTO selected VALUES({i}, 'seed/update-confirm', 'x')")
    notes = annotations(form(cutproof, "annotations", bad))
    assert len(notes) == 10
    assert [note["title"] for note in notes[:9]] == ["seed/update-confirm violates resumes"] * 9
    assert notes[9]["message"] == "3 more in the report"


# --- what did not come to an end is never green

OPEN = {
    "never begun": "INSERT INTO selected VALUES(99, 'cli/late', 'late.yaml')",
    "begun": "UPDATE cases SET verdict = NULL, met = NULL, interrupted = NULL WHERE id = 2",
    "interrupted": "UPDATE cases SET verdict = 'BOUNDED', met = 0, interrupted = 1 WHERE id = 2",
    "out of budget": "UPDATE cases SET verdict = 'BOUNDED', met = 0, is_complete = 0 WHERE id = 2",
    "no function": "UPDATE cases SET verdict = 'ERROR', met = 0, error = 'why' WHERE id = 2",
}


@pytest.mark.parametrize("change", OPEN.values(), ids=OPEN.keys())
def test_open(cutproof: Run, root: Path, tmp_path: Path, good: Path, change: str) -> None:
    sql(good, change)
    suites = junit(cutproof, root, tmp_path, good)
    assert suites.attrib["errors"] == "1" and suites.attrib["failures"] == "0"
    assert len(suites.findall(".//error")) == 1 and not suites.findall(".//skipped")
    run = sarif(cutproof, root, good)
    assert run["invocations"][0]["executionSuccessful"] is False
    [notification] = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["level"] == "error"
    assert len(annotations(form(cutproof, "annotations", good))) == 1
    head = form(cutproof, "markdown", good).splitlines()[2]
    assert head.startswith(("**INCONCLUSIVE**", "**ERROR**"))
    data = as_json(cutproof, root, good)
    assert [case["as_expected"] for case in data["cases"]].count(False) == 1


def test_killed(
    cutproof: Run, cutproof_path: Path, root: Path, tmp_path: Path, good: Path
) -> None:
    log = tmp_path / "killed.db"
    process = subprocess.Popen(
        [cutproof_path, "run", root / "scenarios/seed/torn-any.yaml", "-j1", "--log", log],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(1.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    suites = junit(cutproof, root, tmp_path, log, good)
    assert suites.attrib["errors"] == "2"
    assert "INCONCLUSIVE" in cutproof("report", log).stdout


# --- hostile texts, and all forms at once


def test_hostile(cutproof: Run, root: Path, tmp_path: Path, bad: Path) -> None:
    sql(bad, "UPDATE violations SET message = ?", HOSTILE)
    sql(bad, "UPDATE cases SET because = ?", HOSTILE)
    sql(bad, "UPDATE selected SET scenario = ? WHERE position = 1", "a|b`c")
    sql(bad, "UPDATE cases SET scenario = ? WHERE scenario = 'seed/update-confirm'", "a|b`c")
    failure = junit(cutproof, root, tmp_path, bad).find(".//failure")
    assert failure is not None and "\u2713 </script>" in failure.attrib["message"]
    assert "</script>" in sarif(cutproof, root, bad)["results"][0]["message"]["text"]
    assert as_json(cutproof, root, bad)["cases"][0]["violations"][0]["message"] == HOSTILE
    assert annotations(form(cutproof, "annotations", bad))[0]["title"].startswith("a|b`c")
    text = form(cutproof, "markdown", bad)
    assert "a\\|b\\`c" in text and "\x1b" not in text and "\x01" not in text
    outside = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
    assert "<b>" not in outside and "</script>" not in outside


def test_no_utf8(cutproof: Run, root: Path, tmp_path: Path, bad: Path) -> None:
    sql(bad, "UPDATE violations SET message = CAST(x'ff80c3' AS TEXT) || 'end'")
    failure = junit(cutproof, root, tmp_path, bad).find(".//failure")
    assert failure is not None and failure.attrib["message"] == "end"
    assert as_json(cutproof, root, bad)["cases"][0]["violations"][0]["message"].endswith("end")
    sarif(cutproof, root, bad)


def test_all_at_once(cutproof: Run, tmp_path: Path, good: Path, bad: Path) -> None:
    names = {form: f"out.{form}" for form in ("html", "junit", "sarif", "json", "markdown")}
    (tmp_path / "out.html").write_text("an older one")
    options = [word for form, name in names.items() for word in (f"--{form}", name)]
    ended = cutproof("report", good, bad, *options)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert all((tmp_path / name).stat().st_size > 500 for name in names.values())
    assert "an older one" not in (tmp_path / "out.html").read_text()


def test_latest(cutproof: Run, root: Path) -> None:
    missing = cutproof("report")
    assert missing.returncode == 4 and "latest" in missing.stderr
    cutproof("run", root / "tests/data/cli/hole.yaml")
    assert "1 violated as claimed" in cutproof("report").stdout


# --- bad input


def test_bad_logs(cutproof: Run, tmp_path: Path, good: Path) -> None:
    whole = good.read_bytes()
    (tmp_path / "cut.db").write_bytes(whole[: len(whole) // 2 + 100])
    (tmp_path / "text.db").write_text("no log at all, but long enough to be read\n" * 40)
    (tmp_path / "empty.db").touch()
    shutil.copy(good, tmp_path / "old.db")
    sql(tmp_path / "old.db", "PRAGMA user_version = 3")
    for name, says in {
        "cut.db": "malformed|damaged|cut off",
        "text.db": "is not an SQLite database",
        "empty.db": "is empty",
        "old.db": "schema version 3.*reads version 4",
        "absent.db": "No such file",
        ".": "is a directory",
    }.items():
        ended = cutproof("report", good, tmp_path / name, "--json", "out.json")
        assert ended.returncode == 4, name
        assert re.search(says, ended.stderr), (name, ended.stderr)
        assert not (tmp_path / "out.json").exists()


def test_bad_outputs(cutproof: Run, tmp_path: Path, good: Path) -> None:
    before = good.read_bytes()
    ended = cutproof("report", good, "--json", good, "--markdown", "good.md")
    assert ended.returncode == 4 and "not overwritten" in ended.stderr
    assert good.read_bytes() == before
    assert (tmp_path / "good.md").is_file()
    ended = cutproof("report", good, "--junit", "no/such/folder.xml", "--json", "good.json")
    assert ended.returncode == 4 and "no/such/folder.xml" in ended.stderr
    assert (tmp_path / "good.json").is_file()


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_no_permission(cutproof: Run, tmp_path: Path, good: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    ended = cutproof("report", good, "--json", "closed/out.json")
    assert ended.returncode == 4 and "closed/out.json" in ended.stderr
