import pytest
from django.test import Client


@pytest.fixture
def browse():
    """Give a browser in which somebody is signed in."""

    def signed_in(user):
        browser = Client()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return signed_in
