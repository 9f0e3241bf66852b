"""Slots that only people can fill: the answers they gave, and the questions still open."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_aiprov.exporters._document import CLOSE, OPEN, clean
from jupyter_aiprov.words import Language, word

Questions = Mapping[str, Mapping[str, str]]


class Slots:
    """Answers that people gave, and the questions still open, in order of their first printing."""

    def __init__(self, language: Language, questions: Questions, answers: Mapping[str, str]) -> None:
        self.language = language
        self.questions = questions
        self.answers = {str(k): text for k, v in answers.items() if v and (text := clean(v))}
        self.open: dict[str, str] = {}

    def ask(self, name: str, about: str = "") -> str:
        """The answer to a slot, or the open slot itself; `about` tells one model from another."""
        key = f"{name}[{about}]" if about else name
        if answer := self.answers.get(key) or self.answers.get(name):
            return answer.rstrip(" .")
        question = self.questions[name][self.language].replace("{model}", about)
        return self.opened(key, question)

    def opened(self, key: str, question: str) -> str:
        """An open slot as it is printed."""
        self.open[key] = question
        colon = ":" if self.language == "en" else "\u00a0:"
        return f"{OPEN}[{word('to-complete', self.language)}{colon} {question}]{CLOSE}"
