"""Words an opportunity by what hurts: a fixed suggestion for each common kind of trouble, and none where none fits.

A suggestion fits where the pain point's label speaks of its kind of trouble and its quotes do too: each quote that counts
holds all that marks the kind, so that a word which happens to stand in the label decides nothing.
"""

import re
from collections.abc import Sequence
from functools import cache

from agent.schemas.writing import OpportunityBrief, OpportunityDraft

_MIN_QUOTES = 0.4
"""Share of the quotes that have to hold all marks of a kind."""
_MIN_QUOTES_BESIDE_LABEL = 0.2
"""The same where the label holds several of them, and all, already."""
_PER_CUE = 0.6
"""What each further mark adds: of two kinds that fit, the one that says more about the trouble fits better."""

_DELIVERY = r"deliver\w*|parcel\w*|packages?|courier|shipment|shipping|dispatch\w*|post(?:ed|age)?"
_REFUND = r"refund\w*|money back|reimburs\w*|credited"
_LATE = r"late|delay\w*|slow\w*|wait\w*|weeks?|days|never (?:arriv|came|com)\w*|not arriv\w*|still|overdue|pending|not (?:yet )?(?:receiv|com|been)\w*|(?:has|have)n'?t (?:receiv|com|arriv|been)\w*"
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
    ((r"hidden|extra|surprise|unexpected\w*|additional|(?:more|higher) than", r"fees?|charg(?:es?|ed)|costs?|total|price"), "Show the full price with all fees before customers give their payment details."),
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
    ((r"search\w*|filter\w*|results?",), "Let search and filters show what customers asked for and nothing else, and say so where there is nothing of the kind."),
    ((r"navigat\w*|menu|layout|interface|confusing|complicated|hard to use|user.?friendly",), "Put what customers come for on the first screen, and test the way there with people who have not seen it before."),
    ((r"phone|call\w*|hold|queue|line|hotline", r"wait\w*|hold|hours?|queue|nobody|no one|answer\w*|pick(?:s|ed)? up|ring\w*"), "Show the waiting time before customers call, and offer to call them back."),
    ((r"e-?mails?|messages?|contact\w*|complain\w*|support|service|repl\w*|respon\w*|answer\w*", r"no (?:reply|response|answer|one)|nobody|never|ignor\w*|unanswered|not (?:repl|respon|answer)\w*|still wait\w*|no (?:help|solution)"), "Confirm every message, say by when customers will get an answer, and let them see who is dealing with it."),
    ((r"repeat\w*|explain\w*(?: \w+){0,4} again|transferr?(?:ed|ing)|passed (?:around|from|on|to)|departments?|(?:different|another) person|same (?:question|story)",), "Hand over the whole case when it moves to another person, so that customers explain themselves only at the start."),
    ((r"chat.?bots?|bots?|robot\w*|automated|virtual assistant|real person|human",), "Offer a person in the chat as soon as customers ask for one, with what they have written so far."),
    ((_STAFF, r"rude\w*|unfriendly|unhelpful|impolite|attitude|disrespect\w*|shout\w*|arrogant|ignor\w*|careless|knowledge"), "Ask customers after each contact how they were treated, and coach with the answers."),
    ((r"rude\w*|unhelpful|unprofessional|impolite|poor service|bad service|terrible service|customer service",), "Give staff the right to solve common troubles in the first contact, and ask customers afterwards whether they did."),
    ((r"clean\w*|dirty|filthy|smell\w*|stain\w*|hygien\w*|dust\w*|mou?ld",), "Let customers report at once what is not clean, and tell them when it has been seen to."),
    ((r"nois[ey]\w*|loud|sleep|thin walls|music",), "Ask before arrival who needs quiet, place guests accordingly, and offer a move when it is loud."),
    ((r"wi.?fi|internet|connection|signal|coverage",), "Show customers the state of the connection, tell them of outages first, and say when it will be back."),
    ((r"check.?in|reception|front desk|room|parking", r"wait\w*|queue|long|not ready|early|late|full|charge"), "Let guests check in before they arrive and tell them when their room or space is ready."),
    ((r"food|meals?|dish(?:es)?|breakfast|tast\w*|portion\w*",), "Ask guests about their meal while it can still be put right, and take the dishes they send back off the menu or rework them."),
    ((r"siz(?:e|es|ing)|fit|fits|too (?:small|big|large|tight)|measurement\w*|dimension\w*|(?:small|bigg|larg)er",), "Show measurements and how an item fits people like the customer, and make the exchange for another size easy."),
    ((r"quality|materials?|fabric|flimsy|f(?:ell|alls?) apart",), "Show material and expected life of products honestly, and feed complaints about quality back to buying."),
    ((r"warrant\w*|guarantee|repair\w*|technician\w*|engineer\w*|spare parts?|service visit",), "Let customers book a repair with a time they can rely on, and tell them what it covers and costs beforehand."),
    ((r"claims?|insur\w*|polic(?:y|ies)", r"claim(?:s|ed|ing)?|cover(?:age|ed)?|pay ?out"), "Show customers what is covered before they claim, and at which step their claim is."),
    ((r"address", r"chang\w*|updat\w*|wrong|edit\w*|correct\w*"), "Let customers correct their address until the order is packed."),
    ((r"documents?|forms?|paperwork|upload\w*|fields?|application",), "Ask only for what is needed, say why, keep unfinished forms, and name the field that is wrong."),
    ((r"set.?up|setup|install\w*|activat\w*|onboarding|instructions?|manual|guide|getting started|regist\w*|sign.?up",), "Lead new customers through the first use step by step, and notice where they stop."),
    ((r"spam|adverts?|ads|newsletters?|notifications?|(?:marketing|promotional|reminder) (?:mail|e-?mail|call)s?", r"spam\w*|unsubscrib\w*|too many|stop|every day|daily|keep (?:getting|sending|seeing)|still (?:get|see)|after (?:buying|i bought)|already (?:bought|have|own)|constant\w*|opt(?:ed)? out"), "Let customers choose what they receive and how often, and honour it everywhere at once."),
    ((r"adverts?|ads?|advertis\w*|newsletters?|promot\w*|offers?|offered", r"not (?:available|accept\w*|valid|work\w*|the same|honou?r\w*)|doesn'?t work|expired|more expensive|differ\w*|mislead\w*|nothing to do|(?:in|at) the (?:shop|store|checkout)|on the (?:site|website)"), "Keep what an advert promises the same in shop, site and checkout, and say in it where and until when it holds."),
    ((r"track\w*|status",), "Show customers where their parcel is and tell them of every change before they have to ask."),
    ((r"refer(?:ral|red|ring)?|invit\w*|recommend\w*", r"reward\w*|bonus|discount|credit\w*|gift|voucher|code"), "Show customers what became of each invitation, and credit the reward without their having to ask."),
    ((r"reviews?|ratings?|rated", r"remov\w*|delet\w*|reject\w*|hidden|gone|not (?:shown|published)|censor\w*"), "Tell customers why a review is not shown and what to change, and show critical ones like all others."),
    ((r"instructions?|manual|assembl\w*|(?:set.?up|user|installation) guide", r"missing|unclear|not clear|confus\w*|step|complicated|no help|don'?t help|couldn'?t|wrong"), "Mend the steps of the instructions at which customers get stuck, and offer the same steps as pictures and a film."),
    ((r"opening hours?|closed|open(?:ing)? times?|appointments?",), "Keep opening times and free appointments right everywhere customers look, and let them book from there."),
    ((r"unclear|mislead\w*|not (?:informed|told)|no (?:information|communication)|poor communication|lied|broken promises?",), "Say at each step what happens next and by when, in the same words everywhere, and tell customers first when it changes."),
)  # fmt: skip


def word_opportunity(brief: OpportunityBrief) -> OpportunityDraft:
    """Return the suggestion that fits the pain point best; none where none does."""
    quotes = [quote.text for quote in brief.quotes]
    fitting = [
        (fit, -order, statement)
        for order, (cues, statement) in enumerate(_compiled())
        if (fit := _fit(cues, brief.pain_point, quotes)) > 0
    ]
    return OpportunityDraft(statement=max(fitting)[2] if fitting else None)


@cache
def _compiled() -> tuple[tuple[tuple[re.Pattern[str], ...], str], ...]:
    return tuple(
        (tuple(re.compile(rf"\b(?:{cue})(?!\w)", re.IGNORECASE) for cue in cues), statement)
        for cues, statement in _RULES
    )


def _fit(cues: Sequence[re.Pattern[str]], label: str, quotes: Sequence[str]) -> float:
    """Return how well a kind of trouble fits: by its label and quotes; 0 where it does not."""
    in_label = sum(cue.search(label) is not None for cue in cues) / len(cues)
    told = [all(cue.search(quote) for cue in cues) for quote in quotes]
    share = sum(told) / len(told) if told else 0.0
    needed = _MIN_QUOTES_BESIDE_LABEL if in_label == 1 and len(cues) > 1 else _MIN_QUOTES
    return in_label + share + _PER_CUE * (len(cues) - 1) if in_label and share >= needed else 0.0
