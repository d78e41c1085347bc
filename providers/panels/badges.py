"""How far a test or an import is, as one cell of a page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from django.urls import reverse

from providers.models import Operation, ProviderModel, TestStatus

_TONES: Mapping[str, str] = {TestStatus.CONNECTED: "good", TestStatus.ERROR: "bad"}


@dataclass(frozen=True, slots=True)
class TestBadge:
    """The test status of a model; with `follows`, an operation's id, a test is under way."""

    __test__ = False

    cell_id: str
    word: str
    tone: str = ""
    message: str = ""
    model: ProviderModel | None = None
    follows: str = ""
    follow_url: str = ""

    @classmethod
    def of(cls, model: ProviderModel, running: Operation | None = None) -> Self:
        cell_id = cell_of(model.public_id)
        if running:
            return cls(
                cell_id,
                "Testing…",
                message="The test is running.",
                follows=running.public_id,
                follow_url=follow_url(),
            )
        word = str(TestStatus(model.test_status).label)
        tone = _TONES.get(model.test_status, "")
        return cls(cell_id, word, tone, message=model.test_message, model=model)


def cell_of(public_id: str) -> str:
    """Name the cell that a model's test badge lives in."""
    return f"test-{public_id}"


def follow_url() -> str:
    """Where a page asks how far everything that runs on it is."""
    return reverse("admin:providers_operation_badges")


def poll_url(operation: Operation) -> str:
    return reverse("admin:providers_operation_badge", args=[operation.public_id])
