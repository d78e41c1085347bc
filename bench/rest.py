"""Measure REST as its views answer, without a server in between: processor time, medians.

python -m bench.rest

It makes 10,000 providers in one project, lists them in pages of 20, and authenticates a key. It
ends with 1 where a target is missed.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

from bench.control_plane import set_up

PROVIDERS, CALLS, KEYS = 10_000, 50, 500
TARGET_MS, KEY_TARGET_MS = 60, 1


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        os.environ |= {
            "AXIOM_DATA": temporary,
            "DJANGO_SETTINGS_MODULE": "axiom.settings",
            "AXIOM_LOG_LEVEL": "ERROR",
        }
        set_up()
        token = _providers_and_a_key()
        is_well = True
        for query in ("", "?offset=9980", "?search=Provider%2099", "?status=active"):
            ms = _median_ms(partial(_list, token, query), CALLS)
            print(f"GET /ai-providers{query}: {ms:.1f} ms (target: under {TARGET_MS})")
            is_well = is_well and ms <= TARGET_MS
        for name, known in (("read", False), ("known", True)):
            ms = _median_ms(partial(_authenticate, token, may_be_known=known), KEYS)
            print(f"authenticate a key that is {name}: {ms:.2f} ms (target: {KEY_TARGET_MS})")
            is_well = is_well and ms <= KEY_TARGET_MS
    return 0 if is_well else 1


def _providers_and_a_key() -> str:
    from accounts.models import ApiKey, Project  # noqa: PLC0415 - Django was set up at run time
    from providers.models import Provider  # noqa: PLC0415

    project = Project.objects.get(slug="default")
    Provider.objects.bulk_create(
        (
            Provider(project=project, name=f"Provider {number}", kind="openai")
            for number in range(PROVIDERS)
        ),
        batch_size=500,
    )
    owner = project.memberships.owners()[0].user
    return ApiKey.objects.issue(project=project, name="bench", created_by=owner)[1]


def _list(token: str, query: str) -> None:
    from django.test import Client  # noqa: PLC0415

    headers = {"Authorization": f"Bearer {token}"}
    answer = Client(headers={"Host": "localhost"}).get(
        f"/api/v1/ai-providers{query}", headers=headers
    )
    if answer.status_code != 200:  # noqa: PLR2004 - HTTP's own number
        raise RuntimeError(answer.content)


def _authenticate(token: str, *, may_be_known: bool) -> None:
    from rest_framework.request import Request  # noqa: PLC0415
    from rest_framework.test import APIRequestFactory  # noqa: PLC0415

    from accounts.api.authentication import ApiKeyAuthentication  # noqa: PLC0415

    asked = APIRequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})
    view = SimpleNamespace(confirms_keys=may_be_known)
    request = Request(asked, parser_context={"view": view})
    if ApiKeyAuthentication().authenticate(request) is None:
        raise RuntimeError("the key is not known")


def _median_ms(act: Callable[[], None], times: int) -> float:
    act()
    took = []
    for _ in range(times):
        begun = time.process_time()
        act()
        took.append((time.process_time() - begun) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main())
