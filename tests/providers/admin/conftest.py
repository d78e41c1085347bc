import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from providers.models import ProjectRouting


@pytest.fixture
def browse():
    """Give a browser in which somebody is signed in."""

    def signed_in(user):
        browser = Client()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return signed_in


@pytest.fixture
def queries_of():
    """Count the queries of a page, once what is looked up a single time is known."""

    def count(browser, where):
        browser.get(where)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(where).status_code == 200
        return len(asked)

    return count


@pytest.fixture
def activate():
    def make_active(model):
        routing = ProjectRouting.of(model.provider.project)
        routing.set_active(model)
        return routing

    return make_active
