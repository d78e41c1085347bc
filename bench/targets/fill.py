"""Fill an installation with projects, providers and keys, and write down some of their tokens.

    python -m bench.targets.fill PORT PROJECTS KEYS TOKENS_FILE LISTED PREFIX

It runs in the installation's environment. Each project has one provider, which is the upstream at
PORT; the keys are spread over the projects, and LISTED of their tokens go into the file. Names
begin with PREFIX.
"""

import os
import sys
from itertools import islice
from pathlib import Path

import django

from bench.calls import UPSTREAM_MODEL

_BATCH = 1_000


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axiom.settings")
    django.setup()
    port, projects, keys, file, listed, prefix = arguments
    tokens = fill(int(port), projects=int(projects), keys=int(keys), prefix=prefix)
    step = max(1, len(tokens) // int(listed))
    Path(file).write_text("".join(f"{token}\n" for token in tokens[::step][: int(listed)]))
    return 0


def fill(port: int, *, projects: int, keys: int, prefix: str) -> list[str]:
    from accounts.models import Epoch, Project, User  # noqa: PLC0415 - needs django.setup
    from accounts.models.api_key import LABEL, TOKEN_PREFIX, ApiKey  # noqa: PLC0415
    from accounts.tokens import new_token, shown_prefix, token_hash  # noqa: PLC0415

    owners = Project.objects.bulk_create(
        Project(name=f"{prefix} {number}", slug=f"{prefix}-{number}".lower())
        for number in range(projects)
    )
    _give_providers(owners, port)
    creator = User.objects.active().staff().order_by("pk").first()
    tokens = [new_token(TOKEN_PREFIX) for _ in range(keys)]
    made = (
        ApiKey(
            project=owners[number % projects],
            name=f"{prefix} {number}",
            created_by=creator,
            prefix=shown_prefix(token),
            token_hash=token_hash(token, label=LABEL),
        )
        for number, token in enumerate(tokens)
    )
    while batch := list(islice(made, _BATCH)):
        ApiKey.objects.bulk_create(batch)
    Epoch.bump()
    return tokens


def _give_providers(owners: list, port: int) -> None:  # type: ignore[type-arg]
    from providers.models import ProjectRouting, Provider, ProviderModel  # noqa: PLC0415

    url = f"http://127.0.0.1:{port}/v1"
    providers = Provider.objects.bulk_create(
        Provider(project=owner, name="Bench", kind="custom", base_url=url) for owner in owners
    )
    models = ProviderModel.objects.bulk_create(
        ProviderModel(provider=provider, upstream_id=UPSTREAM_MODEL) for provider in providers
    )
    # Not monitored: a worker that checks a thousand providers each minute takes the cores from
    # the gateway, whose cost for a request is what is asked.
    ProjectRouting.objects.bulk_create(
        ProjectRouting(project=model.provider.project, active_model=model, is_monitored=False)
        for model in models
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
