"""Barcodes that mean a deed, for gloves: printed on a sheet, and asked about before anything is done.

A code alone never posts, undoes or holds anything: the same one is scanned again, or the button is touched.
"""

from __future__ import annotations

from enum import StrEnum

PREFIX = "LL/"


class Command(StrEnum):
    """Each with what it does, as the sheet says it."""

    POST = "POST"
    UNDO = "UNDO"
    NEXT = "NEXT"
    PRINT = "PRINT"
    HOLD = "HOLD"
    CANCEL = "CANCEL"
    NO_DATE = "NO-DATE"
    PLUS_ONE = "PLUS-ONE"

    @property
    def code(self) -> str:
        return PREFIX + self.value

    @property
    def meaning(self) -> str:
        return MEANINGS[self]


MEANINGS = {
    Command.POST: "Post what is on the screen",
    Command.UNDO: "Take the last line off",
    Command.NEXT: "Go on with another item",
    Command.PRINT: "Print the labels",
    Command.HOLD: "Receive it on hold",
    Command.CANCEL: "Leave the question, do nothing",
    Command.NO_DATE: "The date is not on the label",
    Command.PLUS_ONE: "One more of the same",
}


def command_of(code: str) -> Command | None:
    return next((command for command in Command if command.code == code), None)
