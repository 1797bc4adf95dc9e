"""What a client that nobody here wrote makes of bytes from a server: websockets' own frame parser."""

from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader


def frames(data: bytes) -> list[Frame]:
    """Parse whole server frames."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    parsed: list[Frame] = []
    while not _at_end(reader):
        try:
            next(Frame.parse(reader.read_exact, mask=False))
        except StopIteration as end:
            parsed.append(end.value)
        else:
            raise AssertionError("an incomplete frame")
    return parsed


def texts(data: bytes) -> list[bytes]:
    """Parse whole text messages, one frame each."""
    parsed = frames(data)
    assert all(frame.fin and frame.opcode is Opcode.TEXT for frame in parsed)
    return [bytes(frame.data) for frame in parsed]


def _at_end(reader: StreamReader) -> bool:
    try:
        next(reader.at_eof())
    except StopIteration as end:
        return bool(end.value)
    return False
