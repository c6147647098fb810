"""Where pictures of integrations come from."""

from typing import Protocol

from domain.model.picture import Picture


class PictureSource(Protocol):
    """The hosts on which Codat keeps the pictures that its branding names."""

    async def fetch(self, src: str) -> Picture:
        """
        The picture at the absolute address *src*, which is asked once.

        Raises:
            CodatNotFound: there is none.
            CodatUnavailable: nobody answers there.
            CodatTimedOut: the answer does not come, or not to its end.
            CodatAnswerInvalid: *src* leads to an origin that the operator did not list, or what
                is there is not to be shown: no picture, too large, damaged, a redirect.
        """
        ...
