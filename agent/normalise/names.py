"""Bring the names of channels and events into one vocabulary."""

import re
from functools import lru_cache

from agent.normalise.faults import RejectCode, RowFault
from agent.normalise.texts import clean_text

_MAX_NAME_CHARS = 120


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_CHANNELS = {
    "web": "web website site desktop browser online www web_site webshop online_store",
    "app": "app mobile mobile_app ios android app_store google_play play_store google_play_store iphone ipad in_app",
    "email": "email e_mail mail emails newsletter",
    "phone": "phone call telephone voice ivr call_center call_centre calls phone_call hotline",
    "chat": "chat live_chat livechat webchat web_chat messenger chatbot intercom bot",
    "store": "store in_store shop branch retail pos offline physical_store point_of_sale",
    "social": "social social_media facebook twitter x instagram tiktok linkedin youtube reddit",
    "sms": "sms text text_message mms",
    "messaging": "messaging whatsapp telegram wechat line viber imessage signal",
    "review_site": "review_site trustpilot tripadvisor yelp google_reviews g2 capterra",
    "survey": "survey questionnaire nps csat form surveymonkey typeform",
    "post": "post postal letter direct_mail fax",
    "ads": "ads ad paid display paid_search sem cpc ppc banner adwords google_ads paid_social retargeting",
    "search": "search seo organic organic_search",
    "push": "push push_notification notification",
    "interview": "interview",
}
_CHANNEL_OF = {alias: channel for channel, aliases in _CHANNELS.items() for alias in aliases.split()}
_NOT_WORD = re.compile(r"[^\w]+|_+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
ACTIONS = _words(
    "viewed clicked added removed started completed submitted opened closed created deleted updated cancelled canceled "
    "searched purchased ordered booked paid shared downloaded installed uninstalled selected requested received sent "
    "failed abandoned placed refunded returned shipped delivered visited rated reviewed applied entered saved changed"
)
_PARTICLES = _words("in out up off on to from for with by at")
_NO_CHANNEL = _words("null none nan n_a na undefined unknown") | {""}


def _snake(name: str) -> str:
    return _NOT_WORD.sub("_", _CAMEL.sub("_", clean_text(name))).strip("_").lower()


@lru_cache(maxsize=1024)
def channel_name(raw: str | None) -> str | None:
    """Return the channel's name in our vocabulary, a snake-case form where it is not in it, None where there is none."""
    if raw is None:
        return None
    snake = _snake(raw[:_MAX_NAME_CHARS])
    if snake in _NO_CHANNEL:
        return None
    return _CHANNEL_OF.get(snake, snake)


@lru_cache(maxsize=65_536)
def event_name(name: str) -> str:
    """Return an event's name as `object_action` in snake case.

    A two-word name that leads with its action ("Viewed Product") is turned round, so that two trackers' spellings of
    one step are one step.

    Raises:
        RowFault: Nothing is left of the name (`event.no_name`).
    """
    words = _snake(name[: 4 * _MAX_NAME_CHARS])[:_MAX_NAME_CHARS].strip("_").split("_")
    if words == [""]:
        raise RowFault(RejectCode.EVENT_NO_NAME, "event has no name")
    if len(words) == 2 and words[0] in ACTIONS and words[1] not in ACTIONS | _PARTICLES:  # noqa: PLR2004
        words.reverse()
    return "_".join(words)
