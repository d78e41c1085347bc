"""Cronjobs: when they run, what answers them, what came of each run."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.admin.answers import done, fragment
from accounts.admin.pages import Listed, Removal, attempt, saved
from accounts.admin.seen import Seen
from accounts.tenancy.current import principal_of
from gateway import tasks
from gateway.forms.cronjob import CronjobForm
from gateway.models import Cronjob
from gateway.models.cronjob import CronjobQuerySet
from gateway.panels.cronjobs import cronjob_rows, history_of, preview_of
from gateway.services import cronjob_runs, cronjobs

CREATE = "cronjobs:CreateCronjob"


@admin.register(Cronjob)
class CronjobAdmin(Listed):
    impact_right = "cronjobs:GetCronjobImpact"
    create_right = CREATE
    intro = "Prompts that are sent at set times, with nobody there."
    panel = staticmethod(cronjob_rows)
    read_right = "cronjobs:GetCronjob"
    change_right = "cronjobs:UpdateCronjob"
    template = "gateway/cronjob.html"
    form_template = "gateway/_cronjob_form.html"
    search_fields = ("name", "public_id")
    search_help_text = "Search by name"

    def get_urls(self) -> list[URLPattern]:
        one = "<str:object_id>"
        return [
            self.page("add/", self.make_view, "add"),
            self.page("preview/", require_safe(self.preview_view), "preview"),
            self.page(f"{one}/edit/", self.edit_view, "edit"),
            self.button(f"{one}/run/", self.run_view, "run"),
            self.button(f"{one}/pause/", self.pause_view, "pause"),
            self.button(f"{one}/resume/", self.resume_view, "resume"),
            self.impact_page(),
            *super().get_urls(),
        ]

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        return cast("CronjobQuerySet", super().visible(request)).with_pin().by_name()

    def shown_beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:  # noqa: ARG002 - the base's
        """Show its runs with their output."""
        history = history_of(row)
        is_running = any(not each.run.is_finished for each in history)
        return {"history": history, "is_running": is_running}

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Say what a schedule means while it is typed."""
        self.enter(request, "cronjobs:ListCronjobs")
        typed = request.GET.get("schedule", ""), request.GET.get("time_zone", "UTC")
        context = {"preview": preview_of(*typed, now=timezone.now())}
        return fragment(request, "gateway/_schedule.html", context)

    def make_view(self, request: HttpRequest) -> HttpResponse:
        projects = self.admitted_projects(request, CREATE)
        form = CronjobForm(request.POST or None, projects=projects)

        def act() -> str:
            project, by = form.cleaned_data["project"], principal_of(request)
            job = cronjobs.add(form.draft(), project=project, by=by, now=timezone.now())
            return f"{job.name} is added."

        words = {"title": "Add a cronjob", "verb": "Add cronjob", "back_label": "Cronjobs"}
        return self._asked(request, form, act, back_url=self.list_url, **words)

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        job: Cronjob = self.found(request, object_id)
        self.allow(request, "cronjobs:UpdateCronjob", job)
        form = CronjobForm(request.POST or None, projects=[job.project], job=job)

        def act() -> str:
            cronjobs.change(job, form.draft(), by=principal_of(request), now=timezone.now())
            return f"{job.name} is saved."

        words = {"title": f"Edit {job.name}", "verb": "Save", **self.way_back(job)}
        return self._asked(request, form, act, seen=Seen.of(request, form.initial), **words)

    def run_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Run it now, whatever its schedule says."""
        job: Cronjob = self.found(request, object_id)
        self.allow(request, "cronjobs:RunCronjob", job)

        def act() -> str:
            run = cronjob_runs.run_now(job, by=principal_of(request), now=timezone.now())
            tasks.run_soon(run)
            return f"{job.name} runs."

        return self._done(request, job, act)

    def pause_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        job: Cronjob = self.found(request, object_id)
        self.allow(request, "cronjobs:PauseCronjob", job)

        def act() -> str:
            cronjobs.pause(job, by=principal_of(request))
            return f"{job.name} is paused."

        return self._done(request, job, act)

    def resume_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        job: Cronjob = self.found(request, object_id)
        self.allow(request, "cronjobs:ResumeCronjob", job)

        def act() -> str:
            cronjobs.resume(job, by=principal_of(request), now=timezone.now())
            return f"{job.name} runs by its schedule again."

        return self._done(request, job, act)

    def removal_of(self, request: HttpRequest, job: Cronjob) -> Removal:
        return Removal(
            action="cronjobs:DeleteCronjob",
            title=f"Delete {job.name}?",
            lead="It runs no more, and its runs with their output go along.",
            verb="Delete cronjob",
            remove=lambda: cronjobs.remove(job, by=principal_of(request)),
            done=f"{job.name} was deleted.",
        )

    def _done(self, request: HttpRequest, job: Cronjob, act: Callable[[], str]) -> HttpResponse:
        back = self.address_of(job)
        return attempt(request, lambda: done(request, act(), back=back), back=back)

    def _asked(
        self, request: HttpRequest, form: CronjobForm, act: Callable[[], str], **words: Any
    ) -> HttpResponse:
        seen: Seen | None = words.get("seen")
        is_overtaken = seen is not None and seen.is_overtaken
        if request.method == "POST" and form.is_valid() and not is_overtaken:
            try:
                return saved(request, act(), back=words["back_url"])
            except ValidationError as error:
                form.take_errors(error)
        typed = str(form["schedule"].value() or ""), str(form["time_zone"].value() or "UTC")
        preview = preview_of(*typed, now=timezone.now())
        return self.ask(request, form, preview=preview, **words)
