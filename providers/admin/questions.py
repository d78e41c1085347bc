"""What a form asks before it does more than it shows: in the dialog, with all that was typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django_htmx.http import reswap, retarget

from accounts.admin.answers import fragment, htmx_of
from accounts.admin.pages import Pages
from accounts.authority import may
from accounts.impact import Impact
from accounts.tenancy.current import principal_of
from providers.models import ProviderModel
from providers.panels.switching import cleared_without

REMOVE: Final = "aiProviders:DeleteProviderModel"
CONFIRMED: Final = "confirmed"  # the ids of the models that the question was about
_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Question:
    """What would be done to models; `impacts` are those of the first 20 that would go."""

    title: str
    models: tuple[ProviderModel, ...]
    verb: str
    impacts: tuple[Impact, ...] = ()
    cleared: tuple[str, ...] = ()

    @property
    def untold(self) -> tuple[ProviderModel, ...]:
        """Those that are named without their impact."""
        return self.models[len(self.impacts) :]


class QuestioningPages(Pages):
    """Pages whose forms remove or switch models along the way."""

    def removal_question(
        self, request: HttpRequest, models: Sequence[ProviderModel], *, verb: str
    ) -> Question | None:
        """Ask about models that would go; None where somebody has confirmed each of them.

        None as well where one can't go, or is not theirs to remove: what refuses says why.
        """
        may_remove = all(may(principal_of(request), REMOVE, model) for model in models)
        if not may_remove or not _unconfirmed(request, models):
            return None
        impacts = [self.impact_of(request, model) for model in models[:_MOST_TOLD]]
        if any(impact.is_refused for impact in impacts):
            return None
        count = f"{len(models)} model{'s' if len(models) != 1 else ''}"
        return Question(f"This removes {count}.", tuple(models), verb, impacts=tuple(impacts))

    def disabling_question(
        self, request: HttpRequest, model: ProviderModel, *, verb: str
    ) -> Question | None:
        """Ask where routing would lose a model that is disabled; None where nothing is lost."""
        cleared = tuple(cleared_without([model], who=principal_of(request)))
        if not cleared or not _unconfirmed(request, [model]):
            return None
        return Question(f"This disables {model}.", (model,), verb, cleared=cleared)

    def put(
        self, request: HttpRequest, template: str, context: dict[str, Any], question: Question
    ) -> HttpResponse:
        """Put the question above what was typed; sending the form again answers it."""
        context |= {"question": question}
        if not htmx_of(request):
            return self.sheet(request, template, context, status=HTTPStatus.CONFLICT)
        answer = fragment(
            request, "providers/_form_question.html", context, status=HTTPStatus.CONFLICT
        )
        return retarget(reswap(answer, "outerHTML"), "#form-question")


def _unconfirmed(request: HttpRequest, models: Sequence[ProviderModel]) -> bool:
    return bool({model.public_id for model in models} - set(request.POST.getlist(CONFIRMED)))
