"""A language model of random numbers, small enough to be made while a test waits.

GGUF, version 3: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import random
import struct
from array import array
from pathlib import Path

WIDTH, HEADS, INNER = 64, 2, 128
_ALIGNMENT = 32
_UINT32, _FLOAT32, _STRING, _ARRAY, _INT32 = 4, 6, 8, 9, 5
_UNKNOWN, _CONTROL, _BYTE, _NORMAL = 2, 3, 6, 1
_LETTERS = ["\u2581", *"abcdefghijklmnopqrstuvwxyz"]
_TOKENS = ["<unk>", "<s>", "</s>", *(f"<0x{code:02X}>" for code in range(256)), *_LETTERS]
_TYPES = [_UNKNOWN, _CONTROL, _CONTROL, *[_BYTE] * 256, *[_NORMAL] * len(_LETTERS)]
_TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: "


def write_model(path: Path) -> Path:
    """Write one that speaks nonsense, and always the same."""
    fields = list(_fields())
    tensors = list(_tensors(random.Random(1)))  # noqa: S311 - nonsense, not secrets
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields)) + b"".join(fields)
    body = b""
    for name, shape, values in tensors:
        head += _string(name) + struct.pack("<I", len(shape))
        head += struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", 0, len(body))
        body += _padded(values.tobytes())
    path.write_bytes(_padded(head) + body)
    return path


def _fields():
    numbers = {
        "context_length": 2048,
        "embedding_length": WIDTH,
        "block_count": 1,
        "feed_forward_length": INNER,
        "attention.head_count": HEADS,
        "attention.head_count_kv": HEADS,
        "rope.dimension_count": WIDTH // HEADS,
        "vocab_size": len(_TOKENS),
    }
    yield _field("general.architecture", _STRING, _string("llama"))
    for name, number in numbers.items():
        yield _field(f"llama.{name}", _UINT32, struct.pack("<I", number))
    epsilon = struct.pack("<f", 1e-5)
    yield _field("llama.attention.layer_norm_rms_epsilon", _FLOAT32, epsilon)
    yield _field("tokenizer.ggml.model", _STRING, _string("llama"))
    yield _list("tokens", _STRING, [_string(token) for token in _TOKENS])
    scores = [struct.pack("<f", -float(number)) for number in range(len(_TOKENS))]
    yield _list("scores", _FLOAT32, scores)
    yield _list("token_type", _INT32, [struct.pack("<i", kind) for kind in _TYPES])
    for number, name in enumerate(("unknown", "bos", "eos")):
        yield _field(f"tokenizer.ggml.{name}_token_id", _UINT32, struct.pack("<I", number))
    yield _field("tokenizer.chat_template", _STRING, _string(_TEMPLATE))


def _tensors(chance: random.Random):
    shapes = {
        "token_embd": (WIDTH, len(_TOKENS)),
        "output": (WIDTH, len(_TOKENS)),
        "blk.0.attn_q": (WIDTH, WIDTH),
        "blk.0.attn_k": (WIDTH, WIDTH),
        "blk.0.attn_v": (WIDTH, WIDTH),
        "blk.0.attn_output": (WIDTH, WIDTH),
        "blk.0.ffn_gate": (WIDTH, INNER),
        "blk.0.ffn_up": (WIDTH, INNER),
        "blk.0.ffn_down": (INNER, WIDTH),
    }
    for name, (width, height) in shapes.items():
        values = array("f", (chance.gauss(0, 0.1) for _ in range(width * height)))
        yield f"{name}.weight", (width, height), values
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        yield f"{name}.weight", (WIDTH,), array("f", [1.0] * WIDTH)


def _field(name: str, kind: int, value: bytes) -> bytes:
    return _string(name) + struct.pack("<I", kind) + value


def _list(name: str, kind: int, items: list[bytes]) -> bytes:
    head = struct.pack("<IQ", kind, len(items))
    return _field(f"tokenizer.ggml.{name}", _ARRAY, head + b"".join(items))


def _string(text: str) -> bytes:
    written = text.encode()
    return struct.pack("<Q", len(written)) + written


def _padded(written: bytes) -> bytes:
    return written + bytes(-len(written) % _ALIGNMENT)
