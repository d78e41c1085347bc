"""How every change over REST is made: held to what the client saw, kept once, or only rehearsed."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, cast

from django.db import transaction
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from accounts.api import repeats
from accounts.api.etags import etag_of, refuse_stale, wanted_etags
from accounts.api.rehearsals import rehearsed
from accounts.api.repeats import Repeatable
from accounts.principal import Principal

Said = Mapping[str, Any] | None
_WORDS: Mapping[str, bool] = {"true": True, "false": False}


class Writing(GenericViewSet[Any]):
    """Answers for what was changed.

    A change runs in one transaction with the check of If-Match and the answer that is kept for an
    Idempotency-Key. With ``?dryRun=true`` that transaction is undone, and with it all that was to
    be queued or mailed on commit: the answer tells the difference, and what it would mean.

    ``observed`` names the fields that nobody sets: they leave the ETag as it is. ``shown_once``
    names those that a repeated or rehearsed request tells as null.
    """

    observed: ClassVar[Collection[str]] = ()
    shown_once: ClassVar[Collection[str]] = ()

    principal: Principal
    target: Any
    _wanted: frozenset[str] | None = None
    _repeatable: Repeatable | None = None

    def said(self, row: Any) -> Mapping[str, Any]:
        """Give a row as clients see it."""
        return cast("Mapping[str, Any]", self.get_serializer(row).data)

    def body(self, form: type[BaseSerializer[Any]], **options: Any) -> Any:
        """Read the body; raises ValidationError with each field's reasons."""
        read = form(data=self.request.data, context=self.get_serializer_context(), **options)
        read.is_valid(raise_exception=True)
        return read

    def one(self, row: Any, *, code: int = status.HTTP_200_OK) -> Response:
        """Answer with one row, and the ETag of its state."""
        said = self.said(row)
        return Response(said, status=code, headers={"ETag": self._etag(said)})

    def create_row(self, act: Callable[[], Any]) -> Response:
        """Answer 201 with the row that `act` makes."""
        return self._write(
            act, answer=lambda row: self.one(row, code=status.HTTP_201_CREATED), before=lambda: None
        )

    def change_row(
        self, act: Callable[[], object], *, telling: Callable[[], Any] | None = None
    ) -> Response:
        """Answer 200 with the target, or what `telling` gives, after `act` has changed it."""
        tells = telling or (lambda: self.target)
        return self._write(
            act, answer=lambda _: self.one(tells()), before=lambda: self.said(tells())
        )

    def delete_row(self, act: Callable[[], object], *, force: bool = False) -> Response:
        """Answer 204 after `act` has deleted the target, or made an end of it."""
        return self._write(
            act,
            answer=lambda _: Response(status=status.HTTP_204_NO_CONTENT),
            before=lambda: self.said(self.target),
            force=force,
        )

    def begin_work(self, act: Callable[[], Any], *, tell: Callable[[Any], Said]) -> Response:
        """Answer 202 with the operation that `act` begins."""
        return self._write(
            act,
            answer=lambda row: Response(tell(row), status=status.HTTP_202_ACCEPTED),
            before=lambda: None,
        )

    def act(self, act: Callable[[], Said]) -> Response:
        """Answer 200 with what `act` tells of the change that it made."""
        return self._write(act, answer=Response, before=lambda: None)

    @property
    def is_rehearsal(self) -> bool:
        return flag(self.request, "dryRun")

    def prepare(self, request: Request) -> Callable[[], Response] | None:
        """Refuse what is stale, and begin what may be repeated; gives the answer of a repeat."""
        self._wanted = wanted_etags(request) if request.method in {"PATCH", "DELETE"} else None
        if self._wanted is not None:
            refuse_stale(self._wanted, self._etag(self.said(self.target)))
        if request.method != "POST" or self.is_rehearsal:
            return None
        begun = repeats.begin(
            request, self.principal, shown_once=self.shown_once, now=timezone.now()
        )
        if isinstance(begun, Repeatable):
            self._repeatable = begun
            return None
        return begun

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        if self._repeatable is not None:
            self._repeatable.end(response)
        return super().finalize_response(request, response, *args, **kwargs)

    def _write(
        self,
        act: Callable[[], Any],
        *,
        answer: Callable[[Any], Response],
        before: Callable[[], Said],
        force: bool = False,
    ) -> Response:
        if self.is_rehearsal:
            return rehearsed(self, act, answer=answer, before=before(), force=force)
        with transaction.atomic():
            self.hold()
            response = answer(act())
            if self._repeatable is not None:
                self._repeatable.keep(response)
        return response

    def hold(self) -> None:
        """Keep others from the row until the end, and look once more whether it is the one seen."""
        if self._wanted is None:
            return
        rows = type(self.target)._default_manager.filter(pk=self.target.pk)
        list(rows.select_for_update().values_list("pk"))
        refuse_stale(self._wanted, self._etag(self.said(self.reread())))

    def reread(self) -> Any:
        """Find the target once more, as it is now; raises Http404."""
        raise NotImplementedError

    def _etag(self, said: Mapping[str, Any]) -> str:
        return etag_of(said, observed=self.observed)


def flag(request: Request, name: str) -> bool:
    """Read `true` or `false` from the query; false where it is not given."""
    text = request.query_params.get(name, "false")
    if text not in _WORDS:
        raise ValidationError({name: ["Write true or false."]})
    return _WORDS[text]
