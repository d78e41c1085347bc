from decimal import Decimal
from typing import Final, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import ApiKey, Project
from accounts.tenancy.models import TenantModel
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField
from gateway.models.agent import Agent
from usage.limits.rules import Measure, Rule, amount_label

MOST_OF_ONE: Final = 20  # enabled limits that one call may have to pass

SMALLEST: Final = Decimal("0.0001")
_LABELS: Final = {
    Measure.REQUESTS: "Requests per minute",
    Measure.TOKENS: "Tokens per minute",
    Measure.CONCURRENT: "Calls at once",
    Measure.USD_DAY: "USD per day",
    Measure.USD_WEEK: "USD per week",
    Measure.USD_MONTH: "USD per month",
}
MEASURES: Final = [(measure.value, _LABELS[measure]) for measure in Measure]


class LimitQuerySet(WalledQuerySet["Limit"]):
    def by_name(self) -> Self:
        return self.order_by(Lower("name"), "pk")

    def with_subject(self) -> Self:
        return self.select_related("project", "agent", "key")

    def enabled(self) -> Self:
        return self.filter(is_enabled=True)

    def of_money(self) -> Self:
        return self.filter(measure__startswith="usd_")

    def wanting_prices(self) -> Self:
        """Keep those under which a model without a price is refused."""
        return self.enabled().of_money().filter(is_shadow=False, allows_unpriced=False)

    def concerning(
        self, project: Project, *, agent: Agent | None = None, key: ApiKey | None = None
    ) -> Self:
        """Keep those that a call of a project's agent or key has to pass."""
        on_project = Q(agent=None, key=None)
        on_caller = Q(agent=agent) if agent else Q(key=key) if key else Q()
        return self.filter(on_project | on_caller if on_caller else on_project, project=project)


class Limit(TenantModel):
    """How much a project, one of its agents or one of its keys may use of the gateway."""

    public_id = PublicIdField(prefix="lim")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="limits")
    agent = models.ForeignKey(
        Agent, on_delete=models.CASCADE, null=True, blank=True, related_name="limits"
    )
    key = models.ForeignKey(
        ApiKey,
        verbose_name="API key",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="limits",
    )
    name = models.CharField(max_length=100)
    measure = models.CharField("limits", max_length=20, choices=MEASURES)
    amount = models.DecimalField(
        max_digits=16, decimal_places=4, validators=[MinValueValidator(SMALLEST)]
    )
    is_enabled = models.BooleanField("enabled", default=True)
    is_shadow = models.BooleanField("shadow mode", default=False)
    allows_unpriced = models.BooleanField("lets models without a price through", default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LimitQuerySet.as_manager()

    class Meta:
        ordering = (Lower("name"), "pk")
        constraints = (
            models.UniqueConstraint(
                "project",
                Lower("name"),
                name="limit_name_unique_in_project",
                violation_error_message="This project already has a limit of that name.",
            ),
            models.CheckConstraint(
                condition=Q(agent=None) | Q(key=None),
                name="limit_has_one_subject",
                violation_error_message="Choose one: the project, an agent or an API key.",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="limit_amount_is_positive"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> Project | Agent | ApiKey:
        return self.agent or self.key or self.project

    @property
    def amount_label(self) -> str:
        return amount_label(Measure(self.measure), self.amount)

    @property
    def is_of_money(self) -> bool:
        return Measure(self.measure).is_money

    def concerns(self, agent: Agent) -> bool:
        """Tell whether an agent's calls have to pass it."""
        is_on_project = self.agent_id is None and self.key_id is None
        return self.project_id == agent.project_id and (is_on_project or self.agent_id == agent.pk)

    @property
    def rule(self) -> Rule:
        """What the gateway goes by; costs no query after `with_subject`."""
        return Rule(
            id=self.public_id,
            name=self.name,
            project_pk=self.project_id,
            subject=self.subject.public_id,
            measure=Measure(self.measure),
            amount=self.amount,
            is_shadow=self.is_shadow,
            allows_unpriced=self.allows_unpriced,
        )

    def clean(self) -> None:
        self._refuse_taken_name()
        for name in ("agent", "key"):
            chosen = getattr(self, name)
            if chosen is not None and chosen.project_id != self.project_id:
                raise ValidationError({name: "Choose one of this project."})
        if self.amount is None or not self.measure:
            return  # the fields say so
        if not self.is_of_money and self.amount % 1:
            raise ValidationError({"amount": "Write a whole number."})
        if self.is_enabled:
            self._refuse_one_too_many()

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of a limit."""
        return {
            "name": self.name,
            "subject": str(self.subject),
            "subjectType": self.subject._meta.verbose_name,
            "measure": self.measure,
            "amount": str(self.amount),
            "enabled": self.is_enabled,
            "shadow": self.is_shadow,
            "allowsUnpriced": self.allows_unpriced,
        }

    def _refuse_taken_name(self) -> None:
        same = Limit.objects.filter(project=self.project_id, name__iexact=self.name.strip())
        if same.exclude(pk=self.pk).exists():
            raise ValidationError({"name": "This project already has a limit of that name."})

    def _refuse_one_too_many(self) -> None:
        """Each call asks all of its limits: keep their number small."""
        beside = Limit.objects.enabled().exclude(pk=self.pk)
        same = beside.filter(project=self.project_id, agent=self.agent_id, key=self.key_id)
        if same.count() >= MOST_OF_ONE:
            raise ValidationError(
                f"{self.subject} has {MOST_OF_ONE} enabled limits already: disable one first."
            )
