from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from accounts.models import KeyEncryptionKey, RootKeyDoesNotOpen, verify_root_keys
from accounts.services.first_start import FirstAdmin, ensure_first_admin, ensure_first_project
from axiom.supervisor.refusals import StartRefused
from foundation.env import Environment
from providers.services.catalog import load_builtin

DEFAULT_EMAIL = "admin@example.com"


class Command(BaseCommand):
    help = "Prepares an installation: its tables, first admin, first project and catalog."
    requires_system_checks = []

    def handle(self, *_args: str, **_options: Any) -> None:
        try:
            self._prepare()
        except OperationalError as error:
            reason = " ".join(str(error).split())
            raise StartRefused(f"the database can't be used: {reason}") from error

    def _prepare(self) -> None:
        self._bring_tables_up_to_date()
        _require_own_root_key()
        admin = _first_admin(Environment())
        self._introduce(admin)
        ensure_first_project(admin.user)
        load_builtin()

    def _bring_tables_up_to_date(self) -> None:
        executor = MigrationExecutor(connection)
        _require_whole_history(executor.loader)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)

    def _introduce(self, admin: FirstAdmin) -> None:
        if not admin.created:
            return
        self.stdout.write(f"First admin: {admin.email}")
        if admin.password is not None:
            self.stdout.write(f"Password:    {admin.password} (shown this once)")


def _require_whole_history(loader: MigrationLoader) -> None:
    """Refuse tables that stand half-way through migrations which one has replaced since."""
    applied = loader.applied_migrations
    for name, migration in loader.replacements.items():
        done = [old in applied for old in migration.replaces]
        if name not in applied and any(done) and not all(done):
            raise StartRefused(
                f"the tables of {name[0]} are those of an unfinished update from before the first "
                "release: start that version once more, then this one"
            )


def _first_admin(environment: Environment) -> FirstAdmin:
    email = environment.text("AXIOM_ADMIN_EMAIL", DEFAULT_EMAIL)
    try:
        return ensure_first_admin(email, environment.secret("AXIOM_ADMIN_PASSWORD", None))
    except ValidationError as error:
        raise StartRefused(f"AXIOM_ADMIN_EMAIL can't be used: {error.messages[0]}") from error


def _require_own_root_key() -> None:
    try:
        verify_root_keys()
    except RootKeyDoesNotOpen as error:
        raise StartRefused(str(error)) from error
    # From the first start on the database knows its root key, before there is a secret.
    KeyEncryptionKey.objects.current_for(None)
