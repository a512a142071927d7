"""The locked requirements belong to the project's own list, with hashes and without addresses."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["build"]]
DEV = [*RUNTIME, *PROJECT["dependency-groups"]["dev"]]


def locked(name: str) -> dict[str, Version]:
    text = (ROOT / "requirements" / name).read_text()
    return {canonicalize_name(n): Version(v) for n, v in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)", text, re.M)}


@pytest.mark.parametrize(("name", "wanted"), [("runtime.txt", RUNTIME), ("dev.txt", DEV)])
def test_everything_the_project_asks_for_is_locked_in_a_fitting_version(name: str, wanted: list[str]) -> None:
    versions = locked(name)
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt"])
def test_every_locked_package_has_a_hash_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    packages = re.split(r"\n(?=[\w.-]+(?:\[[^]]*\])?==)", text)
    assert all("--hash=sha256:" in package for package in packages)


def test_tests_run_with_the_versions_that_are_delivered() -> None:
    runtime, dev = locked("runtime.txt"), locked("dev.txt")
    assert {name: dev.get(name) for name in runtime} == runtime
