"""Why a rule of the traffic's records says no; each says what to do instead."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from accounts.refusals import HasDependents, Refused

if TYPE_CHECKING:
    from gateway.models.agent import Agent
    from gateway.models.facade import Model

MOST_NAMED = 20


class ModelHasAgents(HasDependents):
    """Agents are routed to a facade that somebody wants to delete."""

    def __init__(self, model: "Model", agents: "Sequence[Agent]", count: int) -> None:
        named = ", ".join(f"“{agent.name}”" for agent in agents)
        super().__init__(
            f"{count} agent{'s are' if count != 1 else ' is'} routed to {model.slug}: {named}. "
            "Route them elsewhere first.",
            code="MODEL_HAS_DEPENDENTS",
            count=count,
            ids=[agent.public_id for agent in agents],
        )


class NoUsableBackend(Refused):
    """A facade without a backend that could answer is a draft."""

    def __init__(self, model: "Model") -> None:
        super().__init__(
            f"{model.slug} has no usable backend of the kind {model.kind}: add an enabled model "
            "of an active provider first.",
            code="no_usable_backend",
        )
