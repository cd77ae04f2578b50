"""What each provider's words for usage mean: bodies as their references print them, and the one record they become.

The traps are cached input that is within the prompt with one provider and beside it with the next, and reasoning
likewise.
"""

from tests.usage_cases.compatible import COMPATIBLE
from tests.usage_cases.form import Case
from tests.usage_cases.of_openai import OPENAI
from tests.usage_cases.others import OTHERS

CASES: dict[str, Case] = {**OPENAI, **OTHERS, **COMPATIBLE}
