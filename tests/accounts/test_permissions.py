import pytest
from django.apps import apps
from django.contrib.auth.models import Permission as DjangoPermission
from django.urls import reverse

from accounts.permissions import (
    OPEN_URLS,
    PERMISSIONS,
    PERMISSIONS_BY_REST,
    Undeclared,
    declared_for_url,
    permission_for,
    permission_of,
    reading,
    rest_path,
)
from accounts.roles import Role


@pytest.mark.parametrize("permission", PERMISSIONS.values(), ids=list(PERMISSIONS))
def test_every_django_permission_of_the_registry_exists(permission, db):
    app_label = permission.django_permission.partition(".")[0]
    known = DjangoPermission.objects.filter(
        content_type__app_label=app_label, codename=permission.codename
    )

    assert known.exists()
    assert apps.get_model(permission.model_label)


def test_no_operation_and_no_tool_is_declared_twice():
    operations = [row.rest for row in PERMISSIONS.values() if row.rest]
    tools = [row.mcp for row in PERMISSIONS.values() if row.mcp]

    assert len(operations) == len(set(operations)) == len(PERMISSIONS_BY_REST)
    assert len(tools) == len(set(tools))


def test_every_tool_is_called_as_its_action_in_kebab_case():
    for row in PERMISSIONS.values():
        words = "".join(
            f"-{letter.lower()}" if letter.isupper() else letter
            for letter in row.action.partition(":")[2]
        )
        assert row.mcp in {None, words.strip("-")}


@pytest.mark.parametrize(
    ("action", "role", "holds"),
    [
        ("aiProviders:ListAiProviders", Role.VIEWER, True),
        ("aiProviders:CreateAiProvider", Role.VIEWER, False),
        ("aiProviders:CreateAiProvider", Role.EDITOR, True),
        ("aiProviders:TestAiProvider", Role.EDITOR, True),
        ("aiProviders:DeleteAiProvider", Role.EDITOR, False),
        ("aiProviders:DeleteAiProvider", Role.ADMIN, True),
        ("secrets:DeleteSecret", Role.EDITOR, False),
        ("apiKeys:CreateApiKey", Role.EDITOR, False),
        ("apiKeys:CreateApiKey", Role.ADMIN, True),
        ("audit:ListAuditEvents", Role.EDITOR, False),
        ("audit:ListAuditEvents", Role.ADMIN, True),
        ("projects:DeleteProject", Role.ADMIN, False),
        ("projects:DeleteProject", Role.OWNER, True),
        ("models:Invoke", Role.VIEWER, True),
        ("users:ListUsers", Role.OWNER, False),
        ("egress:CreateEgressRule", Role.OWNER, False),
    ],
)
def test_the_role_table_reads_as_agreed(action, role, holds):
    assert permission_of(action).is_held_by(role) is holds


# What is no REST operation of its own, and why.
NO_OPERATION = {
    "aiProviders:AcceptTerms": "a person's word for what they have read, once and on record",
    "aiProviders:FreshenHealth": "the upkeep of a page that is opened; scripts ask for the check",
    "encryption:GetEncryption": "for whoever holds the root keys, which no script is to know of",
    "invitations:AcceptInvitation": "whoever is invited holds no key yet",
    "members:UpdateOwners": "asked for beside members:UpdateMembers where an owner is concerned",
    "models:Invoke": "the gateway's own: it is not under /api/v1",
    "permissions:ExplainForOthers": "asked for beside permissions:ExplainPermission",
}


def test_whatever_people_may_do_scripts_may_do_or_there_is_a_reason():
    """Every page declares its action, so what pages offer is among these rows."""
    missing = {row.action for row in PERMISSIONS.values() if not row.rest}

    assert missing == NO_OPERATION.keys()


def test_every_role_holds_what_the_one_below_it_holds():
    for row in PERMISSIONS.values():
        held = [row.is_held_by(role) for role in Role]
        assert held == sorted(held, reverse=True)


def test_an_action_that_nobody_declared_is_an_error_not_a_no():
    with pytest.raises(Undeclared):
        permission_of("aiProviders:Explode")
    with pytest.raises(Undeclared):
        reading("accounts.throttle")


def test_the_admin_finds_the_row_of_each_verb():
    assert permission_for("accounts.project", "list") == PERMISSIONS["projects:ListProjects"]
    assert permission_for("accounts.project", "view") == PERMISSIONS["projects:GetProject"]
    assert permission_for("accounts.project", "change") == PERMISSIONS["projects:UpdateProject"]
    assert permission_for("accounts.apikey", "change") == PERMISSIONS["apiKeys:RevokeApiKey"]
    assert permission_for("accounts.auditevent", "add") is None


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("api/v1/ai-providers/<str:id>/test", "/api/v1/ai-providers/{id}/test"),
        ("api/v1/^ai-providers/(?P<id>[A-Za-z0-9_]+)/test/$", "/api/v1/ai-providers/{id}/test"),
        (
            r"api/v1/ai-providers/(?P<id>[^/.]+)/provider\-models\Z",
            "/api/v1/ai-providers/{id}/provider-models",
        ),
        ("api/v1/ai-providers", "/api/v1/ai-providers"),
    ],
)
def test_a_route_is_found_however_django_writes_it(route, path):
    assert rest_path(route) == path


def test_an_address_is_declared_by_name_or_by_operation_or_not_at_all():
    page = declared_for_url("admin:accounts_project_delete")
    operation = declared_for_url("anything", path="api/v1/secrets/<id>", method="patch")

    assert page is not None
    assert [row.action for row in page.permissions] == ["projects:DeleteProject"]
    assert operation is not None
    assert [row.action for row in operation.permissions] == ["secrets:UpdateSecret"]
    assert declared_for_url("admin:accounts_project_explode") is None
    assert declared_for_url("anything", path="api/v1/secrets/<id>", method="PUT") is None


def test_what_stands_open_says_why():
    for name, reason in OPEN_URLS.items():
        declaration = declared_for_url(name)

        assert reason
        assert declaration is not None
        assert declaration.open_because == reason


WITHOUT_AN_OBJECT = (
    *("_changelist", "_add", "_verify"),
    *("_bell", "_choices", "_read_all", "_calendarfeed_rotate", "_calendarfeed_revoke"),
)


def test_every_admin_page_of_accounts_that_is_declared_exists():
    own = {
        name
        for row in PERMISSIONS.values()
        if row.model_label.startswith("accounts.")
        for name in row.url_names
    }

    for name in own:
        arguments = () if name.endswith(WITHOUT_AN_OBJECT) else ("any",)
        arguments *= 2 if "_membership_" in name else 1  # a project's id, and a person's
        assert reverse(name, args=arguments).startswith("/admin/")
