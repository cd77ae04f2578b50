"""The one log of all processes."""

import asyncio
import io

from helicone_site.supervisor.log import Log


def logged(*chunks):
    """What the log shows of a process that wrote these chunks."""

    async def pump():
        output = asyncio.StreamReader()
        for chunk in chunks:
            output.feed_data(chunk)
        output.feed_eof()
        shown = io.BytesIO()
        await Log(shown, ["web", "postgres"]).pump("web", output)
        return shown.getvalue()

    return asyncio.run(pump())


def test_lines_are_whole_however_they_arrive():
    assert logged(b"one\ntw", b"o\r\nthree") == b"web      | one\nweb      | two\nweb      | three\n"


def test_a_very_long_line_is_shown_in_pieces():
    lines = logged(b"x" * 200_000, b"\nnext\n").splitlines()
    assert lines[-1] == b"web      | next"
    assert b"".join(line.removeprefix(b"web      | ") for line in lines[:-1]) == b"x" * 200_000


def test_a_reader_that_went_away_does_not_matter():
    class Gone(io.BytesIO):
        def write(self, _data):
            raise BrokenPipeError

    log = Log(Gone(), ["web"])
    log.write("web", "one")
    log.write("web", "two")
