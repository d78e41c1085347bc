"""Drafts of providers as people send them, and the verbs that take them."""

import dataclasses

from django.utils import timezone

from providers.kinds.registry import kind_for
from providers.services import providers
from providers.services.drafts import ProviderDraft, draft_of


def draft(**changes):
    plain = ProviderDraft(
        name="OpenAI",
        kind=kind_for("openai"),
        credential={"api_key": "sk-test-1234567890abcdef"},
        models=("gpt-x", "gpt-y"),
    )
    return dataclasses.replace(plain, **changes)


def add(project, person, **changes):
    return providers.add(draft(**changes), project=project, by=person, now=timezone.now())


def change(provider, person, **changes):
    wanted = dataclasses.replace(draft_of(provider), **changes)
    return providers.change(provider, wanted, by=person, now=timezone.now())


def errors_of(refusal):
    return refusal.value.message_dict
