"""docs/kinds.md, written from the registry: `python -m providers.kinds.documentation`."""

import sys
from collections.abc import Iterable, Iterator

from providers.kinds import credentials
from providers.kinds.declaration import Field, Group, TermsStatus
from providers.kinds.kind import Kind
from providers.kinds.registry import KINDS

_HEAD = """\
# Kinds of providers

Written from the registry by `python -m providers.kinds.documentation > docs/kinds.md`;
a test fails when it is not current. REST and files take a slug or an alias. *Probe* says
whether there is a call that costs nothing and shows how the provider is.
"""
_COLUMNS = ("kind", "slug (aliases)", "base URL", "formats", "live list", "probe", "terms")


def markdown() -> str:
    """Return the whole page: a table for each group, then every field that people fill in."""
    return "\n".join((_HEAD, *_tables(), *_fields(), *_restrictions()))


def _tables() -> Iterator[str]:
    for group in Group:
        kinds = [kind for kind in KINDS.values() if kind.group is group]
        yield f"## {group.label}\n"
        yield _table(_COLUMNS, (_row(kind) for kind in kinds))


def _row(kind: Kind) -> tuple[str, ...]:
    return (
        kind.label,
        _slugs(kind),
        _base_url(kind),
        _formats(kind),
        "yes" if kind.listing.is_live else "–",
        "yes" if kind.has_probe else "–",
        kind.terms.status.value,
    )


def _slugs(kind: Kind) -> str:
    aliases = ", ".join(f"`{alias}`" for alias in kind.aliases)
    return f"`{kind.slug}` ({aliases})" if aliases else f"`{kind.slug}`"


def _base_url(kind: Kind) -> str:
    if kind.base_url_is_editable and not kind.base_url:
        return f"yours, like `{kind.base_url_placeholder}`"
    if kind.derived_url is not None:
        return f"from its settings, within `{kind.derived_url.domain}`"
    if not kind.base_url:
        return "–"
    return f"`{kind.base_url}`" + (", editable" if kind.base_url_is_editable else "")


def _formats(kind: Kind) -> str:
    served = list(dict.fromkeys(dialect.format.value for dialect in kind.dialects))
    return ", ".join(served) or "not in this version"


def _fields() -> Iterator[str]:
    yield "## What people fill in\n\nKinds that are not here take an API key and nothing else.\n"
    rows = ((kind.label, *_field(field)) for kind in KINDS.values() for field in _fields_of(kind))
    yield _table(("kind", "field", "name", "required", "help"), rows)


def _fields_of(kind: Kind) -> tuple[Field, ...]:
    fields = (*kind.credential.fields, *kind.fields)
    return () if fields == (credentials.API_KEY,) else fields


def _field(field: Field) -> tuple[str, ...]:
    help_text = field.help
    if field.choices:
        choices = ", ".join(f"`{value}` {label}" for value, label in field.choices)
        help_text = f"{help_text} One of: {choices}.".strip()
    if field.default and not field.choices:
        help_text = f"{help_text} Default: `{field.default}`.".strip()
    label = f"{field.label} (secret)" if field.secret else field.label
    return (label, f"`{field.name}`", "yes" if field.required else "–", help_text or "–")


def _restrictions() -> Iterator[str]:
    unavailable = [kind for kind in KINDS.values() if not kind.is_available]
    restricted = [kind for kind in KINDS.values() if kind.terms.status is not TermsStatus.ALLOWED]
    yield "## Terms\n"
    yield _table(
        ("kind", "status", "reviewed on", "what to do"),
        (
            (
                kind.label,
                kind.terms.status.value,
                f"{kind.terms.reviewed_on:%Y-%m-%d}",
                kind.terms.note,
            )
            for kind in restricted
        ),
    )
    if unavailable:
        yield "## Not in this version\n"
        yield _table(
            ("kind", "why, and what instead"),
            ((kind.label, kind.unavailable_reason) for kind in unavailable),
        )


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(markdown())
