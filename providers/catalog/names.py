"""Turn an upstream model id into the name that people know."""

import re

_SPELLINGS = {
    "airx": "AirX",
    "bge": "BGE",
    "deepseek": "DeepSeek",
    "devstral": "Devstral",
    "en": "EN",
    "glm": "GLM",
    "gpt": "GPT",
    "it": "IT",
    "mai": "MAI",
    "minimax": "MiniMax",
    "nvfp4": "NVFP4",
    "oss": "OSS",
    "vl": "VL",
}
# Parts of an id that are the address of a model, not its name.
_ADDRESS = re.compile(
    r"^(?:us\.)?(?:(?:amazon|anthropic|meta|minimax|mistral|moonshotai|openai|qwen|zai)\.)?"
)
_REVISION = re.compile(r"(?:-\d{8})?(?:-v\d+|-\d+)?:\d+$|-\d{8}-v\d$|-v1$")
_MONTH = re.compile(r"-(\d{2}-\d{4})$")
_VERSION = re.compile(r"(?<![\d.])(\d{1,2})-(\d{1,2})(?![\d.a-zA-Z])")
_POINT = re.compile(r"(?<=\d)p(?=\d)")
_GPT = re.compile(r"gpt-(\d[\d.]*o?)(?:-(.+))?")
_GLM = re.compile(r"(?:zai-)?glm-(.+)", re.IGNORECASE)
_SIZE = re.compile(r"[a-z]{0,2}\d[\d.]*[a-z]{0,2}")
_EMBEDDING = re.compile(r"embed|bge")
_FAMILY = re.compile(r"(llama)(\d.*)")

# What an id carries after the plain one that means the same model.
_DATED = re.compile(r"(?:-\d{4}-\d{2}-\d{2}|-\d{8}|-\d{4}|-0|@\w+|-preview)$")


def plain_id(model_id: str) -> str:
    """Strip the date, the "default" or the "preview" that an id ends with."""
    return _DATED.sub("", model_id)


def display_name(model_id: str) -> str:
    """Spell a model id as its vendor does: "GPT-5.4 mini", "Claude Opus 4.6"."""
    bare = _ADDRESS.sub("", model_id.rsplit("/", 1)[-1])
    bare = _POINT.sub(".", _REVISION.sub("", bare)).replace("deepseek.", "deepseek-")
    name = _spelled(bare)
    return f"{name} (US)" if model_id.startswith("us.") else name


def _spelled(bare: str) -> str:
    if re.fullmatch(r"gpt-oss-\d+b|o\d(?:-\w+)?", bare):
        return bare
    if gpt := _GPT.fullmatch(bare):
        return _gpt_name(gpt[1], gpt[2])
    if glm := _GLM.fullmatch(bare):
        return "GLM-" + "-".join(_word(part) for part in _joined_version(glm[1]).split("-"))
    return _plain_name(bare)


def _gpt_name(version: str, rest: str | None) -> str:
    if rest is None or rest in ("mini", "nano"):
        return " ".join(filter(None, (f"GPT-{version}", rest)))
    return " ".join([f"GPT-{version}", *(_word(part) for part in rest.split("-"))])


def _plain_name(bare: str) -> str:
    month = _MONTH.search(bare)
    words = " ".join(_word(part) for part in _joined_version(_MONTH.sub("", bare)).split("-"))
    name = re.sub(r"(?<=Command [AR]) Plus", "+", words)
    name = name.replace("Non Reasoning", "Non-Reasoning").replace("Flash Lite", "Flash-Lite")
    name = name.removesuffix(" Latest")
    if _EMBEDDING.search(bare):
        name = name.replace(" V", " v")
    return f"{name} ({month[1]})" if month else name


def _joined_version(text: str) -> str:
    """Write a version that an id spells with a dash as the number it is: 4-6 is 4.6."""
    return _VERSION.sub(r"\1.\2", text)


def _word(word: str) -> str:
    if word != word.lower():
        return word
    if family := _FAMILY.fullmatch(word):
        return f"{_word(family[1])} {_word(family[2])}"
    if _SIZE.fullmatch(word):
        return word.upper()
    return _SPELLINGS.get(word, word.capitalize())
