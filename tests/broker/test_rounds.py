"""A question to many, and who has yet to answer it."""

from broker.rounds import Begun, Late, Round


def asked(*workers: str) -> Round[str]:
    """The first round, with its questions numbered from 1."""
    current = Round[str]()
    assert current.begin() == Begun(1)
    assert [current.ask(worker) for worker in workers] == [number + 1 for number in range(len(workers))]
    return current


def test_before_anybody_is_asked_it_is_over() -> None:
    assert Round[str]().is_over


def test_it_is_over_when_all_have_answered() -> None:
    current = asked("a", "b")
    current.answered("b", 2)
    assert not current.is_over
    current.answered("a", 1)
    assert current.is_over


def test_only_the_answer_to_the_last_question_counts() -> None:
    current = asked("a")
    assert current.ask("a") == 2
    current.answered("a", 1)
    current.answered("stranger", 2)
    assert not current.is_over
    current.answered("a", 2)
    assert current.is_over


def test_who_is_gone_is_not_waited_for() -> None:
    current = asked("a", "b")
    current.gone("a")
    current.answered("b", 2)
    assert current.is_over


def test_when_its_time_is_over_those_who_have_not_answered_are_late() -> None:
    current = asked("a", "b")
    current.answered("a", 1)
    assert current.end(1) == [Late("b")]
    assert current.is_over
    assert (current.is_late("a"), current.is_late("b")) == (False, True)


def test_who_is_late_is_so_until_it_speaks() -> None:
    current = asked("a", "b")
    current.end(1)
    assert current.heard("a")
    assert not current.heard("a")
    assert (current.is_late("a"), current.is_late("b")) == (False, True)
    current.gone("b")
    assert not current.is_late("b")


def test_the_time_of_an_earlier_round_ends_no_later_one() -> None:
    current = asked("a")
    current.answered("a", 1)
    assert current.begin() == Begun(2)
    current.ask("a")
    assert current.end(1) == []
    assert not current.is_over
    assert current.end(2) == [Late("a")]


def test_the_time_of_a_round_that_is_over_makes_nobody_late() -> None:
    current = asked("a")
    current.answered("a", 1)
    assert current.end(1) == []


def test_the_answer_to_an_earlier_round_is_none_to_this_one() -> None:
    current = asked("a")
    current.end(1)
    current.heard("a")
    current.begin()
    assert current.ask("a") == 2
    current.answered("a", 1)
    assert not current.is_over
