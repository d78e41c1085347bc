"""How calls to the company's identity provider leave: by the client of every outbound call."""

import dataclasses
from collections.abc import Mapping
from typing import Final

from django.conf import settings

from foundation.egress import AllowRule, Policy, parse_url
from providers.kinds.client import CallFailed, Client
from providers.kinds.vocabulary import Request
from providers.models import EgressRule

TIMEOUT_S: Final = 5
MOST_BYTES: Final = 1_048_576


def send(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None
) -> tuple[int, Mapping[str, str], bytes]:
    """Give status, headers and body of the answer; raises OSError in words for the log.

    Whoever runs the installation named the issuer, so its host may be called wherever it is.
    What the issuer's own document names beside it passes the policy as any other address does.
    """
    request = Request(method, url, headers, body)
    try:
        answer = Client(_policy()).send(request, timeout_s=TIMEOUT_S, max_body=MOST_BYTES)
    except CallFailed as failure:
        raise OSError(failure.message) from failure
    return answer.status, answer.headers, answer.body


def _policy() -> Policy:
    policy = EgressRule.objects.policy_for(None)
    if settings.OIDC is None:
        return policy
    issuer = parse_url(settings.OIDC["issuer"])
    return dataclasses.replace(policy, rules=(*policy.rules, AllowRule(issuer.host, issuer.port)))
