from datetime import datetime, timedelta
from typing import Final, Self

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Prefetch, Q
from django.db.models.functions import Lower

from accounts.models import Project
from accounts.tenancy.models import TenantModel
from accounts.tenancy.querysets import WalledQuerySet
from accounts.tokens import new_token, shown_prefix, token_hash, token_hashes
from foundation.fields import PublicIdField
from gateway.models.facade import Model, ModelBackend, access_grants
from providers.models import ModelKind, Provider, ProviderModel
from providers.models.agent_types import AgentType

LABEL = "agents"
TOKEN_PREFIX = "axa"  # noqa: S105 - the start of every token, not one
LONGEST_OVERLAP: Final = timedelta(days=30)

_is_url = URLValidator(schemes=("http", "https"), message="Write it as https://host or host:port.")


class Routing(models.TextChoices):
    """Who decides which model answers an agent."""

    INHERIT = "inherit", "The project's active model"
    PINNED = "pinned", "One provider's model"
    FACADE = "facade", "A model with backends"
    CLIENT = "client", "Whatever the client names"


class AgentQuerySet(WalledQuerySet["Agent"]):
    def by_name(self) -> Self:
        return self.order_by(Lower("name"), "pk")

    def with_route(self) -> Self:
        """Load what tells where its requests go; three queries more, however many agents."""
        backends = ModelBackend.objects.in_order().select_related("provider_model__provider")
        return self.select_related(
            "project", "pinned_model__provider__project", "facade__project"
        ).prefetch_related(Prefetch("facade__backends", backends), "tokens")

    def pinned_to(self, provider: Provider) -> Self:
        return self.filter(pinned_model__provider=provider)


class Agent(TenantModel):
    """A coding agent, or another program, that comes to the gateway with a token of its own."""

    public_id = PublicIdField(prefix="agt")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="agents")
    name = models.CharField(max_length=100)
    agent_type = models.CharField("type", max_length=20, choices=AgentType)
    routing = models.CharField(max_length=8, choices=Routing, default=Routing.INHERIT)
    pinned_model = models.ForeignKey(
        ProviderModel, on_delete=models.RESTRICT, null=True, blank=True, related_name="agents"
    )
    facade = models.ForeignKey(
        Model,
        verbose_name="model",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="agents",
    )
    pinned_url = models.CharField(
        "gateway address", max_length=200, blank=True, help_text="Empty: the installation's own."
    )
    last_seen_at = models.DateTimeField("last seen", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AgentQuerySet.as_manager()

    class Meta:
        ordering = (Lower("name"), "pk")
        constraints = (
            models.UniqueConstraint(
                "project",
                Lower("name"),
                name="agent_name_unique_in_project",
                violation_error_message="This project already has an agent of that name.",
            ),
            models.CheckConstraint(
                condition=Q(routing="pinned", pinned_model__isnull=False, facade=None)
                | Q(routing="facade", pinned_model=None, facade__isnull=False)
                | Q(routing__in=("inherit", "client"), pinned_model=None, facade=None),
                name="agent_routing_has_its_target",
                violation_error_message="Choose what the routing asks for, and nothing else.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self._refuse_taken_name()
        self._refuse_missing_target()
        if self.pinned_model:
            self._refuse_unfit_pin(self.pinned_model)
        if self.facade:
            self._refuse_unfit_facade(self.facade)
        self.pinned_url = _cleaned_url(self.pinned_url)

    @property
    def token(self) -> "AgentToken | None":
        """The one that works until it is replaced; costs no query after `with_route`."""
        return next((token for token in self.tokens.all() if token.ends_at is None), None)

    def retiring_at(self, now: datetime) -> "list[AgentToken]":
        """List the replaced ones that still work."""
        return [token for token in self.tokens.all() if token.ends_at and token.ends_at > now]

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of an agent."""
        return {
            "name": self.name,
            "agentType": self.agent_type,
            "routing": self.routing,
            "pinnedModel": str(self.pinned_model) if self.pinned_model else None,
            "model": self.facade.slug if self.facade else None,
            "gatewayUrl": self.pinned_url,
        }

    def _refuse_taken_name(self) -> None:
        same = Agent.objects.filter(project=self.project_id, name__iexact=self.name.strip())
        if same.exclude(pk=self.pk).exists():
            raise ValidationError({"name": "This project already has an agent of that name."})

    def _refuse_missing_target(self) -> None:
        if self.routing == Routing.PINNED and self.pinned_model_id is None:
            raise ValidationError({"pinned_model": "Choose the model that it is pinned to."})
        if self.routing == Routing.FACADE and self.facade_id is None:
            raise ValidationError({"facade": "Choose the model that answers it."})

    def _refuse_unfit_pin(self, model: ProviderModel) -> None:
        provider = model.provider
        if provider.project_id not in {None, self.project_id}:
            raise ValidationError({"pinned_model": "Choose a model of this project."})
        if not provider.serves(self.agent_type):
            reason = f"{provider.name} does not serve agents of the type {self.type_label}."
            raise ValidationError({"pinned_model": reason})
        if model.kind != ModelKind.CHAT:
            reason = f"{model} makes embeddings: choose a chat model."
            raise ValidationError({"pinned_model": reason})
        if provider.project_id is None and not self._is_granted(provider=provider):
            reason = f"{provider.name} is shared, and not granted to this project."
            raise ValidationError({"pinned_model": reason})
        if self._is_new_choice("pinned_model") and not (model.is_enabled and provider.is_active):
            raise ValidationError({"pinned_model": f"{model} is disabled: enable it first."})

    def _refuse_unfit_facade(self, facade: Model) -> None:
        if facade.project_id not in {None, self.project_id}:
            raise ValidationError({"facade": "Choose a model of this project."})
        if facade.kind != ModelKind.CHAT:
            raise ValidationError({"facade": f"{facade} makes embeddings: choose a chat model."})
        if not self._is_new_choice("facade"):
            return
        if not self._is_granted(model=facade):
            raise ValidationError({"facade": f"{facade} is not granted to this project."})
        if not facade.is_active:
            raise ValidationError({"facade": f"{facade} is {facade.status}: activate it first."})

    def _is_granted(self, **target: object) -> bool:
        return access_grants().filter(project=self.project_id, **target).exists()

    def _is_new_choice(self, field: str) -> bool:
        """Whether the target is chosen now: one that was chosen before may have changed since."""
        same = {field: getattr(self, f"{field}_id")}
        return not Agent.objects.filter(pk=self.pk, **same).exists()

    @property
    def type_label(self) -> str:
        return AgentType(self.agent_type).label


class AgentTokenQuerySet(WalledQuerySet["AgentToken"]):
    project_path = "agent__project"

    def with_token(self, token: str) -> Self:
        """Find the row of a token, by its hash alone."""
        return self.filter(token_hash__in=token_hashes(token, label=LABEL))

    def with_agent(self) -> Self:
        return self.select_related("agent__project", "agent__pinned_model", "agent__facade")

    def usable_at(self, now: datetime) -> Self:
        """Keep what still works: not replaced, or not for long; project not archived."""
        still_works = Q(ends_at=None) | Q(ends_at__gt=now)
        return self.filter(still_works, agent__project__is_archived=False)


class AgentToken(models.Model):
    """One token of an agent: shown once; its keyed hash and first characters are kept."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="tokens")
    prefix = models.CharField(max_length=12)
    token_hash = models.CharField(max_length=64, unique=True)
    ends_at = models.DateTimeField("works until", null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AgentTokenQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        verbose_name = "token of an agent"
        verbose_name_plural = "tokens of agents"
        constraints = (
            models.UniqueConstraint(
                fields=("agent",), condition=Q(ends_at=None), name="agent_has_one_current_token"
            ),
        )

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @classmethod
    def issue(cls, agent: Agent) -> str:
        """Give an agent a token, which nothing can show again; end the current one first."""
        token = new_token(TOKEN_PREFIX)
        hashed = token_hash(token, label=LABEL)
        cls.objects.create(agent=agent, prefix=shown_prefix(token), token_hash=hashed)
        return token


def _cleaned_url(text: str) -> str:
    """Write an address as clients need it: with its scheme, without a slash at the end."""
    text = text.strip().rstrip("/")
    if not text:
        return ""
    url = text if "://" in text else f"https://{text}"
    try:
        _is_url(url)
    except ValidationError as error:
        raise ValidationError({"pinned_url": error.messages}) from error
    if any(character in url for character in "\"'`$\\?#@ \n"):
        raise ValidationError({"pinned_url": "Write the address alone: https://host, host:port."})
    return url
