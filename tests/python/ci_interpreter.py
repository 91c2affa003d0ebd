"""Run the CI templates here: small stand-ins for GitHub Actions and GitLab.

Every `run:` and `script:` is executed as it stands, by the shell and with the options that
the real service has. What the service itself provides is simulated: fresh workspaces,
variables, expressions, the matrix, artifacts, the job summary, `gh`, the package registry.
`pip install DIR` puts the built program on PATH, for the job that did it.

What is not known here is an error, so a template cannot use a feature that is not tested.
"""

from __future__ import annotations

import fnmatch
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

import yaml

BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]  # as `shell: bash` of GitHub
TOKEN = "token-of-this-job"

PIP = """#!/bin/sh
# As pip: installs the program of a directory that is a Python project.
[ "$1" = install ] && [ -f "$2/pyproject.toml" ] || {{ echo "pip: cannot install $2" >&2; exit 1; }}
ln -s "{program}" "{tools}/cutproof"
"""

GH = """#!{python}
# As gh: lists the runs of a server that is a directory, and fetches their artifacts.
import json, os, pathlib, shutil, sys
server = pathlib.Path("{server}")
if os.environ.get("GH_TOKEN") != "{token}" or (server / "is-down").exists():
    sys.exit("gh: HTTP 401: Bad credentials")
words = sys.argv[1:]
if words[:2] == ["run", "list"]:
    asked = dict(zip(words[2::2], words[3::2]))
    # the one filter that is understood here
    assert asked.pop("--json") == "databaseId,event", words
    assert asked.pop("--jq") == (
        'map(select(.event != "pull_request")) | .[0].databaseId // empty'
    ), words
    limit = int(asked.pop("--limit"))
    runs = [json.loads(p.read_text()) for p in server.glob("*/run.json")]
    names = {{"--workflow": "workflow", "--branch": "branch", "--status": "conclusion"}}
    fit = [r for r in runs if all(r[names[k]] == v for k, v in asked.items())]
    fit = sorted(fit, key=lambda run: -run["id"])[:limit]
    for run in [run for run in fit if run["event"] != "pull_request"][:1]:
        print(run["id"])
elif words[:2] == ["run", "download"]:
    assert words[3] == "--name" and words[5] == "--dir", words
    source = server / words[2] / "artifacts" / words[4]
    if not source.is_dir():
        sys.exit("no valid artifacts found to download")
    shutil.copytree(source, words[6], dirs_exist_ok=True)
else:
    sys.exit(f"gh: unknown command {{words}}")
"""


@dataclass
class Job:
    """What came of one job."""

    workspace: Path
    result: str = "success"
    steps: dict[str, str] = field(default_factory=dict)  # outcome by name, or place
    output: str = ""
    summary: str = ""


@dataclass
class Pipeline:
    """What came of all jobs; `published` holds a directory for each artifact."""

    jobs: dict[str, Job]
    published: Path

    @property
    def is_green(self) -> bool:
        return all(job.result == "success" for job in self.jobs.values())

    def file(self, name: str) -> Path:
        """A published file, of whichever artifact."""
        [found] = [p for p in self.published.rglob(name) if p.is_file()]
        return found

    def has(self, name: str) -> bool:
        return any(self.published.rglob(name))

    def output(self) -> str:
        return "\n".join(f"--- {name}\n{job.output}" for name, job in self.jobs.items())


def has_failed(jobs: dict[str, Job], needed: list[str]) -> bool:
    """Whether one of these jobs, or of their parts, failed."""
    return any(jobs[n].result != "success" for n in jobs for m in needed if n.startswith(m))


def write_tool(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


class Service:
    """What both services do: jobs with workspaces and tools of their own."""

    def __init__(self, template: Path, folder: Path, program: Path) -> None:
        self.template: dict[str, Any] = yaml.load(template.read_text(), yaml.CSafeLoader)
        self.project = folder / "project"  # what is checked out
        self.folder = folder
        self.program = program
        self.count = 0

    def _new_job(self, name: str) -> tuple[Job, dict[str, str]]:
        """A job whose workspace is still empty, and its environment."""
        folder = self.folder / str(self.count) / name
        (folder / "tools").mkdir(parents=True)
        pip = PIP.format(program=self.program, tools=folder / "tools")
        write_tool(folder / "tools/pip", pip)
        environment = {
            "PATH": f"{folder / 'tools'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "CI": "true",
        }
        return Job(folder / "workspace"), environment

    def _shell(self, job: Job, script: str, environment: dict[str, str]) -> bool:
        ended = subprocess.run(
            [*BASH, "-c", script],
            cwd=job.workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        job.output += ended.stdout
        return ended.returncode == 0


# --- expressions of GitHub


def evaluate(expression: str, contexts: dict[str, Any], functions: dict[str, Any]) -> Any:
    """The value of what stands in ${{ }}: names, strings, calls, and ! && || == !=."""
    tokens = re.findall(r"'[^']*'|[\w.-]+\(?|&&|\|\||==|!=|!|\)|\S", expression)
    words = {"&&": " and ", "||": " or ", "!": " not ", "==": "==", "!=": "!=", ")": ")"}
    values: list[Any] = []
    python = ""
    for token in tokens:
        if token in words:
            python += words[token]
            continue
        if token.startswith("'"):
            values.append(token[1:-1])
        elif token.endswith("("):
            values.append(functions[token[:-1]])
        elif re.fullmatch(r"[a-z][\w.-]*", token):
            values.append(look_up(token, contexts))
        else:
            raise ValueError(f"not known here: {token!r} in {expression!r}")
        python += f"values[{len(values) - 1}]" + ("(" if token.endswith("(") else "")
    return eval(python, {"__builtins__": {}}, {"values": values})


def look_up(name: str, contexts: dict[str, Any]) -> Any:
    """A name such as github.event.pull_request; "" where a context has no such value."""
    first, *rest = name.split(".")
    value = contexts[first]
    for part in rest:
        value = value.get(part, "") if isinstance(value, dict) else ""
    return value


class GitHub(Service):
    """Runs of a workflow in a repository; their artifacts stay for the next ones."""

    def __init__(self, template: Path, folder: Path, program: Path, shards: int = 2) -> None:
        super().__init__(template, folder, program)
        self.server = folder / "server"
        self.server.mkdir()
        self.template["jobs"]["run"]["strategy"]["matrix"]["shard"] = list(range(1, shards + 1))

    def run(
        self,
        branch: str = "main",
        settings: dict[str, str] | None = None,
        accept: bool = False,
        lost: str = "",
        is_fork: bool = False,
    ) -> Pipeline:
        """One run. `settings` are what a user sets under `env`; `lost` is an artifact that
        a dying runner could not keep."""
        self.count += 1
        self.settings = settings or {}
        self.inputs = {"accept": accept} if accept else {}
        self.published = self.server / str(self.count) / "artifacts"
        self.published.mkdir(parents=True)
        self.lost = lost
        is_push = branch == "main" and not is_fork
        event = "workflow_dispatch" if accept else "push" if is_push else "pull_request"
        assert event in self.template[True]  # YAML reads `on` as true
        repository = {"head": {"repo": {"fork": is_fork}}}
        self.github = {
            "ref": f"refs/heads/{branch}",
            "event_name": event,
            "token": TOKEN,
            "event": {"pull_request": repository} if event == "pull_request" else {},
        }
        jobs: dict[str, Job] = {}
        for name, job in self.template["jobs"].items():
            for matrix in self._matrix(job):
                label = "-".join([name, *map(str, matrix.values())])
                failed = has_failed(jobs, [job["needs"]] if "needs" in job else [])
                if self._holds(job.get("if"), {}, failed):
                    jobs[label] = self._run_job(label, job, matrix)
        result = Pipeline(jobs, self.published)
        self._remember(self.count, branch, event, result.is_green)
        return result

    def seed(self, log: Path) -> None:
        """A green run of the main branch, long ago."""
        kept = self.server / "0" / "artifacts" / "cutproof-log"
        kept.mkdir(parents=True)
        shutil.copy(log, kept / "run.db")
        self._remember(0, "main", "push", is_green=True)

    @staticmethod
    def _matrix(job: dict[str, Any]) -> list[dict[str, Any]]:
        matrix = job.get("strategy", {}).get("matrix", {})
        assert len(matrix) <= 1, "one key is all that is known here"
        return [{key: value} for key, values in matrix.items() for value in values] or [{}]

    def _remember(self, run_id: int, branch: str, event: str, is_green: bool) -> None:
        about = {
            "id": run_id,
            "event": event,
            "workflow": self.template["name"],
            "branch": branch,
            "conclusion": "success" if is_green else "failure",
        }
        (self.server / str(run_id) / "run.json").write_text(json.dumps(about))

    def _holds(self, condition: str | None, contexts: dict[str, Any], failed: bool) -> bool:
        functions = {
            "cancelled": lambda: False,
            "success": lambda: not failed,
            "hashFiles": lambda name: "x" if (self.workspace / name).is_file() else "",
        }
        text = re.sub(r"^\$\{\{(.*)\}\}$", r"\1", condition or "success()").strip()
        if not re.search(r"(cancelled|success)\(\)", text):
            text = f"success() && {text}"
        known = {"github": self.github, "inputs": self.inputs, **contexts}
        return bool(evaluate(text, known, functions))

    def _fill(self, text: Any, contexts: dict[str, Any]) -> str:
        known = {"github": self.github, "inputs": self.inputs, **contexts}
        return re.sub(
            r"\$\{\{(.*?)\}\}", lambda m: str(evaluate(m[1], known, {})), str(text)
        )

    def _run_job(self, label: str, job: dict[str, Any], matrix: dict[str, Any]) -> Job:
        done, environment = self._new_job(label)
        tools = done.workspace.parent / "tools"
        gh = GH.format(python=sys.executable, server=self.server, token=TOKEN)
        write_tool(tools / "gh", gh)
        self.workspace = done.workspace
        summary = done.workspace.parent / "summary.md"
        environment |= {"GITHUB_WORKFLOW": self.template["name"], "GITHUB_ACTIONS": "true"}
        environment |= {"GITHUB_STEP_SUMMARY": str(summary)}
        environment |= {**self.template["env"], **self.settings}
        assert set(self.settings) <= set(self.template["env"])
        total = len(job.get("strategy", {}).get("matrix", {}).get("shard", [1]))
        contexts: dict[str, Any] = {
            "matrix": matrix,
            "strategy": {"job-total": total},
            "steps": {},
        }
        done.workspace.mkdir()
        for place, step in enumerate(job["steps"]):
            outcome = self._run_step(step, done, contexts, environment)
            contexts["steps"][step.get("id", place)] = {"outcome": outcome}
            done.steps[step.get("name", step.get("uses"))] = outcome
            if outcome == "failure":
                done.result = "failure"
        done.summary = summary.read_text() if summary.exists() else ""
        return done

    def _run_step(
        self, step: dict[str, Any], job: Job, contexts: dict[str, Any], environment: dict[str, str]
    ) -> str:
        unknown = set(step) - {"name", "id", "if", "env", "run", "uses", "with"}
        assert not unknown, f"not known here: {unknown}"
        if not self._holds(step.get("if"), contexts, job.result != "success"):
            return "skipped"
        own = {name: self._fill(value, contexts) for name, value in step.get("env", {}).items()}
        job.output += f"## {step.get('name', step.get('uses'))}\n"
        if "run" in step:
            assert "${{" not in step["run"], "an expression in a script can inject commands"
            good = self._shell(job, step["run"], {**environment, **own})
            return "success" if good else "failure"
        given = {key: self._fill(value, contexts) for key, value in step.get("with", {}).items()}
        action = re.sub(r"\W", "_", step["uses"].partition("@")[0])
        getattr(self, f"_{action}")(job, **{k.replace("-", "_"): v for k, v in given.items()})
        return "success"

    def _actions_checkout(self, job: Job, submodules: str) -> None:
        assert submodules == "recursive"
        shutil.copytree(self.project, job.workspace, dirs_exist_ok=True)

    def _actions_setup_python(self, job: Job, python_version: str) -> None:
        pass

    def _actions_upload_artifact(
        self, job: Job, name: str, path: str, overwrite: str, retention_days: str = "90"
    ) -> None:
        assert overwrite == "True"
        if name == self.lost:
            return
        target = self.published / name
        for line in path.split():
            source = job.workspace / line
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.is_file():
                target.mkdir(exist_ok=True)
                shutil.copy(source, target / source.name)
            else:
                job.output += f"No files were found with the provided path: {line}\n"

    def _actions_download_artifact(
        self, job: Job, pattern: str, merge_multiple: str, path: str
    ) -> None:
        assert merge_multiple == "True"
        (job.workspace / path).mkdir(exist_ok=True)
        for artifact in self.published.iterdir():
            if fnmatch.fnmatch(artifact.name, pattern):
                shutil.copytree(artifact, job.workspace / path, dirs_exist_ok=True)

    def _github_codeql_action_upload_sarif(
        self, job: Job, sarif_file: str, category: str
    ) -> None:
        told = json.loads((job.workspace / sarif_file).read_text())
        assert told["version"] == "2.1.0"
        target = self.published / "code-scanning" / category
        target.mkdir(parents=True)
        (target / "findings.json").write_text(json.dumps(told))


# --- GitLab


class Registry(http.server.BaseHTTPRequestHandler):
    """The generic packages of one project, for jobs with a token."""

    server: "RegistryServer"

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refusal(self) -> int:
        if self.server.is_down:
            return 503
        if self.headers.get("JOB-TOKEN") != TOKEN:
            return 401
        packages = r"/api/v4/projects/7/packages/generic/[\w.-]+/[\w.+-]+/[\w.-]+"
        return 0 if re.fullmatch(packages, self.path) else 400

    def do_GET(self) -> None:
        held = self.server.files.get(self.path)
        refusal = self._refusal()
        self._answer(refusal or (404 if held is None else 200), b"" if refusal else held or b"")

    def do_PUT(self) -> None:
        if self.headers.get("Expect") == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        refusal = self._refusal()
        if not refusal:
            self.server.files[self.path] = body
        self._answer(refusal or 201)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class RegistryServer(http.server.ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Registry)
        self.files: dict[str, bytes] = {}
        self.is_down = False


@contextmanager
def registry() -> Iterator[RegistryServer]:
    server = RegistryServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """As `extends` merges: mappings key by key, all else replaced."""
    result = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


class GitLab(Service):
    """Pipelines of a project; the package registry stays for the next ones."""

    KEYS = {
        *("extends", "image", "variables", "rules", "before_script", "stage", "parallel"),
        *("timeout", "script", "artifacts", "needs"),
    }

    def __init__(
        self, template: Path, folder: Path, program: Path, server: RegistryServer, shards: int = 2
    ) -> None:
        super().__init__(template, folder, program)
        self.server = server
        self.template["cutproof-run"]["parallel"] = shards

    def run(
        self,
        branch: str = "main",
        settings: dict[str, str] | None = None,
        accept: bool = False,
        lost: str = "",
    ) -> Pipeline:
        """One pipeline, as GitHub.run()."""
        self.count += 1
        self.published = self.folder / str(self.count) / "published"
        self.published.mkdir(parents=True)
        port = self.server.server_address[1]
        variables = {
            "CI_API_V4_URL": f"http://127.0.0.1:{port}/api/v4",
            "CI_PROJECT_ID": "7",
            "CI_JOB_TOKEN": TOKEN,
            "CI_DEFAULT_BRANCH": "main",
            "CI_PIPELINE_SOURCE": "push" if branch == "main" else "merge_request_event",
            **({"CI_COMMIT_BRANCH": "main"} if branch == "main" else {}),
        }
        given = {**(settings or {}), **({"CUTPROOF_ACCEPT": "1"} if accept else {})}
        jobs: dict[str, Job] = {}
        for name in (n for n in self.template if not n.startswith(".")):
            job = merged(self.template[self.template[name]["extends"]], self.template[name])
            assert set(job) <= self.KEYS, f"not known here: {set(job) - self.KEYS}"
            assert set(given) <= set(job["variables"])
            when = self._when(job["rules"], variables)
            failed = has_failed(jobs, job.get("needs", []))
            if when == "never" or (failed and when != "always"):
                continue
            total = job.get("parallel", 1)
            for index in range(1, total + 1):
                label = f"{name}-{index}" if "parallel" in job else name
                own = {"CI_NODE_INDEX": str(index), "CI_NODE_TOTAL": str(total)}
                known = {**variables, **(own if "parallel" in job else {})}
                all_of_them = {**known, **job["variables"], **given}
                jobs[label] = self._run_job(label, job, all_of_them, known)
                if label == lost:
                    shutil.rmtree(self.published / label)
        return Pipeline(jobs, self.published)

    def seed(self, log: Path) -> None:
        """A green pipeline of the main branch, long ago."""
        path = self.template[".cutproof"]["variables"]["CUTPROOF_BASE"]
        path = path.replace("$CI_API_V4_URL", "/api/v4").replace("$CI_PROJECT_ID", "7")
        self.server.files[path] = log.read_bytes()

    @staticmethod
    def _when(rules: list[dict[str, str]], variables: dict[str, str]) -> str:
        for rule in rules:
            left, right = re.fullmatch(r"\$(\w+) == (\"\w+\"|\$\w+)", rule["if"]).groups()
            value = right[1:-1] if right.startswith('"') else variables.get(right[1:])
            if variables.get(left) == value:
                return rule.get("when", "on_success")
        return "never"

    def _run_job(
        self, label: str, job: dict[str, Any], variables: dict[str, str], known: dict[str, str]
    ) -> Job:
        done, environment = self._new_job(label)
        shutil.copytree(self.project, done.workspace)
        for needed in job.get("needs", []):
            for artifact in self.published.glob(f"{needed}*"):
                shutil.copytree(artifact, done.workspace, dirs_exist_ok=True)
        filled = {
            name: re.sub(r"\$(\w+)", lambda m: known[m[1]], value)
            for name, value in variables.items()
        }
        lines = [*job["before_script"], *job["script"]]
        good = self._shell(done, "\n".join(lines), {**environment, **filled})
        done.result = "success" if good else "failure"
        self._keep(label, job["artifacts"], done)
        return done

    def _keep(self, label: str, artifacts: dict[str, Any], job: Job) -> None:
        assert artifacts["when"] == "always" or job.result == "success"
        paths = [*artifacts["paths"], *artifacts.get("reports", {}).values()]
        (self.published / label).mkdir(exist_ok=True)
        for path in paths:
            source = job.workspace / path
            target = self.published / label / path
            if source.is_dir():
                shutil.copytree(source, target)
            elif source.is_file():
                shutil.copy(source, target)
            else:
                job.output += f"WARNING: {path}: no matching files\n"
