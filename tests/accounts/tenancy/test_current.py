import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import Http404
from django.test import RequestFactory

from accounts.tenancy.current import ALL_PROJECTS, choose_project, current_project, principal_of
from tests.factories import make_key, make_project, make_user

pytestmark = pytest.mark.django_db


def request_of(user, *, path="/", session=None, key=None):
    request = RequestFactory().get(path)
    request.user, request.session = user, session if session is not None else SessionStore()
    if key:
        request.auth = key
    return request


def test_the_first_project_by_name_is_current_until_one_is_chosen(owner, project):
    make_project("Zebra", owner=owner)

    assert current_project(request_of(owner)) == project


def test_a_choice_lasts_for_the_session(owner, project):
    other, session = make_project("Zebra", owner=owner), SessionStore()

    choose_project(request_of(owner, session=session), other.public_id)

    assert current_project(request_of(owner, session=session)) == other


def test_a_choice_counts_at_once_in_the_request_that_makes_it(owner, project):
    other, request = make_project("Zebra", owner=owner), request_of(owner)
    assert current_project(request) == project

    choose_project(request, other.public_id)

    assert current_project(request) == other


def test_all_projects_is_a_choice_too(owner, project):
    session = SessionStore()

    choose_project(request_of(owner, session=session), ALL_PROJECTS)

    assert current_project(request_of(owner, session=session)) is None


def test_the_address_wins_over_the_session(owner, project):
    other, session = make_project("Zebra", owner=owner), SessionStore()
    choose_project(request_of(owner, session=session), other.public_id)

    asked = request_of(owner, session=session, path=f"/?project={project.public_id}")

    assert current_project(asked) == project


def test_a_strangers_project_is_neither_chosen_nor_shown(owner):
    foreign = make_project()

    with pytest.raises(Http404):
        choose_project(request_of(owner), foreign.public_id)
    with pytest.raises(Http404):
        current_project(request_of(owner, path=f"/?project={foreign.public_id}"))


def test_a_project_that_one_has_left_is_current_no_more(owner, project, staff):
    other, session = make_project("Zebra", owner=staff), SessionStore()
    choose_project(request_of(staff, session=session), other.public_id)

    staff.demote(by=None)
    other.memberships.create(user=owner, role="owner")
    other.memberships.get(user=staff).remove(by=None)

    assert current_project(request_of(staff, session=session)) is None


def test_an_archived_project_is_not_shown_first_and_can_be_chosen(owner, project):
    other, session = make_project("Zebra", owner=owner), SessionStore()
    project.archive(by=owner)

    assert current_project(request_of(owner)) == other
    choose_project(request_of(owner, session=session), project.public_id)
    assert current_project(request_of(owner, session=session)) == project


def test_whoever_has_no_project_has_no_current_one():
    assert current_project(request_of(make_user())) is None


def test_a_keys_project_is_its_own_whatever_the_address_says(owner, project):
    other = make_project(owner=owner)
    key, _ = make_key(project)

    asked = request_of(owner, path=f"/?project={other.public_id}", key=key)

    assert current_project(asked) == project
    assert principal_of(asked).key == key


def test_one_request_has_one_principal(owner, project, django_assert_num_queries):
    request = request_of(owner)
    principal = principal_of(request)

    with django_assert_num_queries(0):
        assert principal_of(request) is principal


def test_nobody_is_no_principal():
    with pytest.raises(Http404):
        principal_of(request_of(AnonymousUser()))
