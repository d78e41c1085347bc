import io
import subprocess
import sys
from pathlib import Path

import pytest

from axiom.supervisor.logs import LONGEST_LINE, Lines, Log, wants_colour

ROOT = Path(__file__).resolve().parents[3]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_line_is_whole_even_when_it_comes_in_pieces():
    lines = Lines()

    heard = [lines.feed(b"one\ntw"), lines.feed(b"o\r\nthr"), lines.end()]

    assert heard == [["one"], ["two"], ["thr"]]


def test_a_letter_cut_in_two_by_the_pipe_is_read_whole():
    lines = Lines()

    heard = lines.feed("é".encode()[:1]) + lines.feed("é".encode()[1:] + b"\n")

    assert heard == ["é"]


def test_bytes_that_are_not_text_are_shown():
    assert Lines().feed(b"\xff\xfe\n") == ["\\xff\\xfe"]


def test_an_endless_line_is_cut():
    lines = Lines()

    heard = lines.feed(b"x" * (2 * LONGEST_LINE + 5))

    assert [len(line) for line in heard] == [LONGEST_LINE, LONGEST_LINE]
    assert lines.end() == ["x" * 5]


def test_names_are_padded_to_one_width():
    out = io.StringIO()
    log = Log(out, ["axiom", "scheduler"], coloured=False)

    log.say("axiom", "here")

    assert out.getvalue() == "axiom     | here\n"


def test_each_name_has_its_colour():
    out = io.StringIO()
    log = Log(out, ["axiom", "other"], coloured=True)

    log.say("axiom", "here")
    log.say("other", "here")

    assert out.getvalue() == "\x1b[36maxiom |\x1b[0m here\n\x1b[32mother |\x1b[0m here\n"


@pytest.mark.parametrize(
    ("out", "environment", "coloured"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(out, environment, coloured):
    assert wants_colour(out, environment) is coloured


def test_a_reader_that_left_is_noticed():
    class Closed(io.StringIO):
        def flush(self):
            raise BrokenPipeError

    log = Log(Closed(), ["axiom"], coloured=False)

    log.say("axiom", "anybody there?")

    assert log.is_gone


def test_a_program_whose_reader_left_ends_without_a_complaint_about_it():
    code = (
        "import sys; from axiom.supervisor.logs import Log; log = Log(sys.stdout, ['axiom'], "
        "coloured=False); sys.stdin.read(); log.say('axiom', 'anybody there?'); "
        "sys.stdout.write('said by another'); sys.stdout.flush()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        program.stdout.close()
        program.stdin.close()

        assert (program.wait(), program.stderr.read()) == (0, b"")
