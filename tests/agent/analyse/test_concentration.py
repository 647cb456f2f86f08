"""Where a pain point is concentrated, and that chance is not called a place."""

import numpy as np

from agent.analyse.concentration import concentrations_of, segments_of
from agent.schemas.insight import Concentration
from eval.simulator.voices import Voices, VoicesPlan, draw_voices

_SHARES = (0.05, 0.1, 0.15, 0.2, 0.1, 0.08)


def _found(voices: Voices) -> list[tuple[Concentration, ...]]:
    members = [
        [row for row, said in enumerate(voices.theme_of) if said == theme]
        for theme in range(len(voices.themes))
    ]
    return concentrations_of(
        members,
        voices.passages,
        voices.readings,
        persons={p.person_id for p in voices.passages},
        segments={"group": voices.group_of},
    )


def test_planted_channel_is_found_with_its_shares() -> None:
    """A pain point voiced by phone twice as often as others says so; the others do not."""
    found = _found(draw_voices(VoicesPlan(1_500, _SHARES, place=3), np.random.default_rng(1)))
    phone = [(theme, c) for theme, of in enumerate(found) for c in of if c.verdict == "concentrated"]
    assert [(theme, c.dimension, c.value) for theme, c in phone] == [(3, "channel", "phone")]
    place = phone[0][1]
    assert place.here is not None
    assert place.elsewhere is not None
    assert place.low is not None
    assert place.here.share is not None
    assert place.low > 0
    assert 0.5 < place.here.share < 0.85


def test_no_planted_place_is_seldom_called_one() -> None:
    """Thirty maps with places dealt out at random: at most four with any."""
    rng = np.random.default_rng(2)
    plan = VoicesPlan(500, _SHARES, several=0.6)
    alarms = sum(
        any(c.verdict == "concentrated" for of in _found(draw_voices(plan, rng)) for c in of)
        for _ in range(30)
    )
    assert alarms <= 4


def test_too_few_customers_or_a_single_place_are_unknown() -> None:
    """Below the floor nothing is said but why."""
    few = _found(draw_voices(VoicesPlan(60, (0.1, 0.2)), np.random.default_rng(3)))
    assert {c.verdict for of in few for c in of} == {"unknown"}
    assert all(c.reason for of in few for c in of)


def test_every_dimension_is_answered() -> None:
    """Stage, channel, switch of channels, and each attribute."""
    found = _found(draw_voices(VoicesPlan(300, _SHARES), np.random.default_rng(4)))
    names = [(c.dimension, c.attribute) for c in found[0]]
    assert names == [("stage", None), ("channel", None), ("channel_switch", None), ("segment", "group")]


def test_segments_are_attributes_that_part_customers() -> None:
    """Ids, numbers and what everybody shares part nobody; a person's first value holds."""
    known = [
        (
            f"p{i}",
            {"plan": "free" if i % 2 else "paid", "order": f"o{i}", "age": i, "brand": "one", "vip": i < 30},
        )
        for i in range(80)
    ]
    found = segments_of([*known, ("p0", {"plan": "free"})])
    assert sorted(found) == ["plan", "vip"]
    assert found["plan"]["p0"] == "paid"
