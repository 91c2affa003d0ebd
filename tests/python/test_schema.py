"""The JSON Schema of scenarios against the scenarios themselves.

The C loader is strict about much that a schema cannot say, but the two must not
disagree on form: what the loader accepts the schema accepts, and the samples in
tests/data/scenarios/bad are refused by both. That the loader refuses them, and
that the committed schema is the one it prints, is tested by
tests/unit/test_scenarios_files.c; where a built `cutproof` is found, this file
asks it as well.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "scenarios/schema/scenario-1.json"
SAMPLES = ROOT / "tests/data/scenarios"
GOOD = sorted((SAMPLES / "good").glob("*.yaml")) + sorted((ROOT / "scenarios").rglob("*.yaml"))
BAD = sorted((SAMPLES / "bad").glob("*.yaml"))


class Yaml12Loader(yaml.SafeLoader):
    """YAML 1.2 booleans, as editors have them: to YAML 1.1 the key `on` is `true`."""


Yaml12Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Yaml12Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf")
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module")
def cutproof() -> str:
    program = os.environ.get("CUTPROOF", str(ROOT / "build/cutproof"))
    if not Path(program).exists():
        pytest.skip("no built cutproof; set CUTPROOF to its path")
    return program


def load(path: Path) -> object:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Yaml12Loader)


def check(cutproof: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [cutproof, "check", str(path)], capture_output=True, text=True, timeout=60, check=False
    )


def test_there_are_samples() -> None:
    assert len(GOOD) >= 2
    assert len(BAD) >= 10


@pytest.mark.parametrize("path", GOOD, ids=name_of)
def test_schema_accepts(validator: jsonschema.Draft202012Validator, path: Path) -> None:
    assert [error.message for error in validator.iter_errors(load(path))] == []


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_schema_refuses(validator: jsonschema.Draft202012Validator, path: Path) -> None:
    assert not validator.is_valid(load(path))


@pytest.mark.parametrize("path", GOOD, ids=name_of)
def test_loader_accepts(cutproof: str, path: Path) -> None:
    result = check(cutproof, path)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_loader_refuses(cutproof: str, path: Path) -> None:
    result = check(cutproof, path)
    assert result.returncode == 4
    assert f"{path.name}:" in result.stdout + result.stderr
