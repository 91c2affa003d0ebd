"""The CI templates in ci/: linted, and run in a scratch project, every step of them.

ci_interpreter.py executes the steps and stands in for GitHub and GitLab. The scratch project
has Cutproof as a subdirectory, two small scenarios, and two parts in the matrix.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Callable, Iterator

import pytest
import yaml
from ci_interpreter import GitHub, GitLab, Job, Pipeline, evaluate, registry
from faulty import core_path, rows

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / "ci/github.yml"
GITLAB = ROOT / "ci/gitlab.yml"


# --- lint


def schema_errors(template: Path, kind: str) -> str:
    """What the schema of the service finds, without the network."""
    told = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}", template],
        capture_output=True,
        text=True,
    )
    assert (told.returncode == 0) == ("ok -- validation done" in told.stdout)
    return "" if told.returncode == 0 else told.stdout + told.stderr


KINDS = [(GITHUB, "github-workflows"), (GITLAB, "gitlab-ci")]


@pytest.mark.parametrize("template, kind", KINDS, ids=["github", "gitlab"])
def test_template_fits_the_schema(template: Path, kind: str, tmp_path: Path) -> None:
    assert schema_errors(template, kind) == ""
    wrong = tmp_path / "wrong.yml"
    text = template.read_text()
    wrong.write_text(re.sub(r"(?m)^( +)timeout(-minutes)?:.*", r"\1timeout: [wrong]", text))
    assert "timeout" in schema_errors(wrong, kind)


def scripts_of(template: Path) -> dict[str, str]:
    """Every script of a template, by job and step."""
    read = yaml.safe_load(template.read_text())
    if "jobs" in read:
        return {
            f"{name}/{step['name']}": step["run"]
            for name, job in read["jobs"].items()
            for step in job["steps"]
            if "run" in step
        }
    return {
        name: "\n".join([*job.get("before_script", []), *job.get("script", [])])
        for name, job in read.items()
    }


@pytest.mark.parametrize("template", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_scripts_pass_shellcheck(template: Path) -> None:
    scripts = scripts_of(template)
    assert len(scripts) >= 3
    for name, script in scripts.items():
        told = subprocess.run(
            ["shellcheck", "--shell=bash", "-"],
            input=f"set -eo pipefail\n{script}\n",
            capture_output=True,
            text=True,
        )
        assert told.returncode == 0, f"{name}:\n{told.stdout}"


def commands_of(template: Path) -> set[str]:
    """The lines that call cutproof, pip or setup, with the names of the services made alike."""
    text = "\n".join(scripts_of(template).values()).replace("\\\n", " ")
    text = text.replace("CI_NODE_INDEX", "SHARD").replace("CI_NODE_TOTAL", "SHARDS")
    lines = re.findall(r"^ *(\S*(?:cutproof|pip|setup\") .*?)(?: \|\| .*)?$", text, re.MULTILINE)
    return {" ".join(line.split()) for line in lines}


def test_both_templates_call_the_same() -> None:
    github, gitlab = commands_of(GITHUB), commands_of(GITLAB)
    assert len(github) == 7
    assert {line.removesuffix(" --annotations") for line in github} == gitlab


def test_installing_is_the_same_in_both_jobs() -> None:
    scripts = scripts_of(GITHUB)
    assert scripts["run/Install"] == scripts["report/Install"]
    assert scripts["run/Install"].strip() in scripts_of(GITLAB)[".cutproof"]


def test_settings_are_the_same() -> None:
    github = yaml.safe_load(GITHUB.read_text())["env"]
    gitlab = yaml.safe_load(GITLAB.read_text())[".cutproof"]["variables"]
    shared = set(github) & set(gitlab)
    assert {name: github[name] for name in shared} == {name: gitlab[name] for name in shared}
    assert set(github) - shared == {"CUTPROOF_MAIN"}
    page = (ROOT / "docs/ci.md").read_text()
    for name in {*github, *gitlab} - {"NO_COLOR", "GIT_SUBMODULE_STRATEGY", "CUTPROOF_BASE"}:
        assert f"| `{name}` |" in page, name


# --- a scratch project, on both services

Start = Callable[..., "GitHub | GitLab"]


def small(name: str) -> str:
    """The scenario of tests/data/cli with clean cuts only: explored in no time."""
    text = (ROOT / "tests/data/cli" / name).read_text()
    return re.sub(r"(?m)^  torn_.*\n", "", text).replace("min_states: 1000", "min_states: 300")


def make_project(folder: Path) -> None:
    (folder / "scenarios").mkdir(parents=True)
    for name in ("torn.yaml", "hole.yaml"):
        (folder / "scenarios" / name).write_text(small(name))
    scripts = folder / "cutproof/scripts"
    scripts.mkdir(parents=True)
    (folder / "cutproof/pyproject.toml").touch()
    setup = scripts / "setup"
    setup.write_text('#!/bin/sh\n[ "$*" = run ] && echo "setup was called"\n')
    setup.chmod(0o755)


@pytest.fixture(params=["github", "gitlab"])
def start(request: pytest.FixtureRequest, cutproof_path: Path, tmp_path: Path) -> Iterator[Start]:
    """A service with a project that no pipeline ran for yet."""
    with registry() as server:

        def make(**more: int) -> GitHub | GitLab:
            make_project(tmp_path / "project")
            if request.param == "github":
                return GitHub(GITHUB, tmp_path, cutproof_path, **more)
            return GitLab(GITLAB, tmp_path, cutproof_path, server, **more)

        yield make


@pytest.fixture(scope="module")
def main_log(cutproof_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of a green run of the project in one part, as the base of others."""
    folder = tmp_path_factory.mktemp("main")
    make_project(folder)
    command = [cutproof_path, "run", "scenarios", "--shard", "1/1", "--log", "part.db"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    command = [cutproof_path, "merge", "--log", "run.db", "part.db"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "run.db"


def report_of(pipeline: Pipeline) -> Job:
    [job] = [job for name, job in pipeline.jobs.items() if "report" in name]
    return job


def expect_published(pipeline: Pipeline, cases: int) -> list[ET.Element]:
    """All forms of the report are there, of that many cases. Returns the test cases."""
    assert pipeline.file("cutproof.html").read_text().lower().startswith("<!doctype html>")
    tests = list(ET.parse(pipeline.file("cutproof.xml")).getroot().iter("testcase"))
    assert len(tests) == cases, pipeline.output()
    assert '"2.1.0"' in pipeline.file("cutproof.sarif").read_text()
    return tests


def summary_of(pipeline: Pipeline) -> str:
    """What people read first: the job summary, or the files that stand for it."""
    if pipeline.has("summary.md"):
        gate = pipeline.file("gate.md").read_text() if pipeline.has("gate.md") else ""
        return gate + pipeline.file("summary.md").read_text()
    return report_of(pipeline).summary


def test_green_from_the_first_run_on(start: Start) -> None:
    service = start()
    first = service.run()
    assert first.is_green, first.output()
    assert len(first.jobs) == 3
    assert all("setup was called" in job.output for job in first.jobs.values())
    tests = expect_published(first, cases=3)
    assert not [t for t in tests if len(t.findall("failure") + t.findall("error"))]
    assert "No green run of main to compare with yet." in summary_of(first)
    log = first.file("run.db")
    assert rows(log, "SELECT count(*), sum(met), sum(shard IS NULL) FROM cases") == [(3, 3, 3)]
    assert rows(log, "SELECT complete FROM run") == [(1,)]

    second = service.run(branch="topic")
    assert second.is_green, second.output()
    assert "No green run" not in summary_of(second)
    assert "cli/torn" in summary_of(second)


def test_a_regression_is_red_until_it_is_accepted(start: Start, main_log: Path) -> None:
    service = start(shards=1)
    service.seed(main_log)
    (service.project / "scenarios/hole.yaml").unlink()

    broken = service.run(branch="topic")
    assert [job.result for job in broken.jobs.values()] == ["success", "failure"]
    assert "cli/hole" in summary_of(broken), broken.output()
    expect_published(broken, cases=2)
    assert not service.run().is_green
    assert not service.run().is_green, "a red run is no base"
    accepted = service.run(accept=True)
    assert accepted.is_green, accepted.output()
    assert service.run(branch="topic").is_green


def test_a_faulty_core_is_red_and_published(start: Start, cutproof_path: Path) -> None:
    service = start()
    core = core_path(cutproof_path, "no_backup")
    settings = {"CUTPROOF_CORE": "./mine.so", "CUTPROOF_BUILD": f"cp '{core}' mine.so"}
    failed = service.run(settings=settings)
    assert report_of(failed).result == "failure"
    tests = expect_published(failed, cases=3)
    assert [t for t in tests if t.find("failure") is not None], failed.output()
    assert "resumes" in failed.file("cutproof.sarif").read_text()
    assert "cutproof replay" in summary_of(failed)
    assert rows(failed.file("run.db"), "SELECT core_name FROM run") == [("no_backup",)]


def test_a_lost_part_is_no_success(start: Start) -> None:
    service = start()
    lost = "cutproof-shard-2" if isinstance(service, GitHub) else "cutproof-run-2"
    ended = service.run(lost=lost)
    assert report_of(ended).result == "failure"
    assert "part 2 of 2 of the case 'cli/hole' is missing" in report_of(ended).output
    assert not ended.has("run.db")
    expect_published(ended, cases=3)
    after = service.run(branch="topic")
    assert "No green run of main" in summary_of(after), "it did not become the base"


def test_an_inconclusive_run_is_no_success(start: Start) -> None:
    service = start(shards=1)
    shutil.copy(ROOT / "tests/data/cli/endless.yaml", service.project / "scenarios")
    (service.project / "scenarios/torn.yaml").unlink()
    ended = service.run(settings={"CUTPROOF_MAX_TIME": "1s"})
    assert [job.result for job in ended.jobs.values()] == ["failure"] * 2, ended.output()
    tests = expect_published(ended, cases=2)
    [endless] = [t for t in tests if "endless" in (t.get("name") or "")]
    assert endless.find("error") is not None


def test_a_bad_scenario_is_no_success(start: Start) -> None:
    service = start(shards=1)
    bad = ROOT / "tests/data/scenarios/bad/unknown-key.yaml"
    shutil.copy(bad, service.project / "scenarios")
    ended = service.run()
    assert not any(job.result == "success" for job in ended.jobs.values())
    assert "unknown key 'fualts'" in ended.output()


def test_a_base_that_cannot_be_fetched_is_no_first_run(start: Start, main_log: Path) -> None:
    service = start(shards=1)
    service.seed(main_log)
    if isinstance(service, GitHub):
        (service.server / "is-down").touch()
    else:
        service.server.is_down = True
    ended = service.run(branch="topic")
    assert report_of(ended).result == "failure"
    assert "No green run" not in summary_of(ended)
    expect_published(ended, cases=3)


# --- what only one of them has


@pytest.fixture
def github(cutproof_path: Path, tmp_path: Path) -> GitHub:
    make_project(tmp_path / "project")
    return GitHub(GITHUB, tmp_path, cutproof_path, shards=1)


def test_findings_go_to_code_scanning(github: GitHub) -> None:
    assert github.run(branch="topic").has("findings.json")
    of_fork = github.run(branch="main", is_fork=True)
    assert of_fork.is_green and not of_fork.has("findings.json")
    assert "No green run" in summary_of(github.run()), "what a fork calls main is no base"


def test_annotations(github: GitHub, cutproof_path: Path) -> None:
    core = core_path(cutproof_path, "no_backup")
    build = {"CUTPROOF_CORE": "./mine.so", "CUTPROOF_BUILD": f"cp '{core}' mine.so"}
    assert "\n::error " in report_of(github.run(settings=build)).output


def test_each_failure_fails_its_own_step(github: GitHub, main_log: Path) -> None:
    github.seed(main_log)
    (github.project / "scenarios/hole.yaml").unlink()
    steps = report_of(github.run(branch="topic")).steps
    assert [name for name, outcome in steps.items() if outcome == "failure"] == ["Gate"]


@pytest.mark.parametrize(
    "step, published",
    [("Report", "cutproof.html"), ("Publish the report", "cutproof.html"), ("Gate", "run.db")],
)
def test_a_step_that_stops_at_a_failure_is_found(
    step: str, published: str, github: GitHub, cutproof_path: Path
) -> None:
    """The check of the templates can fail: without its `if` a step is skipped."""
    [changed] = [s for s in github.template["jobs"]["report"]["steps"] if s.get("name") == step]
    del changed["if"]
    core = core_path(cutproof_path, "no_backup")
    ended = github.run(
        settings={"CUTPROOF_CORE": "./mine.so", "CUTPROOF_BUILD": f"cp '{core}' mine.so"}
    )
    assert report_of(ended).steps[step] == "skipped"
    if step != "Gate":
        assert not ended.has(published)


# --- the interpreter itself


@pytest.mark.parametrize(
    "expression, value",
    [
        ("!cancelled()", True),
        ("!cancelled() && !inputs.accept", True),
        ("!cancelled() && steps.base.outcome == 'success'", False),
        ("github.event_name == 'pull_request'", True),
        ("github.event_name != 'push' && github.ref", "main"),
        ("github.event.pull_request.head.repo.fork", ""),
    ],
)
def test_expressions(expression: str, value: object) -> None:
    contexts = {
        "github": {"event_name": "pull_request", "ref": "main", "event": {}},
        "inputs": {},
        "steps": {"base": {"outcome": "failure"}},
    }
    assert evaluate(expression, contexts, {"cancelled": lambda: False}) == value


@pytest.mark.parametrize("expression", ["secrets.KEY", "github.ref[0]", "toJSON(github)", "a + b"])
def test_an_expression_that_is_not_known_is_refused(expression: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        evaluate(expression, {"github": {"ref": "main"}}, {})
