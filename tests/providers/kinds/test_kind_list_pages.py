"""Lists that come in pages: what leads on to the next, and the vendors' clients as judges."""

import re

import anthropic
import pytest
from google import genai
from google.genai import types
from werkzeug import Response

from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import ListingUnsupported
from tests.providers.kinds.vendors import KEY, at_vendors, built, endpoint_of, heard

PAGED = {
    # slug: what an answer says, what the next request's query ends in
    "anthropic": ({"has_more": True, "last_id": "m/1"}, "?limit=1000&after_id=m%2F1"),
    "custom-anthropic": ({"has_more": True, "last_id": "m/1"}, "?limit=1000&after_id=m%2F1"),
    "google": ({"nextPageToken": "a&b=c"}, "?pageSize=1000&pageToken=a%26b%3Dc"),
    "vertex": ({"nextPageToken": "a+b"}, "?pageSize=1000&pageToken=a%2Bb"),
    "cohere": ({"next_page_token": "t#1"}, "?page_size=1000&page_token=t%231"),
}
LIVE = [kind for kind in KINDS.values() if kind.is_available and kind.listing.is_live]


@pytest.mark.parametrize("slug", PAGED)
def test_an_answer_that_names_a_next_page_leads_to_it(slug, make_endpoint, make_answer):
    said, query = PAGED[slug]
    listing, endpoint = KINDS[slug].listing, make_endpoint(KINDS[slug])
    first = listing.request(endpoint)

    after = listing.request_after(endpoint, make_answer({"data": []} | said))

    assert (after.method, after.headers) == (first.method, first.headers)
    assert after.url == first.url.partition("?")[0] + query


def test_bedrocks_profiles_come_in_pages(make_endpoint, make_answer):
    bedrock = KINDS["bedrock"]
    [profiles], endpoint = bedrock.more_listings, make_endpoint(bedrock)

    after = profiles.request_after(endpoint, make_answer({"nextToken": "t/2"}))

    assert after.url.endswith("/inference-profiles?maxResults=1000&nextToken=t%2F2")


@pytest.mark.parametrize("kind", LIVE, ids=lambda kind: kind.slug)
@pytest.mark.parametrize(
    "said",
    [
        {},
        {"nextPageToken": "", "next_page_token": "", "has_more": False, "last_id": "m"},
        {"nextPageToken": 7, "next_page_token": None, "nextToken": [], "last_id": "m"},
        [],
    ],
)
def test_an_answer_that_names_none_is_the_last(kind, said, make_endpoint, make_answer):
    endpoint = make_endpoint(kind)

    for listing in (kind.listing, *kind.more_listings):
        assert listing.request_after(endpoint, make_answer(said)) is None


def test_a_kind_without_a_list_has_no_next_page(make_endpoint, make_answer):
    zai = KINDS["zai"]

    with pytest.raises(ListingUnsupported):
        zai.listing.request_after(make_endpoint(zai), make_answer({}))


@pytest.fixture
def in_pages(httpserver):
    """Answer the first call with one page and every further one with another."""

    def answer(first, last):
        def respond(_request):
            page = last if len(httpserver.log) else first
            return Response(page.body, content_type="application/json")

        httpserver.expect_request(re.compile("")).respond_with_handler(respond)
        return httpserver.url_for("").rstrip("/")

    return answer


def test_anthropics_client_turns_the_page_as_we_do(in_pages, httpserver, make_answer):
    first = make_answer({"data": [{"id": "m1"}], "has_more": True, "last_id": "m1"})
    base_url = in_pages(first, make_answer({"data": [], "has_more": False, "last_id": None}))

    with anthropic.Anthropic(api_key=KEY, base_url=base_url) as client:
        list(client.models.list(limit=1000))

    listing = KINDS["custom-anthropic"].listing
    endpoint = endpoint_of("custom-anthropic", base_url, key_header="bearer")
    theirs = [heard(request) for request, _ in httpserver.log]
    assert theirs == [
        built(listing.request(endpoint)),
        built(listing.request_after(endpoint, first)),
    ]


def test_googles_client_turns_the_page_as_we_do(in_pages, httpserver, make_answer):
    first = make_answer({"models": [{"name": "models/m1"}], "nextPageToken": "t 2"})
    base_url = in_pages(first, make_answer({"models": [{"name": "models/m2"}]}))
    options = types.HttpOptions(base_url=base_url, api_version="v1beta")

    with genai.Client(api_key=KEY, http_options=options) as client:
        list(client.models.list(config={"page_size": 1000}))

    listing, endpoint = KINDS["google"].listing, at_vendors("google", base_url)
    [_, theirs] = [dict(request.args) for request, _ in httpserver.log]
    ours = listing.request_after(endpoint, first)
    assert theirs == {"pageSize": "1000", "pageToken": "t 2"}
    assert ours.url.endswith("?pageSize=1000&pageToken=t%202")
