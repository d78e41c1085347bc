from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Project
from accounts.tenancy.models import SharedTenantModel
from accounts.tenancy.querysets import WalledQuerySet
from foundation.egress import AllowRule, Policy
from foundation.fields import PublicIdField


class EgressRuleQuerySet(WalledQuerySet["EgressRule"]):
    def reaching(self, project: Project | None) -> Self:
        """Keep the rules of the instance and, where there is one, of the project."""
        return self.filter(Q(project=None) | Q(project=project))

    def policy_for(self, project: Project | None) -> Policy:
        rules = tuple(rule.as_allow_rule() for rule in self.reaching(project).order_by("pk"))
        return Policy(rules=rules, allow_loopback=settings.EGRESS_ALLOW_LOOPBACK)


class EgressRule(SharedTenantModel):
    """Staff's leave to call an address that the policy refuses by itself."""

    public_id = PublicIdField(prefix="egr")
    target = models.CharField(max_length=253, help_text="A host name, an address or a CIDR.")
    port = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=(MinValueValidator(1), MaxValueValidator(65535)),
        help_text="Empty means every port.",
    )
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EgressRuleQuerySet.as_manager()

    class Meta:
        ordering = ("target", "port")
        verbose_name = "egress rule"

    def __str__(self) -> str:
        return f"{self.target}:{self.port}" if self.port else self.target

    def as_allow_rule(self) -> AllowRule:
        return AllowRule(target=self.target, port=self.port)

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of a rule."""
        return {"target": self.target, "port": self.port, "reason": self.reason}

    def clean(self) -> None:
        try:
            self.as_allow_rule()
        except ValueError as error:
            raise ValidationError({"target": str(error)}) from error
