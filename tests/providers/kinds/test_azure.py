"""Azure OpenAI: at a resource of its customer's, on the v1 surface or on a dated one."""

import json

import pytest

from providers.kinds import errors
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Answer, ErrorClass, Format, ListingUnsupported

AZURE = KINDS["azure"]
RESOURCE = "https://contoso.openai.azure.com"
DATED = {"deployment": "gpt", "api_version": "2024-10-21"}


def endpoint(base_url=RESOURCE, **config):
    return AZURE.endpoint(
        base_url=base_url, credential={"api_key": "k-1"}, config={"deployment": "gpt"} | config
    )


def url_of(wanted, model_id="gpt", **config):
    return AZURE.dialect(wanted).request(endpoint(**config), model_id, {}).url


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (Format.CHAT, "/openai/v1/chat/completions"),
        (Format.RESPONSES, "/openai/v1/responses"),
        (Format.EMBEDDINGS, "/openai/v1/embeddings"),
    ],
)
def test_without_an_api_version_calls_go_to_the_v1_surface(wanted, path):
    assert url_of(wanted) == RESOURCE + path


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (Format.CHAT, "/openai/deployments/gpt/chat/completions"),
        (Format.RESPONSES, "/openai/responses"),
        (Format.EMBEDDINGS, "/openai/deployments/gpt/embeddings"),
    ],
)
def test_with_an_api_version_the_deployment_stands_in_the_path(wanted, path):
    assert url_of(wanted, api_version="2024-10-21") == f"{RESOURCE}{path}?api-version=2024-10-21"


def test_a_version_without_a_date_belongs_to_the_v1_surface():
    url = url_of(Format.CHAT, api_version="preview")

    assert url == f"{RESOURCE}/openai/v1/chat/completions?api-version=preview"


def test_each_model_is_a_deployment_of_its_own():
    request = AZURE.dialect(Format.CHAT).request(endpoint(**DATED), "other", {"messages": []})

    assert "/deployments/other/" in request.url
    assert json.loads(request.body)["model"] == "other"


@pytest.mark.parametrize("odd", ["../../evil", "a?b#c", "a/b"])
def test_a_deployment_and_a_version_stay_where_they_belong(odd):
    url = url_of(Format.CHAT, model_id=odd, api_version=f"2024{odd}")

    path, _, query = url.removeprefix(RESOURCE).partition("?")
    assert path.count("/") == len(["openai", "deployments", "id", "chat", "completions"])
    assert query.startswith("api-version=2024")
    assert not set(query.removeprefix("api-version=")) & set("/?#&")


@pytest.mark.parametrize(
    "copied",
    [
        "https://contoso.openai.azure.com/",
        "https://contoso.openai.azure.com/openai",
        "https://contoso.openai.azure.com/openai/",
        "https://contoso.openai.azure.com/openai/v1",
        "https://contoso.openai.azure.com/openai/v1/",
        "https://contoso.openai.azure.com/openai/v1/chat/completions",
        "https://contoso.openai.azure.com/openai/responses",
        "https://contoso.openai.azure.com/openai/deployments/gpt/chat/completions",
    ],
)
def test_an_address_copied_from_the_portal_is_cut_down_to_the_resource(copied):
    request = AZURE.dialect(Format.CHAT).request(endpoint(copied), "gpt", {})

    assert request.url == f"{RESOURCE}/openai/v1/chat/completions"


@pytest.mark.parametrize(
    "base_url",
    [
        "https://openai-prod.openai.azure.com",
        "https://apim.example.com/openai-team",
        "https://apim.example.com/team/openai-v1",
    ],
)
def test_a_name_that_holds_openai_is_left_whole(base_url):
    request = AZURE.dialect(Format.CHAT).request(endpoint(base_url), "gpt", {})

    assert request.url == f"{base_url}/openai/v1/chat/completions"


def test_the_key_travels_in_azures_own_header():
    requests = [
        dialect.smallest_request(endpoint(), "gpt", max_tokens=16) for dialect in AZURE.dialects
    ]

    for request in [*requests, AZURE.probe_request(endpoint())]:
        assert request.headers["api-key"] == "k-1"
        assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({}, f"{RESOURCE}/openai/v1/models"),
        (DATED, f"{RESOURCE}/openai/models?api-version=2024-10-21"),
    ],
)
def test_the_probe_is_free_and_on_the_surface_that_is_used(config, url):
    request = AZURE.probe_request(endpoint(**config))

    assert (request.method, request.url) == ("GET", url)


def test_its_models_are_the_deployments_that_people_typed():
    with pytest.raises(ListingUnsupported, match="deployments that are typed here"):
        AZURE.listing.request(endpoint())

    assert AZURE.configured_models({"deployment": " gpt ", "api_version": "x"}) == ("gpt",)
    assert AZURE.configured_models({}) == ()


def test_a_resource_and_a_deployment_are_asked_for():
    found = AZURE.problems(base_url="", credential={"api_key": "k-1"}, config={})

    assert found.keys() == {"base_url", "deployment"}
    assert "my-resource.openai.azure.com" in found["base_url"]


def test_a_base_url_with_a_query_is_refused():
    copied = f"{RESOURCE}/openai/deployments/gpt/chat/completions?api-version=2024-10-21"

    found = AZURE.problems(base_url=copied, credential=None, config={"deployment": "gpt"})

    assert found == {"base_url": "Leave out the question mark and what follows it."}


def test_what_the_content_filter_withheld_is_said_to_be_withheld(make_answer):
    choice = {"finish_reason": "content_filter", "message": {"role": "assistant"}}
    response = {"output": [], "incomplete_details": {"reason": "content_filter"}}

    for wanted, body in ((Format.CHAT, {"choices": [choice]}), (Format.RESPONSES, response)):
        with pytest.raises(ValueError, match="content filter withheld"):
            AZURE.dialect(wanted).read_answer(make_answer(body))


def test_a_filtered_prompt_is_not_blamed_on_the_model(recorded, make_answer):
    said = recorded["azure"]["errors"]["content_filter"]

    failure = errors.classify(AZURE.label, make_answer(said["body"], status=400), secrets=["k"])

    assert failure.error_class is ErrorClass.BAD_REQUEST
    assert "Key and model work" in failure.message
    assert "Check the model's id" not in failure.message


def test_a_firewall_is_not_blamed_on_the_key(recorded, make_answer):
    said = recorded["azure"]["errors"]["firewall"]

    failure = errors.classify(AZURE.label, make_answer(said["body"], status=403), secrets=["k"])

    assert failure.message.startswith("Azure OpenAI takes no calls from this network (HTTP 403).")


def test_an_error_of_the_gateway_before_azure_is_still_read():
    body = b'{"statusCode": 401, "message": "Access denied due to invalid subscription key."}'

    failure = errors.classify(AZURE.label, Answer(401, {}, body), secrets=["k"])

    assert failure.error_class is ErrorClass.INVALID_KEY
    assert failure.message.endswith("says: “Access denied due to invalid subscription key.”")
