"""Live lists of models at the clouds: what can be called there by the formats that are spoken."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from providers.kinds import clouds, headers
from providers.kinds.dialects import reading, urls
from providers.kinds.dialects.reading import Json
from providers.kinds.listings import kind_by_name
from providers.kinds.live_lists import OnePage, Pages
from providers.kinds.vocabulary import Answer, Endpoint, ListedModel, NothingListed, Request

_MOST = 1000
_GEMINI = re.compile(r"gemini-(?!.*\b(?:tts|live|native-audio)\b)")


@dataclass(frozen=True, slots=True)
class FoundationModels(OnePage):
    """`GET /foundation-models` of Amazon Bedrock: those that answer in text and on demand.

    Models that are called through an inference profile alone are in the list of profiles.
    """

    def request(self, endpoint: Endpoint) -> Request:
        url = f"{clouds.bedrock_control(endpoint.base_url)}/foundation-models"
        return Request("GET", url, headers.bearer(endpoint))

    def read(self, answer: Answer) -> tuple[ListedModel, ...]:
        entries = _entries(answer, "modelSummaries")
        callable_ones = (
            (reading.text(entry, "modelId"), reading.text(entry, "modelName"))
            for entry in entries
            if "TEXT" in reading.items(entry, "outputModalities")
            and "ON_DEMAND" in reading.items(entry, "inferenceTypesSupported")
        )
        return _listed(callable_ones)


@dataclass(frozen=True, slots=True)
class InferenceProfiles(Pages):
    """`GET /inference-profiles` of Amazon Bedrock: models that several regions answer together."""

    next_is = "nextToken"
    parameter = "nextToken"

    def request(self, endpoint: Endpoint) -> Request:
        control = clouds.bedrock_control(endpoint.base_url)
        url = f"{control}/inference-profiles?maxResults={_MOST}"
        return Request("GET", url, headers.bearer(endpoint))

    def read(self, answer: Answer) -> tuple[ListedModel, ...]:
        """Read the active ones, by their ids or, where they are the account's own, their ARNs."""
        entries = _entries(answer, "inferenceProfileSummaries")
        return _listed(
            _profile(entry) for entry in entries if reading.text(entry, "status") == "ACTIVE"
        )


@dataclass(frozen=True, slots=True)
class PublisherModels(Pages):
    """`GET /v1beta1/publishers/google/models` of Vertex AI: the Gemini models among them."""

    path: str = "/v1beta1/publishers/google/models"

    def request(self, endpoint: Endpoint) -> Request:
        return Request("GET", f"{urls.at(self.path)(endpoint.base_url)}?pageSize={_MOST}")

    def read(self, answer: Answer) -> tuple[ListedModel, ...]:
        """Read those that `generateContent` calls; Google names no such thing in the list."""
        entries = _entries(answer, "publisherModels")
        names = (reading.text(entry, "name").rpartition("/")[2] for entry in entries)
        return _listed((name, name) for name in names if _GEMINI.match(name))


def _profile(entry: Json) -> tuple[str, str]:
    is_own = reading.text(entry, "type") == "APPLICATION"
    model_id = reading.text(entry, "inferenceProfileArn" if is_own else "inferenceProfileId")
    return model_id, reading.text(entry, "inferenceProfileName")


def _entries(answer: Answer, key: str) -> Iterator[Json]:
    body = reading.object_of(answer)
    if not isinstance(body.get(key), list):
        raise reading.wrong_shape(f"list of models under “{key}”")
    if not body[key]:
        raise NothingListed(
            "The provider lists no models. Check what the key may use, or type an id."
        )
    yield from reading.objects(body, key)


def _listed(named: Iterable[tuple[str, str]]) -> tuple[ListedModel, ...]:
    """Keep each chat model once, in the provider's order."""
    models = {
        model_id: ListedModel(model_id, name or model_id, "chat")
        for model_id, name in named
        if model_id and kind_by_name(model_id) == "chat"
    }
    if not models:
        raise NothingListed(
            "The provider lists models, but none that chats or embeds. Type an id instead."
        )
    return tuple(models.values())
