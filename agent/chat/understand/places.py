"""Where words stand in a request: what comes before and behind them."""

from collections.abc import Sequence

from agent.chat.understand.words import TIME_MARK, Token, words_in


def last_about(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether the words before say that what follows is a subject and not a limit."""
    at = start - 1
    if start and tokens[at].text == "that" and tokens[start].text.endswith("s"):
        # "What families complain about that enthusiasts do not": another clause begins.
        return False
    while at >= 0 and tokens[at].text in words_in("mentions_determiners"):
        at -= 1
    while at > 0 and tokens[at].text in words_in("obliging"):
        # "About having to register", "mind being made to sign up": what is spoken of is the having to.
        at -= 1
    if at > 0 and tokens[at].text in {"on", "of", "for"} and tokens[at - 1].text in words_in("quoting"):
        return True
    if at > 0 and tokens[at].text == "by" and tokens[at - 1].text in words_in("suffering"):
        return True
    return at >= 0 and tokens[at].text in {
        "about",
        "regarding",
        "concerning",
        "mention",
        "mentions",
        "mentioned",
        "mentioning",
        "mind",
        "minds",
        "describe",
        "describes",
        "describing",
    }


def word_before(tokens: Sequence[Token], start: int) -> str:
    """Return the last word before that is no determiner; empty at the beginning."""
    at = start - 1
    while at >= 0 and tokens[at].text in words_in("mentions_determiners") | words_in("order_words"):
        at -= 1
    return tokens[at].text if at >= 0 and tokens[at].is_word else ""


def is_complained_of(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Tell whether a name stands before "complaints": "shipment tracking complaints" are about tracking, not of who tracked."""
    following = tokens[end].text if end < len(tokens) else ""
    before = tokens[start - 1].text if start else ""
    return following in words_in("complaint_words") and before not in words_in("step_leads") | {
        "who",
        "once",
        "when",
        "by",
        "fired",
    }


def happened_to(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether what follows is what happened to those who are asked for: "of those whose payment failed"."""
    return bool(
        {token.text for token in tokens[max(0, start - 2) : start]}
        & {"whose", "after", "once", "who", "when"}
    )


def spoken_of(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether what people do is told here as what they speak of or have trouble with, and not as a step of theirs.

    "Said that they had to open an account" is no account that was opened, nor are "problems with order tracking" of those who
    tracked one.
    """
    at = start - 1
    while at >= 0 and tokens[at].text in words_in("claim_leads"):
        at -= 1
    if at < 1:
        return False
    if tokens[at].text == "with":
        return tokens[at - 1].text in words_in("trouble")
    told = words_in("told_that") | words_in("complaining") | words_in("saying")
    verb = at - 2 if tokens[at - 1].text in {"us", "me"} else at - 1
    return tokens[at].text == "that" and verb >= 0 and tokens[verb].text in told


def never_done(tokens: Sequence[Token], start: int) -> bool:
    """Tell whether a deed is one that was not done: "who never ordered", "without opening an email"."""
    at = start - 1
    while at >= 0 and tokens[at].text in words_in("deed_helpers") - {"never"} | words_in("determiners"):
        at -= 1
    return at >= 0 and tokens[at].text in {"never", "not", "without"}


def goes_on(tokens: Sequence[Token], end: int) -> bool:
    """Tell whether a word is the first of a longer name: "payment page" is no stage."""
    following = tokens[end].text if end < len(tokens) and tokens[end].is_word else "in"
    if following == TIME_MARK:
        # "Complaints of York in 2026": the time belongs to the request.
        return False
    return following in words_in("heads") or following not in words_in("stop") | words_in(
        "people"
    ) | words_in("generic")
