"""Make the built-in catalog from the wheels of two data packages."""

from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import cast

from django.core.management.base import BaseCommand, CommandError, CommandParser

from providers.catalog.entries import DATA_FOLDER, Catalog, dump, file_name
from providers.catalog.wheels import WheelUnreadable, catalog_from


class Command(BaseCommand):
    help = "Make the built-in catalog from the litellm and genai-prices wheels."
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: object) -> CommandParser:
        # Django's own --version prints Django's; here it is the catalog's.
        kwargs["conflict_handler"] = "resolve"
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--litellm-wheel", type=Path, required=True, metavar="PATH")
        parser.add_argument("--genai-prices-wheel", type=Path, required=True, metavar="PATH")
        parser.add_argument(
            "--version",
            type=_day,
            required=True,
            metavar="YYYY-MM-DD",
            dest="day",
            help="the day that prices and retirements are judged by, and the catalog's version",
        )
        parser.add_argument(
            "--folder",
            type=Path,
            default=DATA_FOLDER,
            help="where the dated file is written",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="compare with the file that is there, write nothing",
        )

    def handle(self, *_arguments: object, **options: object) -> None:
        day = cast("date", options["day"])
        try:
            catalog = catalog_from(
                cast("Path", options["litellm_wheel"]),
                cast("Path", options["genai_prices_wheel"]),
                on=day,
            )
        except WheelUnreadable as error:
            raise CommandError(str(error)) from error
        path = cast("Path", options["folder"]) / file_name(catalog.version)
        if options["check"]:
            self._compare(path, catalog)
        else:
            path.write_text(dump(catalog), encoding="utf-8")
        self.stdout.write(_summary(path, catalog))

    def _compare(self, path: Path, catalog: Catalog) -> None:
        if not path.is_file():
            raise CommandError(f"{path.name} doesn't exist; run without --check to make it.")
        if path.read_text(encoding="utf-8") != dump(catalog):
            raise CommandError(
                f"{path.name} is not what these wheels make; run without --check to renew it."
            )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a date like 2026-11-20") from None


def _summary(path: Path, catalog: Catalog) -> str:
    kinds = {model.kind for model in catalog.models}
    doubtful = sum(bool(model.review) for model in catalog.models)
    return (
        f"{path.name}: {len(catalog.models)} models of {len(kinds)} kinds, "
        f"{doubtful} marked for review."
    )
