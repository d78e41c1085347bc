"""The house stands as designed: arrows, walls, declared doors, short files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.permissions import declared_for_url
from accounts.tenancy.querysets import WalledQuerySet, wall_of

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("axiom", "gateway", "usage", "providers", "accounts", "foundation")
SOURCES = sorted(
    file
    for package in (*PACKAGES, "bench", "tests")
    for file in (ROOT / package).rglob("*.py")
    if not {"migrations", "peers", "node_modules"} & set(file.parts)
)
LONGEST_FILE = 300
TEXTS = {".py", ".md", ".toml", ".in", ".txt", ".html", ".css", ".js", ".yml", ".yaml"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def test_every_package_imports_only_from_those_below_it():
    linter = Path(sys.executable).parent / "lint-imports"

    run = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout


def test_no_file_is_longer_than_one_sitting():
    long = [
        f"{file.relative_to(ROOT)}"
        for file in SOURCES
        if len(file.read_text().splitlines()) > LONGEST_FILE
    ]

    assert long == []


def test_no_module_is_named_for_having_no_subject():
    nameless = {"utils", "helpers", "common", "misc", "util", "helper"}

    assert [file for file in SOURCES if file.stem in nameless or nameless & set(file.parts)] == []


def test_journeys_are_marked_where_they_are_looked_for():
    looked_in = re.search(r"^JOURNEYS := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    folders = [ROOT / folder for folder in looked_in[1].split()]
    marked = [file for file in SOURCES if re.search(r"\bmark\.journey\b", file.read_text())]

    assert all(any(file.is_relative_to(at) for at in folders) for file in marked), marked


def tenant_models():
    ours = (
        model
        for app in PACKAGES
        if apps.is_installed(app) or app == "axiom"
        for model in _models(app)
    )
    return [model for model in ours if any(field.name == "project" for field in model._meta.fields)]


def _models(app):
    return apps.get_app_config(app).get_models() if app in apps.app_configs else ()


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model._meta.label)
def test_every_model_with_a_project_stands_behind_the_wall(model):
    wall = wall_of(model)

    assert wall is not None, f"{model._meta.label} needs a WalledQuerySet"
    assert issubclass(wall, WalledQuerySet)


def addresses(resolver=None, prefix="", namespace=""):
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from addresses(entry, route, inner)
        elif isinstance(entry, URLPattern):
            yield route, f"{namespace}{entry.name or ''}", entry.callback


def methods_of(callback):
    actions = getattr(callback, "actions", None)
    if actions:
        return [method.upper() for method in actions if method.upper() in METHODS]
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if view is None:
        return ["GET"]
    return [method for method in METHODS if hasattr(view, method.lower())]


def undeclared(route, name, callback):
    if route.startswith("api/v1/") and declared_for_url(name) is None:
        return [
            f"{method} {route}"
            for method in methods_of(callback)
            if declared_for_url(name, path=route, method=method) is None
        ]
    return [] if declared_for_url(name) else [f"{name} ({route})"]


def test_every_address_declares_its_permission():
    missing = [line for address in addresses() for line in undeclared(*address)]

    assert missing == []


def test_the_repository_speaks_of_the_product_alone():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    own_folders = re.compile(r"/(home|root|Users)/\w+|/work/")
    told = [
        name
        for name in listed
        if (ROOT / name).suffix
        in {".py", ".md", ".toml", ".in", ".txt", ".html", ".css", ".js", ".yml"}
        and name != "tests/test_architecture.py"
        and own_folders.search((ROOT / name).read_text(errors="ignore"))
    ]

    assert told == []
