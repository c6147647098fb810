"""The integrations as Codat would present them to one client."""

import re
import uuid
from collections.abc import Mapping

import attrs

from adapters.codat_simulator import catalogue_data
from adapters.codat_simulator.wire import (
    Branding,
    BrandingImage,
    Button,
    DatatypeFeature,
    Image,
    Integration,
    Logo,
    SupportedFeature,
)


BUTTONS = "qhyg"
_NAMESPACE = uuid.UUID("6f1c7c3e-0d55-4a0c-9a55-c0da75170000")


@attrs.frozen(kw_only=True)
class Catalogue:
    """All integrations by key, and their branding."""

    integrations: Mapping[str, Integration]
    brandings: Mapping[str, Branding]
    pictures: Mapping[str, str]

    def usable(self, key: str, source_type: str) -> bool:
        """Whether the integration *key* exists, is enabled and stands on this side."""
        found = self.integrations.get(key)
        return found is not None and found.enabled and found.source_type == source_type


def catalogue_for(connector_key: str, connector_side: str, origin: str) -> Catalogue:
    """
    The catalogue of a client with this connector.

    Args:
        connector_key: replaces an integration of the same key.
        connector_side: `commerce` or `accounting`.
        origin: where the pictures are served.
    """
    source_type = connector_side.capitalize()
    name = catalogue_data.CONNECTOR_NAMES.get(connector_key, f"Partner {source_type}")
    entries = {entry.key: entry for entry in catalogue_data.ENTRIES}
    entries[connector_key] = catalogue_data.Entry(connector_key, name, source_type)
    pictures: dict[str, str] = {}
    brandings = {}
    integrations = {}
    for key in sorted(entries, key=lambda key: entries[key].name.lower()):
        entry = entries[key]
        drawn = "connector" if key == connector_key else key
        brandings[key] = _branding(entry, drawn, origin, pictures)
        pictures[f"platforms/{key}.png"] = f"{drawn}-square.png"
        integrations[key] = _integration(entry, origin)
    return Catalogue(integrations=integrations, brandings=brandings, pictures=pictures)


def slug(name: str) -> str:
    """The *name* as Codat's older samples put it into a path: `Xero` becomes `xero`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _id(kind: str, name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{kind} {name}"))


def _source_id(entry: catalogue_data.Entry) -> str:
    return entry.source_id or _id("source", entry.key)


def _integration(entry: catalogue_data.Entry, origin: str) -> Integration:
    reads = [(kind, "Get") for kind in catalogue_data.READS[entry.source_type]]
    writes = [(kind, "Post") for kind in catalogue_data.WRITES[entry.source_type]]
    return Integration(
        key=entry.key,
        logo_url=f"{origin}/public/platforms/{entry.key}.png",
        name=entry.name,
        enabled=entry.enabled,
        source_id=_source_id(entry),
        integration_id=entry.integration_id or _id("integration", entry.key),
        source_type=entry.source_type,
        is_offline_connector=entry.offline,
        is_beta=entry.beta,
        data_provided_by="Codat",
        datatype_features=[
            DatatypeFeature(
                datatype=kind,
                data_type=kind,
                supported_features=[SupportedFeature(feature_type=feature)],
            )
            for kind, feature in reads + writes
        ],
    )


def _branding(
    entry: catalogue_data.Entry, drawn: str, origin: str, pictures: dict[str, str]
) -> Branding:
    def picture(path: str, file: str, alt: str) -> BrandingImage:
        pictures[path] = file
        return BrandingImage(image=Image(src=f"{origin}/public/{path}", alt=alt))

    file_name = re.sub(r"[^A-Za-z0-9]", "", entry.name)
    lower = entry.name.lower()
    logos = "officialLogos/Full"
    button = Button()
    if drawn == BUTTONS:
        states = {
            state: picture(
                f"officialButtons/Full/{_id('button', state).upper()}.png",
                f"{drawn}-button-{state}.png",
                f"{lower} {state} button icon",
            )
            for state in ("default", "hover")
        }
        button = Button(default=states["default"], hover=states["hover"])
    return Branding(
        logo=Logo(
            full=picture(
                f"{logos}/{file_name}_Full.png", f"{drawn}-full.png", f"{lower} full icon"
            ),
            square=picture(
                f"{logos}/{file_name}_Square.png", f"{drawn}-square.png", f"{lower} square icon"
            ),
        ),
        button=button,
        source_id=_source_id(entry),
    )
