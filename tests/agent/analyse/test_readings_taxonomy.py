"""Stages and touchpoints of events, and the lists they come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analyse.taxonomy import TAXONOMY_VERSION, stage_of_event, taxonomy, touchpoint_of_event
from agent.schemas.insight import Severity
from agent.schemas.journey import DEFAULT_STAGES


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("organic search", "organic search"),
        ("paid ads", "paid ads"),
        ("social", "social media"),
        ("podcasts", "podcast"),
        ("review sites", "review site"),
        ("website", "website"),
        ("comparison content", "comparison content"),
        ("demos", "demo"),
        ("free trials", "free trial"),
        ("webinars", "webinar"),
        ("checkout", "checkout"),
        ("sales conversations", "sales conversation"),
        ("contract signing", "contract signing"),
        ("welcome e-mails", "welcome e-mail"),
        ("setup guides", "setup guide"),
        ("first-use", "first use"),
        ("support", "support"),
        ("product updates", "product update"),
        ("loyalty", "loyalty programme"),
        ("personalised e-mail", "personalised e-mail"),
        ("reviews", "review"),
        ("referrals", "customer referral"),
        ("case studies", "case study"),
        ("community", "community"),
    ],
)
def test_touchpoint_of_event_listed_touchpoint_is_known(spelling: str, name: str) -> None:
    """Every touchpoint that a journey is expected to have is in the list, under its usual spellings."""
    assert touchpoint_of_event(spelling, {}, None) == name
    assert name in {touchpoint.name for touchpoint in taxonomy().touchpoints}


@pytest.mark.parametrize(
    ("event", "stage"),
    [
        ("Ad Clicked", "awareness"),
        ("product_viewed", "consideration"),
        ("Viewed Product", "consideration"),
        ("store_visited", "consideration"),
        ("cart_abandoned", "decision"),
        ("order_completed", "decision"),
        ("Checkout Started", "decision"),
        ("order_delivered", "retention"),
        ("support_contacted", "retention"),
        ("subscription_cancelled", "retention"),
        ("review_submitted", "advocacy"),
        ("Referral Shared", "advocacy"),
        ("quartz_polished", None),
        ("", None),
        ("🚀", None),
    ],
)
def test_stage_of_event_name_gives_stage_or_none(event: str, stage: str | None) -> None:
    """Usual events have a stage; a name that says nothing has none."""
    assert stage_of_event(event) == stage


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"campaign.medium": "cpc", "campaign.source": "google"}, "paid ads"),
        ({"utm_medium": "Paid Social"}, "paid ads"),
        ({"utm_medium": "organic"}, "organic search"),
        ({"utm_source": "instagram"}, "social media"),
        ({"medium": "podcast"}, "podcast"),
        ({"medium": "bus shelter"}, "website"),
        ({}, "website"),
    ],
)
def test_touchpoint_of_event_campaign_names_what_brought_the_customer(
    properties: dict[str, str], name: str
) -> None:
    """A page view counts for the campaign that led to it; an unknown medium leaves it a page view."""
    assert touchpoint_of_event("Landing Page", properties, "web") == name


def test_touchpoint_of_event_checkout_after_an_ad_stays_checkout() -> None:
    """A campaign does not hide a step that has a touchpoint of its own."""
    assert touchpoint_of_event("checkout_started", {"utm_medium": "cpc"}, "web") == "checkout"


def test_touchpoint_of_event_unknown_name_falls_back_to_its_channel() -> None:
    """A step with no known name happened at least in a known place."""
    assert touchpoint_of_event("quartz_polished", {}, "store") == "store"
    assert touchpoint_of_event("quartz_polished", {}, "smoke_signal") is None


def test_touchpoint_of_event_welcome_mail_is_told_from_other_mail() -> None:
    """The same event is another touchpoint by what was sent."""
    assert touchpoint_of_event("email_opened", {"campaign_name": "Welcome 1"}, "email") == "welcome e-mail"
    assert (
        touchpoint_of_event("email_opened", {"campaign_name": "Spring sale"}, "email")
        == "personalised e-mail"
    )


@given(name=st.text(max_size=60), value=st.text(max_size=20), channel=st.none() | st.text(max_size=12))
def test_touchpoint_of_event_any_input_gives_a_listed_name_or_none(
    name: str, value: str, channel: str | None
) -> None:
    """Whatever a tracker sends, the answer is from the list or None."""
    names = {touchpoint.name for touchpoint in taxonomy().touchpoints}
    assert touchpoint_of_event(name, {"medium": value}, channel) in {*names, None}
    assert stage_of_event(name) in {*DEFAULT_STAGES, None}


def test_taxonomy_lists_fit_the_schemas() -> None:
    """Stages are the default ones, severities those of the schema, and every touchpoint has a stage and phrases."""
    lists = taxonomy()
    assert tuple(stage.name for stage in lists.stages) == DEFAULT_STAGES
    assert [severity.name for severity in lists.severities] == list(Severity)
    assert {friction.name for friction in lists.frictions} == {"technical", "comprehension", "handoff"}
    assert lists.version == TAXONOMY_VERSION
    for touchpoint in lists.touchpoints:
        assert touchpoint.stage in DEFAULT_STAGES
        assert len(touchpoint.examples) >= 3
        assert touchpoint.events
