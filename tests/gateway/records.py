"""Records of a project whose provider is a server of the tests' own."""

from django.db import transaction

from accounts.models import Project
from providers.models import ProjectRouting, Provider
from tests import factories
from tests.gateway.upstream import Upstream

KEY = "sk-upstream-0123456789abcdefghij"
MODELS = ("upstream-model", "other-model")


def routing_of(project: Project) -> ProjectRouting:
    with transaction.atomic():
        return ProjectRouting.of(project)


def make_provider(
    project: Project, upstream: Upstream, *, name: str, models: tuple[str, ...]
) -> Provider:
    host = f"http://127.0.0.1:{upstream.port}"
    secret = factories.make_secret(
        project, values={"api_key": KEY}, name=f"{name} key", kind="custom", host=host
    )
    made = factories.make_provider(
        project, name=name, kind="custom", base_url=upstream.base_url, secret=secret, models=models
    )
    made.models.update(input_price="1", output_price="2")
    return made
