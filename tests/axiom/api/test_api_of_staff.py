"""People, groups and rules of egress over REST: staff's, by the services that pages use."""

import pytest
from django.contrib.auth.models import Group
from kombu.exceptions import OperationalError

from accounts import tasks
from accounts.authority import may
from accounts.models import AuditEvent, AuditHead, Role, User
from accounts.permissions import API
from accounts.refusals import DependencyDown
from providers.models import EgressRule
from tests.axiom.api.world import signed_in, with_token
from tests.factories import make_key, make_staff, make_user

pytestmark = pytest.mark.django_db

USERS, GROUPS, RULES = f"{API}/users", f"{API}/groups", f"{API}/egress-rules"
PASSWORD = "a quiet harbour at dawn"


@pytest.fixture
def admin():
    return make_staff()


@pytest.fixture
def staff(admin):
    return signed_in(admin)


def code_of(answer):
    return answer.json()["error"]["code"]


class TestUsers:
    def test_somebody_without_a_password_is_invited_and_mailed_a_link(
        self, staff, queued, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            made = staff.post(USERS, {"email": "New@Example.com", "name": " New "})

        assert made.status_code == 201, made.content
        assert (made.json()["email"], made.json()["status"]) == ("new@example.com", "invited")
        assert [name for name in queued if name.endswith("mail_password_link")]
        assert AuditEvent.objects.filter(action="users:CreateUser").exists()

    def test_a_password_goes_in_is_checked_and_never_comes_out(self, staff):
        weak = staff.post(USERS, {"email": "a@example.com", "password": "123"})
        made = staff.post(USERS, {"email": "a@example.com", "password": PASSWORD})

        assert list(weak.json()["error"]["meta"]["fields"]) == ["password"]
        assert made.json()["status"] == "active"
        assert PASSWORD not in made.content.decode()
        assert User.objects.get(email="a@example.com").check_password(PASSWORD)
        assert PASSWORD not in str(list(AuditEvent.objects.values_list("after", flat=True)))

    def test_an_address_that_somebody_has_is_refused(self, staff):
        taken = make_user().email

        answer = staff.post(USERS, {"email": taken.upper()})

        assert (answer.status_code, code_of(answer)) == (400, "VALIDATION_FAILED")

    def test_suspending_stops_their_keys_at_once_and_reactivating_revives_them(self, staff, here):
        author = here.people[Role.ADMIN]
        client = with_token(make_key(here.project, created_by=author)[1])
        path = f"{USERS}/{author.public_id}"
        assert client.get(f"{API}/ai-providers").status_code == 200

        staff.patch(path, {"status": "suspended"})
        stopped = client.get(f"{API}/ai-providers").status_code
        staff.patch(path, {"status": "active"})

        assert stopped == 401
        assert client.get(f"{API}/ai-providers").status_code == 200

    @pytest.mark.parametrize(
        ("change", "code"),
        [({"status": "suspended"}, "SUSPEND_SELF"), ({"isStaff": False}, "DEMOTE_SELF")],
    )
    def test_nobody_does_that_to_themselves(self, staff, admin, change, code):
        answer = staff.patch(f"{USERS}/{admin.public_id}", change)

        assert (answer.status_code, code_of(answer)) == (409, code)

    def test_the_last_owner_of_a_project_is_not_deleted(self, staff, here):
        owner = here.people[Role.OWNER]
        for other in here.project.memberships.owners().exclude(user=owner):
            other.remove(by=None)

        answer = staff.delete(f"{USERS}/{owner.public_id}")

        assert (answer.status_code, code_of(answer)) == (409, "LAST_OWNER")

    def test_a_suspended_person_is_sent_no_link(self, staff, queued):
        person = make_user()
        person.suspend(by=None)

        answer = staff.post(f"{USERS}/{person.public_id}/send-password-link")

        assert code_of(answer) == "USER_IS_SUSPENDED"
        assert queued == []


class TestGroups:
    def test_a_group_is_made_changed_and_deleted_by_its_name(self, staff, here):
        made = staff.post(GROUPS, {"name": "Lab 1", "people": [here.friend.email]})
        path = f"{GROUPS}/Lab%201"
        renamed = staff.patch(path, {"name": "Lab 2"})
        etag = renamed.headers["ETag"]
        stale = staff.patch(f"{GROUPS}/Lab 2", {"people": []}, headers={"If-Match": '"old"'})
        emptied = staff.patch(f"{GROUPS}/Lab 2", {"people": []}, headers={"If-Match": etag})
        gone = staff.delete(f"{GROUPS}/Lab 2")

        assert made.json() == {"name": "Lab 1", "people": [here.friend.email]}
        assert renamed.json() == {"name": "Lab 2", "people": [here.friend.email]}
        assert stale.status_code == 412
        assert emptied.json()["people"] == []
        assert gone.status_code == 204
        actions = AuditEvent.objects.filter(action__startswith="groups:").values_list("action")
        assert [action for (action,) in actions.order_by("sequence")] == [
            "groups:CreateGroup",
            "groups:UpdateGroup",
            "groups:UpdateGroup",
            "groups:DeleteGroup",
        ]

    @pytest.mark.parametrize(
        ("draft", "field"),
        [
            ({"name": "a/b"}, "name"),
            ({"name": "Known"}, "name"),
            ({"name": "Lab", "people": ["nobody@example.com"]}, "people"),
        ],
    )
    def test_what_does_not_do_is_told_at_its_field(self, staff, draft, field):
        Group.objects.create(name="Known")

        answer = staff.post(GROUPS, draft)

        assert answer.status_code == 400, answer.content
        assert list(answer.json()["error"]["meta"]["fields"]) == [field]


class TestGrantsOfGroups:
    @pytest.fixture
    def grants(self, here):
        return f"{API}/objects/{here.provider.public_id}/grants"

    def test_a_group_is_lent_an_object_until_it_is_taken_back(self, here, grants):
        owner, guest = here.client(Role.OWNER), make_user()
        Group.objects.get(pk=here.group.pk).user_set.add(guest)
        name, right = here.group.name, "aiProviders:TestAiProvider"

        given = owner.post(grants, {"group": name, "verb": "test"})
        could = may(guest, right, here.provider)
        path = f"{API}/objects/{here.provider.public_id}/group-grants/{name}/test"
        taken = owner.delete(path)

        assert given.status_code == 201, given.content
        assert given.json() == {
            "userId": None,
            "group": name,
            "name": name,
            "verbs": ["test", "view"],
        }
        assert (could, taken.status_code) == (True, 204)
        assert may(guest, right, here.provider) is False
        assert owner.delete(path).status_code == 404

    def test_a_group_without_anybody_of_the_project_is_not_found(self, here, grants):
        Group.objects.create(name="Others")

        for name in ("Others", "Nobody's"):
            answer = here.client(Role.OWNER).post(grants, {"group": name, "verb": "view"})
            assert answer.status_code == 400
            assert list(answer.json()["error"]["meta"]["fields"]) == ["group"]

    @pytest.mark.parametrize("who", [{}, {"email": "a@example.com", "group": "Lab"}])
    def test_it_is_a_person_or_a_group(self, here, grants, who):
        answer = here.client(Role.OWNER).post(grants, who | {"verb": "view"})

        assert answer.status_code == 400


class TestEgressRules:
    def test_a_rule_is_made_changed_and_deleted(self, staff, here):
        draft = {"projectId": here.project.public_id, "target": "10.1.0.0/16", "reason": "rack"}

        made = staff.post(RULES, draft)
        path = f"{RULES}/{made.json()['id']}"
        changed = staff.patch(path, {"port": 8000})
        listed = staff.get(f"{RULES}?projectId={here.project.public_id}&search=10.1")
        gone = staff.delete(path)

        assert made.status_code == 201, made.content
        assert changed.json() == made.json() | {"port": 8000}
        assert listed.json()["total"] == 1
        assert gone.status_code == 204
        assert not EgressRule.objects.filter(target="10.1.0.0/16").exists()
        event = AuditEvent.objects.filter(action="egress:UpdateEgressRule").get()
        assert (event.before["port"], event.after["port"]) == (None, 8000)

    @pytest.mark.parametrize(
        ("change", "field"), [({"target": "10.1.0.0/99"}, "target"), ({"port": 0}, "port")]
    )
    def test_what_is_no_address_is_refused(self, staff, change, field):
        answer = staff.post(RULES, {"projectId": None, "target": "a.b", "reason": "x"} | change)

        assert list(answer.json()["error"]["meta"]["fields"]) == [field]

    def test_the_tester_says_whether_a_url_may_be_called(self, staff):
        told = {
            url: staff.post(f"{RULES}/test", {"url": url}).json()
            for url in ("http://127.0.0.1:9/v1", "http://169.254.169.254/")
        }

        assert told["http://127.0.0.1:9/v1"]["isAllowed"] is True
        assert told["http://169.254.169.254/"]["isAllowed"] is False
        assert "metadata" in told["http://169.254.169.254/"]["reason"]


class TestVerificationOfTheAudit:
    PATH = f"{API}/audit/verification"

    @pytest.mark.usefixtures("here")
    def test_staff_have_the_chain_walked_and_read_what_was_found(
        self, staff, queued, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            asked = staff.post(self.PATH)
        assert queued == ["accounts.tasks.verify_audit"]

        tasks.verify_audit()
        found, recorded = staff.get(self.PATH).json(), AuditEvent.objects.count()

        assert (asked.status_code, asked.json()["state"]) == (202, "unverified")
        assert found.pop("verifiedAt") > "2"
        assert found == {
            "state": "holds",
            "verifiedEvents": recorded,
            "recordedEvents": recorded,
            "broken": "",
        }

    def test_a_project_is_told_whether_it_holds_and_nothing_of_others(self, here):
        AuditHead.objects.update(broken="aud_0000000000000000 was changed")

        told = here.script(Role.ADMIN).get(self.PATH).json()

        assert told.pop("state") == "broken"
        assert set(told.values()) == {None}

    def test_a_queue_that_is_away_is_said(self, monkeypatch, django_capture_on_commit_callbacks):
        def away() -> None:
            raise OperationalError

        monkeypatch.setattr(tasks.verify_audit, "apply_async", away)

        with pytest.raises(DependencyDown), django_capture_on_commit_callbacks(execute=True):
            tasks.queue_verification()
