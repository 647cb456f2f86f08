"""Labelled pairs of control and variant: which factors change, as a person would say."""

from dataclasses import dataclass, field
from typing import Literal

from agent.schemas.creative import CreativeChannel, Factor

_BENEFIT, _CTA, _HOOK, _LENGTH = Factor.BENEFIT, Factor.CTA, Factor.HOOK, Factor.LENGTH
_OFFER, _PROOF, _TONE = Factor.OFFER, Factor.PROOF, Factor.TONE


@dataclass(frozen=True)
class Pair:
    """A change of slots of a control and the factors it changes."""

    factors: frozenset[Factor]
    after: dict[str, str]
    before: dict[str, str] = field(default_factory=dict[str, str])
    channel: CreativeChannel = "email"


def _body(before: str, after: str, *factors: Factor) -> Pair:
    return Pair(frozenset(factors), {"body": after}, {"body": before})


def _slots(
    after: dict[str, str],
    *factors: Factor,
    channel: Literal["email", "google_rsa", "meta", "landing_page"] = "email",
) -> Pair:
    return Pair(frozenset(factors), after, channel=channel)


_SHOP = "Have a look at our range. We are happy to help you choose."
_SHOES = "Our running shoes are made for long distances. They come in all sizes. Order them online or in our shops."
_BANK = "Open an account in a few minutes. You need your passport and a phone. Our staff will guide you through every step."
_TOUR = "Join our guided walks through the old town. We meet at the fountain every morning. Please bring good shoes and water."
_APP = "The app shows all your orders in one place. You can follow a parcel, change the address and return what does not fit."
_DESK = "The desk goes up and down at the push of a button. You build it in an afternoon. It comes in oak and ash."
_MEAL = "We cook in the morning and bring it to your door at noon. There are dishes with and without meat. Tell us what you cannot eat."

PAIRS: tuple[Pair, ...] = (
    # Nothing changes.
    _slots({}),
    _body(_SHOES, _SHOES),
    # The opening.
    _slots({"subject": "Tired of late parcels?"}, _HOOK),
    _slots({"preheader": "What customers ask us most."}, _HOOK),
    _slots({"subject": "Shoes that last", "preheader": "Made for long roads."}, _HOOK),
    _slots({"headline_1": "Shoes for long roads"}, _HOOK, channel="google_rsa"),
    _slots({"headline": "A bank without queues"}, _HOOK, channel="landing_page"),
    _slots({"headline": "Free returns, always"}, _HOOK, channel="meta"),
    # What the reader is asked to do.
    _slots({"button": "Find your size"}, _CTA),
    _slots({"headline_3": "Book a visit"}, _CTA, channel="google_rsa"),
    _slots({"description": "See the details"}, _CTA, channel="meta"),
    _slots({"button": "Try it for free"}, _CTA, channel="landing_page"),
    # Customers' words.
    _body(_SHOP, f"{_SHOP} A customer says: “They found the right size for me at once.”", _PROOF),
    _body(_SHOES, f"“My feet never hurt on these,” writes one of our customers. {_SHOES}", _PROOF),
    _body(_BANK, f"{_BANK} Customers say that it was done before their coffee was cold.", _PROOF),
    _body(_APP, "A customer says: “I always know where my parcel is.” " + _APP, _PROOF),
    _body(_TOUR, f"{_TOUR} People tell us it was the best morning of their trip.", _PROOF),
    _body(_SHOES, "Our running shoes are made for long distances. \"I wear them every single day\", says a customer.", _PROOF),
    _slots({"description_2": "Customers say we help them choose."}, _PROOF, channel="google_rsa"),
    _slots({"subheadline": "“The easiest shop I know”, a customer writes."}, _PROOF, channel="landing_page"),
    _body(_BANK, f"{_BANK} Users wrote: „So einfach war das noch nie“.", _PROOF),
    _body(_APP, f"{_APP} Voiced by customers: “finally an app that tells me the truth”", _PROOF),
    # What the brand promises in return.
    _body(_SHOP, f"{_SHOP} Returns are free.", _OFFER),
    _body(_SHOES, f"{_SHOES} We give your money back if they do not fit.", _OFFER),
    _body(_BANK, f"{_BANK} The account comes with a voucher for new customers.", _OFFER),
    _body(_TOUR, f"{_TOUR} Children walk along at no charge.", _OFFER),
    _body(_APP, f"{_APP} Get a discount on your next order.", _OFFER),
    _body(_SHOP, "Have a look at our range. Delivery is on us.", _OFFER),
    _body(_BANK, f"Start with a free trial. {_BANK}", _OFFER),
    _slots({"description_1": "Free delivery on all orders."}, _OFFER, channel="google_rsa"),
    _slots({"primary_text": "Have a look at our range. Every order comes with a gift."}, _OFFER, channel="meta"),
    _body(_SHOES, f"{_SHOES} Your fit is guaranteed, or we refund the full price.", _OFFER),
    # What the customer gets out of it.
    _body(_SHOP, f"{_SHOP} You will know which size fits before you order.", _BENEFIT),
    _body(_SHOES, f"{_SHOES} Your knees stay fresh until the last hill.", _BENEFIT),
    _body(_BANK, f"Never wait in a queue again. {_BANK}", _BENEFIT),
    _body(_TOUR, f"{_TOUR} You hear stories that stand in no guidebook.", _BENEFIT),
    _body(_APP, f"{_APP} That spares you a call to the support line.", _BENEFIT),
    _body(_SHOP, "Have a look at our range. Everything is in stock and ready to be sent.", _BENEFIT),
    _slots({"description_2": "Know the day your parcel comes."}, _BENEFIT, channel="google_rsa"),
    _slots({"subheadline": "Sleep well while we watch over your parcel."}, _BENEFIT, channel="landing_page"),
    _body(_SHOES, "Run further without pain. Our soles take the weight off your joints and dry overnight.", _BENEFIT),
    _body(_BANK, f"{_BANK} Switch off the card from your sofa if you lose it.", _BENEFIT),
    _body(_APP, "You see at once where your parcel is and who brings it, so you can go out without missing the courier.", _BENEFIT),
    _body(_TOUR, f"{_TOUR} The official guide switches languages for you.", _BENEFIT),
    _body(_SHOES, f"{_SHOES} They keep water off and save weight.", _BENEFIT),
    # How it is said.
    _body("We are happy to help you. You do not need an account.", "We're happy to help you. You don't need an account.", _TONE),
    _body(_SHOP, "Come and have a look at our range! We'd be so happy to help you choose!", _TONE),
    _body(_SHOES, "In plain words: our running shoes are made for long distances. They come in all sizes. Order them online or in our shops.", _TONE),
    _body("ORDER NOW! THE SALE ENDS SOON!", "Order now. The sale ends soon.", _TONE),
    _body(_BANK, "Just open an account in a few minutes. All you need is your passport and a phone. Our staff will happily guide you through every step.", _TONE),
    _body(_TOUR, "Why not join our guided walks through the old town? We meet at the fountain every morning. Please do bring good shoes and some water.", _TONE),
    _body("Dear customer, kindly have a look at our range.", "Hi there, have a look at our range.", _TONE),
    _body("It is easy. You will see.", "It's easy. You'll see.", _TONE),
    _body(_APP, "Good to know: the app shows all your orders in one place. You can follow a parcel, change the address, and return whatever does not fit!", _TONE),
    _slots({"primary_text": "Do have a look at our range. We're ever so happy to help you choose!"}, _TONE, channel="meta"),
    # Fewer words.
    _body(_SHOP, "Have a look at our range.", _LENGTH),
    _body(_SHOES, "Our running shoes are made for long distances. They come in all sizes.", _LENGTH),
    _body(_BANK, "Open an account in a few minutes.", _LENGTH),
    _body(_TOUR, "Guided walks through the old town every morning.", _LENGTH),
    _body(_APP, "The app shows all your orders in one place.", _LENGTH),
    _body(_APP, "All your orders in one place. Follow a parcel, change the address.", _LENGTH),
    _slots({"description_2": "Happy to help."}, _LENGTH, channel="google_rsa"),
    _slots({"subheadline": "A wide range."}, _LENGTH, channel="landing_page"),
    # More than one.
    _slots({"subject": "Tired of late parcels?", "button": "Follow your parcel"}, _HOOK, _CTA),
    _slots({"subject": "Shoes that last", "body": f"{_SHOP} Returns are free."}, _HOOK, _OFFER),
    _slots({"button": "Find your size", "body": "Have a look at our range."}, _CTA, _LENGTH),
    _body(_SHOP, f"{_SHOP} Returns are free. A customer says: “They found the right size for me.”", _OFFER, _PROOF),
    _body(_SHOES, f"{_SHOES} Your knees stay fresh until the last hill. Returns are free.", _BENEFIT, _OFFER),
    _body(_BANK, f"{_BANK} Never wait in a queue again. Customers say that it took no time.", _BENEFIT, _PROOF),
    _slots({"headline_1": "Shoes for long roads", "description_1": "Returns are free."}, _HOOK, _OFFER, channel="google_rsa"),
    _slots({"subject": "A question", "button": "Ask us", "body": f"{_SHOP} We answer in the evening too."}, _HOOK, _CTA, _BENEFIT),
    _body(_APP, f"{_APP} That spares you a call. A customer says: “I never had to phone them.” Get a discount.", _BENEFIT, _PROOF, _OFFER),
    _slots({"headline": "A bank without queues", "subheadline": "“It took no time at all”, a customer writes."}, _HOOK, _PROOF, channel="landing_page"),
    _body(_TOUR, "Guided walks through the old town. Children walk along at no charge.", _LENGTH, _OFFER),
    _body(_SHOES, "Our running shoes are made for long distances. A customer says: “They never let me down.”", _PROOF),
    _slots({"description_1": "Returns are free.", "description_2": "Customers say we help them choose."}, _OFFER, _PROOF, channel="google_rsa"),
    # Written after the rules, to see whether they carry over.
    _body(_DESK, f"{_DESK} Stand up without anybody noticing: the motor makes no sound.", _BENEFIT),
    _body(_DESK, f"{_DESK} One of our customers puts it like this: “my back stopped hurting within days”.", _PROOF),
    _body(_DESK, f"{_DESK} If you send it back, we pay for the way.", _OFFER),
    _body(_DESK, "The desk goes up and down at the push of a button.", _LENGTH),
    _body(_DESK, "Hey! This desk goes up and down at the push of a button. You'll build it in an afternoon, promise. Oak or ash? Your call.", _TONE),
    _body(_DESK, f"Work in peace. {_DESK}", _BENEFIT),
    _body(_DESK, f"{_DESK} Order today and the lamp is a gift.", _OFFER),
    _body(_DESK, f"{_DESK} No tools needed, no neighbour disturbed.", _BENEFIT),
    _body(_MEAL, f"{_MEAL} “My children ask for seconds!”", _PROOF),
    _body(_MEAL, f"{_MEAL} Your first box is half price.", _OFFER),
    _body(_MEAL, "We cook in the morning and bring it to your door at noon.", _LENGTH),
    _body(_MEAL, f"{_MEAL} That leaves you an hour in the sun.", _BENEFIT),
    _body(_MEAL, "Every morning we cook, and at noon it is at your door. There are dishes with and without meat. Tell us what you can't eat!", _TONE),
    _body(_MEAL, f"{_MEAL} Reviewers call it the best lunch in town.", _PROOF),
    _body(_MEAL, f"{_MEAL} Cancel whenever you like and keep the money.", _OFFER),
    _body(_MEAL, f"{_MEAL} No pans to wash afterwards.", _BENEFIT),
    _slots({"body": _SHOP.upper()}, _TONE),
    _slots({"body": f"{_SHOP} Nothing leaves our house unchecked."}, _BENEFIT),
    _slots({"subject": "Sizes that fit", "preheader": "Try them at home."}, _HOOK),
    _slots({"button": "Start now"}, _CTA, channel="landing_page"),
    _slots({"primary_text": "Have a look at our range."}, _LENGTH, channel="meta"),
    _slots({"description_1": "Take a look at our range!"}, _TONE, channel="google_rsa"),
    _slots({"description_1": "Sent the day you order."}, _BENEFIT, channel="google_rsa"),
    _slots({"headline_2": "With a welcome voucher"}, _OFFER, channel="google_rsa"),
    _slots({"headline_3": "Ask for a quote", "description_1": "Sent the day you order."}, _CTA, _BENEFIT, channel="google_rsa"),
    _slots({"subheadline": "People tell us they came back for the advice."}, _PROOF, channel="landing_page"),
    _slots({"headline": "Fit at last", "button": "Find your size"}, _HOOK, _CTA, channel="landing_page"),
    _slots({"subject": "Fit at last", "body": f"{_SHOP} Nothing leaves our house unchecked."}, _HOOK, _BENEFIT),
)  # fmt: skip
