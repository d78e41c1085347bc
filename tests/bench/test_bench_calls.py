import json

from bench import calls


def stream(writes=None):
    return b"".join(writes or calls.stream_writes())


def test_the_upstream_writes_its_stream_in_61_moments_600_ms_long():
    writes = calls.stream_writes()

    assert len(writes) == 61
    assert calls.STREAM_S == 0.6


def test_a_stream_is_whole_whatever_the_json_spacing():
    respaced = stream().replace(b'":"', b'": "').replace(b",", b", ")

    assert calls.is_whole_stream(stream())
    assert calls.is_whole_stream(respaced)


def test_a_stream_with_a_missing_repeated_or_swapped_word_or_without_its_end_is_broken():
    writes = calls.stream_writes()
    missing = writes[:3] + writes[4:]
    repeated = [*writes[:3], writes[2], *writes[3:]]
    swapped = [writes[1], writes[0], *writes[2:]]
    cut = writes[:-1]

    assert not any(calls.is_whole_stream(stream(one)) for one in (missing, repeated, swapped, cut))


def test_a_200_without_the_words_is_broken():
    assert calls.is_whole_answer(calls.plain_answer())
    assert not calls.is_whole_answer(b'{"error": "upstream is away"}')


def test_the_upstreams_answers_can_stand_in_an_nginx_configuration():
    for answer in (calls.plain_answer(), calls.model_list()):
        assert b"'" not in answer
        assert b"$" not in answer


def test_a_request_carries_its_headers_and_the_length_of_its_body():
    route = calls.Route(8080, "default", (("Authorization", "Bearer x"),))
    body = calls.plain_body(route.model)

    head, _, sent = route.request(body).partition(b"\r\n\r\n")

    assert head.split(b"\r\n")[0] == b"POST /v1/chat/completions HTTP/1.1"
    assert b"Authorization: Bearer x" in head
    assert b"Content-Length: %d" % len(sent) in head
    assert json.loads(sent)["model"] == "default"
