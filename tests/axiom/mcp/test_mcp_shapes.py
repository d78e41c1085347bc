"""OpenAPI's schemas as tools have them."""

from axiom.mcp.shapes import ERROR, Shapes

SHAPES = Shapes(
    {
        "Word": {"type": "string", "enum": ["$ref", "type"]},
        "Tree": {
            "type": "object",
            "properties": {"branch": {"$ref": "#/components/schemas/Tree"}},
        },
        "Draft": {
            "type": "object",
            "required": ["id", "word", "key"],
            "properties": {
                "id": {"type": "string", "readOnly": True},
                "key": {"type": "string", "writeOnly": True},
                "word": {"allOf": [{"$ref": "#/components/schemas/Word"}], "description": "One."},
                "type": {"type": ["string", "null"], "maxLength": 5},
            },
        },
    }
)
JSON = "application/json"
DRAFT = {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Draft"}}}}


def test_a_body_has_what_can_be_written_and_an_answer_what_can_be_read():
    body = SHAPES.body_of({"requestBody": DRAFT})
    answer = SHAPES.answer_of({"responses": {"200": DRAFT, "404": {}}})

    assert set(body["properties"]) == {"key", "word", "type"}
    assert body["required"] == ["word", "key"]
    assert set(answer["properties"]) == {"id", "word", "type", "error"}
    assert answer["properties"]["error"] == ERROR
    assert "required" not in answer


def test_references_lists_of_one_and_lists_of_types_are_written_out():
    properties = SHAPES.body_of({"requestBody": DRAFT})["properties"]

    assert properties["word"] == {
        "type": "string",
        "enum": ["$ref", "type"],
        "description": "One.",
    }
    assert properties["type"] == {"anyOf": [{"type": "string"}, {"type": "null"}], "maxLength": 5}


def test_a_schema_that_holds_itself_comes_to_an_end():
    tree = SHAPES.whole({"$ref": "#/components/schemas/Tree"})

    assert tree == {"type": "object", "properties": {"branch": {}}}


def test_examples_and_defaults_stay_as_they_are():
    schema = {"default": {"required": ["x"]}, "examples": [{"type": ["a", "b"]}]}

    assert SHAPES.whole(schema) == schema


def test_an_answer_that_is_no_object_or_one_of_several_is_not_described():
    several = {"responses": {"200": DRAFT, "202": DRAFT}}
    text = {"responses": {"200": {"content": {"text/plain": {"schema": {"type": "string"}}}}}}

    assert SHAPES.answer_of(several) is None
    assert SHAPES.answer_of(text) is None
    assert SHAPES.answer_of({"responses": {"204": {}}}) is None
    assert SHAPES.body_of({}) is None
