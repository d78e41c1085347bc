"""Live lists of models: how each kind is asked, and how its answer is read."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from providers.kinds import headers
from providers.kinds.dialects import reading, urls
from providers.kinds.dialects.anthropic_messages import VERSION
from providers.kinds.dialects.reading import Json
from providers.kinds.live_lists import OnePage, Pages
from providers.kinds.vocabulary import (
    Answer,
    Endpoint,
    ListedModel,
    ListingUnsupported,
    ModelKind,
    NothingListed,
    Request,
)

_EMBEDS = re.compile(r"embed|(?:^|[/_-])(?:bge|gte|e5|minilm|voyage)(?:[/_-]|$)", re.IGNORECASE)
_NEITHER = re.compile(
    r"(?:^|[/_.-])(?:whisper|tts|dall-e|gpt-image|chatgpt-image|sora|imagen|veo|aqa"
    r"|moderation|rerank|transcribe|davinci|babbage)(?:[/_.-]|$)",
    re.IGNORECASE,
)
_CHAT_WORDS = {"chat", "language", "code", "generateContent"}
_EMBEDDING_WORDS = {"embedding", "embeddings", "embed", "embedContent"}
_TYPES = {"chat", "language", "code", "embedding", "image", "audio", "video"} | {
    "moderation",
    "rerank",
    "transcribe",
}
_BERT_FAMILIES = {"bert", "nomic-bert", "nomic-bert-moe"}


@dataclass(frozen=True, slots=True)
class OpenAIModels(OnePage):
    """`GET /models`: `{"data": […]}`, or a bare array as Together answers."""

    authorize: headers.Authorize = headers.bearer
    address: urls.Address = urls.under_base
    path: str = "/models"

    def request(self, endpoint: Endpoint) -> Request:
        return Request("GET", self.address(endpoint, self.path, ""), self.authorize(endpoint))

    def read(self, answer: Answer) -> tuple[ListedModel, ...]:
        body = reading.json_of(answer)
        if isinstance(body, list):
            body = {"data": body}
        return _listed(_entries(answer, body, "data"), named_by="id")


@dataclass(frozen=True, slots=True)
class AnthropicModels(Pages):
    """`GET /v1/models` as Anthropic answers it."""

    next_is = "last_id"
    parameter = "after_id"
    flag = "has_more"

    authorize: headers.Authorize = headers.x_api_key

    def request(self, endpoint: Endpoint) -> Request:
        url = f"{urls.with_v1(endpoint.base_url)}/models?limit=1000"
        return Request("GET", url, {"anthropic-version": VERSION} | self.authorize(endpoint))

    def read(self, answer: Answer) -> tuple[ListedModel, ...]:
        return _listed(_entries(answer, reading.json_of(answer), "data"), named_by="id")


@dataclass(frozen=True, slots=True)
class GeminiModels(Pages):
    """`GET /models` as Google answers it; ids lose their `models/`."""

    def request(self, endpoint: Endpoint) -> Request:
        url = f"{urls.as_given(endpoint.base_url)}/models?pageSize=1000"
        return Request("GET", url, headers.x_goog_api_key(endpoint))

    def read(self, answer: Answer) -> tuple[ListedModel, ...]:
        return _listed(_entries(answer, reading.json_of(answer), "models"), named_by="name")


@dataclass(frozen=True, slots=True)
class OllamaTags(OnePage):
    """`GET /api/tags`: what is pulled, asked at the host without `/v1`."""

    def request(self, endpoint: Endpoint) -> Request:
        url = urls.beside_v1(endpoint, "/api/tags", "")
        return Request("GET", url, headers.bearer(endpoint))

    def read(self, answer: Answer) -> tuple[ListedModel, ...]:
        entries = _entries(
            answer,
            reading.json_of(answer),
            "models",
            if_empty="No model is pulled on this server yet. Pull one first: ollama pull NAME.",
        )
        return _listed(entries, named_by="name")


@dataclass(frozen=True, slots=True)
class CohereModels(Pages):
    """Cohere's own list, which its compatible address lacks; each model names its endpoints."""

    next_is = "next_page_token"
    parameter = "page_token"

    url: str = "https://api.cohere.com/v1/models?page_size=1000"

    def request(self, endpoint: Endpoint) -> Request:
        return Request("GET", self.url, headers.bearer(endpoint))

    def read(self, answer: Answer) -> tuple[ListedModel, ...]:
        return _listed(_entries(answer, reading.json_of(answer), "models"), named_by="name")


@dataclass(frozen=True, slots=True)
class Unlisted:
    """No live list; the reason says where models come from instead."""

    reason: str

    @property
    def is_live(self) -> bool:
        return False

    def request(self, endpoint: Endpoint) -> Request:  # noqa: ARG002 - nothing can be asked
        raise ListingUnsupported(self.reason)

    def request_after(self, endpoint: Endpoint, answer: Answer) -> Request | None:  # noqa: ARG002 - as above
        raise ListingUnsupported(self.reason)

    def read(self, answer: Answer) -> tuple[ListedModel, ...]:  # noqa: ARG002 - as above
        raise ListingUnsupported(self.reason)


OPENAI_MODELS = OpenAIModels()
CATALOG = Unlisted("This kind has no live list of models. Choose from the catalog, or type an id.")


def kind_by_name(model_id: str) -> ModelKind:
    """Guess from its id whether a model that somebody typed chats or embeds."""
    return "embedding" if _EMBEDS.search(model_id) else "chat"


def _entries(
    answer: Answer,
    body: object,
    key: str,
    *,
    if_empty: str = "The provider lists no models. Check what the key may use, or type an id.",
) -> list[Json]:
    if not isinstance(body, dict) or not isinstance(body.get(key), list):
        reading.object_of(answer)
        raise reading.wrong_shape(f"list of models under “{key}”")
    if not body[key]:
        raise NothingListed(if_empty)
    return list(reading.objects(body, key))


def _listed(entries: Iterable[Json], *, named_by: str) -> tuple[ListedModel, ...]:
    """Read the entries in order, each id once, without what neither chats nor embeds."""
    models = {model.id: model for model in _readable(entries, named_by)}
    if not models:
        raise NothingListed(
            "The provider lists models, but none that chats or embeds. Type an id instead."
        )
    return tuple(models.values())


def _readable(entries: Iterable[Json], named_by: str) -> Iterator[ListedModel]:
    for entry in entries:
        model_id = reading.text(entry, named_by).removeprefix("models/")
        kind = _kind_of(entry, model_id) if model_id else None
        if kind is not None:
            details = reading.mapping(entry, "details")  # Ollama's
            yield ListedModel(
                model_id,
                _name_of(entry) or model_id,
                kind,
                size=reading.count(entry, "size") if details else 0,
                parameters=reading.text(details, "parameter_size"),
                quantization=reading.text(details, "quantization_level"),
            )


def _name_of(entry: Json) -> str:
    for key in ("display_name", "displayName", "name"):
        name = reading.text(entry, key)
        if name:
            return name.removeprefix("models/")
    return ""


def _kind_of(entry: Json, model_id: str) -> ModelKind | None:
    """Tell what a model does: by what its entry declares, else by its name.

    None for speech, pictures, moderation and whatever else is neither chat nor embedding.
    """
    declared = set(_declared_words(entry))
    if declared & _EMBEDDING_WORDS or (not declared and _EMBEDS.search(model_id)):
        return "embedding"
    if declared and not declared & _CHAT_WORDS:
        return None
    return None if _NEITHER.search(model_id) else "chat"


def _declared_words(entry: Json) -> Iterator[str]:
    yield from (word for read in _DECLARATIONS for word in read(entry))


def _together_type(entry: Json) -> Iterable[str]:
    return {reading.text(entry, "type")} & _TYPES


def _gemini_methods(entry: Json) -> Iterable[str]:
    return _words(reading.items(entry, "supportedGenerationMethods"))


def _cohere_endpoints(entry: Json) -> Iterable[str]:
    return _words(reading.items(entry, "endpoints"))


def _openrouter_outputs(entry: Json) -> Iterable[str]:
    outputs = _words(reading.items(reading.mapping(entry, "architecture"), "output_modalities"))
    return ("chat" if word == "text" else word for word in outputs)


def _mistral_capabilities(entry: Json) -> Iterable[str]:
    capabilities = reading.mapping(entry, "capabilities")
    if capabilities.get("completion_chat"):
        return ("chat",)
    return ("embedding",) if "embed" in reading.text(entry, "id") else capabilities.keys()


def _ollama_family(entry: Json) -> Iterable[str]:
    family = reading.text(reading.mapping(entry, "details"), "family")
    return ("embedding",) if family in _BERT_FAMILIES else ()


_DECLARATIONS: tuple[Callable[[Json], Iterable[str]], ...] = (
    _together_type,
    _gemini_methods,
    _cohere_endpoints,
    _openrouter_outputs,
    _mistral_capabilities,
    _ollama_family,
)


def _words(values: Iterable[object]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))
