import json
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import ApiKey, Project, User


class Command(BaseCommand):
    """Prints one new token and nothing else, so that a script can keep it."""

    help = "Issue an API key for scripts; prints its token, once."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True, help="what the key is for")
        parser.add_argument("--policy", metavar="FILE", type=Path, help="JSON that narrows it")
        parser.add_argument("--expires-days", metavar="N", type=int)

    def handle(self, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            slugs = ", ".join(Project.objects.order_by("slug").values_list("slug", flat=True)[:20])
            raise CommandError(f"There is no project {options['project']}. There is: {slugs}.")
        days = options["expires_days"]
        if days is not None and days < 1:
            raise CommandError("--expires-days is a number of days from 1.")
        try:
            _, token = ApiKey.objects.issue(
                project=project,
                name=options["name"],
                created_by=_first_admin(),
                policy=_policy(options["policy"]),
                expires_at=timezone.now() + timedelta(days=days) if days else None,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(token)


def _first_admin() -> User:
    admin: User | None = User.objects.active().staff().order_by("pk").first()
    if admin is None:
        raise CommandError("There is no administrator yet: run `make run` once.")
    return admin


def _policy(file: Path | None) -> Any:
    if file is None:
        return None
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(f"{file} is not JSON: {error}.") from error
