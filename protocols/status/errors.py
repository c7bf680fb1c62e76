"""The errors of Bitstring Status List 1.0, by the specification's names.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#processing-errors
"""

from typing import ClassVar

from protocols.errors import MalformedStatusList


class StatusListError(MalformedStatusList):
    """A status entry or list that gives no answer; `name` is the specification's."""

    name: ClassVar[str] = "STATUS_VERIFICATION_ERROR"

    @property
    def named(self) -> str:
        """The specification's name, then what was found and what would be right."""
        return f"{self.name}: {self.sentence}"


class StatusRetrievalError(StatusListError):
    """The list could not be had."""

    name = "STATUS_RETRIEVAL_ERROR"


class StatusVerificationError(StatusListError):
    """The list is not the issuer's, is for another purpose, is out of date, or its proof does not hold."""

    name = "STATUS_VERIFICATION_ERROR"


class StatusListLengthError(StatusListError):
    """Too short to hide one credential among others, or too long."""

    name = "STATUS_LIST_LENGTH_ERROR"


class StatusRangeError(StatusListError):
    """The index is past the end of the list."""

    name = "RANGE_ERROR"


class MalformedValueError(StatusListError):
    """An entry or list that is not of its form."""

    name = "MALFORMED_VALUE_ERROR"
