"""Read which limits a caller's calls have to pass; runs in the database's threads."""

from accounts.models import ApiKey, Project
from gateway.models import Agent, Limit
from usage.limits.rules import Rule


def rules_for(
    project: Project, *, agent: Agent | None = None, key: ApiKey | None = None
) -> tuple[Rule, ...]:
    """Give the enabled limits on a project and on its agent or key; one query."""
    rows = Limit.objects.concerning(project, agent=agent, key=key).enabled()
    return tuple(row.rule for row in rows.with_subject().order_by("pk"))
