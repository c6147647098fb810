"""
Whether a page still is for the merchant who is logged in.

Two tabs share one cookie: while one shows the picker for one merchant, the platform may let
another one in, in the other. What is pressed in the first must not be done for the second.
"""

from typing import Final

from domain.errors import TillbridgeError
from domain.model.caller import MerchantCaller
from entrypoints.web.auth import AnyRequest
from entrypoints.web.media_types import FORM, media_type_of


FIELD: Final = "merchant"


class MerchantChanged(TillbridgeError):
    """The page was drawn for somebody else."""

    def __str__(self) -> str:
        return "This page was for another merchant than the one who is logged in now."


async def expect_same_merchant(request: AnyRequest, caller: MerchantCaller) -> None:
    """
    Make sure that the form was drawn for *caller*; one that says nothing about it may pass.

    Raises:
        MerchantChanged: it was drawn for somebody else.
    """
    if media_type_of(request) != FORM:
        return
    given = (await request.form()).get(FIELD)
    if given is not None and given != caller.identifier:
        raise MerchantChanged
