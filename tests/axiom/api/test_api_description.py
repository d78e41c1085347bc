"""The description of the API: valid, complete, true, and good enough to make a client of it."""

import compileall
import importlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from rest_framework.test import APIClient

from accounts.permissions import API, PERMISSIONS
from tests.axiom.api.world import OPERATIONS

_METHODS = {"get", "post", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))


def operations(document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in _METHODS:
                yield f"{method.upper()} {path.removeprefix(API)}", operation


def media_of(operation) -> Iterator[tuple[str, dict[str, Any]]]:
    holders = {"request": operation.get("requestBody", {}), **operation["responses"]}
    for name, holder in holders.items():
        if "application/json" in holder.get("content", {}):
            yield name, holder["content"]["application/json"]


def test_it_is_openapi_3_1_and_valid(document):
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_it_has_every_operation_of_the_registry_and_no_other(document):
    described = {name for name, _ in operations(document)}

    assert described == {row.rest for row in OPERATIONS}


def test_each_operation_names_its_permission_its_tool_and_its_role(document):
    for name, operation in operations(document):
        row = PERMISSIONS[operation["x-permission"]]
        assert row.rest == name
        assert operation["x-mcp-tool"] == row.mcp
        assert operation["x-lowest-role"] == (row.lowest_role or "staff")
        assert operation["summary"]


def test_each_operation_shows_what_goes_in_and_what_comes_out(document):
    for name, operation in operations(document):
        for place, media in media_of(operation):
            assert "example" in media or "examples" in media, f"{name} {place}"


def test_each_example_fits_its_own_schema(document):
    for name, operation in operations(document):
        for place, media in media_of(operation):
            shown = [entry["value"] for entry in media.get("examples", {}).values()]
            for example in [media["example"]] if "example" in media else shown:
                schema = media["schema"] | {"components": document["components"]}
                errors = list(Draft202012Validator(schema).iter_errors(example))
                assert errors == [], f"{name} {place}: {errors[0].message}"


def test_every_status_that_is_answered_is_one_of_the_contract(document):
    contract = {"200", "201", "202", "204", "400", "401", "403", "404", "409", "412", "429"}
    contract |= {"502", "503"}

    told = {code for _, operation in operations(document) for code in operation["responses"]}
    assert told <= contract


def test_no_answer_describes_a_credential(document):
    said = json.dumps([operation["responses"] for _, operation in operations(document)])
    named = {name for name in document["components"]["schemas"] if f"/{name}" in said}
    fields = {
        field
        for name in named
        for field in document["components"]["schemas"][name].get("properties", {})
    }

    assert fields.isdisjoint({"apiKey", "credential", "password", "ciphertext", "tokenHash"})
    assert "token" in document["components"]["schemas"]["IssuedKey"]["properties"]


@pytest.mark.django_db
def test_it_is_served_and_so_is_its_page():
    described = APIClient().get(f"{API}/schema/?format=json")
    page = APIClient().get(f"{API}/docs/")
    script = APIClient().get(f"{API}/docs/?script=")

    assert described.status_code == page.status_code == script.status_code == 200
    assert b"SwaggerUIBundle" in script.content
    assert b"<script>" not in page.content  # the content security policy runs no inline script


def test_a_client_that_is_made_of_it_compiles_and_speaks(document, tmp_path, monkeypatch):
    from openapi_python_client.cli import app  # noqa: PLC0415 - slow to import
    from typer.testing import CliRunner  # noqa: PLC0415

    described = tmp_path / "openapi.json"
    described.write_text(json.dumps(document))
    monkeypatch.chdir(tmp_path)

    made = CliRunner().invoke(
        app, ["generate", "--path", str(described), "--meta", "none", "--output-path", "axiom_api"]
    )

    assert made.exit_code == 0, made.output
    assert compileall.compile_dir(tmp_path / "axiom_api", quiet=1)
    monkeypatch.syspath_prepend(str(tmp_path))
    client = importlib.import_module("axiom_api")
    listing = importlib.import_module("axiom_api.api.ai_providers.list_ai_providers")
    assert client.AuthenticatedClient
    assert listing.sync_detailed
    for name in [name for name in sys.modules if name.startswith("axiom_api")]:
        monkeypatch.delitem(sys.modules, name)
