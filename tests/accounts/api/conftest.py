import pytest
from rest_framework.test import APIClient

from tests.factories import make_key


@pytest.fixture
def call():
    """Give a client that comes with a key's token, or signed in as a person, or with nothing."""

    def client(*, token=None, user=None):
        made = APIClient(raise_request_exception=False)
        if token:
            made.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        if user:
            made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return made

    return client


@pytest.fixture
def by_key(call, project):
    """Give a client with a key of the project, narrowed where a policy is given."""

    def client(**options):
        return call(token=make_key(project, **options)[1])

    return client
