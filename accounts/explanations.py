"""Why somebody may or may not do something: the rules in the order in which they decide."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Model

from accounts.authority import Claim, Weighed, weigh
from accounts.policies import Policy, Statement
from accounts.principal import Principal

if TYPE_CHECKING:
    from accounts.models import Project


@dataclass(frozen=True, slots=True)
class Step:
    """One rule: whether it lets the question pass, and why, in a sentence."""

    rule: str
    passes: bool
    reason: str

    def as_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "passes": self.passes, "reason": self.reason}


Further = Callable[[Weighed, Model], Step | None]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision, which is `may`'s own and that of further rules, and what led to it."""

    is_allowed: bool
    action: str
    steps: tuple[Step, ...]

    def as_json(self) -> dict[str, Any]:
        steps = [step.as_json() for step in self.steps]
        return {"isAllowed": self.is_allowed, "action": self.action, "steps": steps}


_FURTHER: Final[dict[str, Further]] = {}


def register(action: str, rule: Further) -> None:
    """Have a higher floor's rule asked as well, about an object that `may` says yes to."""
    _FURTHER[action] = rule


def explain(
    who: Principal,
    action: str,
    target: Model | None = None,
    *,
    project: "Project | None" = None,
) -> Explanation:
    """Tell what is decided, and why; raises Undeclared for an unknown action."""
    weighed = weigh(who, action, target, project=project)
    steps = list(_steps(weighed))
    rule = _FURTHER.get(action) if weighed.is_granted and target is not None else None
    further = rule(weighed, target) if rule and target is not None else None
    if further is None:
        return Explanation(weighed.is_granted, action, tuple(steps))
    return Explanation(further.passes, action, (*steps, further))


def _steps(weighed: Weighed) -> Iterator[Step]:
    yield _in_force(weighed.principal)
    if not weighed.principal.is_in_force:
        return
    yield _inside_wall(weighed)
    if weighed.claim is None:
        return
    yield _given(weighed, weighed.claim)
    if weighed.principal.key is not None:
        yield _policy(weighed.claim)


def _in_force(who: Principal) -> Step:
    key = who.key
    if key is not None and not key.is_usable_at(who.now):
        return Step("in force", False, f"The key {key.name} is {key.state_at(who.now)}.")
    if not who.user.is_active:
        return Step("in force", False, f"{who.user.email} is {who.user.status}.")
    told = f"The key {key.name} works" if key else f"{who.user.email} is active"
    return Step("in force", True, f"{told}.")


def _inside_wall(weighed: Weighed) -> Step:
    place, key = weighed.place, weighed.principal.key
    if place is None:
        reason = "It is shared by staff, who alone change it"
        if key is not None:
            reason = f"It is not in {key.project}, the key's only project, or it is shared by staff"
        return Step("wall", False, f"{reason}.")
    where = f"in {place.project}" if place.project else "in any project"
    return Step("wall", True, f"The question is asked {where}.")


def _given(weighed: Weighed, claim: Claim) -> Step:
    """Name what gives: staff, the role, or an object permission."""
    permission = claim.permission
    needed = permission.lowest_role.label if permission.lowest_role else "staff"
    if claim.is_staff:
        return Step("staff", True, "Staff may do everything in every project.")
    if permission.is_held_by(claim.role):
        return Step("role", True, f"The role {_label(claim)} has it; it takes {needed}.")
    if claim.has_grant:
        return Step("object permission", True, "It was given on this very object.")
    has = f"the role {_label(claim)} is less" if claim.role else _no_role(weighed)
    return Step("role", False, f"It takes {needed}: {has}, and no object permission gives it.")


def _label(claim: Claim) -> str:
    return claim.role.label if claim.role else "none"


def _no_role(weighed: Weighed) -> str:
    project = weighed.place.project if weighed.place else None
    if project is not None and project.is_archived:
        return "an archived project leaves no role"
    return "there is no role here"


def _policy(claim: Claim) -> Step:
    if claim.policy is None:
        return Step("key policy", True, "The key has no policy: it may what its creator may.")
    deciding = _deciding(claim.policy, claim)
    if claim.passes_policy:
        return Step("key policy", True, f"Statement {deciding} allows it.")
    if deciding:
        return Step("key policy", False, f"Statement {deciding} denies it.")
    return Step("key policy", False, "No statement allows it.")


def _deciding(policy: Policy, claim: Claim) -> str:
    """Find the number of the statement that decides, from 1; a Deny goes before every Allow."""
    fitting = [
        (row.is_allow, number)
        for number, row in enumerate(policy.statements, start=1)
        if _speaks(row, claim)
    ]
    return str(min(fitting)[1]) if fitting else ""


def _speaks(row: Statement, claim: Claim) -> bool:
    if claim.resource:
        return row.matches(claim.permission.action, claim.resource)
    covers = row.is_allow or "*" in row.resources
    return covers and row.speaks_of(claim.permission.action)
