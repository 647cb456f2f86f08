"""A small list of tags and labelled texts in the project's own words."""

from collections.abc import Sequence

from agent.schemas.tags import Label, LabelledText, TagDefinition, Taxonomy

TAXONOMY = Taxonomy(
    tags=(
        TagDefinition(
            tag="delivery",
            definition="When and how parcels arrive, couriers, delays.",
            examples=("my parcel came two weeks late", "the courier was on time"),
            polarity=True,
        ),
        TagDefinition(
            tag="price",
            definition="What things cost, fees and discounts.",
            examples=("far too expensive", "good value for the money"),
            polarity=True,
        ),
        TagDefinition(
            tag="staff.support",
            definition="How helpful or rude the people are who answer.",
            examples=("the agent was rude", "a friendly person helped me on the phone"),
        ),
    )
)

_SAID = {
    "delivery": ("the parcel {} late", "the courier {} on time", "my order {} lost on its way"),
    "price": ("the price {} too high", "these fees {} hidden", "the discount {} generous"),
    "staff.support": ("the agent {} rude", "your support {} friendly", "the person on the phone {} helpful"),
}
_VERBS = (
    "was",
    "is",
    "seems",
    "has been",
    "was again",
    "is always",
    "was once more",
    "really is",
    "was today",
)
_POLARITY = {"late": -1, "time": 1, "way": -1, "high": -1, "hidden": -1, "generous": 1}


def labelled_texts(n: int) -> list[LabelledText]:
    """Return up to 80 different texts: one tag each, two in every third, none in every tenth."""
    parts = [(tag, said.format(verb)) for verb in _VERBS for tag, own in _SAID.items() for said in own]
    made: list[LabelledText] = []
    for number in range(n):
        chosen = [parts[(7 * number) % len(parts)]]
        if number % 3 == 0:
            chosen.append(parts[(7 * number + 5) % len(parts)])
        if number % 10 == 9:
            made.append(LabelledText(f"We walked along river number {number} all day.", ()))
            continue
        text = " but ".join(part for _, part in chosen) + "."
        made.append(LabelledText(text.capitalize(), tuple(_labels(chosen))))
    return list({text.wording: text for text in made}.values())


def _labels(parts: Sequence[tuple[str, str]]) -> list[Label]:
    own = dict(parts)
    return [Label(tag, _POLARITY.get(text.split()[-1])) for tag, text in sorted(own.items())]
