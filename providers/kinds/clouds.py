"""Where the clouds answer: hosts made of a region or a location, and of nothing else.

What people type becomes a part of a host's name only after it has matched a whole pattern, so
that a setting can lead to no other vendor's host. All of AWS's lie within amazonaws.com, all of
Google's within googleapis.com.
"""

import re

from providers.kinds.declaration import DerivedUrl, Texts

_AWS_REGION = re.compile(r"[a-z]{2}(?:-[a-z]{2,12}){1,2}-[0-9]{1,2}")
_GOOGLE_LOCATION = re.compile(r"[a-z]{2,20}-[a-z]{2,20}[0-9]{1,2}")
_GOOGLE_MULTI_REGIONS = frozenset({"us", "eu"})
_GOOGLE_PROJECT = re.compile(
    r"(?:[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){1,4}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|[0-9]{4,20}"
)


def region_problem(region: str) -> str:
    if _AWS_REGION.fullmatch(region):
        return ""
    return "Write the region as AWS does, for example us-east-1 or eu-central-1."


def location_problem(location: str) -> str:
    if _vertex_host(location):
        return ""
    return "Write the location as Google does, for example us-central1, europe-west4 or global."


def project_problem(project: str) -> str:
    if _GOOGLE_PROJECT.fullmatch(project):
        return ""
    return "Enter the project's id, for example my-project-123: small letters, digits and dashes."


def _bedrock(config: Texts) -> str:
    region = config.get("region", "")
    if region_problem(region):
        return ""
    return f"https://bedrock-runtime.{region}.amazonaws.com"


def _vertex(config: Texts) -> str:
    project, location = config.get("project", ""), config.get("location", "")
    host = _vertex_host(location)
    if not host or project_problem(project):
        return ""
    return f"https://{host}/v1/projects/{project}/locations/{location}"


def _vertex_host(location: str) -> str:
    if location == "global":
        return "aiplatform.googleapis.com"
    if location in _GOOGLE_MULTI_REGIONS:
        return f"aiplatform.{location}.rep.googleapis.com"
    is_region = _GOOGLE_LOCATION.fullmatch(location)
    return f"{location}-aiplatform.googleapis.com" if is_region else ""


BEDROCK_URL = DerivedUrl("amazonaws.com", _bedrock)
VERTEX_URL = DerivedUrl("googleapis.com", _vertex)


def bedrock_control(base_url: str) -> str:
    """Turn the address that answers calls into the one that lists models, in the same region."""
    return base_url.replace("://bedrock-runtime.", "://bedrock.", 1)
