import pytest

from tests import factories


@pytest.fixture
def provider(project):
    return factories.make_provider(project)


@pytest.fixture
def rule(project):
    """Ten dollars a day."""
    return factories.make_limit(project, measure="usd_per_day", amount=10).rule
