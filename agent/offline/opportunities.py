"""Words an opportunity by what hurts: a fixed suggestion for each common kind of trouble, else a careful general one.

A suggestion is chosen by the words of the pain point's label, its definition and its quotes; the label weighs most.
"""

import re
from collections.abc import Sequence
from functools import cache

from agent.firewall import unresolved_quantities
from agent.schemas.writing import OpportunityBrief, OpportunityDraft

_LABEL_WEIGHT, _DEFINITION_WEIGHT, _QUOTE_WEIGHT = 4.0, 2.0, 2.0
_MIN_SCORE = 3.0
_MIN_CUE = 1.0
"""Of each cue: in the label, in the definition, or in half of the quotes."""
_MAX_STATEMENT = 240

_DELIVERY = r"deliver\w*|parcel\w*|packages?|courier|shipment|shipping|dispatch\w*|post(?:ed|age)?"
_REFUND = r"refund\w*|money back|reimburs\w*|credited"
_LATE = r"late|delay\w*|slow\w*|wait\w*|weeks?|days|never (?:arriv|came|com)\w*|not arriv\w*|still|overdue|pending"
_PAY = r"charg\w*|payments?|paid|pay|debit\w*|billed|billing|invoice\w*|card"
_APP = r"app|apps|application|website|site|page|screen|portal|online"
_BROKEN = r"crash\w*|freez\w*|frozen|froze|bug\w*|glitch\w*|error\w*|blank|stuck|broken|not work\w*|(?:does|is|do)n'?t work\w*|fail\w*|won'?t (?:load|open)|kicks? (?:me|out)|shuts? down"
_STAFF = r"staff|agents?|reps?|representatives?|drivers?|advis[eo]rs?|employees?|waiters?|waitress\w*|manager\w*|receptionist\w*"

_RULES: tuple[tuple[tuple[str, ...], str], ...] = (
    ((_REFUND, _LATE), "Tell customers when a refund was sent, when it will reach them and whom to ask if it does not."),
    ((_REFUND, r"refus\w*|den(?:y|ied)|reject\w*|voucher\w*|won'?t|policy|part(?:ial)?"), "Show before the purchase in which cases money is returned, and give the reason whenever a refund is refused."),
    ((_REFUND,), "Let customers ask for a refund by themselves and follow it from request to arrival."),
    ((r"return\w*|send(?:ing)? (?:it|them)? ?back|exchange (?:it|them|item|policy)\w*",), "Let customers start a return online, with a label, a drop-off point near them and a date for the money."),
    ((_DELIVERY, r"track\w*|where is|status|update\w*|no (?:news|information)"), "Show customers where their parcel is and tell them of every change before they have to ask."),
    ((_DELIVERY, r"lost|missing|never (?:arriv|came|com|receiv)\w*|stolen|neighbou?r|wrong (?:address|house|door)|proof|safe place"), "Let customers report a missing parcel where they track it, and start a search or a replacement at once."),
    ((_DELIVERY, r"damag\w*|broken|crush\w*|smash\w*|leak\w*|soaked"), "Let customers send a photo of a damaged parcel and choose a replacement or their money back on the spot."),
    ((_DELIVERY, _LATE), "Name a delivery day customers can plan with, and tell them as soon as it cannot be kept."),
    ((r"damag\w*|broken|defect\w*|faulty|scratch\w*|crack\w*|torn",), "Let customers report a faulty item with a photo and choose a replacement or their money back on the spot."),
    ((r"wrong (?:item|size|order|product|colou?r|one)|incorrect (?:item|order)|missing (?:item|part|piece)s?|not what (?:i|we) ordered",), "Let customers report a wrong or missing item from the order itself, and send the right one without waiting for the return."),
    ((r"out of stock|in stock|stock|sold out|unavailable|availab\w*",), "Show stock per shop before customers set out or order, and tell them when an item is back."),
    ((r"(?:charg|bill|debit)\w*|payment|paid", r"twice|double\w*|duplicate\w*|unknown|unauthori[sz]ed|without (?:my )?(?:consent|permission|knowledge)|unexpected\w*|extra"), "Show customers what each charge is for, and let them dispute a wrong one where they see it."),
    ((r"hidden|extra|surprise|unexpected\w*|additional", r"fees?|charges?|costs?"), "Show the full price with all fees before customers give their payment details."),
    ((r"fees?|surcharge|commission|exchange rates?",), "Show every fee and the rate that applies before customers confirm, and again on the receipt."),
    ((r"(?:payments?|cards?|transactions?|transfers?|top.?up)", r"declin\w*|reject\w*|fail\w*|refus\w*|block\w*|not accept\w*|cancel\w*|revert\w*"), "Tell customers why a payment was declined and what they can do now, and keep what they entered."),
    ((r"transfer\w*|payments?|top.?up|balance|deposit\w*|withdraw\w*", r"pending|not (?:arriv|show|updat|receiv)\w*|hasn'?t|missing|" + _LATE), "Show customers at which step their money is and when it will be there."),
    ((r"card", r"arriv\w*|deliver\w*|activat\w*|lost|stolen|replace\w*|track\w*"), "Let customers follow, block and replace their card by themselves, and tell them when the new one will come."),
    ((r"voucher\w*|promo\w*|discount\w*|coupons?|codes?", r"not work\w*|expir\w*|invalid|won'?t|reject\w*|apply|fail\w*|doesn'?t"), "Check codes before checkout, and say which condition is not met when one cannot be used."),
    ((r"pric(?:e|es|ey|ing)|expensive|overpriced|costly|cheaper|premiums?|value for money",), "Show customers what the price includes and how it compares with the smaller choices on offer."),
    ((r"renew\w*|auto.?renew\w*",), "Remind customers before a contract renews, with the new price and a way to decline."),
    ((r"subscription\w*|membership\w*|contract\w*|account", r"cancel\w*|end|clos\w*|unsubscrib\w*|leave|get out"), "Let customers cancel where they signed up, and confirm at once from which day it counts."),
    ((r"cancel\w*", r"flights?|trains?|trips?|appointments?|by (?:the )?(?:airline|company|shop)|without (?:notice|warning)"), "Tell customers of a cancellation as soon as it is known, with alternatives they can accept right there."),
    ((r"cancel\w*|reschedul\w*|rebook\w*|chang\w*", r"book\w*|reserv\w*|flights?|appointments?|trips?|tickets?|orders?"), "Let customers change or cancel a booking by themselves, with the cost shown before they confirm."),
    ((r"password\w*|log.?(?:in|on|out|s|ged)\b\w*|sign.?in|locked out|pass.?code|face id|fingerprint",), "Keep customers signed in safely, and give them a way back into their account that needs no call."),
    ((r"verif\w*|identity|passport|id check|selfie|authenticat\w*|security code|sms",), "Say before customers start what they need to prove their identity, and tell them which document was refused and why."),
    ((r"account", r"block\w*|lock\w*|suspend\w*|frozen|clos\w*|deactivat\w*|restrict\w*"), "Tell customers why their account is restricted, what would lift it and by when they will hear."),
    ((r"checkout|basket|cart", r".*"), "Let customers finish checkout without starting over: keep the basket, name the field that is wrong, and offer another way to pay."),
    ((_APP, r"slow\w*|load\w*|lag\w*|spinning|forever"), "Show something useful while a page loads, keep what customers entered, and fix the slowest steps first."),
    ((_APP, _BROKEN), "Keep what customers entered when the app fails, say what went wrong, and offer another way to finish."),
    ((_APP, r"updat\w*|new version|redesign\w*|new (?:look|layout|design|icon)|old version"), "Announce changes of the app beforehand, explain what moved, and let customers say what they miss."),
    ((r"search\w*|filter\w*|navigat\w*|find|menu|layout|interface|confus\w*|complicated|hard to use|user.?friendly",), "Put what customers come for on the first screen, and test the way there with people who have not seen it before."),
    ((r"phone|call\w*|hold|queue|line|hotline", r"wait\w*|hold|hours?|queue|nobody|no one|answer\w*|pick(?:s|ed)? up|ring\w*"), "Show the waiting time before customers call, and offer to call them back."),
    ((r"e-?mails?|messages?|contact\w*|complain\w*|support|service|repl\w*|respon\w*|answer\w*", r"no (?:reply|response|answer|one)|nobody|never|ignor\w*|unanswered|not (?:repl|respon|answer)\w*|still wait\w*|no (?:help|solution)"), "Confirm every message, say by when customers will get an answer, and let them see who is dealing with it."),
    ((r"repeat\w*|explain\w*|transferr?(?:ed|ing)|passed|department\w*|over and over|again|same (?:question|story)",), "Hand over the whole case when it moves to another person, so that customers explain themselves only at the start."),
    ((r"chat.?bots?|bots?|robot\w*|automated|virtual assistant|real person|human",), "Offer a person in the chat as soon as customers ask for one, with what they have written so far."),
    ((_STAFF, r"rude\w*|unfriendly|unhelpful|impolite|attitude|disrespect\w*|shout\w*|arrogant|ignor\w*|careless|knowledge"), "Ask customers after each contact how they were treated, and coach with the answers."),
    ((r"rude\w*|unhelpful|unprofessional|impolite|poor service|bad service|terrible service|customer service",), "Give staff the right to solve common troubles in the first contact, and ask customers afterwards whether they did."),
    ((r"clean\w*|dirty|filthy|smell\w*|stain\w*|hygien\w*|dust\w*|mou?ld",), "Let customers report at once what is not clean, and tell them when it has been seen to."),
    ((r"nois[ey]\w*|loud|sleep|thin walls|music",), "Ask before arrival who needs quiet, place guests accordingly, and offer a move when it is loud."),
    ((r"wi.?fi|internet|connection|signal|coverage",), "Show customers the state of the connection, tell them of outages first, and say when it will be back."),
    ((r"check.?in|reception|front desk|room|parking", r"wait\w*|queue|long|not ready|early|late|full|charge"), "Let guests check in before they arrive and tell them when their room or space is ready."),
    ((r"food|meals?|dish\w*|breakfast|menu|taste\w*|cold|portion\w*|restaurant",), "Ask guests about their meal while it can still be put right, and take the dishes they send back off the menu or rework them."),
    ((r"siz(?:e|es|ing)|fit|fits|too (?:small|big|large|tight|short|long)|measurement\w*",), "Show measurements and how an item fits people like the customer, and make the exchange for another size easy."),
    ((r"quality|cheap\w*|material\w*|fabric|flimsy|fell apart|wear|last(?:ed|s)?",), "Show material and expected life of products honestly, and feed complaints about quality back to buying."),
    ((r"warrant\w*|guarantee|repair\w*|technician\w*|engineer\w*|spare parts?|service visit",), "Let customers book a repair with a time they can rely on, and tell them what it covers and costs beforehand."),
    ((r"claims?|insur\w*|polic(?:y|ies)|cover(?:age|ed)?",), "Show customers what is covered before they claim, and at which step their claim is."),
    ((r"address", r"chang\w*|updat\w*|wrong|edit\w*|correct\w*"), "Let customers correct their address until the order is packed."),
    ((r"documents?|forms?|paperwork|upload\w*|fields?|application",), "Ask only for what is needed, say why, keep unfinished forms, and name the field that is wrong."),
    ((r"set.?up|setup|install\w*|activat\w*|onboarding|instructions?|manual|guide|getting started|regist\w*|sign.?up",), "Lead new customers through the first use step by step, and notice where they stop."),
    ((r"spam|advert\w*|ads|newsletter\w*|marketing (?:mail|email|call)s?|unsubscrib\w*|privacy|personal data",), "Let customers choose what they receive and how often, and honour it everywhere at once."),
    ((r"opening hours?|closed|open(?:ing)? times?|appointments?",), "Keep opening times and free appointments right everywhere customers look, and let them book from there."),
    ((r"unclear|mislead\w*|information|informed|description\w*|explain\w*|told|communicat\w*|transparen\w*|lied|promis\w*",), "Say at each step what happens next and by when, in the same words everywhere, and tell customers first when it changes."),
    ((r"missing|lack\w*|feature\w*|option\w*|add(?:ed)?|wish|would be (?:nice|good|great)|no way to|can(?:no|')t",), "Tell customers what is not possible yet and how to manage meanwhile, and let them ask to hear when it is."),
)  # fmt: skip


def word_opportunity(brief: OpportunityBrief) -> OpportunityDraft:
    """Return the suggestion whose words the pain point shares most, else a general one."""
    texts = [(_LABEL_WEIGHT, brief.pain_point), (_DEFINITION_WEIGHT, brief.definition)]
    texts += [(_QUOTE_WEIGHT / len(brief.quotes), quote.text) for quote in brief.quotes]
    scored = [(_score(cues, texts), -order, statement) for order, (cues, statement) in enumerate(_compiled())]
    score, _, statement = max(scored)
    return OpportunityDraft(statement=statement if score >= _MIN_SCORE else _general(brief.pain_point))


@cache
def _compiled() -> tuple[tuple[tuple[re.Pattern[str], ...], str], ...]:
    return tuple(
        (tuple(re.compile(rf"\b(?:{cue})(?!\w)", re.IGNORECASE) for cue in cues), statement)
        for cues, statement in _RULES
    )


def _score(cues: Sequence[re.Pattern[str]], texts: Sequence[tuple[float, str]]) -> float:
    """Return how strongly a rule speaks to the texts; 0 unless each of its cues is borne out."""
    found = [sum(weight for weight, text in texts if cue.search(text)) for cue in cues]
    return sum(found) if min(found) >= _MIN_CUE else 0.0


def _general(label: str) -> str:
    shown = " ".join(label.split()).strip(' .“”"')
    statement = (
        f"Give customers who meet “{shown[:1].lower()}{shown[1:]}” a clear next step and a person to turn to."
    )
    if len(statement) > _MAX_STATEMENT or not shown or unresolved_quantities(statement):
        return "Give customers who meet this trouble a clear next step and a person to turn to."
    return statement
