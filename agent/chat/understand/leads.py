"""Where the subject of a request stands: words that lead to it, and ways to ask whether anybody speaks of something."""

from collections.abc import Collection, Sequence
from typing import Final

from agent.chat.understand.words import Token, words_in

LEADS: Final = (
    ("on", "the", "subject", "of"), ("when", "it", "comes", "to"), ("in", "terms", "of"), ("opinion", "on"), ("opinion", "of"),
    ("opinions", "on"), ("opinions", "of"), ("feedback", "on"), ("comments", "on"), ("verbatims", "on"), ("think", "of"),
    ("thinks", "of"), ("make", "of"), ("complain", "of"), ("trouble", "with"), ("problem", "with"),
    ("problems", "with"), ("issue", "with"), ("issues", "with"), ("difficulties", "with"), ("unhappy", "with"),
    ("happy", "with"), ("struggle", "with"), ("struggling", "with"), ("struggles", "with"), ("wrong", "with"), ("dislike", "about"), ("search", "for"),
    ("looking", "for"), ("trend", "of"), ("trend", "for"), ("voices", "on"), ("pain", "point"), ("frustrated", "with"), ("frustrated", "by"),
    ("dissatisfied", "with"), ("annoyed", "by"), ("annoyed", "with"), ("satisfied", "with"), ("talk", "of"), ("speak", "of"), ("angry", "at"),
    ("upset", "with"), ("upset", "by"), ("bothered", "by"), ("affected", "by"), ("suffer", "from"), ("quotes", "on"), ("evidence", "for"), ("evidence", "of"),
    ("look", "up"), ("happy", "about"), ("hit", "by"), ("hardest", "by"), ("most", "by"),
    ("claim", "that"), ("against",), ("complaints", "on"), ("people", "when"), ("customers", "when"), ("it", "when"), ("figures", "for"),
    ("quotes", "for"), ("voices", "about"), ("upset", "about"), ("angry", "about"), ("think", "about"), ("fault", "with"), ("speaks", "for"), ("dig", "into"), ("difficulty", "with"),
    ("says", "that"), ("say", "that"), ("saying", "that"), ("claims", "that"), ("claimed", "that"), ("believes", "that"), ("thinks", "that"), ("swears", "that"), ("insists", "that"), ("told", "that"), ("complain", "that"), ("complaining", "that"), ("grumble", "that"), ("moan", "that"),
    ("write", "that"), ("writes", "that"), ("wrote", "that"), ("asking", "whether"), ("ask", "whether"), ("asks", "whether"), ("asking", "for"), ("says", "the"),
    ("say", "the"), ("saying", "the"), ("says", "their"), ("say", "their"), ("saying", "their"), ("says", "our"), ("say", "our"), ("saying", "our"),
    ("describe",), ("describes",), ("describing",), ("minds",), ("mind",),
    *((verb, "that") for verb in sorted(words_in("told_that"))), *((verb, "by") for verb in sorted(words_in("suffering"))),
    *((word, verb) for word in ("bad", "severe", "serious", "widespread", "common", "frequent", "prevalent", "painful") for verb in ("is", "are")),
    ("anger", "at"), ("anger", "over"), ("frustration", "at"), ("frustration", "with"), ("frustration", "over"), ("really", "when"), ("words", "when"), ("bad", "when"),
    *((noun, "that", word) for noun in ("problem", "issue", "trouble", "complaint", "gripe", "fact") for word in ("the", "they", "their", "our", "no", "it")),
    *((verb, who, "that") for verb in ("tell", "tells", "told", "telling") for who in ("us", "me")),
    ("about",), ("regarding",), ("concerning",), ("mention",), ("mentions",), ("mentioned",), ("mentioning",), ("discuss",), ("discussing",), ("re:",),
)  # fmt: skip
"""Words after which the subject stands."""

CLAUSES: Final = frozenset({"when", "that", "whether"})
"""Words that lead a clause, which says with its verb what is wrong."""
QUOTING_LEADS: Final = (("customers", "on"), ("people", "on"))

_AUX: Final = frozenset(
    {"is", "are", "was", "were", "does", "do", "did", "has", "have", "had", "be", "been", "get", "gets"}
)
_BETWEEN: Final = frozenset(
    {
        "ever",
        "also",
        "even",
        "being",
        "been",
        "often",
        "much",
        "at",
        "all",
        "really",
        "well",
        "by",
        "anyone",
        "get",
        "got",
        "actually",
        "still",
    }
)
_TOLD: Final = frozenset(
    {
        "mentioned", "brought", "raised", "discussed", "criticised", "criticized", "praised", "liked", "loved", "hated", "disliked", "named", "cited", "noticed",
        "appreciated", "panned", "slated", "popular", "unpopular", "talked", "spoken", "complained", "come", "crop", "cropping", "coming", "moaned", "referred",
    }
)  # fmt: skip
_MOST: Final = 6


def told_of(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """Return the place of what is asked to be mentioned or liked: "is Ireland ever brought up", "do bank holidays come up"."""
    for at, token in enumerate(tokens):
        if token.text not in _TOLD or not at:
            continue
        end = at
        while end and tokens[end - 1].text in _BETWEEN:
            end -= 1
        start = end
        while (
            start and end - start < _MOST and tokens[start - 1].is_word and tokens[start - 1].text not in _AUX
        ):
            start -= 1
        inside = {one.text for one in tokens[start:end]}
        if start and start < end and tokens[start - 1].text in _AUX and not inside & _NO_TOPIC:
            return start, end
    return None


_NO_TOPIC: Final = words_in("people") | {
    "what",
    "which",
    "who",
    "they",
    "it",
    "that",
    "things",
    "we",
    "you",
    "i",
    "complaints",
    "problems",
    "issues",
}
_OPENING_WORDS: Final = 4


def topic_tail(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """Return the place of a topic behind a colon, of which words are asked: "in their own words: a search that finds nothing"."""
    at = next((at for at, token in enumerate(tokens) if token.text == ":"), 0)
    if not 0 < at < len(tokens) - 1 or not all(token.is_word for token in tokens[at + 1 :]):
        return None
    head = {token.text for token in tokens[:at]}
    is_asked = tokens[at + 1].text in _AUX | words_in("asking")
    return (
        None
        if is_asked or not head & (words_in("quoting") | {"words", "sentences"})
        else (at + 1, len(tokens))
    )


def _is_pointed(tokens: Sequence[Token], mark: int) -> bool:
    """Tell whether what stands before a mark is what a question behind it points at: "being passed around: is that common"."""
    rest = [token.text for token in tokens[mark + 1 : mark + 4]]
    is_doing = tokens[0].text in {"being", "having", "getting", "not", "waiting"}
    return (
        is_doing
        and bool(rest)
        and (rest[0] in _AUX or rest[0] in words_in("asking"))
        and bool(set(rest) & {"that", "this", "it"})
    )


def topic_head(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """Return the place of a topic that stands by itself before what is asked of it: "wardrobes: any complaints?"."""
    marks = [at for at, token in enumerate(tokens) if not token.is_word]
    if marks and marks[0] and _is_pointed(tokens, marks[0]):
        return 0, marks[0]
    if not marks or not 0 < marks[0] <= _OPENING_WORDS or marks[0] + 1 >= len(tokens):
        return None
    head, rest = tokens[: marks[0]], tokens[marks[0] + 1 :]
    asked = {token.text for token in rest}
    if {token.text for token in head} & (words_in("people") | words_in("groups")) or not asked & _SPEAKING:
        return None
    if head[-1].text in words_in("openers"):
        # "New here", "quick question": how somebody begins to speak.
        return None
    return 0, marks[0]


def happening(tokens: Sequence[Token], names: Collection[int]) -> tuple[int, int] | None:
    """Return the place of what a brand did to its customers: "after support has passed them around", "once we charged them twice".

    A step that is told within it by several words is one, and no trouble.
    """
    for at, token in enumerate(tokens):
        start = at + 1
        if token.text not in _ONCE:
            continue
        while start < len(tokens) and tokens[start].text in words_in("determiners"):
            start += 1
        if start >= len(tokens) or tokens[start].text not in words_in("insiders") | words_in("doers"):
            continue
        if not at and tokens[start].text == "we":
            # "When we compare them": what somebody does who asks.
            continue
        end = next((end for end in range(start, len(tokens)) if not tokens[end].is_word), len(tokens))
        objects = [one.text for one in tokens[start + 2 : min(end, start + _OBJECT_WITHIN)]]
        is_step = any({one, one + 1} <= set(names) for one in range(start, end))
        if end - start <= _LONGEST_CLAUSE and not is_step and not _CUSTOMERS.isdisjoint(objects):
            return start, end
    return None


_ONCE: Final = frozenset({"after", "once", "when", "whenever"})
_CUSTOMERS: Final = words_in("people") - {"those", "ones"} | {"them", "him", "her", "their", "his"}
_OBJECT_WITHIN: Final = 6
_LONGEST_CLAUSE: Final = 16


def clause_of_writers(tokens: Sequence[Token], names: Collection[int]) -> tuple[int, int] | None:
    """Return the place of what those went through whose words are asked for: "quotes of people who waited longer than promised"."""
    quotes = next((at for at, token in enumerate(tokens) if token.text in words_in("quoting")), len(tokens))
    for at in range(quotes + 1, len(tokens) - 2):
        if tokens[at].text not in words_in("people") or tokens[at + 1].text not in {"who", "that"}:
            continue
        start = at + 2
        while start < len(tokens) - 1 and tokens[start].text in _AUX:
            start += 1
        end = start
        while end < len(tokens) and tokens[end].is_word and not _narrows(tokens, end, names):
            end += 1
        is_whole = end == len(tokens) or not tokens[end].is_word
        return (start, end) if is_whole and end - start >= _SHORTEST_CLAUSE else None
    return None


def _narrows(tokens: Sequence[Token], at: int, names: Collection[int]) -> bool:
    """Tell whether a name of the data narrows what is asked; behind "their" it belongs to what is told: "waited for their order"."""
    return at in names and tokens[at - 1].text not in words_in("determiners")


_SHORTEST_CLAUSE: Final = 3


_SPEAKING: Final = (
    words_in("saying")
    | words_in("quoting")
    | frozenset(
        {
            "complaints",
            "complaint",
            "praise",
            "moans",
            "gripes",
            "grumbles",
            "anything",
            "mentioned",
            "mention",
            "thoughts",
            "views",
            "thinking",
            "asked",
            "ask",
        }
    )
)
