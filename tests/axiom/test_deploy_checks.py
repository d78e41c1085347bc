"""An installation that others reach is held to more than one on a laptop."""

import pytest

from axiom.checks import check_installation, check_staffs_sign_in


@pytest.fixture
def sound(settings):
    settings.DEBUG = False
    settings.EGRESS_ALLOW_LOOPBACK = False
    settings.SECRET_KEY = "x" * 50
    settings.HTTPS = True
    settings.OIDC = None
    return settings


def found():
    return [error.id for error in check_installation()]


def test_a_sound_installation_passes(sound):
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("DEBUG", True, "axiom.E001"),
        ("EGRESS_ALLOW_LOOPBACK", True, "axiom.E002"),
        ("SECRET_KEY", "short", "axiom.E003"),
        ("HTTPS", False, "axiom.E004"),
        ("OIDC", {"issuer": "http://127.0.0.1:3000"}, "axiom.E005"),
    ],
)
def test_each_weakness_is_named(sound, name, value, error):
    setattr(sound, name, value)

    assert found() == [error]


@pytest.mark.parametrize(("needed", "warned"), [(True, []), (False, ["axiom.W001"])])
def test_a_second_step_of_staff_is_advised(settings, needed, warned):
    settings.SSO_STAFF_NEED_SECOND_STEP = needed

    assert [warning.id for warning in check_staffs_sign_in()] == warned
