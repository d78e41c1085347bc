"""A live list of several pages: read to its end, to a bound, or to the deadline."""

import re
import time

import pytest
from django.utils import timezone
from werkzeug import Response

from providers.kinds.vocabulary import ErrorClass
from providers.services import connections
from tests.factories import make_project, make_provider, make_secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(httpserver):
    project = make_project()
    secret = make_secret(project, kind="custom-anthropic")
    base_url = httpserver.url_for("")
    return make_provider(
        project, name="Main", kind="custom-anthropic", secret=secret, base_url=base_url
    )


@pytest.fixture
def listing(httpserver):
    """Answer with these pages one after the other, and with the last one for ever."""

    def answer(*pages):
        def respond(_request):
            page = pages[min(len(httpserver.log), len(pages) - 1)]
            if isinstance(page, Response):
                return page
            ids, goes_on = page
            return Response(said(ids, goes_on=goes_on), content_type="application/json")

        httpserver.expect_request(re.compile("")).respond_with_handler(respond)

    return answer


def said(ids, *, goes_on):
    data = ", ".join(f'{{"id": "{model_id}"}}' for model_id in ids)
    last = f'"{ids[-1]}"' if ids else "null"
    return f'{{"data": [{data}], "has_more": {str(goes_on).lower()}, "last_id": {last}}}'


def listed(provider):
    return connections.live_models_of(provider, now=timezone.now())


def test_all_pages_are_one_list(provider, listing, httpserver):
    listing((["m1", "m2"], True), (["m2", "m3"], False))

    found = listed(provider)

    assert [model.id for model in found] == ["m1", "m2", "m3"]
    assert (len(found), found.is_cut) == (3, False)
    assert httpserver.log[1][0].args["after_id"] == "m2"


def test_a_page_without_a_model_of_use_ends_nothing(provider, listing):
    listing((["dall-e-3"], True), (["m3"], False))

    assert [model.id for model in listed(provider)] == ["m3"]


def test_a_list_that_has_nothing_on_any_page_is_told(provider, listing):
    listing((["dall-e-3"], True), ([], False))

    with pytest.raises(connections.ListingEmpty, match="lists no models"):
        listed(provider)


def test_a_list_without_end_is_cut_and_said_to_be(provider, listing, httpserver):
    listing((["m1"], True))

    found = listed(provider)

    assert found.is_cut
    assert len(httpserver.log) == connections.MOST_PAGES


def test_a_page_that_is_refused_is_told_by_the_providers_name(provider, listing):
    listing((["m1"], True), Response('{"error": {"message": "slow down"}}', 429))

    with pytest.raises(connections.ListingFailed, match=r"^Main limits this account") as failed:
        listed(provider)

    assert failed.value.outcome.error_class is ErrorClass.RATE_LIMITED


def test_the_pages_share_one_deadline(provider, listing, monkeypatch):
    listing((["m1"], True), (["m2"], False))
    left = []
    send = connections.Call.send

    def slow(call, request, *, timeout_s):
        left.append(timeout_s)
        return send(call, request, timeout_s=20)

    hours = iter([0.0, 0.0, 9.0])
    monkeypatch.setattr(connections.Call, "send", slow)
    monkeypatch.setattr(connections, "time", _Clock(hours))

    listed(provider)

    assert left == [15.0, 6.0]


class _Clock:
    def __init__(self, moments):
        self.monotonic = lambda: next(moments, time.monotonic())
