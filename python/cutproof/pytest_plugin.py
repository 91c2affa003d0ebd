"""The pytest plugin: each case of a scenario file is a test.

A *.yaml file counts as a scenario if it looks like one; other YAML is left alone. The command
`cutproof` lists its cases and runs each in a process of its own. A test passes only if the
command says so and the log that it wrote says so too; what is inconclusive fails.
docs/python.md tells how it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import (
    ReprEntryNative,
    ReprExceptionInfo,
    ReprFileLocation,
    ReprTraceback,
)

from cutproof.errors import LogError, NotALogError, ProgramNotFoundError
from cutproof.log import Log
from cutproof.program import find_program
from cutproof.rows import Case

# Words of a scenario's `tags` that mean something else to pytest; they make no marker.
MARKERS_OF_PYTEST = (
    *("parametrize", "usefixtures", "filterwarnings"),
    *("skip", "skipif", "xfail", "tryfirst", "trylast"),
)
KEPT_FOLDERS = 3
STOP_PATIENCE_S = 10.0
INTERRUPT_PATIENCE_S = 3.0

# --- options


@dataclass(frozen=True)
class Settings:
    """What the options say, with paths made absolute."""

    program: str | None
    core: Path | None
    max_time: str | None
    log_folder: Path | None
    run_name: str  # of the folder of this run's logs; the same for all its workers


_SETTINGS = pytest.StashKey[Settings]()
_FILES_OF_CASES = pytest.StashKey["dict[str, Path]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cutproof", "scenarios of Cutproof")
    group.addoption("--cutproof", metavar="PATH", help="the cutproof command to run")
    group.addoption(
        "--cutproof-core", metavar="LIB.so", help="test the program in this library, not the core"
    )
    group.addoption("--cutproof-max-time", metavar="TIME", help="a budget for each case, as 30s")
    group.addoption(
        "--cutproof-log",
        metavar="DIR",
        help="keep the log of each case here; else only those of cases that fail are kept, "
        "in pytest's cache",
    )


def _existing_file(option: str, value: str | None) -> Path | None:
    if value is None:
        return None
    path = Path(value).expanduser().absolute()
    if not path.is_file():
        raise pytest.UsageError(f"{option}: there is no file '{value}'")
    return path


def _run_name(config: pytest.Config) -> str:
    workerinput: Mapping[str, str] = getattr(config, "workerinput", {})
    now = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    return workerinput.get("cutproof_run_name") or f"run-{now}-{secrets.token_hex(2)}"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "cutproof: a case of a scenario; its tags are markers too")
    program = config.getoption("cutproof")
    if program:
        try:
            program = str(find_program(program))
        except ProgramNotFoundError as error:
            raise pytest.UsageError(f"--cutproof: {error}") from None
    folder = config.getoption("cutproof_log")
    config.stash[_SETTINGS] = Settings(
        program=program,
        core=_existing_file("--cutproof-core", config.getoption("cutproof_core")),
        max_time=config.getoption("cutproof_max_time"),
        log_folder=Path(folder).expanduser().absolute() if folder else None,
        run_name=_run_name(config),
    )
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Tidier(config), "cutproof-tidier")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Of pytest-xdist: what its workers have to know."""
    node.workerinput["cutproof_run_name"] = node.config.stash[_SETTINGS].run_name


# --- files

_SCHEMA = re.compile(rb"^(?:\xef\xbb\xbf)?\{?[ \t]*[\"']?schema[\"']?[ \t]*:[ \t]*\d", re.MULTILINE)
_KEYS = re.compile(
    rb"^(about|target|layout|images|lifecycle|faults|properties|expect)[ \t]*:", re.MULTILINE
)


def looks_like_a_scenario(text: bytes) -> bool:
    """A scenario says `schema: 1`. One that forgot to is known by three other keys, so that a
    slip makes an error and not a test that is never run."""
    return bool(_SCHEMA.search(text)) or len(set(_KEYS.findall(text))) >= 3


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix != ".yaml":
        return None
    try:
        text = file_path.read_bytes()
    except OSError:
        return None
    if not looks_like_a_scenario(text):
        return None
    file: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
    return file


def _shown(config: pytest.Config, path: Path) -> str:
    """A path as it can be typed where pytest was started."""
    start = config.invocation_params.dir
    return str(path.relative_to(start)) if path.is_relative_to(start) else str(path)


def _command(config: pytest.Config, *arguments: str) -> list[str]:
    program = find_program(config.stash[_SETTINGS].program)
    return [str(program), *arguments]


class ScenarioFile(pytest.File):
    """A scenario file; its cases are those that `cutproof list` tells of."""

    def collect(self) -> Iterable[ScenarioCase]:
        for listed in self._list():
            self._note_name(listed["name"])
            case: ScenarioCase = ScenarioCase.from_parent(self, name=listed["name"], listed=listed)
            yield case

    def _list(self) -> list[dict[str, Any]]:
        try:
            command = _command(
                self.config, "list", "--format", "json", "--", _shown(self.config, self.path)
            )
            done = _run(command, self.config)
        except (ProgramNotFoundError, OSError) as error:
            raise self.CollectError(f"cutproof: error: {error}") from None
        if done.returncode != 0:
            raise self.CollectError(done.stderr.strip() or f"exit code {done.returncode}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def _note_name(self, name: str) -> None:
        """Two files with a case of one name are an error, as they are to the command."""
        files = self.session.stash.setdefault(_FILES_OF_CASES, {})
        if files.setdefault(name, self.path) != self.path:
            other = _shown(self.config, files[name])
            raise self.CollectError(
                f"{_shown(self.config, self.path)}: error: the name '{name}' is taken by {other}"
            )


# --- processes


def _stop(process: subprocess.Popen[str], error: BaseException) -> None:
    """Let it end by itself, so that its log is whole. Ctrl-C in a terminal reaches it too,
    and a second signal would not be caught."""
    if isinstance(error, KeyboardInterrupt):
        with suppress(subprocess.TimeoutExpired):
            process.wait(INTERRUPT_PATIENCE_S)
            return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _run(command: list[str], config: pytest.Config) -> subprocess.CompletedProcess[str]:
    with subprocess.Popen(
        command,
        cwd=config.invocation_params.dir,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "NO_COLOR": "1"},
    ) as process:
        try:
            out, errors = process.communicate()
        except BaseException as error:
            _stop(process, error)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, errors)


# --- logs


def _work_folder(config: pytest.Config) -> Path:
    """The folder of this run's logs: in pytest's cache, or if there is none in that for
    temporary files."""
    name = config.stash[_SETTINGS].run_name
    cache: pytest.Cache | None = getattr(config, "cache", None)
    try:
        if cache:
            folder = cache.mkdir("cutproof") / name
            folder.mkdir(exist_ok=True)
            return folder
    except OSError:
        pass
    folder = Path(tempfile.gettempdir()) / f"cutproof-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _log_name(item: pytest.Item) -> str:
    """A file name for the log of a case, and of no other."""
    plain = re.sub(r"[^\w.=-]+", "-", item.name).strip("-")
    digest = hashlib.sha256(item.nodeid.encode()).hexdigest()[:6]
    return f"{plain[:150]}-{digest}.db"


def _forget_log(log: Path) -> None:
    log.unlink(missing_ok=True)
    shutil.rmtree(f"{log}.resume", ignore_errors=True)


def _make_place(folder: Path, log: Path) -> None:
    """The log of an earlier run gives way; what is no log does not."""
    folder.mkdir(parents=True, exist_ok=True)
    if log.exists():
        try:
            Log(log).close()
        except NotALogError:
            raise
        except LogError:
            pass  # of another version, or cut off
        _forget_log(log)


def _tidy(folder: Path) -> None:
    """Keep the logs of the last runs that had failures."""
    for run in folder.glob("run-*"):
        if not any(run.iterdir()):
            run.rmdir()
    for run in sorted(folder.glob("run-*"), reverse=True)[KEPT_FOLDERS:]:  # the newest first
        shutil.rmtree(run, ignore_errors=True)


class Tidier:
    """Of the process that sees the reports of all workers: it ends last."""

    def __init__(self, config: pytest.Config) -> None:
        self.cache: pytest.Cache | None = getattr(config, "cache", None)
        self.has_run_cases = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.has_run_cases = self.has_run_cases or _verdict_of(report) is not None

    def pytest_unconfigure(self) -> None:
        if self.cache and self.has_run_cases:
            with suppress(OSError):  # it is of use for room alone
                _tidy(self.cache.mkdir("cutproof"))


# --- cases


@dataclass(frozen=True)
class Ended:
    """How the command ended that ran a case."""

    command: list[str]
    returncode: int
    stdout: str
    stderr: str
    log: Path
    case: Case | None  # as the log has it
    reason: str  # what the log says is not as expected; "" if nothing is

    @property
    def is_good(self) -> bool:
        case = self.case
        return self.returncode == 0 and case is not None and bool(case.met and case.is_complete)

    @property
    def word(self) -> str:
        """The verdict as the command words it."""
        found = re.search(r"^ *([A-Z][A-Z ]*[A-Z]) \[", self.stdout, re.MULTILINE)
        if self.is_good and found:
            return found[1]
        return found[1] if found and self.returncode in (1, 2, 3, 6) else "ERROR"


class CaseFailedError(Exception):
    """A case did not end as its scenario expects."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended)
        self.ended = ended


def _told(ended: Ended) -> str:
    """What the command printed of the case, from its verdict on; what to do next comes last."""
    body, _, tail = ended.stdout.partition("\n------------\n")
    lines = body.splitlines()
    if lines and lines[0].startswith("Run "):
        del lines[0]
    if not any(line.startswith("  replay ") for line in lines):
        lines += [line for line in tail.splitlines() if line.startswith(("log: ", "next: "))]
    problems = [line for line in ended.stderr.splitlines() if not line.startswith("[")]
    if ended.returncode < 0:
        problems.append(f"the command was ended by signal {-ended.returncode}")
    elif not ended.is_good and ended.returncode not in (1, 2, 6):
        problems.append(f"exit code {ended.returncode} of {' '.join(ended.command)}")
    return "\n".join([*problems, *lines])


def _message(ended: Ended) -> str:
    """One line for the summary."""
    if ended.returncode < 0:
        return f"ended by signal {-ended.returncode}"
    if ended.returncode == 6:
        return f"inconclusive: {ended.reason}"
    errors = [line for line in ended.stderr.splitlines() if "error: " in line]
    reasons = [ended.reason, *errors] if ended.case else [*errors, ended.reason]
    return next(filter(None, reasons), f"exit code {ended.returncode}")


def _case_in(log: Path, name: str) -> tuple[Case | None, str]:
    """The case as its log has it, and what is not as expected."""
    try:
        with Log(log) as opened:
            case = opened.case(name)
            failures = opened.failures(case)
    except LogError as error:
        return None, str(error)
    if not failures:
        return case, ""
    first = failures[0]
    what = f"violates {first.promise}: " if first.kind == "violated" else ""
    return case, what + first.message


class ScenarioCase(pytest.Item):
    """A case of a scenario."""

    def __init__(self, *, listed: dict[str, Any], **rest: Any) -> None:
        super().__init__(**rest)
        self.line = int(listed["line"])
        self.extra_keyword_matches.update([listed["part"], listed["format"]])
        self.add_marker("cutproof")
        for tag in listed["tags"]:
            self._add_tag(tag)

    def _add_tag(self, tag: str) -> None:
        if tag in MARKERS_OF_PYTEST:
            self.extra_keyword_matches.add(tag)
            return
        self.config.addinivalue_line("markers", f"{tag}: a tag of scenarios")
        self.add_marker(tag)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line - 1, self.name

    def runtest(self) -> None:
        settings = self.config.stash[_SETTINGS]
        folder = settings.log_folder or _work_folder(self.config)
        log = folder / _log_name(self)
        _make_place(folder, log)
        ended = self._explore(settings, log)
        self._note(ended)
        if not ended.is_good:
            raise CaseFailedError(ended)
        if not settings.log_folder:
            _forget_log(log)

    def _explore(self, settings: Settings, log: Path) -> Ended:
        arguments = ["run", "--case", self.name, "--log", _shown(self.config, log), "-j1"]
        if settings.core:
            arguments += ["--core", _shown(self.config, settings.core)]
        if settings.max_time:
            arguments += ["--max-time", settings.max_time]
        command = _command(self.config, *arguments, "--", _shown(self.config, self.path))
        done = _run(command, self.config)
        case, reason = _case_in(log, self.name)
        return Ended(command, done.returncode, done.stdout, done.stderr, log, case, reason)

    def _note(self, ended: Ended) -> None:
        """For JUnit files, and for the words of `pytest -v`."""
        self.user_properties.append(("cutproof_verdict", ended.word))
        if ended.case:
            self.user_properties.append(("cutproof_bound", ended.case.bound or ""))
            self.user_properties.append(("cutproof_states", ended.case.states or 0))
        if ended.is_good:
            self.add_report_section("call", "cutproof", _told(ended))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        error = excinfo.value
        if isinstance(error, CaseFailedError):
            return self._representation(_told(error.ended), _message(error.ended))
        if isinstance(error, (LogError, ProgramNotFoundError, OSError)):
            return self._representation(f"cutproof: error: {error}", str(error))
        return super().repr_failure(excinfo, style)

    def _representation(self, text: str, message: str) -> ReprExceptionInfo:
        """The text as it is, and a message for the summary. pytest-xdist can hand this kind
        of representation on without loss."""
        return ReprExceptionInfo(
            ReprTraceback([ReprEntryNative([text, "\n"])], None, style="native"),
            ReprFileLocation(str(self.path), self.line, message),
        )


def _verdict_of(report: pytest.CollectReport | pytest.TestReport) -> str | None:
    properties = dict(getattr(report, "user_properties", ()))
    verdict = properties.get("cutproof_verdict")
    return str(verdict) if verdict and getattr(report, "when", None) == "call" else None


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """`pytest -v` shows the verdict of a case in place of PASSED and FAILED."""
    verdict = _verdict_of(report)
    if verdict is None:
        return None
    if report.passed:
        return "passed", ".", (verdict, {"green": True})
    return "failed", "F", (verdict, {"red": True})
