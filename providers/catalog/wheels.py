"""Make a catalog from two downloaded wheels, read as zip files: never installed, never imported."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from email.parser import HeaderParser
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile, ZipFile

from providers.catalog import genai_prices, litellm
from providers.catalog.build import build
from providers.catalog.curation import SHELVES
from providers.catalog.entries import Catalog, Source

T = TypeVar("T")


class WheelUnreadable(ValueError):
    """A wheel is not what it should be; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """One file of a wheel, and where it came from."""

    source: Source
    text: str


def catalog_from(litellm_wheel: Path, genai_prices_wheel: Path, *, on: date) -> Catalog:
    """Build the catalog as it stands on the day `on`; raises WheelUnreadable."""
    first = _opened(litellm_wheel, package="litellm", file=litellm.FILE)
    second = _opened(genai_prices_wheel, package="genai-prices", file=genai_prices.FILE)
    entries = _parsed(litellm_wheel, lambda: litellm.parse(first.text))
    book = _parsed(genai_prices_wheel, lambda: genai_prices.parse(second.text, on=on))
    return build(
        litellm.listings(entries),
        book,
        shelves=SHELVES,
        sources=(first.source, second.source),
        on=on,
    )


def _opened(path: Path, *, package: str, file: str) -> Wheel:
    try:
        content = path.read_bytes()
        with ZipFile(path) as archive:
            metadata = HeaderParser().parsestr(_metadata(archive))
            text = archive.read(file).decode("utf-8")
    except (OSError, BadZipFile, KeyError, UnicodeDecodeError) as error:
        raise WheelUnreadable(f"{path.name} can't be read as a {package} wheel: {error}") from error
    name = metadata.get("Name", "")
    if name.replace("_", "-").lower() != package:
        raise WheelUnreadable(
            f"{path.name} is the package {name or 'nobody named'}, not {package}."
        )
    source = Source(
        package=package,
        version=metadata.get("Version", ""),
        sha256=hashlib.sha256(content).hexdigest(),
        licence=metadata.get("License-Expression") or metadata.get("License") or "",
    )
    if not source.version or not source.licence:
        raise WheelUnreadable(f"{path.name} doesn't state its version and its licence.")
    return Wheel(source, text)


def _metadata(archive: ZipFile) -> str:
    for name in archive.namelist():
        if name.endswith(".dist-info/METADATA"):
            return archive.read(name).decode("utf-8")
    raise KeyError("there is no METADATA in it")


def _parsed(path: Path, parse: Callable[[], T]) -> T:
    try:
        return parse()
    except (SyntaxError, ValueError) as error:
        raise WheelUnreadable(f"The prices in {path.name} can't be read: {error}") from error
