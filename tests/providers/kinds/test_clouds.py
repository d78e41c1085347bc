"""Hosts that follow from settings: no setting leads out of the vendor's domain."""

from urllib.parse import urlsplit

import pytest

from providers.kinds import clouds
from providers.kinds.registry import KINDS

BEDROCK, VERTEX = KINDS["bedrock"], KINDS["vertex"]
PROJECT = "my-project-123"
HOSTILE = [
    "evil.example.com/",
    "us-east-1.evil.example.com",
    "us-east-1/../x",
    "us-east-1#",
    "us-east-1?x=",
    "us-east-1@evil.example.com",
    "us-east-1\nx",
    "us-east-1:8443",
    "us-east-1%2eevil",
    "US-EAST-1",
    "us_east_1",
    "us-east-",
    "-us-east-1",
    "us-éast-1",
    "us-east-١",
    "x" * 300,
    "..",
]


@pytest.mark.parametrize(
    "region", ["us-east-1", "eu-central-1", "ap-southeast-2", "us-gov-west-1", "il-central-1"]
)
def test_a_region_gives_bedrocks_host(region):
    endpoint = BEDROCK.endpoint(config={"region": region})

    assert endpoint.base_url == f"https://bedrock-runtime.{region}.amazonaws.com"
    assert not BEDROCK.problems(base_url="", credential=None, config={"region": region})


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
        ("northamerica-northeast1", "northamerica-northeast1-aiplatform.googleapis.com"),
        ("europe-west12", "europe-west12-aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)
@pytest.mark.parametrize("slug", ["vertex", "vertex-anthropic"])
def test_a_location_gives_vertex_host_and_path(slug, location, host):
    config = {"project": PROJECT, "location": location}

    base_url = KINDS[slug].endpoint(config=config).base_url

    assert base_url == f"https://{host}/v1/projects/{PROJECT}/locations/{location}"
    assert not KINDS[slug].problems(base_url="", credential=None, config=config)


@pytest.mark.parametrize("region", HOSTILE)
def test_a_region_that_is_none_is_refused_and_names_no_host(region):
    found = BEDROCK.problems(base_url="", credential=None, config={"region": region})

    assert "us-east-1" in found["region"]
    assert BEDROCK.endpoint(config={"region": region}).base_url == ""


@pytest.mark.parametrize("location", [*HOSTILE, "moon-base1.evil.com", "us-central1-", "globa1"])
def test_a_location_that_is_none_is_refused_and_names_no_host(location):
    config = {"project": PROJECT, "location": location}

    found = VERTEX.problems(base_url="", credential=None, config=config)

    assert "europe-west4" in found["location"]
    assert VERTEX.endpoint(config=config).base_url == ""


def test_spaces_around_a_setting_are_dropped():
    endpoint = BEDROCK.endpoint(config={"region": " eu-west-3\n"})

    assert endpoint.base_url == "https://bedrock-runtime.eu-west-3.amazonaws.com"
    assert endpoint.config == {"region": "eu-west-3"}
    assert clouds.region_problem("eu-west-3\n")


@pytest.mark.parametrize(
    "project",
    ["My-Project", "a/b", "../x", "p", "x" * 31, "proj?x=1", "proj#x", "-project-1", "a b"],
)
def test_a_project_that_is_none_is_refused(project):
    config = {"project": project, "location": "global"}

    found = VERTEX.problems(base_url="", credential=None, config=config)

    assert "project's id" in found["project"]
    assert VERTEX.endpoint(config=config).base_url == ""


@pytest.mark.parametrize("project", ["my-project-123", "example.com:my-project", "123456789012"])
def test_a_project_may_be_an_id_with_a_domain_or_a_number(project):
    config = {"project": project, "location": "global"}

    assert not VERTEX.problems(base_url="", credential=None, config=config)


@pytest.mark.parametrize("slug", ["bedrock", "vertex", "vertex-anthropic"])
def test_every_call_and_list_stays_within_the_vendors_domain(slug, make_endpoint):
    kind = KINDS[slug]
    endpoint = make_endpoint(kind)
    listings = [one for one in (kind.listing, *kind.more_listings) if one.is_live]

    asked = [kind.dialects[0].request(endpoint, "../../@evil.example.com", {})]
    asked += [listing.request(endpoint) for listing in listings]
    asked.append(kind.probe_request(endpoint))

    hosts = [urlsplit(request.url).hostname for request in asked]
    assert all(host.endswith(f".{kind.derived_url.domain}") for host in hosts)
    assert all(request.url.startswith("https://") for request in asked)


def test_models_are_listed_at_the_region_that_is_called():
    endpoint = BEDROCK.endpoint(config={"region": "eu-west-3"})

    urls = [listing.request(endpoint).url for listing in (BEDROCK.listing, *BEDROCK.more_listings)]

    assert urls == [
        "https://bedrock.eu-west-3.amazonaws.com/foundation-models",
        "https://bedrock.eu-west-3.amazonaws.com/inference-profiles?maxResults=1000",
    ]


def test_vertex_lists_publisher_models_at_its_host(make_endpoint):
    assert VERTEX.listing.request(make_endpoint(VERTEX)).url == (
        "https://us-central1-aiplatform.googleapis.com"
        "/v1beta1/publishers/google/models?pageSize=1000"
    )


def test_the_derived_base_url_may_be_sent_back_and_no_other():
    config = {"region": "eu-west-3"}
    shown = BEDROCK.endpoint(config=config).base_url

    assert not BEDROCK.problems(base_url=shown, credential=None, config=config)
    assert BEDROCK.problems(
        base_url="https://bedrock-runtime.us-east-1.amazonaws.com", credential=None, config=config
    ) == {"base_url": "The base URL of Amazon Bedrock can't be changed."}


def test_a_base_url_that_was_stored_for_another_kind_changes_nothing():
    endpoint = BEDROCK.endpoint(base_url="https://evil.example.com")

    assert endpoint.base_url == "https://bedrock-runtime.us-east-1.amazonaws.com"


def test_an_address_of_a_test_is_its_own_control():
    assert clouds.bedrock_control("http://127.0.0.1:8000") == "http://127.0.0.1:8000"
