"""Why an answer that has come is none; the words name the provider and what to do."""

from collections.abc import Sequence

from gateway.forward.failures import AttemptFailed
from gateway.snapshots.tables import Target
from providers.kinds.dialects.reading import is_html
from providers.kinds.errors import classify_unreadable
from providers.kinds.vocabulary import Answer, ErrorClass, UnreadableAnswer


def unreadable(target: Target, answer: Answer) -> AttemptFailed:
    what = "a web page" if is_html(answer) else "something that is not a JSON object"
    message = f"{target.provider_name} answered with {what}. Check that its base URL is the API's."
    return AttemptFailed(ErrorClass.PROVIDER_ERROR, message, status=answer.status)


def compressed(target: Target, status: int) -> AttemptFailed:
    message = (
        f"{target.provider_name} compressed its answer, which it was asked not to do. "
        "Switch that off there, or at the proxy before it."
    )
    return AttemptFailed(ErrorClass.PROVIDER_ERROR, message, status=status)


def failed_inside(target: Target, answer: Answer, secrets: Sequence[str]) -> AttemptFailed:
    """Tell a success that is none: some providers put their errors inside one."""
    name = target.provider_name
    found = UnreadableAnswer(f"{name} answered HTTP {answer.status} with an error inside.")
    failure = classify_unreadable(name, answer, found, secrets=secrets)
    return AttemptFailed(failure.error_class, failure.message, status=answer.status)


def redirected(target: Target, status: int) -> AttemptFailed:
    message = (
        f"{target.provider_name} answered with a redirect (HTTP {status}), and none is followed. "
        "Enter the final address as its base URL."
    )
    return AttemptFailed(ErrorClass.UNREACHABLE, message, status=status)
