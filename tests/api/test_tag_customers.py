"""Customers counted by tag: distinct persons, quotes that are theirs, no trend without a reliable card."""

import json
from pathlib import Path

from agent.pipeline.tag_reach import TaggedCustomers
from tests.api.brand import Brand

_TAXONOMY = """
tags:
  - tag: delivery.late
    definition: The order came later than promised, or has not come yet.
    polarity: true
    examples: [my order is late, delivery took two weeks longer than you said]
  - tag: payment
    definition: Paying at the checkout, cards that are declined.
"""


def test_customers_are_counted_by_tag_and_no_trend_is_drawn_without_labels(
    brand: Brand, tmp_path: Path
) -> None:
    """Shares are of everyone who spoke, quotes stand in the data, and what is not known is unknown."""
    taxonomy = tmp_path / "tags.yaml"
    taxonomy.write_text(_TAXONOMY, encoding="utf-8")
    ran = brand.journey("tag", "--taxonomy", str(taxonomy), "--json")
    assert ran.code == 0, ran.err
    found = TaggedCustomers.model_validate(json.loads(ran.out))
    late = next(one for one in found.tags if one.tag == "delivery.late")
    assert 0 < late.reach.n < late.reach.total
    assert late.negative.total == late.reach.n
    assert {one.trend.direction for one in found.tags} == {"unknown"}
    assert all(one.trend.reason and one.card is None for one in found.tags)
    quote = late.evidence[0]
    shown = brand.journey("record", "show", quote.record_id, "--json")
    assert quote.quote in json.loads(shown.out)["text"]


def test_filter_on_the_rows_of_a_file_is_refused(brand: Brand, tmp_path: Path) -> None:
    """Rows of a file are nobody's, so that a filter of customers cannot hold for them."""
    taxonomy, texts = tmp_path / "tags.yaml", tmp_path / "texts.csv"
    taxonomy.write_text(_TAXONOMY, encoding="utf-8")
    texts.write_text("text\nmy order is late\n", encoding="utf-8")
    ran = brand.journey("tag", str(texts), "--taxonomy", str(taxonomy), "--where", "channel=chat")
    assert ran.code == 1
    assert "Leave PATH out" in ran.err
