from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.documentation import markdown


class Command(BaseCommand):
    help = "Writes docs/permissions.md from the registry."

    def handle(self, *_args: str, **_options: Any) -> None:
        page: Path = settings.BASE_DIR / "docs" / "permissions.md"
        page.write_text(markdown())
        self.stdout.write(f"Wrote {len(markdown().splitlines())} lines.")
