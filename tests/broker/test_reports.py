"""Whatever the broker posts or answers is read as it was meant."""

from typing import get_args

import pytest
from any_struct import register
from hypothesis import given
from hypothesis import strategies as st

from broker.messages import Counts, encode
from broker.reports import Answered, Posted, Report, TallyReport, decode_answered, decode_posted

register(Counts, TallyReport, Report)


@given(st.from_type(Posted))  # type: ignore[arg-type]
def test_what_is_posted(message: Posted) -> None:
    assert decode_posted(encode(message)) == message


@given(st.from_type(Answered))  # type: ignore[arg-type]
def test_what_is_answered(message: Answered) -> None:
    assert decode_answered(encode(message)) == message


@pytest.mark.parametrize("union", [Posted, Answered])
def test_tags_tell_messages_apart(union: object) -> None:
    members = get_args(union)
    assert len({member.__struct_config__.tag for member in members}) == len(members)
