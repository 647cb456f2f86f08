"""Put a person's planned texts into words: conversations, reviews, survey answers.

Every sentence that voices a pain point and every invented personal detail is noted verbatim, for the truth.
"""

from dataclasses import dataclass, field, replace

from agent.schemas.insight import Severity
from eval.simulator.catalog import Catalog, Pain, Pool, ProductKind
from eval.simulator.clock import DAY_S, day_time, iso
from eval.simulator.events import JsonObject
from eval.simulator.grammar import Choice, expand, expand_part, pick
from eval.simulator.noise import roughen
from eval.simulator.person import Person, RecordPlan, Rnd, choose
from eval.simulator.truth import Mention, PlantedDetail

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
_WEEKDAYS = ("Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday")
_DETAIL_FACTS = {
    "name": "full_name",
    "email": "email",
    "phone": "phone",
    "address": "address",
    "card": "card_no",
    "order": "order_no",
}
_TEST_CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "4000-0566-5566-5556", "378282246310005")
_SEVERITIES = list(Severity)
_GOOD_RATINGS = (3, 4, 4, 4, 5, 5, 5, 5, 5, 5)
_BAD_RATINGS = ((1, 1, 1, 2, 2), (1, 1, 2, 2, 2, 3, 3), (2, 2, 3, 3, 3, 4))
_LUKEWARM = 3
_NPS_FROM = {1: (0, 3), 2: (2, 5), 3: (5, 8), 4: (7, 10), 5: (9, 11)}

REVIEW_COLUMNS = ("id", "customer_id", "rating", "title", "text", "created_at", "source", "locale", "segment")
SURVEY_COLUMNS = ("id", "customer_id", "nps", "csat", "text", "created_at", "segment", "device_type")
CsvRow = tuple[str, ...]


@dataclass(slots=True)
class Spoken:
    """What a person said, ready for the files, and what of it is planted."""

    transcripts: list[JsonObject] = field(default_factory=list[JsonObject])
    reviews: list[CsvRow] = field(default_factory=list[CsvRow])
    surveys: list[CsvRow] = field(default_factory=list[CsvRow])
    mentions: list[Mention] = field(default_factory=list[Mention])
    details: list[PlantedDetail] = field(default_factory=list[PlantedDetail])


class Speaker:
    """One person's voice.

    Args:
        person: Who speaks; its `rng` is used up in a fixed order.
        catalog: The brand.
        planted: Sentences to append to the first customer text of each record, such as a canary.
    """

    def __init__(self, person: Person, *, catalog: Catalog, planted: tuple[str, ...] = ()) -> None:
        self._person = person
        self._rnd = person.rng.random
        self._calm = replace(person.style, emphatic=False)
        self._speech = catalog.speech
        self._planted = planted
        self._facts = _facts(person, catalog.file.kinds[person.product.kind])
        sore = {pain.file.topic for pain in person.had}
        self._praise = [rule for topic, rule in catalog.speech.praise.items() if topic not in sore]
        self._record: RecordPlan | None = None
        self._spoken = Spoken()
        self._used: set[tuple[str, int]] = set()
        self._sources = catalog.file.review_sources
        self._share_plain = catalog.file.share_plain

    def speak(self) -> Spoken:
        """Put all planned records into words."""
        for record in self._person.records:
            self._record = record
            self._facts |= _dated_facts(record.at - int((3 + 6 * self._rnd()) * DAY_S))
            if record.kind == "transcript":
                self._spoken.transcripts.append(self._transcript(record))
            elif record.kind == "review":
                self._spoken.reviews.append(self._review(record))
            else:
                self._spoken.surveys.append(self._survey(record))
        return self._spoken

    def _say(self, rule: str) -> str:
        return roughen(pick(self._speech.rules[rule], self._facts, self._rnd), self._calm, self._rnd)

    def _tell(self, rule: str) -> str:
        """Words of an agent or a bot, who do not mistype."""
        return pick(self._speech.rules[rule], self._facts, self._rnd)

    def _chance(self, share: float) -> bool:
        return self._rnd() < share

    def _commend(self) -> str:
        text = pick(choose(self._rnd, self._praise), self._facts, self._rnd)
        return roughen(text, self._person.style, self._rnd, happy=True)

    def _personal(self, rule: str, record: RecordPlan) -> str:
        """Say something with personal details in it, and note them."""
        text = pick(self._speech.rules[rule], self._facts, self._rnd)
        for kind, fact in _DETAIL_FACTS.items():
            value = self._facts[fact][0]
            if value in text:
                self._spoken.details.append(
                    PlantedDetail.model_construct(record_id=record.record_id, kind=kind, text=value)
                )
        return text

    def _voice(self, pain: Pain, record: RecordPlan, pool: Pool) -> str:
        """State a pain point in words not used by this person before, and note where."""
        indices = (pain.plain if self._chance(self._share_plain) else pain.oblique)[pool]
        index = choose(self._rnd, indices)
        while (pain.pain_point_id, index) in self._used:
            index = indices[(index + 1 - indices.start) % len(indices)]
            if self._chance(0.2):
                break
        self._used.add((pain.pain_point_id, index))
        text = self._enlarge(expand(pain.phrasings[index], self._facts, self._rnd), pain, pool)
        text = roughen(text, self._person.style, self._rnd)
        self._spoken.mentions.append(
            Mention.model_construct(
                record_id=record.record_id,
                kind=record.kind,
                pain_point_id=pain.pain_point_id,
                phrasing=index,
                text=text,
            )
        )
        return text

    def _enlarge(self, text: str, pain: Pain, pool: Pool) -> str:
        """Add a detail to a short answer, a consequence to a longer one."""
        if pool == "brief" and self._chance(0.4):
            tail = expand_part(choose(self._rnd, self._speech.rules["tail"].options), self._facts, self._rnd)
            return text.rstrip(".") + ("" if tail[0] in ",." else " ") + tail
        if self._chance(0.2):
            return f"{text}{'' if text[-1] in '.?!' else '.'} {pick(pain.aftermath, self._facts, self._rnd)}"
        return text

    def _voice_all(self, record: RecordPlan, *, brief_share: float) -> list[str]:
        said: list[str] = []
        for pain in record.pains:
            pool: Pool = "brief" if self._chance(brief_share) else "anywhere"
            said.append(self._voice(pain, record, pool))
        return said

    def _review(self, record: RecordPlan) -> CsvRow:
        person = self._person
        rating = self._rating(record)
        parts = self._voice_all(record, brief_share=0.15)
        if len(parts) > 1:
            parts.insert(1, self._say("also"))
        mixed = self._chance(0.5)
        if not record.pains:
            parts = self._content(rating)
        elif mixed:
            parts = self._mix(parts)
        if self._chance(0.35):
            parts.append(self._say("review_end_bad" if record.pains else "review_end_good"))
        if self._chance(0.03):
            parts.append(self._personal("review_contact", record))
        text = " ".join([*parts, *self._planted])
        title = self._title(record, rating) if self._chance(0.6) else ""
        return (
            record.record_id,
            person.contact_id,
            str(min(5, rating + 1) if record.pains and mixed and self._chance(0.4) else rating),
            title,
            text,
            iso(day_time(record.at)),
            choose(self._rnd, self._sources),
            person.locale,
            person.persona.segment,
        )

    def _content(self, rating: int) -> list[str]:
        """Words of somebody with nothing to complain about in this text."""
        if rating <= _LUKEWARM:
            return [self._say("lukewarm")]
        sentences = [self._say("praise_start")] if self._chance(0.3) else []
        return [*sentences, *(self._commend() for _ in range(1 + int(2.2 * self._rnd())))]

    def _mix(self, complaints: list[str]) -> list[str]:
        if self._chance(0.6):
            return [self._commend(), self._say("but"), *complaints]
        return [*complaints, self._say("still"), self._commend()]

    def _title(self, record: RecordPlan, rating: int) -> str:
        if record.pains and self._chance(0.6):
            pain = record.pains[0]
            rule = pain.plain_titles if self._chance(self._share_plain) else pain.titles
        else:
            rule = self._speech.rules[
                "title_bad" if record.pains else "title_good" if rating > _LUKEWARM else "title_fair"
            ]
        return roughen(
            pick(rule, self._facts, self._rnd), self._person.style, self._rnd, happy=not record.pains
        )

    def _rating(self, record: RecordPlan) -> int:
        worst = min((_SEVERITIES.index(pain.file.severity) for pain in record.pains), default=None)
        return choose(self._rnd, _GOOD_RATINGS if worst is None else _BAD_RATINGS[worst])

    def _survey(self, record: RecordPlan) -> CsvRow:
        person = self._person
        rating = self._rating(record)
        parts = self._voice_all(record, brief_share=0.6)
        if not parts:
            parts = [self._say("survey_fine") if self._chance(0.3) else self._commend()]
        elif self._chance(0.3):
            parts = self._mix(parts)
        is_nps = self._chance(0.6)
        low, high = _NPS_FROM[rating]
        return (
            record.record_id,
            person.contact_id,
            str(low + int(self._rnd() * (high - low))) if is_nps else "",
            "" if is_nps else str(rating),
            " ".join([*parts, *self._planted]),
            iso(day_time(record.at)),
            person.persona.segment,
            person.device,
        )

    def _transcript(self, record: RecordPlan) -> JsonObject:
        talk = _Talk(day_time(record.at), self._rnd)
        if record.channel == "email":
            self._correspond(record, talk)
        else:
            self._converse(record, talk)
        if self._planted:
            first = next(turn for turn in talk.turns if turn["speaker"] == "customer")
            first["text"] = " ".join([first["text"], *self._planted])
        person = self._person
        return {
            "id": record.record_id,
            "customer_id": person.contact_id,
            "channel": record.channel,
            "turns": talk.turns,
        }

    def _correspond(self, record: RecordPlan, talk: "_Talk") -> None:
        """A letter and its answer."""
        question = choose(self._rnd, self._speech.questions)
        parts = [self._say("mail_open")] if self._chance(0.7) else []
        parts += self._statements(record, question.ask)
        if self._chance(0.35):
            parts.append(self._personal("details", record))
        if self._chance(0.15 if record.pains else 0.4):
            parts.append(self._commend())
        parts.append(self._say("mail_ask" if record.pains else "thanks"))
        if self._chance(0.6):
            parts.append(self._personal("sign_off", record))
        talk.add("customer", " ".join(parts), wait_s=0)
        answer = record.pains[0].acknowledge if record.pains else question.answer
        reply = [
            self._tell("mail_agent_open"),
            pick(answer, self._facts, self._rnd),
            self._tell("agent_resolve"),
        ]
        talk.add("agent", " ".join(reply), wait_s=9_000)
        if self._chance(0.35):
            talk.add(
                "customer",
                self._say("unhappy_end" if record.pains and self._chance(0.5) else "thanks"),
                wait_s=6_000,
            )

    def _statements(self, record: RecordPlan, ask: Choice) -> list[str]:
        if not record.pains:
            return [roughen(pick(ask, self._facts, self._rnd), self._calm, self._rnd)]
        said: list[str] = []
        for pain in record.pains:
            pool: Pool = "again" if record.again else "support" if self._chance(0.35) else "anywhere"
            if said:
                said.append(self._say("also"))
            said.append(self._voice(pain, record, pool))
        return said

    def _converse(self, record: RecordPlan, talk: "_Talk") -> None:
        """A chat or a call."""
        phone = record.channel == "phone"
        question = choose(self._rnd, self._speech.questions)
        if phone:
            talk.add("agent", self._tell("agent_answers_phone"))
        elif self._chance(0.75):
            talk.add("bot", self._tell("bot_greets"))
        opening = [self._say("phone_hello" if phone else "hello")] if self._chance(0.6) else []
        first, *others = self._statements(record, question.ask)
        talk.add("customer", " ".join([*opening, first]))
        if not phone and self._chance(0.4):
            talk.add("bot", self._tell("bot_asks"))
            talk.add(
                "customer", self._personal("details", record) if self._chance(0.5) else self._say("to_bot")
            )
        answer = record.pains[0].acknowledge if record.pains else question.answer
        greeting = "" if phone else self._tell("agent_joins") + " "
        talk.add("agent", greeting + pick(answer, self._facts, self._rnd))
        if phone and self._chance(0.5):
            talk.add("customer", self._personal("details", record))
        if record.pains and self._chance(0.5):
            talk.add("agent", self._tell("agent_probes"))
            talk.add("customer", self._follow_up(record.pains[0]))
        if others:
            talk.add("customer", " ".join(others))
            talk.add("agent", pick(record.pains[-1].acknowledge, self._facts, self._rnd))
        self._part(record, talk)

    def _follow_up(self, pain: Pain) -> str:
        return roughen(pick(pain.follow_up, self._facts, self._rnd), self._person.style, self._rnd)

    def _part(self, record: RecordPlan, talk: "_Talk") -> None:
        if record.pains or self._chance(0.4):
            talk.add("agent", self._tell("agent_resolve"))
        if self._chance(0.1 if record.pains else 0.25):
            talk.add("customer", self._commend())
        ending = "unhappy_end" if record.pains and self._chance(0.5) else "thanks"
        talk.add("customer", self._say(ending))
        if self._chance(0.7):
            talk.add("agent", self._tell("agent_bye"))


class _Talk:
    """Turns of a conversation with their times."""

    def __init__(self, at: int, rnd: Rnd) -> None:
        self.turns: list[dict[str, str]] = []
        self._at = at
        self._rnd = rnd

    def add(self, speaker: str, text: str, *, wait_s: int = 60) -> None:
        """Append a turn some time after the last one."""
        self._at += int(wait_s * self._rnd()) + 4 if self.turns else 0
        self.turns.append({"speaker": speaker, "text": text, "at": iso(self._at)})


def _facts(person: Person, kind: ProductKind) -> dict[str, tuple[str, ...]]:
    product, city = person.product, person.city
    price = f"£{product.price:.0f}"
    return {
        "item": (product.short_name, product.short_name, product.name),
        "item_name": (product.name,),
        "measure": tuple(kind.measure),
        "place": tuple(kind.place),
        "price": (price, f"{product.price:.0f} pounds", f"£{product.price:.2f}"),
        "city": (city,),
        "store": (f"{city} store", f"{city} shop", f"{city} branch", f"shop in {city}"),
        "carrier": (person.carrier,),
        "agent": (
            choose(person.rng.random, ("Sam", "Ayesha", "Luca", "Morag", "Dele", "Wiktoria", "Joel", "Nina")),
        ),
        "first_name": (person.first_name,),
        "full_name": (f"{person.first_name} {person.last_name}",),
        "email": (person.email,),
        "phone": (person.phone,),
        "address": (person.address,),
        "card_no": (choose(person.rng.random, _TEST_CARDS),),
        "order_no": (person.order_id,),
    }


def _dated_facts(at: int) -> dict[str, tuple[str, ...]]:
    day = int(iso(at)[8:10])
    month = _MONTHS[int(iso(at)[5:7]) - 1]
    suffix = _ORDINALS.get(day, "th")
    return {
        "date": (
            f"{day} {month}",
            f"{month} {day}",
            f"the {day}{suffix}",
            f"the {day}{suffix} of {month}",
            f"{day}{suffix} {month[:3]}",
        ),
        "weekday": (_WEEKDAYS[at // DAY_S % 7],),
    }
