"""Takes personal data out before anything is stored: spans are found, replaced by typed placeholders, nothing rewritten.

Replacing is pseudonymisation, not anonymisation: who knows a customer's story may still know the customer. What is
covered are the kinds of `PersonalKind`; cities, countries, companies and dates other than of birth are kept, since they
are what journeys are made of and name nobody by themselves.
"""

from agent.redact.redactor import Redactor, find_personal
from agent.redact.spans import PLACEHOLDER, PersonalKind, Span

__all__ = ["PLACEHOLDER", "PersonalKind", "Redactor", "Span", "find_personal"]
