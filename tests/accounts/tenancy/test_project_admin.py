"""What ProjectAdmin gives every page, seen on pages of accounts and of providers."""

import pytest
from django.contrib import admin
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import ApiKey, AuditEvent, Epoch, Project
from accounts.tenancy.admin import ProjectAdmin
from accounts.tenancy.fields import WalledChoiceField
from providers.models import EgressRule, Provider, Secret
from tests.factories import make_project

pytestmark = pytest.mark.django_db


def request_of(user, method="get", **data):
    request = getattr(RequestFactory(), method)("/", data)
    request.user, request.session = user, SessionStore()
    request._messages = CookieStorage(request)
    return request


def page_of(model):
    return ProjectAdmin(model, admin.site)


def picker(model, field, user):
    return page_of(model).formfield_for_dbfield(model._meta.get_field(field), request_of(user))


def test_a_picker_offers_what_is_inside_the_wall_alone(project, owner):
    own = Secret.objects.create(**secret_of(project, "own"))
    Secret.objects.create(**secret_of(make_project(), "foreign"))

    offered = picker(Provider, "secret", owner)

    assert isinstance(offered, WalledChoiceField)
    assert list(offered.queryset) == [own]
    assert [str(value) for value, _ in offered.choices] == ["", own.public_id]


def test_what_is_picked_outside_the_wall_does_not_exist(project, owner):
    foreign = Secret.objects.create(**secret_of(make_project(), "foreign"))
    offered = picker(Provider, "secret", owner)

    with pytest.raises(ValidationError, match="valid choice"):
        offered.clean(foreign.public_id)
    with pytest.raises(ValidationError, match="valid choice"):
        offered.clean(str(foreign.pk))


def test_a_project_is_picked_among_those_that_one_may_add_to(project, admin, viewer, owner):
    second = make_project(owner=admin)
    second.memberships.create(user=viewer, role="viewer")

    assert set(picker(ApiKey, "project", admin).queryset) == {project, second}
    assert set(picker(ApiKey, "project", owner).queryset) == {project}
    assert set(picker(ApiKey, "project", viewer).queryset) == set()


def test_sharing_with_every_project_is_offered_to_staff_alone(staff, owner):
    assert not picker(Provider, "project", staff).required
    assert picker(Provider, "project", staff).empty_label == "Shared with every project"
    assert picker(Provider, "project", owner).required


def test_a_stored_choice_is_shown_by_its_public_id(project, owner):
    offered = picker(ApiKey, "project", owner)

    assert offered.prepare_value(project.pk) == project.public_id
    assert offered.prepare_value(project) == project.public_id
    assert offered.prepare_value("") == ""


def test_the_current_project_is_chosen_already(project, owner):
    initial = page_of(ApiKey).get_changeform_initial_data(request_of(owner))

    assert initial["project"] == project.pk


def test_a_row_never_moves_to_another_project(project, owner):
    request = request_of(owner)

    assert "project" in page_of(ApiKey).get_readonly_fields(request, object())
    assert "project" not in page_of(ApiKey).get_readonly_fields(request)


def test_what_a_page_saves_is_recorded_and_moves_the_epoch(staff):
    page, request = page_of(EgressRule), request_of(staff, "post")
    rule, epoch = EgressRule(), Epoch.current()
    form = page.get_form(request)({"target": "10.0.0.1", "reason": "lab"}, instance=rule)
    assert form.is_valid()

    page.save_model(request, form.instance, form, change=False)

    event = AuditEvent.objects.get(action="egress:CreateEgressRule")
    assert (event.before, event.after) == (None, {"target": "10.0.0.1", "reason": "lab"})
    assert Epoch.current() > epoch


def test_a_change_is_recorded_with_what_was_there_before(staff):
    rule = EgressRule.objects.create(target="10.0.0.1", reason="lab")
    page, request = page_of(EgressRule), request_of(staff, "post")
    form = page.get_form(request, rule)({"target": "10.0.0.2", "reason": "lab"}, instance=rule)
    assert form.is_valid()

    page.save_model(request, form.instance, form, change=True)

    event = AuditEvent.objects.get(action="egress:UpdateEgressRule")
    assert (event.before, event.after) == ({"target": "10.0.0.1"}, {"target": "10.0.0.2"})


def test_ticked_rows_are_looked_up_by_public_id_inside_the_wall(project, owner, monkeypatch):
    foreign, seen = make_project(), []
    page = page_of(Project)
    monkeypatch.setattr(
        ProjectAdmin.__mro__[2],
        "response_action",
        lambda _page, request, _rows: seen.extend(request.POST.getlist("_selected_action")),
    )
    ids = [project.public_id, foreign.public_id, str(foreign.pk)]
    request = request_of(owner, "post", _selected_action=ids)

    page.response_action(request, page.get_queryset(request))

    assert seen == [str(project.pk)]


def test_a_tick_box_names_its_row_by_public_id(project):
    box = page_of(Project).action_checkbox(project)

    assert project.public_id in box
    assert f'value="{project.pk}"' not in box


def secret_of(project, name):
    secret = Secret(project=project, name=name, kind="openai")
    secret.seal({"api_key": "invented"}, now=timezone.now())
    return {
        field.attname: getattr(secret, field.attname)
        for field in Secret._meta.concrete_fields
        if field.attname != "id"
    }
