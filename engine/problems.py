"""What is wrong with a definition: a code, the element it concerns, and sentences about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from engine.sentences import SENTENCES

Severity = Literal["error", "warning"]


@dataclass(frozen=True, init=False, repr=False)
class Problem:
    """One finding about a definition.

    ``code`` is stable and chooses the sentences; ``severity`` ``error`` stops publishing,
    ``warning`` is a notice; ``file`` is the name of the file in its folder; ``params`` are JSON
    values for the sentence.
    """

    code: str
    element_id: str
    element_name: str
    severity: Severity
    file: str
    params: dict[str, Any]

    def __init__(
        self,
        code: str,
        element_id: str = "",
        element_name: str = "",
        severity: Severity = "error",
        file: str = "",
        **params: Any,  # noqa: ANN401 - JSON values
    ) -> None:
        nested = params.pop("params", None)
        values = {
            "code": code,
            "element_id": element_id,
            "element_name": element_name,
            "severity": severity,
            "file": file,
            "params": {**(nested or {}), **params},
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __hash__(self) -> int:
        return hash((self.code, self.element_id, self.severity, self.file))

    def __repr__(self) -> str:
        return f"<Problem {self.code} {self.element_id} {self.params}>"

    @property
    def is_error(self) -> bool:
        """Tell whether this problem stops publishing."""
        return self.severity == "error"

    def sentence(self, locale: str = "zh") -> str:
        """Say what is wrong, where, and what to do instead, in Chinese or English."""
        chinese, english = SENTENCES.get(self.code, (self.code, self.code))
        wanted = chinese if locale.startswith("zh") else english
        text = wanted.format_map(_Params(self.params))
        where = self._where(locale)
        if not where:
            return text
        return f"{where}：{text}" if locale.startswith("zh") else f"{where}: {text}"

    def _where(self, locale: str) -> str:
        if not self.element_id:
            return ""
        if not self.element_name:
            return self.element_id
        name = " ".join(self.element_name.split())
        quoted = f"「{name}」" if locale.startswith("zh") else f"“{name}” "
        return f"{quoted}({self.element_id})"

    def in_file(self, file: str) -> "Problem":
        """Return the same problem with the file's name, where it had none."""
        return Problem(
            self.code,
            self.element_id,
            self.element_name,
            self.severity,
            self.file or file,
            **self.params,
        )

    def as_json(self, locale: str = "zh") -> dict[str, Any]:
        """Return the problem for the API: code, place, severity and the sentence."""
        return {
            "code": self.code,
            "element_id": self.element_id,
            "element_name": self.element_name,
            "severity": self.severity,
            "file": self.file,
            "params": self.params,
            "sentence": self.sentence(locale),
        }


class _Params(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Return those that stop publishing."""
    return [problem for problem in problems if problem.is_error]
