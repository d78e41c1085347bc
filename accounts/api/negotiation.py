"""Which form an answer has: JSON, whatever was asked for."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AlwaysJSON(DefaultContentNegotiation):
    """Answers even whoever accepts nothing that there is: a refusal would say less."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> Any:
        known = list(renderers)
        if len(known) == 1:
            return known[0], known[0].media_type
        return super().select_renderer(request, known, format_suffix)
