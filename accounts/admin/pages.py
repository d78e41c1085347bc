"""What pages share: objects found inside the wall, rights asked, refusals told."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.views.decorators.http import require_POST, require_safe

from accounts.admin.answers import done, fragment, htmx_of, is_for_dialog, leave, refused
from accounts.admin.seen import Seen
from accounts.authority import may, require
from accounts.impact import Impact, impact_of
from accounts.models import Project
from accounts.principal import Principal
from accounts.refusals import DependencyDown, QuotaExceeded, Refused
from accounts.tenancy.admin import ProjectAdmin
from accounts.tenancy.current import current_project, principal_of

View = Callable[..., HttpResponseBase]

FOLLOWS = "_follow"  # sent by a form that shows what was chosen so far, before it is done


@dataclass(frozen=True, slots=True)
class Removal:
    """How a row goes for good: what is asked first, what removes it, and what is said then."""

    action: str
    title: str
    lead: str
    verb: str
    remove: Callable[[], object]
    done: str
    shows_impact: bool = True


class Pages(ProjectAdmin):
    """A model's pages with some of our own beside Django's."""

    impact_right: ClassVar = ""  # the action that shows what depends on a row

    def page(self, route: str, view: View, name: str) -> URLPattern:
        """Give a view an address under the model's own, named as the registry names pages."""
        full_name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(route, self.admin_site.admin_view(view), name=full_name)

    def button(self, route: str, view: View, name: str) -> URLPattern:
        """Give a view that changes state its address: it answers POST alone."""
        return self.page(route, require_POST(view), name)

    def found(self, request: HttpRequest, public_id: str) -> Any:
        """Find an object inside the wall; a stranger's does not exist."""
        row = self.get_object(request, public_id)
        if row is None:
            raise Http404
        return row

    def allow(self, request: HttpRequest, action: str, row: Model | None = None) -> None:
        """Refuse, on record, what the person may not do here."""
        require(principal_of(request), action, row, project=current_project(request))

    def fitting_projects(self, request: HttpRequest, action: str) -> list[Project]:
        """List the projects where somebody may do `action`: the current one, else each of them."""
        principal, current = principal_of(request), current_project(request)
        visible = Project.objects.visible_to(principal).active().by_name()
        fitting = [current] if current else list(visible)
        return [project for project in fitting if may(principal, action, project=project)]

    def admitted_projects(self, request: HttpRequest, action: str) -> list[Project]:
        """As `fitting_projects`; refused, on record, where there is none."""
        if not self.may(request, "list"):
            raise Http404
        projects = self.fitting_projects(request, action)
        if not projects:
            require(principal_of(request), action, project=current_project(request))
            raise Http404
        return projects

    def enter(self, request: HttpRequest, action: str) -> None:
        """Refuse as `allow` does; where the list does not exist for them, nor does this page."""
        if not self.may(request, "list"):
            raise Http404
        self.allow(request, action)

    def show(
        self,
        request: HttpRequest,
        template: str,
        context: dict[str, Any],
        *,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> HttpResponse:
        """Render a whole page of the admin."""
        whole = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, template, whole, status=status)

    def impact_of(self, request: HttpRequest, row: Model) -> Impact:
        """Tell what depends on a row, as far as the reader may know."""
        return impact_of(row, who=principal_of(request), now=timezone.now())

    def impact_page(self) -> URLPattern:
        """Give what depends on a row its address."""
        return self.page("<str:object_id>/impact/", require_safe(self.impact_view), "impact")

    def impact_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what depends on a row, and what would become of it."""
        row = self.found(request, object_id)
        self.allow(request, self.impact_right, row)
        impact = self.impact_of(request, row)
        context = {
            "impact": impact,
            "title": f"Impact of {impact.name}",
            "lead": f"What depends on this {impact.what}, and what would become of it.",
        }
        return self.sheet(request, "providers/_impact_sheet.html", context | self.way_back(row))

    def removal(self, request: HttpRequest, row: Model, asked: Removal) -> HttpResponse:
        """Ask in a dialog that tells what depends on the row; remove it on POST."""
        self.allow(request, asked.action, row)
        back = self.list_url
        if request.method == "POST":

            def act() -> HttpResponse:
                asked.remove()
                return saved(request, asked.done, back=back)

            return attempt(request, act, back=back)
        context = {
            "title": asked.title,
            "lead": asked.lead,
            "verb": asked.verb,
            "impact": self.impact_of(request, row) if asked.shows_impact else None,
        }
        return self.sheet(request, "_delete.html", context | self.way_back(row))

    def way_back(self, row: Any) -> dict[str, str]:
        """Say where a dialog about a row leads that is left."""
        return {"back_url": self.address_of(row), "back_label": str(row)}

    @property
    def list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def sheet(
        self,
        request: HttpRequest,
        template: str,
        context: dict[str, Any],
        *,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> HttpResponse:
        """Render a form or a question: inside the dialog that asked for it, or as a page."""
        context = {"action": request.path, "in_dialog": is_for_dialog(request)} | context
        if htmx_of(request):
            return fragment(request, template, context, status=status)
        whole = {"sheet": template, "page_title": context.get("title", "")} | context
        return self.show(request, "_sheet_page.html", whole, status=status)

    def form_sheet(self, request: HttpRequest, form: Form | None, **words: Any) -> HttpResponse:
        """Ask with a form, or with a question alone: `title`, `lead`, `verb`, and the way back.

        `seen` is the version of what a form that changes a row shows of it.
        """
        status = _status_of(words.get("seen"), is_wrong=bool(form and form.errors))
        return self.sheet(request, "_form_sheet.html", {"form": form, **words}, status=status)


class Listed(Pages):
    """A model whose list is our own: rows that a panel makes, and forms that open in dialogs."""

    panel: ClassVar["staticmethod[[Iterable[Any], Principal], Sequence[Any]]"]  # makes the rows
    intro: ClassVar = ""  # what the list is of, in one line
    create_right: ClassVar = ""  # the action that adds one; empty where nobody does
    read_right: ClassVar = ""
    change_right: ClassVar = ""
    template: ClassVar = ""  # of the page of one
    form_template: ClassVar = ""  # of the dialogs that add and change one
    list_per_page = 50
    actions = None
    show_add_link = False

    def get_urls(self) -> list[URLPattern]:
        """Leave Django's page for a new one out: who may add one asks for it in a dialog."""
        added = f"{self.opts.app_label}_{self.opts.model_name}_add"
        return [url for url in super().get_urls() if url.name != added]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(self.create_right and self.fitting_projects(request, self.create_right))

    def removal_of(self, request: HttpRequest, row: Any) -> Removal | None:
        """Say how a row goes for good; None where nobody deletes one here."""
        return None

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask in a dialog that says what depends on it; delete on POST."""
        row = self.found(request, object_id)
        if asked := self.removal_of(request, row):
            return self.removal(request, row, asked)
        return super().delete_view(request, object_id, extra_context)

    def ask(self, request: HttpRequest, form: Form, **words: Any) -> HttpResponse:
        """Ask with a form; what is wrong in it is said once somebody meant to be done."""
        is_wrong = form.is_bound and not form.is_valid() and FOLLOWS not in request.POST
        status = _status_of(words.get("seen"), is_wrong=is_wrong)
        label = capfirst(str(self.opts.verbose_name_plural))
        context = {"form": form, "shows_errors": is_wrong, "back_label": label, **words}
        return self.sheet(request, self.form_template, context, status=status)

    def shown_beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Give what the page of one shows beside its row."""
        return {}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            answer.context_data |= {
                "rows": self.panel(answer.context_data["cl"].result_list, principal_of(request)),
                "shows_project": current_project(request) is None,
                "page_intro": self.intro,
            }
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one. It is changed in dialogs: what is sent here changes nothing."""
        found = self.found(request, object_id or "")
        self.allow(request, self.read_right, found)
        if request.method == "POST":
            self.allow(request, self.change_right, found)
        context = {
            "row": self.panel([found], principal_of(request))[0],
            "page_title": str(found),
            "back_url": self.list_url,
            "back_label": capfirst(str(self.opts.verbose_name_plural)),
        }
        return self.show(request, self.template, context | self.shown_beside(request, found))


def _status_of(seen: Seen | None, *, is_wrong: bool) -> HTTPStatus:
    if seen and seen.is_overtaken:
        return HTTPStatus.CONFLICT
    return HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK


def saved(request: HttpRequest, text: str, *, back: str) -> HttpResponse:
    """Say that a form was saved: beside its dialog, or on the page at `back`."""
    if is_for_dialog(request):
        return done(request, text, back=back)
    return leave(request, text, to=back)


def attempt(request: HttpRequest, act: Callable[[], HttpResponse], *, back: str) -> HttpResponse:
    """Do it, or say in one sentence why the domain refused."""
    try:
        return act()
    except Refused as error:
        return refused(request, error.message, back=back)
    except ValidationError as error:
        return refused(request, " ".join(error.messages), back=back)
    except (DependencyDown, QuotaExceeded) as error:
        is_down = isinstance(error, DependencyDown)
        status = HTTPStatus.SERVICE_UNAVAILABLE if is_down else HTTPStatus.TOO_MANY_REQUESTS
        answer = refused(request, str(error), back=back, status=status)
        answer["Retry-After"] = str(error.retry_after_s)
        return answer


def moment(at: datetime | None, otherwise: str = "never") -> SafeString:
    """Give a cell with a relative time, the exact one on hover."""
    return render_to_string("_moment.html", {"moment": at, "otherwise": otherwise})
