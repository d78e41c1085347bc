"""Verbs on facades: add, change, switch, remove."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from accounts import audit
from accounts.audit import Actor
from accounts.models import Epoch, Project
from gateway.models import AccessGrant, BackendDraft, Model, ModelBackend, ModelStatus
from providers.models import ModelKind


@dataclass(frozen=True, slots=True)
class ModelDraft:
    """What somebody wants a facade to be."""

    slug: str
    name: str = ""
    kind: str = ModelKind.CHAT
    backends: Sequence[BackendDraft] = ()


def add(draft: ModelDraft, *, project: Project | None, by: Actor) -> Model:
    """Store a new facade; one of a project is granted to that project, which can be taken back.

    Raises ValidationError with each field's reason, and stores nothing then.
    """
    model = Model(project=project)
    _store(model, draft, by=by)
    return model


def change(model: Model, draft: ModelDraft, *, by: Actor) -> None:
    """Make the facade what the draft says, from the next request on."""
    _store(model, draft, by=by)


def draft_of(model: Model) -> ModelDraft:
    """Give what the facade is now, for a change of parts of it."""
    backends = model.backends.in_order().select_related("provider_model__provider")
    return ModelDraft(
        slug=model.slug,
        name=model.name,
        kind=model.kind,
        backends=[BackendDraft(row.provider_model, row.priority, row.weight) for row in backends],
    )


@transaction.atomic
def set_status(model: Model, status: str, *, by: Actor) -> None:
    """Switch it on or off; only a facade with a usable backend can be on."""
    before = model.told()
    if status == ModelStatus.DRAFT and model.status != ModelStatus.DRAFT:
        raise ValidationError({"status": "A model goes back to no draft: disable it."})
    if status == ModelStatus.ACTIVE:
        model.activate()
    elif status == ModelStatus.DISABLED:
        model.disable()
    audit.record(by, "models:UpdateModel", model, before=before, after=model.told())


@transaction.atomic
def remove(model: Model, *, by: Actor) -> None:
    """Delete it with its backends and grants; raises ModelHasAgents where one is routed to it."""
    audit.record(by, "models:DeleteModel", model, before=model.told(), after=None)
    model.delete()


@transaction.atomic
def settle() -> None:
    """Make drafts of active facades that nothing can answer any more, and wake those that it can.

    For whatever switches providers and their models, which know nothing of facades.
    """
    usable = ModelBackend.objects.usable().filter(
        model=OuterRef("pk"), provider_model__kind=OuterRef("kind")
    )
    drafts = Model.objects.filter(status=ModelStatus.DRAFT)
    changed = Model.objects.active().exclude(Exists(usable)).update(status=ModelStatus.DRAFT)
    changed += drafts.filter(Exists(usable)).update(status=ModelStatus.ACTIVE)
    if changed:
        Epoch.bump()


def _store(model: Model, draft: ModelDraft, *, by: Actor) -> None:
    is_new = model.pk is None
    before = None if is_new else Model.objects.get(pk=model.pk).told()
    try:
        with transaction.atomic():
            _keep(model, draft, is_new=is_new)
            action = "models:CreateModel" if is_new else "models:UpdateModel"
            audit.record(by, action, model, before=before, after=model.told())
            Epoch.bump()
    except IntegrityError as error:
        model.clean()  # somebody else was faster
        raise ValidationError("Somebody changed the same thing just now. Try again.") from error


def _keep(model: Model, draft: ModelDraft, *, is_new: bool) -> None:
    if not is_new and draft.kind != model.kind and not draft.backends:
        model.backends.all().delete()
    model.slug, model.name, model.kind = draft.slug.strip(), draft.name.strip(), draft.kind
    model.full_clean()
    model.save()
    model.arrange(draft.backends)
    if is_new and model.project is not None:
        AccessGrant.objects.create(model=model, project=model.project)
