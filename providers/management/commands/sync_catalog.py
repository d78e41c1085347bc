from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from providers.catalog.diff import CatalogDiff
from providers.catalog.entries import builtin
from providers.services import catalog


class Command(BaseCommand):
    help = "Shows what the release's catalog would change; with --apply changes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true")

    def handle(self, *_args: str, **options: Any) -> None:
        change = catalog.sync(by=None) if options["apply"] else catalog.preview()
        self._tell(change)
        if change.is_empty:
            self.stdout.write(f"The catalog is at {builtin().version}.")
        elif options["apply"]:
            self.stdout.write(f"Brought to {builtin().version}.")
        else:
            self.stdout.write("Nothing was changed: add --apply.")

    def _tell(self, change: CatalogDiff) -> None:
        for model in change.new:
            self.stdout.write(f"new         {model.kind}/{model.model_id}")
        for word, edits in (("changed", change.changed), ("deprecated", change.deprecated)):
            for edit in edits:
                model = edit.after
                fields = ", ".join(edit.fields)
                off = f" (off from {model.deprecated_on})" if model.deprecated_on else ""
                self.stdout.write(f"{word:<11} {model.kind}/{model.model_id}: {fields}{off}")
        for model in change.gone:
            self.stdout.write(f"gone        {model.kind}/{model.model_id}")
