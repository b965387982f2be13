"""The sentences of every problem that a check can find, in Chinese and in English.

Each says what is wrong and what to do instead; ``{name}`` are the problem's params. The element's
name and id are put in front by ``Problem.sentence``.
"""

from engine.sentences.decisions import DECISIONS
from engine.sentences.diagrams import DIAGRAMS
from engine.sentences.expressions import EXPRESSIONS
from engine.sentences.files import FILES
from engine.sentences.forms import FORMS

SENTENCES: dict[str, tuple[str, str]] = {
    **FILES,
    **DIAGRAMS,
    **EXPRESSIONS,
    **DECISIONS,
    **FORMS,
}
