"""What many operations came to together, in numbers and in one sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

NAMED = 5


@dataclass(frozen=True, slots=True)
class Tally:
    result: dict[str, Any]
    sentence: str

    @classmethod
    def of_tests(cls, ended: Iterable[tuple[str, dict[str, Any]]]) -> Self:
        """Count those that answered; `ended` are names of models with their tests' results."""
        results = list(ended)
        failed = [name for name, result in results if not result.get("ok")]
        answered, total = len(results) - len(failed), len(results)
        result = {"ok": not failed, "answered": answered, "failed": len(failed)}
        if not failed:
            return cls(result, f"{_count(total, 'model')} answered.")
        of_all = f"{answered} of {_count(total, 'model')} answered"
        return cls(result, f"{of_all}, not {_named(failed)}.")

    @classmethod
    def of_imports(cls, ended: Iterable[tuple[str, dict[str, Any]]]) -> Self:
        """Count what was added; `ended` are names of providers with their imports' results."""
        results = list(ended)
        failed = [name for name, result in results if "added" not in result]
        added = sum(result.get("added", 0) for _, result in results)
        skipped = sum(result.get("skipped", 0) for _, result in results)
        result = {"ok": not failed, "added": added, "skipped": skipped, "failed": len(failed)}
        into = _count(len(results) - len(failed), "provider")
        sentence = f"{_count(added, 'model')} added to {into}, {skipped} already there."
        return cls(result, f"{sentence} Not imported: {_named(failed)}." if failed else sentence)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _named(names: list[str]) -> str:
    more = len(names) - NAMED
    told = ", ".join(names[:NAMED])
    return f"{told} and {more} more" if more > 0 else told
