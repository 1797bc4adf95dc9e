"""One compressor for all: where anybody can go on, who has to wait for that, and what is never sent."""

from random import Random

import pytest
from inflating import Inflater

from broker.frames import compressed_text_frame, text_frame
from workers.deflated import RESET_EVENTS, RESET_SECONDS, Deflated, WindowBits
from workers.log import Log
from workers.subscriber import NO_CONTEXT

ALL = 10_000


class Feed:
    """A plain log, and a compressed one beside it."""

    def __init__(self, window_bits: WindowBits = 15) -> None:
        self.plain = Log(100)
        self.deflated = Deflated(window_bits, self.plain)
        self.seconds = 0.0

    def add(self, count: int = 1, at_once: bool = False) -> None:
        """Events that are much like one another, as they are in life."""
        texts = [b'{"type":"price_change","n":%d}' % (self.plain.head + number) for number in range(count)]
        for part in [texts] if at_once else [[text] for text in texts]:
            frames = [text_frame(text) for text in part]
            self.plain.append(frames)
            self.deflated.append(frames, self.seconds)

    def texts(self, start: int) -> list[bytes]:
        """What a subscriber should have got, from a position on."""
        return [frame[2:] for frame in self.plain.frames(start, self.plain.head)]


class Reader:
    """A subscriber at the head."""

    def __init__(self, feed: Feed, window_bits: int = 15) -> None:
        self.feed = feed
        self.joined_at = self.position = feed.plain.head
        self.context = NO_CONTEXT
        self.inflater = Inflater(window_bits)
        self.got: list[bytes] = []
        self.flags: list[bool] = []

    def read(self, limit: int = ALL) -> None:
        """Get what there is."""
        while self.position < self.feed.plain.head:
            run = self.feed.deflated.since(self.position, limit, self.context)
            assert run.plain_bytes == sum(map(len, self.feed.plain.frames(self.position, self.position + run.events)))
            self.position += run.events
            if run.compressed:
                self.context = self.position
            self.flags += [run.compressed] * run.events
            self.got += self.inflater.read(run.data)

    def check(self) -> None:
        """It has got all, and understood it."""
        assert self.got == self.feed.texts(self.joined_at)


def test_the_first_reads_compressed_from_its_first_event_on() -> None:
    feed = Feed()
    reader = Reader(feed)
    feed.add(10)
    reader.read()
    reader.check()
    assert reader.flags == [True] * 10


def test_no_frame_ends_with_the_tail_that_the_rfc_cuts_off() -> None:
    feed = Feed()
    feed.add(300)
    for position in range(100, 400):
        run = feed.deflated.since(position, 1, position)
        assert run.data[0] == compressed_text_frame(b"")[0] == 0xC1
        assert not run.data.endswith(b"\x00\x00\xff\xff")


def test_a_second_one_waits_for_the_next_reset() -> None:
    feed = Feed()
    first = Reader(feed)
    feed.add(10)
    second = Reader(feed)
    feed.add(RESET_EVENTS)
    for _ in range(5):
        first.read()
        second.read()
        feed.add()
    feed.add()
    for reader in (first, second):
        reader.read()
        reader.check()
    assert first.flags == [True] * (10 + RESET_EVENTS + 6)
    assert second.flags == [False] * RESET_EVENTS + [True] * 6


def test_the_wait_is_no_longer_than_so_many_events() -> None:
    feed = Feed()
    Reader(feed)
    feed.add()
    late = Reader(feed)
    for _ in range(RESET_EVENTS + 5):
        feed.add()
        late.read()
    late.check()
    assert late.flags == [False] * (RESET_EVENTS - 1) + [True] * 6


def test_nor_than_so_many_seconds() -> None:
    feed = Feed()
    Reader(feed)
    for began in (0.0, 10.0):
        feed.seconds = began
        feed.add(RESET_EVENTS // 4)
        late = Reader(feed)
        for seconds in (0.1, RESET_SECONDS - 0.1, RESET_SECONDS, RESET_SECONDS + 0.1):
            feed.seconds = began + seconds
            feed.add()
            late.read()
        late.check()
        # The second one comes long after the last reset, and waits for one event only: it shows that somebody waits.
        assert late.flags == ([False, False, True, True] if began == 0 else [False, True, True, True])


def test_one_reset_is_soon_followed_by_no_other() -> None:
    feed = Feed()
    Reader(feed)
    feed.add(RESET_EVENTS)
    readers = []
    for _ in range(3):
        readers.append(Reader(feed))
        for _ in range(2):
            feed.add()
            for reader in readers:
                reader.read()
    assert [reader.flags for reader in readers] == [[False, *[True] * 5], [False] * 4, [False] * 2]


def test_nobody_waits_so_there_is_no_reset() -> None:
    feed = Feed()
    reader = Reader(feed)
    feed.add()
    reader.read()
    for seconds in range(10):
        feed.seconds = seconds * RESET_SECONDS
        feed.add(RESET_EVENTS)
        reader.read()
    late = Reader(feed)
    late.position = late.joined_at = 101
    late.read()
    late.check()
    assert not any(late.flags)


def test_a_reset_may_be_in_the_middle_of_what_comes_at_once() -> None:
    feed = Feed()
    reader = Reader(feed)
    feed.add(RESET_EVENTS - 6)
    reader.read()
    late = Reader(feed)
    feed.add(3)
    late.read()
    feed.add(10, at_once=True)
    reader.read()
    late.read()
    reader.check()
    late.check()
    assert late.flags == [False] * 6 + [True] * 7


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_whoever_lost_events_reads_plain_until_the_next_reset(lost: int) -> None:
    feed = Feed()
    reader = Reader(feed)
    feed.add(10)
    reader.read()
    reader.position += lost
    for _ in range(RESET_EVENTS + 10):
        feed.add()
        if feed.plain.head > reader.position:
            reader.read()
    assert reader.got == feed.texts(100)[:10] + feed.texts(110 + lost)
    plain = reader.flags[10:].index(True)
    assert reader.flags == [True] * 10 + [False] * plain + [True] * (len(reader.flags) - 10 - plain)
    assert plain == RESET_EVENTS - 10 - lost


def test_a_small_window_is_enough_for_its_frames() -> None:
    feed = Feed(12)
    reader = Reader(feed, 12)
    feed.add(3_000)
    reader.read(limit=256)
    reader.check()
    assert all(reader.flags)


def test_a_run_is_no_longer_than_its_limit_nor_than_the_way_to_the_reset() -> None:
    feed = Feed()
    feed.add(RESET_EVENTS)
    assert [feed.deflated.since(position, 7, NO_CONTEXT).events for position in (100, 101)] == [7, 7]
    feed.add()
    reset = feed.plain.head - 1
    assert feed.deflated.since(reset - 5, 3, NO_CONTEXT).events == 3
    assert feed.deflated.since(reset - 4, ALL, NO_CONTEXT).events == 4
    assert feed.deflated.since(reset, ALL, NO_CONTEXT).compressed


def test_nor_do_they_refer_further_back_after_a_reset() -> None:
    feed = Feed(12)
    Reader(feed)
    feed.add(RESET_EVENTS)
    late = Reader(feed, 12)
    noise = [Random(number).randbytes(100) for number in range(60)]
    for number in range(300):
        # What was there before comes again 6,000 bytes later, further back than the window.
        frame = text_frame(noise[number % 60])
        feed.plain.append([frame])
        feed.deflated.append([frame], 0)
        late.read()
    late.check()
    assert late.flags == [False] + [True] * 299


def test_a_run_reaches_to_the_head_however_often_it_was_asked_for() -> None:
    feed = Feed()
    for count in range(1, 5):
        feed.add()
        assert feed.deflated.since(100, ALL, NO_CONTEXT).events == count
    feed.deflated.since(101, ALL, NO_CONTEXT)
    feed.add()
    assert feed.deflated.since(101, ALL, NO_CONTEXT).events == 4


def test_runs_are_joined_once_for_all() -> None:
    feed = Feed()
    feed.add(5)
    compressed = feed.deflated.since(100, ALL, NO_CONTEXT)
    assert feed.deflated.since(100, ALL, 100) is compressed
    bridge = feed.deflated.since(102, ALL, NO_CONTEXT)
    assert feed.deflated.since(102, ALL, 101) is bridge
    assert (compressed.compressed, bridge.compressed) == (True, False)


def test_resets_are_forgotten_with_their_frames() -> None:
    feed = Feed()
    for _ in range(20):
        feed.add(RESET_EVENTS)
        late = Reader(feed)
        feed.add()
        late.read()
    head = feed.plain.head
    feed.plain.trim(head - 1)
    feed.deflated.trim(head - 1)
    assert len(feed.deflated._resets) <= 1
    run = feed.deflated.since(head - 1, ALL, NO_CONTEXT)
    assert (run.events, run.compressed) == (1, False)
    reader = Reader(feed)
    feed.add()
    reader.read()
    assert reader.flags == [True]


def test_a_message_of_any_length_is_framed_right() -> None:
    plain = Log()
    deflated = Deflated(15, plain)
    # Random bytes, which compression makes longer.
    texts = [bytes((31 * number + number * number // 7) % 256 for number in range(size)) for size in (1, 126, 70_000)]
    frames = [text_frame(text) for text in texts]
    plain.append(frames)
    deflated.append(frames, 0)
    assert Inflater(15).read(deflated.since(0, ALL, NO_CONTEXT).data) == texts
