"""What a request does with several of a project's own providers at once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from accounts.authority import may
from accounts.models import Project
from accounts.principal import Principal
from accounts.refusals import Refused
from providers import tasks
from providers.models import Operation, Provider


@dataclass(frozen=True, slots=True)
class Errand:
    """`action` is what one must be allowed to do to each; `whole` counts how far all are."""

    action: str
    begin: Callable[..., list[Operation]]
    whole: Operation.Verb
    fits: Callable[[Provider], bool]
    code: str
    nothing: str

    def begin_on(
        self, named: Collection[str], project: Project | None, who: Principal
    ) -> Operation:
        """Begin it on those active providers that are `named`, or on all that it fits.

        Joins the one under way. Raises ValidationError for a provider that is not there, and
        Refused where nothing is left to do.
        """
        found = list(
            _own(project, who).filter(public_id__in=named) if named else _own(project, who)
        )
        if len(found) < len(set(named)):
            raise ValidationError({"providerIds": "There is no such object here."})
        wanted = [row for row in found if (named or self.fits(row)) and may(who, self.action, row)]
        begun = self.begin(wanted, by=who)
        operation = next(iter(begun), None) or self._under_way(project, who)
        if operation is None:
            raise Refused(self.nothing, code=self.code)
        return operation

    def _under_way(self, project: Project | None, who: Principal) -> Operation | None:
        rows = Operation.objects.visible_to(who).unfinished().filter(project=project)
        found: Operation | None = rows.filter(verb=self.whole).first()
        return found


TEST = Errand(
    action="aiProviders:TestAiProvider",
    begin=tasks.begin_tests_of,
    whole=Operation.Verb.TEST_SEVERAL,
    fits=lambda _: True,
    code="nothing_to_test",
    nothing="There is no enabled model here to test.",
)
IMPORT = Errand(
    action="aiProviders:ImportCatalog",
    begin=tasks.begin_imports,
    whole=Operation.Verb.IMPORT_SEVERAL,
    fits=lambda provider: not provider.kind_row.models_have_own_names,
    code="nothing_to_import",
    nothing="There is no active provider here to import the catalog into.",
)


def _own(project: Project | None, who: Principal) -> Any:
    rows = Provider.objects.visible_to(who).active().filter(project=project).by_name()
    return rows.select_related("project").prefetch_related("models__provider__project")
