import pytest
from django.urls import reverse

from accounts import tasks
from accounts.models import AuditEvent, User, UserStatus
from tests.factories import make_key, make_member

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"


@pytest.fixture
def queued(monkeypatch):
    """Catch what is queued."""
    asked = []
    monkeypatch.setattr(
        tasks.mail_password_link, "apply_async", lambda *, kwargs: asked.append(kwargs)
    )
    return asked


def page(name, user=None):
    return reverse(f"admin:accounts_user_{name}", args=[user.public_id] if user else [])


def form_of(user, **changes):
    fields = {"email": user.email, "name": user.name}
    if user.is_staff:
        fields["is_staff"] = "on"
    return {**fields, **changes}


def test_staff_add_a_person_who_can_then_sign_in(browse, staff):
    answer = browse(staff).post(
        page("add"), {"email": "Ada@example.com", "name": "Ada", "new_password": PASSWORD}
    )

    ada = User.objects.get(email="ada@example.com")
    assert answer.status_code == 302
    assert ada.check_password(PASSWORD)
    assert not ada.is_staff
    event = AuditEvent.objects.get(action="users:CreateUser")
    assert event.target_id == ada.public_id
    assert PASSWORD not in str(event.after)


def test_a_person_without_a_password_is_invited_to_set_one(
    browse, staff, queued, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        browse(staff).post(page("add"), {"email": "ada@example.com", "new_password": ""})

    ada = User.objects.get(email="ada@example.com")
    assert not ada.has_usable_password()
    assert ada.status == UserStatus.INVITED
    assert queued == [{"user_id": ada.pk}]


def test_a_link_to_set_a_password_is_mailed_by_a_button(browse, staff, viewer, queued):
    browse(staff).post(page("link", viewer))

    assert queued == [{"user_id": viewer.pk}]


def test_a_member_of_staff_is_added_as_one(browse, staff):
    browse(staff).post(page("add"), {"email": "ada@example.com", "is_staff": "on"})

    assert User.objects.get(email="ada@example.com").is_superuser


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "ADA@example.com"}, "already has this email"),
        ({"email": "nobody"}, "valid email"),
        ({"email": "b@example.com", "new_password": "short"}, "too short"),
    ],
)
def test_what_does_not_do_is_said_at_its_field(browse, staff, fields, said):
    User.objects.create_user("ada@example.com")

    answer = browse(staff).post(page("add"), {"new_password": "", **fields})

    assert answer.status_code == 200
    assert said in answer.content.decode()


def test_suspending_somebody_stops_their_keys(browse, staff, project):
    author = make_member(project, "admin")
    key, _ = make_key(project, created_by=author)

    browser = browse(staff)
    asked = browser.get(page("suspend", author)).content.decode()
    browser.post(page("suspend", author))

    author.refresh_from_db()
    assert not author.is_active
    assert not type(key).objects.usable_at(key.created_at).exists()
    assert "their API keys stop at once" in asked
    browser.post(page("reactivate", author))
    assert type(key).objects.usable_at(key.created_at).exists()


def test_staff_make_staff_and_take_it_back(browse, staff, viewer):
    browser = browse(staff)

    browser.post(page("change", viewer), form_of(viewer, is_staff="on"))
    assert User.objects.get(pk=viewer.pk).is_superuser

    browser.post(page("change", viewer), form_of(viewer))
    assert not User.objects.get(pk=viewer.pk).is_superuser


def test_nobody_suspends_or_demotes_or_deletes_themselves_on_a_page(browse, staff):
    browser, demoted = browse(staff), form_of(staff)
    del demoted["is_staff"]

    answers = [
        browser.post(page("suspend", staff), follow=True),
        browser.post(page("change", staff), demoted, follow=True),
        browser.post(page("delete", staff), {"post": "yes"}, follow=True),
    ]

    staff.refresh_from_db()
    assert staff.is_active
    assert staff.is_staff
    assert all("Nobody can" in answer.content.decode() for answer in answers)


def test_deleting_a_person_takes_their_memberships_along(browse, staff, viewer):
    asked = browse(staff).get(page("delete", viewer)).content.decode()
    answer = browse(staff).post(page("delete", viewer), {"post": "yes"})

    assert "in Aurora" in asked
    assert answer.status_code == 302
    assert not User.objects.filter(pk=viewer.pk).exists()
    assert AuditEvent.objects.filter(action="users:DeleteUser").count() == 1


def test_the_last_owner_is_not_deleted_on_a_page(browse, staff, owner):
    answer = browse(staff).post(page("delete", owner), {"post": "yes"}, follow=True)

    assert "last active owner" in answer.content.decode()
    assert User.objects.filter(pk=owner.pk).exists()


def test_staff_set_a_password(browse, staff, viewer):
    browser, where = browse(staff), page("password", viewer)

    shown = browser.get(where)
    weak = browser.post(where, {"password1": "short", "password2": "short"})
    answer = browser.post(where, {"password1": PASSWORD, "password2": PASSWORD})

    assert shown.status_code == weak.status_code == 200
    assert "too short" in weak.content.decode()
    assert answer.url == page("change", viewer)
    assert User.objects.get(pk=viewer.pk).check_password(PASSWORD)


def test_setting_ones_own_password_keeps_one_signed_in(browse, staff):
    browser = browse(staff)

    browser.post(page("password", staff), {"password1": PASSWORD, "password2": PASSWORD})

    assert browser.get(page("changelist")).status_code == 200
