"""The documentation against the program: commands, links, names, numbers.

What a reader can type must exist, and what SPEC lists must be what the program
has: promises, torn shapes, parts, exit codes, and the columns of a run log.
"""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import pytest
from conftest import Run

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = ("cutproof", "build/cutproof")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """The text below a heading, up to the next one of its level or above."""
    match = re.search(rf"^(#+) {re.escape(heading)}\n", text_of(name), re.MULTILINE)
    assert match, f"{name} has no heading '{heading}'"
    rest = text_of(name)[match.end() :]
    end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def cells(text: str) -> Iterator[list[str]]:
    """The rows of all tables, without their heads."""
    head = True
    for line in text.splitlines():
        if not line.startswith("|"):
            head = True
        elif re.fullmatch(r"[|\- ]+", line):
            head = False
        elif not head:
            yield [cell.strip() for cell in line.strip("|").split("|")]


def first_names(text: str) -> list[str]:
    return [name for row in cells(text) for name in re.findall(r"`([^`]+)`", row[0])]


# --- commands


class Command(NamedTuple):
    page: str
    line: int
    words: list[str]


def commands_of(page: str, text: str) -> list[Command]:
    """The lines of code blocks that a reader would type to run something of ours."""
    found = []
    in_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            in_code = not in_code
            continue
        typed = line.removeprefix("$ ")
        first = typed.split(" ")[0]
        if in_code and (first in PROGRAMS or re.match(r"scripts/\w", first)):
            found.append(Command(page, number, shlex.split(typed, comments=True)))
    return found


COMMANDS = [command for page in PAGES for command in commands_of(name_of(page), page.read_text())]


def options_in(words: list[str]) -> list[str]:
    return [word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)]


@pytest.fixture(scope="module")
def known_options(cutproof_path: Path) -> dict[str, set[str]]:
    """The options of each command, as the program's own help has them."""
    def run_help(*args: str) -> str:
        command = [cutproof_path, "help", *args]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    names = re.findall(r"^  ([a-z]+) {2,}", run_help(), re.MULTILINE)
    names = [name for name in names if name != "cutproof"]
    return {name: set(re.findall(r"(?<!\S)--?[a-z-]+", run_help(name))) for name in names}


def missing_of_script(words: list[str], known: dict[str, set[str]]) -> list[str]:
    script = ROOT / words[0]
    if not script.is_file():
        return [f"{words[0]} does not exist"]
    passed_on = known.get(script.name, set()) if script.name in ("run", "bench") else set()
    source = script.read_text(encoding="utf-8")
    return [
        f"{words[0]} has no {option}"
        for option in options_in(words[1:])
        if option not in passed_on and option not in source
    ]


def missing(words: list[str], known: dict[str, set[str]]) -> list[str]:
    """What a command names and the project does not have."""
    files = [w for w in words[1:] if re.match(r"(scenarios|tests|docs|sim|core)/", w)]
    found = [f"{file} does not exist" for file in files if not (ROOT / file).exists()]
    if words[0] not in PROGRAMS:
        return found + missing_of_script(words, known)
    if len(words) < 2 or words[1] not in known:
        return [*found, f"there is no command {' '.join(words[:2])}"]
    return found + [
        f"{words[1]} has no {option}"
        for option in options_in(words[2:])
        if option not in known[words[1]]
    ]


def test_commands_exist(known_options: dict[str, set[str]]) -> None:
    assert len(COMMANDS) >= 15
    found = [
        f"{command.page}:{command.line}: {what}"
        for command in COMMANDS
        for what in missing(command.words, known_options)
    ]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    "line",
    [
        "cutproof explode scenarios",
        "cutproof run scenarios --no-such-option",
        "cutproof check scenarios --log run.db",
        "cutproof run scenarios/seed/no-such-file.yaml",
        "scripts/no-such-script",
        "scripts/test --no-such-option",
    ],
)
def test_a_wrong_command_is_found(line: str, known_options: dict[str, set[str]]) -> None:
    commands = commands_of("page", f"```console\n$ {line}\n```\n")
    assert [len(missing(command.words, known_options)) for command in commands] == [1]


# --- links


def anchors_of(text: str) -> set[str]:
    """The anchors of the headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path, text: str) -> list[str]:
    found = []
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            found.append(f"{name_of(page)}: no file {target}")
        elif anchor and anchor not in anchors_of(file.read_text(encoding="utf-8")):
            found.append(f"{name_of(page)}: no heading {target}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_resolve(page: Path) -> None:
    assert broken_links(page, page.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found() -> None:
    page = ROOT / "docs/SPEC.md"
    assert broken_links(page, "[a](nowhere.md) [b](#2-promises) [c](DESIGN.md#no-such)") == [
        "docs/SPEC.md: no file nowhere.md",
        "docs/SPEC.md: no heading DESIGN.md#no-such",
    ]


# --- what SPEC lists


@pytest.fixture
def schema(cutproof: Run) -> dict[str, Any]:
    printed = cutproof("check", "--print-schema")
    assert printed.returncode == 0
    return json.loads(printed.stdout)["properties"]


def words_of(key: dict[str, Any]) -> list[str]:
    """The words that a list of a scenario may have."""
    items = next(form["items"] for form in key["anyOf"] if form.get("type") == "array")
    return items.get("enum") or items["anyOf"][0]["enum"]


def test_reference_is_in_step(cutproof: Run) -> None:
    printed = cutproof("check", "--print-reference").stdout
    assert text_of("docs/scenario-reference.md") == printed, (
        "write it anew: cutproof check --print-reference > docs/scenario-reference.md"
    )


def test_promises(schema: dict[str, Any]) -> None:
    headings = re.findall(r"^### `([\w-]+)`$", section("docs/SPEC.md", "2. Promises"), re.MULTILINE)
    assert headings == words_of(schema["properties"])


@pytest.mark.parametrize(
    "heading, key", [("Torn programs", "torn_program"), ("Torn erases", "torn_erase")]
)
def test_torn_shapes(schema: dict[str, Any], heading: str, key: str) -> None:
    listed = first_names(section("docs/SPEC.md", heading))
    assert listed == words_of(schema["faults"]["properties"][key])


def test_fault_keys(schema: dict[str, Any]) -> None:
    model = section("docs/SPEC.md", "3. Fault model")
    for key in schema["faults"]["properties"]:
        assert f"`faults.{key}" in model, f"SPEC does not name faults.{key}"


def test_verdicts(schema: dict[str, Any]) -> None:
    text = section("docs/SPEC.md", "6. Verdicts and exit codes")
    wanted = schema["expect"]["properties"]["verdict"]["enum"]
    assert [name for name in first_names(text) if name in wanted] == wanted
    verdicts = [row[0] for row in cells(text) if row[0].isupper()]
    assert verdicts == ["PROVED", "BOUNDED", "VIOLATED", "ERROR"]


def test_exit_codes(cutproof: Run) -> None:
    overview = " ".join(cutproof("help").stdout.split())
    codes = re.findall(r"(\d) [a-z]", overview.partition("Exit codes:")[2])
    assert len(codes) >= 7
    spec = section("docs/SPEC.md", "6. Verdicts and exit codes")
    for text in (spec, section("README.md", "Exit codes")):
        assert [row[0] for row in cells(text) if row[0].isdigit()] == codes


@pytest.mark.parametrize("page", ["parts", "controllers"])
def test_printed_pages_are_in_step(page: str) -> None:
    printed = subprocess.run(
        [ROOT / f"scripts/{page}_page"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert text_of(f"docs/{page}.md") == printed.stdout, f"run scripts/{page}_page"


# --- the run log


@pytest.fixture(scope="module")
def log(cutproof_path: Path, tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    path = tmp_path_factory.mktemp("docs") / "run.db"
    scenario = ROOT / "scenarios/seed/no-power-loss.yaml"
    command = [cutproof_path, "run", scenario, "--log", path]
    subprocess.run(command, capture_output=True, check=True)
    return sqlite3.connect(path)


def columns_of(log: sqlite3.Connection, kind: str) -> dict[str, list[str]]:
    names = [row[0] for row in log.execute("SELECT name FROM sqlite_schema WHERE type = ?", [kind])]
    return {
        name: [row[1] for row in log.execute(f"PRAGMA table_info({name})")]
        for name in names
        if not name.startswith("sqlite_")
    }


def test_log_tables(log: sqlite3.Connection) -> None:
    text = section("docs/SPEC.md", "Tables")
    described = {}
    for part in re.split(r"\n(?=`\w+`:)", text)[1:]:
        name = re.match(r"`(\w+)`:", part)[1]
        described[name] = first_names(part.partition("\nNames:")[0])
    tables = columns_of(log, "table")
    names = {name for name in tables if name.endswith("_names")}
    assert all(f"`{name}`" in text and tables[name] == ["id", "name"] for name in names)
    assert {name: sorted(columns) for name, columns in described.items()} == {
        name: sorted(columns) for name, columns in tables.items() if name not in names
    }


def test_log_views(log: sqlite3.Connection) -> None:
    rows = cells(section("docs/SPEC.md", "Views"))
    described = {row[0].strip("`"): re.findall(r"`(\w+)`", row[2]) for row in rows}
    assert described == columns_of(log, "view")


def test_log_names(log: sqlite3.Connection) -> None:
    rows = list(cells(section("docs/SPEC.md", "Tables").partition("\nNames:")[2]))
    for kind in ("fault", "phase", "outcome"):
        described = {n for row in rows if row[1] == kind for n in re.findall(r"`([\w-]+)`", row[0])}
        names = {row[0].split(" ")[0] for row in log.execute(f"SELECT name FROM {kind}_names")}
        assert described == names


# --- the holes


def test_claimed_holes(cutproof: Run) -> None:
    """Each claimed failure is described with its promise and its trace, and no other."""
    run = cutproof("run", ROOT / "scenarios/holes", "--log", "run.db", "--format", "json")
    assert run.returncode == 0
    described = " ".join(section("docs/known-holes.md", "Claimed").split())
    cases = [json.loads(line) for line in run.stdout.splitlines()]
    cases = [case for case in cases if case["type"] == "case"]
    assert set(re.findall(r"`(holes/[\w-]+)`", described)) == {case["name"] for case in cases}
    for case in cases:
        after = described.partition(f"`{case['name']}`")[2]
        for violation in case["violations"]:
            assert f"`{violation['promise']}`" in after[:200]
            trace = f"`{violation['trace']}`" if violation["trace"] else "the empty trace"
            assert trace in after[:200], f"{case['name']}: the trace is {trace}"
            assert violation["is_shortest"]
