"""How words and deeds are written side by side."""

from agent.render.joined import disagreement_text, join_text
from agent.schemas.insight import Agreement, Linkage
from tests.agent.maps import pain_point

_LINKAGE = Linkage(n_voiced=48, n_linked=40, n_unlinked=8, n_undated=1, n_cut_off=3, within="within 60 days")


def _agreement(verdict: str) -> Agreement:
    return Agreement.model_validate(
        {"verdict": verdict, "statement": f"It is {verdict}.", "split_at": None, "said": None}
    )


def test_join_text_says_shares_ratio_and_who_is_not_in_it() -> None:
    """A reader sees both shares, the odds ratio with its interval, and everybody who could not be placed."""
    text = join_text(pain_point().model_copy(update={"linkage": _LINKAGE}))
    assert text.startswith("associated with leaving: 30")
    assert "odds ratio 5.57 (1.80–17.20)" in text
    assert "8 of 48 have no events" in text
    assert "3 cannot be followed within 60 days" in text
    assert "1 said it at an unknown time" in text


def test_join_text_of_too_few_is_unknown_with_the_reason() -> None:
    """Nothing is claimed of too few, and the unlinked are still counted."""
    linkage = _LINKAGE.model_copy(update={"reason": "fewer than 10 can be followed"})
    text = join_text(pain_point().model_copy(update={"behaviour": (), "linkage": linkage}))
    assert text.startswith("unknown: fewer than 10 can be followed; 8 of 48 have no events")


def test_disagreement_is_said_only_where_there_is_one() -> None:
    """Both directions are warned of; agreement and what is not shown are not."""
    for verdict, is_said in (
        ("disagree", True),
        ("disagree_reversed", True),
        ("agree", False),
        ("not_shown", False),
    ):
        linkage = _LINKAGE.model_copy(update={"agreement": _agreement(verdict)})
        text = disagreement_text(pain_point().model_copy(update={"linkage": linkage}))
        assert (text is not None) == is_said
    assert disagreement_text(pain_point()) is None
