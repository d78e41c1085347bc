from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model
from django.utils import timezone

from accounts.explanations import explain
from accounts.models import ApiKey, Project, User
from accounts.permissions import Undeclared
from accounts.principal import Principal
from accounts.tenancy.objects import models_by_prefix


class Command(BaseCommand):
    help = "Tells why a person or an API key may or may not do something."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", help="an email address, or an API key's id: key_…")
        parser.add_argument("action", help="for example aiProviders:DeleteAiProvider")
        parser.add_argument("--object", default="", help="the public id of what it is done to")
        parser.add_argument("--project", default="", help="where, as a slug, if there is no object")

    def handle(self, *_args: str, **options: Any) -> None:
        target = _object(options["object"])
        project = Project.objects.filter(slug=options["project"]).first()
        if options["project"] and project is None:
            raise CommandError(f"There is no project {options['project']}.")
        try:
            found = explain(_principal(options["who"]), options["action"], target, project=project)
        except Undeclared as error:
            raise CommandError(str(error)) from error
        for step in found.steps:
            self.stdout.write(
                f"{'passes' if step.passes else 'stops '}  {step.rule}: {step.reason}"
            )
        self.stdout.write("Allowed." if found.is_allowed else "Not allowed.")


def _principal(who: str) -> Principal:
    key = ApiKey.objects.with_principal().filter(public_id=who).first()
    if key:
        return Principal.of_key(key, now=timezone.now())
    person = User.objects.filter(email=who.lower()).first()
    if person is None:
        raise CommandError(f"There is nobody and no key called {who}.")
    return Principal(user=person)


def _object(public_id: str) -> Model | None:
    if not public_id:
        return None
    model = models_by_prefix().get(public_id.partition("_")[0])
    row = model._default_manager.filter(public_id=public_id).first() if model else None
    if row is None:
        raise CommandError(f"There is no {public_id}.")
    return row
