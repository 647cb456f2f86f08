"""Which words can be names: given and family names of many countries, less the words of everyday language.

The names come from Faker's person providers, read as plain lists; nothing is generated. They are read on first use,
since they are only needed where customers' words are read.
"""

import importlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple, cast

from agent.redact.words import AMBIGUOUS, NO_NAMES, PLACES, word_set

_LOCALES = sorted(
    word_set(
        "az_AZ bg_BG cs_CZ da_DK de_AT de_CH de_DE el_GR en en_GB en_IE en_IN en_KE en_NG en_NZ en_PK en_US es es_AR es_CL "
        "es_CO es_ES es_MX et_EE fi_FI fr_BE fr_CA fr_CH fr_DZ fr_FR ga_IE ha_NG hr_HR hu_HU id_ID ig_NG is_IS it_IT ja_JP "
        "lt_LT lv_LV nl_BE nl_NL no_NO pl_PL pt_BR pt_PT ro_RO ru_RU sk_SK sl_SI sv_SE tr_TR tw_GH uk_UA vi_VN yo_NG zu_ZA"
    )
)
_ENGLISH = ("en", "en_GB", "en_IE", "en_NZ", "en_US")
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_MIN_CHARS = 3
_NO_SURNAMES = word_set("best good great may day love will price case page sales ward long")


class Lexicon(NamedTuple):
    """Lower-case words; `english` are given names that may be trusted even where nothing is capitalised."""

    first: frozenset[str]
    last: frozenset[str]
    english: frozenset[str]
    surnames: frozenset[str]
    """English family names, everyday words among them; for what follows a given name."""
    given: frozenset[str]
    """English given names, everyday words among them; for what stands where only a name does."""
    places: frozenset[str]
    words: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """Return the names and the words that are none; about 0.3 seconds the first time."""
    words = (NO_NAMES | _common_words()) - AMBIGUOUS
    first = {name for locale in _LOCALES for name in _names(locale, "first_name")}
    last = {name for locale in _LOCALES for name in _names(locale, "last_name")}
    english = {name for locale in _ENGLISH for name in _names(locale, "first_name")}
    surnames = {name for locale in _ENGLISH for name in _names(locale, "last_name")}
    places = PLACES | _country_words()
    return Lexicon(
        frozenset(first - words),
        frozenset(last - words),
        frozenset(english - words - places),
        frozenset(surnames - _NO_SURNAMES),
        frozenset(english - _NO_SURNAMES),
        frozenset(places),
        frozenset(words),
    )


def _names(locale: str, part: str) -> set[str]:
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    found: set[str] = set()
    for attribute in dir(provider):
        if part in attribute or (part[:5] in attribute and "romanized" in attribute):
            found.update(_words(getattr(provider, attribute)))
    return found


def _words(values: object) -> Iterable[str]:
    if isinstance(values, Mapping):
        values = list(cast("Mapping[object, object]", values))
    if not isinstance(values, (list, tuple, set, frozenset)):
        return
    for value in cast("Iterable[object]", values):
        if isinstance(value, str):
            yield from (word for word in _WORD.findall(value.lower()) if len(word) >= _MIN_CHARS)


def _common_words() -> set[str]:
    provider = importlib.import_module("faker.providers.lorem.en_US").Provider
    return set(_words(provider.word_list))


def _country_words() -> set[str]:
    provider = importlib.import_module("faker.providers.address.en_US").Provider
    return {word for names in (provider.countries, provider.states) for word in _words(names)}
