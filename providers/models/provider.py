from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, cast

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import RestrictedError
from django.db.models.functions import Lower
from django.utils.text import slugify

from accounts.models import Epoch
from accounts.tenancy.models import SharedTenantModel
from foundation.fields import PublicIdField
from providers.health import Health
from providers.kinds.kind import Kind
from providers.kinds.registry import stored_kind
from providers.kinds.vocabulary import Endpoint
from providers.models.agent_types import AgentType
from providers.models.checking import Checked, CheckedQuerySet
from providers.models.names import refuse_taken_name
from providers.models.probing import Probed
from providers.models.refusals import OwnsActiveModel, ProviderHasDependents
from providers.models.secret import Secret
from providers.models.signing_in import SignedIn
from providers.models.versions import Versioned

if TYPE_CHECKING:
    from providers.models.provider_model import ProviderModel
    from providers.models.routing import ProjectRoutingQuerySet

DEGRADED_THRESHOLD_MS = 5000
TERMS_FIRST = (
    "The vendor restricts {label}: the platform's staff must accept its terms once, "
    "before anybody uses it."
)


def routings() -> "ProjectRoutingQuerySet":
    """Every project's routing; it stands on models and providers, so they ask for it by name."""
    return cast("ProjectRoutingQuerySet", apps.get_model("providers.ProjectRouting").objects.all())


class Status(models.TextChoices):
    """What people want of it: only they set it."""

    ACTIVE = "active", "active"
    DISABLED = "disabled", "disabled"


class ProviderQuerySet(CheckedQuerySet["Provider"]):
    shows_shared = True

    def active(self) -> Self:
        return self.filter(status=Status.ACTIVE)

    def down(self) -> Self:
        return self.filter(health__in=[health for health in Health if health.is_down])

    def by_name(self) -> Self:
        return self.order_by(Lower("name"), "pk")

    def with_secret(self) -> Self:
        return self.select_related("project", "secret__key", "secret__project", "login__key")

    def with_models(self) -> Self:
        return self.prefetch_related("models")

    def submitted_as(self, submission: str, *, name: str) -> Self:
        """Keep what an earlier sending of the same form made; nothing for no form."""
        return self.filter(submission=submission or None, name__iexact=name.strip())

    def delete(self) -> tuple[int, dict[str, int]]:
        """Each one by its own rules; nothing is deleted when one refuses."""
        counts: dict[str, int] = {}
        with transaction.atomic():
            for provider in self:
                for label, count in provider.delete()[1].items():
                    counts[label] = counts.get(label, 0) + count
        return sum(counts.values()), counts


class Provider(Versioned, Checked, Probed, SignedIn, SharedTenantModel):
    """One account or endpoint of a kind, and the models that the project uses there."""

    public_id = PublicIdField(prefix="aip")
    name = models.CharField(max_length=100)
    kind = models.SlugField("type")
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    secret = models.ForeignKey(
        Secret, on_delete=models.RESTRICT, null=True, blank=True, related_name="providers"
    )
    base_url = models.CharField("base URL", max_length=500, blank=True)
    config = models.JSONField(default=dict, blank=True)
    default_model = models.ForeignKey(
        "providers.ProviderModel",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    agent_types = models.JSONField(default=list, blank=True, help_text="Empty means every type.")
    degraded_threshold_ms = models.PositiveIntegerField(
        "degraded threshold in ms",
        default=DEGRADED_THRESHOLD_MS,
        validators=(MinValueValidator(1),),
        help_text="An answer that takes longer than this counts as degraded.",
    )
    terms_accepted_at = models.DateTimeField(null=True, editable=False)
    terms_accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    submission = models.CharField(  # noqa: DJ001 - unique, and most have none
        max_length=32,
        null=True,
        unique=True,
        editable=False,
        help_text="The form that made it: sent twice, it makes one provider.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        ordering = (Lower("name"),)
        permissions = (("test_provider", "Can test provider"), ("use_provider", "Can use provider"))
        constraints = (
            models.UniqueConstraint(
                "project",
                Lower("name"),
                name="provider_name_unique_in_project",
                violation_error_message="This project already has a provider of that name.",
            ),
            models.UniqueConstraint(
                Lower("name"),
                condition=models.Q(project=None),
                name="provider_name_unique_when_shared",
                violation_error_message="There is already a shared provider of that name.",
            ),
            models.CheckConstraint(
                condition=models.Q(probe_budget_usd__gte=0, probes_per_day__gte=1),
                name="probe_budgets_are_possible",
                violation_error_message="A probe budget is at least 0 USD and one probe.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def kind_row(self) -> Kind:
        """Its kind; one that this version does not know can be shown and deleted, not called."""
        return stored_kind(self.kind).spoken_by(self.config)

    @property
    def slug(self) -> str:
        """How a request names it, in `provider/model`."""
        return slugify(self.name) or self.public_id

    @property
    def is_active(self) -> bool:
        return self.status == Status.ACTIVE

    def serves(self, agent_type: str) -> bool:
        """Whether agents of a type may use it."""
        return not self.agent_types or agent_type in self.agent_types

    @property
    def effective_base_url(self) -> str:
        return self.kind_row.base_url_of(base_url=self.base_url, config=self.config)

    @property
    def host(self) -> str:
        """The origin, or the vendor's domain, that its credential is sent to."""
        return self.kind_row.host_of(base_url=self.base_url, config=self.config)

    def endpoint(self, *, purpose: str, now: datetime) -> Endpoint:
        """Where and as whom to call: opens the secret, so it never leaves the caller's function."""
        kind = self.kind_row
        credential = self._credential(kind, purpose=purpose, now=now) if kind.is_available else {}
        return kind.endpoint(base_url=self.base_url, credential=credential, config=self.config)

    def _credential(self, kind: Kind, *, purpose: str, now: datetime) -> dict[str, str]:
        if kind.has_login:
            return self.standing_login().access(now=now)
        return self.secret.open(purpose=purpose, now=now) if self.secret else {}

    def owns_active_model(self) -> bool:
        return routings().filter(active_model__provider=self).exists()

    def disable(self) -> None:
        """Leave it out of routing and pickers; it keeps everything it has."""
        with transaction.atomic():
            routings().lock_for(self)
            if self.owns_active_model():
                raise OwnsActiveModel(self, "disabled")
            routings().leave_out(self.models.all())
            self.status = Status.DISABLED
            self.save(update_fields=["status", "updated_at"])
            Epoch.bump()

    def enable(self) -> None:
        self.status = Status.ACTIVE
        self.save(update_fields=["status", "updated_at"])
        Epoch.bump()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Take its models with it, and its secret where nothing else uses that one."""
        with transaction.atomic():
            routings().lock_for(self)
            if self.owns_active_model():
                raise OwnsActiveModel(self, "deleted")
            routings().leave_out(self.models.all())
            secret = self.secret
            try:
                total, counts = super().delete(*args, **kwargs)
            except RestrictedError as error:
                raise ProviderHasDependents(self, error.restricted_objects) from error
            if secret and not secret.providers.exists():
                more, secret_counts = secret.delete()
                total, counts = total + more, counts | secret_counts
            Epoch.bump()
        return total, counts

    def refuse_unfit_secret(self) -> None:
        """Send a stored credential only where it was entered for: nobody can redirect it."""
        if self.secret is None:
            return
        if self.secret.project_id != self.project_id:
            raise ValidationError({"secret": "Choose a secret of this provider's own project."})
        if (self.secret.kind, self.secret.host) == (self.kind, self.host):
            return
        given_for = self.secret.host or self.secret.kind
        where = "kind" if self.secret.kind != self.kind else "base_url"
        over = " over https" if self.host == f"http://{self.secret.host}" else ""
        again = f"Enter the credential again: the stored one was given for {given_for}{over}."
        raise ValidationError({where: again})

    def refuse_shared_login(self) -> None:
        if self.project_id is None and self.kind_row.terms.are_restricted:
            personal = f"A {self.kind_row.label} login is personal and can't be shared."
            raise ValidationError({"kind": personal})

    def refuse_unaccepted_terms(self) -> None:
        if self.terms_accepted_at is None and self.kind_row.terms.are_restricted:
            raise ValidationError({"terms": TERMS_FIRST.format(label=self.kind_row.label)})

    def refuse_unknown_agent_types(self) -> None:
        unknown = sorted({*self.agent_types} - {*AgentType.values})
        if unknown:
            raise ValidationError({"agent_types": f"Unknown agent type: {', '.join(unknown)}."})

    def clean(self) -> None:
        refuse_taken_name(self, self.name)
        self.refuse_unfit_secret()
        self.refuse_shared_login()
        self.refuse_unaccepted_terms()
        self.refuse_unknown_agent_types()

    def shown(self) -> tuple[object, ...]:
        replaced_at = self.secret.value_updated_at.isoformat() if self.secret else ""
        return (
            *(self.name, self.kind, self.base_url, sorted(self.config.items())),
            *(sorted(self.agent_types), self.degraded_threshold_ms, str(self.probing)),
            *(self.secret_id, replaced_at, self.default_model_id),
            [model.upstream_id for model in self.models.all()],
        )

    def called_as(self) -> tuple[object, ...]:
        """Tell what a test's result depends on: when this changes, the result is no longer true."""
        updated_at = self.secret.value_updated_at if self.secret else None
        return (self.kind, self.effective_base_url, dict(self.config), self.secret_id, updated_at)

    def forget_tests(self) -> None:
        """Call the models untested: what was tested is not what would be called now."""
        self.models.forget_tests()

    def next_default(self) -> "ProviderModel | None":
        return self.models.enabled().order_by("position", "pk").first()

    @property
    def can_be_checked(self) -> bool:
        """Whether its kind has a free call that shows its health, or a paid one was chosen."""
        kind = self.kind_row
        return kind.has_probe or (kind.is_available and self.has_paid_probes)

    def kept_config(self, config: Mapping[str, str]) -> dict[str, str]:
        """Only the fields that the kind declares; those of another kind go."""
        declared = {field.name for field in self.kind_row.fields}
        return {name: value for name, value in config.items() if name in declared and value}
