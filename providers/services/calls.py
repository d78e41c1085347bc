"""One call to a provider, from the request that its kind built to the answer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from accounts.models import Project
from providers.kinds import authorizing
from providers.kinds.claude_program import ClaudeProgram
from providers.kinds.client import Client, Streamed
from providers.kinds.kind import Kind
from providers.kinds.vocabulary import Answer, Endpoint, Request
from providers.models import EgressRule


@dataclass(frozen=True, slots=True)
class Call:
    """Whom to call and as whom, under whose egress rules, and when."""

    kind: Kind
    endpoint: Endpoint
    project: Project | None
    now: datetime

    @contextmanager
    def streaming(self, request: Request, *, silence_s: float) -> Iterator[Streamed]:
        """Send it and read its answer line by line, as `Client.streaming` does."""
        client = Client(EgressRule.objects.policy_for(self.project))
        with client.streaming(request, silence_s=silence_s) as streamed:
            yield streamed

    def send(self, request: Request, *, timeout_s: float) -> Answer:
        """Send it to wherever the kind's requests go, authorized; raises CallFailed.

        Whole seconds that a token took are taken off `timeout_s`, which is for both.
        """
        if self.kind.runs_program:
            return ClaudeProgram(settings.CLAUDE_PATH).send(request, timeout_s=timeout_s)
        begun = time.monotonic()
        client = Client(EgressRule.objects.policy_for(self.project))
        ready = authorizing.authorized(self.kind, request, self.endpoint, client, at=self.now)
        answer = client.send(ready, timeout_s=timeout_s - int(time.monotonic() - begun))
        authorizing.note_answer(self.kind, self.endpoint, status=answer.status)
        return answer
