"""What customers with a trouble wish for, in words that a brand can put into its copy.

A wish says what is wanted and never that the brand has it: that only the brand's own words may say.
"""

import re
from collections.abc import Sequence
from functools import cache

_LABEL_WEIGHT, _QUOTE_WEIGHT = 4.0, 2.0
_MIN_SCORE = 3.0
_MIN_CUE = 1.0
"""Of each cue: in the label, or in half of the quotes."""
_GENERAL = "service you can count on"

_DELIVERY = r"deliver\w*|parcels?|packages?|courier|shipments?|shipping|orders?"
_LATE = r"late|delay\w*|slow\w*|wait\w*|weeks?|days|overdue|pending|not (?:arriv|com)\w*|never (?:arriv|com|came)\w*|still"
_APP = r"apps?|applications?|website|site|pages?|screen|portal|online|software|system"
_BROKEN = r"crash\w*|freez\w*|frozen|bugs?|buggy|glitch\w*|errors?|blank|stuck|broken|(?:not|n'?t) work\w*|stopped working|fail\w*|won'?t (?:load|open|start)"
_PAYMENT = r"payments?|cards?|transactions?|transfers?|top.?ups?"

_WISHES: tuple[tuple[tuple[str, ...], str], ...] = (
    ((r"refund\w*|money back|reimburs\w*",), "a refund without the wait"),
    ((r"returns?|returning|send(?:ing)? (?:it|them )?back|exchang\w*",), "a simple way to return things"),
    ((_DELIVERY, r"track\w*|where is|status|no (?:news|updates?|information)"), "news of where your parcel is"),
    ((r"tracking",), "news of where your parcel is"),
    ((_DELIVERY, r"lost|missing|never (?:arriv|came|com|receiv)\w*|stolen|neighbou?r|wrong (?:address|house|door)"), "a parcel that reaches you"),
    ((_DELIVERY, r"damag\w*|broken|crush\w*|smash\w*|leak\w*"), "an order that arrives intact"),
    ((_DELIVERY, _LATE), "a delivery day to plan with"),
    ((r"damag\w*|broken|defect\w*|faulty|scratch\w*|crack\w*|torn|fell apart",), "things that last"),
    ((r"wrong (?:item|size|order|product|colou?r|one)|incorrect (?:item|order)|missing (?:item|part|piece)s?",), "the very thing you ordered"),
    ((r"out of stock|in stock|stock|sold out|unavailable",), "stock that is really there"),
    ((r"(?:charg|bill|debit)\w*", r"twice|double\w*|duplicate\w*|unknown|unauthori[sz]ed|wrong\w*|unexpected\w*|extra"), "a bill without surprises"),
    ((r"fees?|surcharges?|hidden costs?|commission",), "a price without surprises"),
    ((_PAYMENT, r"declin\w*|reject\w*|fail\w*|refus\w*|block\w*|not accept\w*"), "a payment that goes through"),
    ((r"transfers?|top.?ups?|balance|deposits?|withdraw\w*", _LATE + r"|missing|hasn'?t"), "a transfer you can follow"),
    ((r"cards?", r"arriv\w*|deliver\w*|activat\w*|lost|stolen|replac\w*"), "a card that is there for you"),
    ((r"vouchers?|promo\w*|coupons?|codes?", r"not work\w*|expir\w*|invalid|won'?t|reject\w*|refus\w*|fail\w*|doesn'?t"), "a code that simply works"),
    ((r"pric(?:e|es|ey|ing)|expensive|overpriced|costly|premiums?",), "good value for your money"),
    ((r"subscription\w*|membership\w*|contract\w*|unsubscrib\w*", r"cancel\w*|end|clos\w*|leave|get out"), "an easy way out"),
    ((r"cancel\w*|reschedul\w*|rebook\w*|chang\w*", r"book\w*|reserv\w*|flights?|trains?|appointments?|trips?|tickets?"), "plans that can change"),
    ((r"password\w*|log(?:ging|ged)?.?(?:in|on|out)|sign(?:ing)?.?in|locked out|pass.?code",), "an easy way to sign in"),
    ((r"verif\w*|identity|passport|id check|selfie|authenticat\w*|security codes?",), "a simple identity check"),
    ((r"accounts?", r"block\w*|lock\w*|suspend\w*|frozen|clos\w*|deactivat\w*|restrict\w*"), "an account that stays open"),
    ((r"checkout|basket|cart",), "a checkout that just works"),
    ((_APP, r"slow\w*|load\w*|lags?|lagging|spinning|forever"), "pages that load quickly"),
    ((_APP, _BROKEN), "an app you can rely on"),
    ((_APP, r"updat\w*|new version|redesign\w*|new (?:look|layout|design)"), "an app that feels familiar"),
    ((r"search\w*|filters?|navigat\w*|menus?|layout|interface|confus\w*|complicated|hard to (?:use|find)",), "an easy way to find things"),
    ((r"phone|calls?|calling|hold|queues?|line|hotline", r"wait\w*|hold|hours?|queues?|nobody|no one|answer\w*|pick(?:s|ed)? up"), "a call that gets picked up"),
    ((r"e-?mails?|messages?|contact\w*|complain\w*|support|service|repl\w*|respon\w*|answer\w*", r"no (?:reply|response|answer|one|help)|nobody|never|ignor\w*|unanswered|not (?:repl|respon|answer)\w*"), "an answer you can count on"),
    ((r"repeat\w*|transferr?(?:ed|ing)|passed|departments?|over and over|same (?:question|story)",), "a team that knows your case"),
    ((r"chat.?bots?|bots?|robots?|automated|virtual assistant|real person",), "a real person to talk to"),
    ((r"rude\w*|unfriendly|unhelpful|impolite|attitude|disrespect\w*|unprofessional",), "people who listen"),
    ((r"clean\w*|dirty|filthy|smell\w*|stain\w*|hygien\w*|mou?ld",), "a place that is spotless"),
    ((r"nois[ey]\w*|loud|thin walls",), "peace and quiet"),
    ((r"wi.?fi|internet|connection|signal|coverage",), "a connection that holds"),
    ((r"check.?in|reception|front desk|rooms?|parking", r"wait\w*|queues?|long|not ready|late|full"), "a smooth arrival"),
    ((r"food|meals?|dish\w*|breakfast|taste\w*|portions?|restaurant",), "food worth coming for"),
    ((r"siz(?:e|es|ing)|fits?|too (?:small|big|large|tight|short|long)|measurements?|dimensions?",), "a size that fits"),
    ((r"quality|materials?|fabric|flimsy|wear",), "things that last"),
    ((r"warrant\w*|repairs?|repaired|technicians?|engineers?|spare parts?",), "a repair you can plan with"),
    ((r"claims?|insur\w*|polic(?:y|ies)",), "cover you can count on"),
    ((r"addresses|address",), "an address you can correct"),
    ((r"documents?|forms?|paperwork|upload\w*",), "less paperwork"),
    ((r"set.?up|install\w*|onboarding|instructions|manual|regist\w*|sign.?up",), "an easy start"),
    ((r"spam|adverts?|ads|newsletters?|marketing (?:mail|email|call)s?",), "mail only when you want it"),
    ((r"opening hours?|closed|open(?:ing)? times?",), "opening times to rely on"),
    ((r"unclear|mislead\w*|information|informed|descriptions?|communicat\w*|transparen\w*|promis\w*|understand",), "plain words from the start"),
)  # fmt: skip


def wish_of(label: str, quotes: Sequence[str]) -> str:
    """Return what those wish for who complain of this: a noun and what belongs to it, without a capital or a full stop."""
    texts = [(_LABEL_WEIGHT, label), *((_QUOTE_WEIGHT / len(quotes), quote) for quote in quotes)]
    scored = [(_score(cues, texts), -order, wish) for order, (cues, wish) in enumerate(_compiled())]
    score, _, wish = max(scored)
    return wish if score >= _MIN_SCORE else _GENERAL


@cache
def _compiled() -> tuple[tuple[tuple[re.Pattern[str], ...], str], ...]:
    return tuple(
        (tuple(re.compile(rf"\b(?:{cue})(?!\w)", re.IGNORECASE) for cue in cues), wish)
        for cues, wish in _WISHES
    )


def _score(cues: Sequence[re.Pattern[str]], texts: Sequence[tuple[float, str]]) -> float:
    """Return how strongly a wish answers the texts; 0 unless each of its cues is borne out."""
    found = [sum(weight for weight, text in texts if cue.search(text)) for cue in cues]
    return sum(found) if min(found) >= _MIN_CUE else 0.0
