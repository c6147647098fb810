"""Where the pages find integrations' logos and buttons."""

import attrs

from domain.model.integration import Integration
from domain.model.picture import PictureKind
from domain.model.web_places import lies_at
from entrypoints.setting_types import LogoDelivery
from entrypoints.settings import Settings
from entrypoints.web.conditional import short_tag_of


@attrs.frozen
class Logos:
    """Tells addresses; to make one, nothing is asked and nothing waited for."""

    settings: Settings

    def address(
        self, integration: Integration, kind: PictureKind = PictureKind.LOGO
    ) -> str | None:
        """
        The address of a picture of *integration*; none where its branding names none.

        None, too, where that is not at one of the logo origins. Proxied, it is a path of ours,
        which changes with what the branding names, so that browsers may keep what they have.
        """
        image = integration.branding.image(kind)
        if image is None or not lies_at(image.src, self.settings.logo_origins):
            return None
        if self.settings.logo_delivery is LogoDelivery.DIRECT:
            return image.src
        path = f"/logos/{integration.key}/{kind.value}"
        return f"{self.settings.base_path}{path}?v={version_of(image.src)}"


def version_of(src: str) -> str:
    """What stands for *src*, where the branding has the picture, in an address of ours."""
    return short_tag_of(src.encode())
