"""What providers' published price lists make of an answer, calculated by hand.

The numbers are those of the lists, with where and when they were seen; none is taken from a library. Each case names
its lines (how many of what at which price) and the sum in nano-dollars that they come to.
"""

from tests.price_cases.form import PriceCase
from tests.price_cases.of_anthropic import ANTHROPIC
from tests.price_cases.of_clouds import CLOUDS
from tests.price_cases.of_deepseek import DEEPSEEK
from tests.price_cases.of_google import GOOGLE
from tests.price_cases.of_openai import OPENAI
from tests.price_cases.of_openai_media import OPENAI_MEDIA
from tests.price_cases.of_openai_tiers import OPENAI_TIERS
from tests.price_cases.of_others import OTHERS

CASES: dict[str, PriceCase] = {
    **OPENAI,
    **OPENAI_TIERS,
    **OPENAI_MEDIA,
    **ANTHROPIC,
    **GOOGLE,
    **CLOUDS,
    **DEEPSEEK,
    **OTHERS,
}
