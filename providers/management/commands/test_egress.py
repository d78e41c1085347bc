from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Project
from providers.services.egress import verdict_on


class Command(BaseCommand):
    help = "Says whether the egress policy lets a URL be called, and which address that would be."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url")
        parser.add_argument("--project", help="Slug; the instance's own rules alone without it.")

    def handle(self, *_args: str, **options: Any) -> None:
        verdict = verdict_on(options["url"], _project(options["project"]))
        if not verdict.is_allowed:
            raise CommandError(f"Refused: {verdict.reason}")
        self.stdout.write(f"Allowed: it would be called at {verdict.address}.")


def _project(slug: str | None) -> Project | None:
    if slug is None:
        return None
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(f"There is no project with the slug “{slug}”.")
    return project
