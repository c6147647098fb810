"""`tillbridge branding warm` and `tillbridge branding show`."""

import datetime as dt

import msgspec

from domain.model.integration import Branding
from entrypoints.cli.parameters import AsJson, Here, Key
from entrypoints.cli.wording import columns, moment
from entrypoints.refused import Refused
from entrypoints.setting_types import LogoDelivery
from entrypoints.views import BrandingView, branding_view


class WarmedView(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """
    Whether one integration's branding was fetched; if not, *error* says why.

    *missingPictures* has the pictures that it names and that could not be fetched, with reasons.
    """

    key: str
    name: str
    fetched: bool
    error: str | msgspec.UnsetType = msgspec.UNSET
    missing_pictures: dict[str, str] = {}


class WarmView(msgspec.Struct, rename="camel", frozen=True):
    """What came of fetching everything."""

    warmed: list[WarmedView]


class DatedBrandingView(msgspec.Struct, rename="camel", frozen=True):
    """The copy of one integration's branding."""

    key: str
    branding: BrandingView
    fetched_at: dt.datetime
    age_seconds: int
    last_known: bool


async def warm(*, as_json: AsJson = False, here: Here) -> int:
    """
    Fetch all branding now, with its pictures, before a merchant asks for it.

    Example: tillbridge branding warm
    """
    from rich.console import Console  # noqa: PLC0415 - `--help` has to be quick
    from rich.progress import Progress  # noqa: PLC0415 - `--help` has to be quick

    warmed: list[WarmedView] = []
    async with here.running() as container:
        proxied = container.settings().logo_delivery is LogoDelivery.PROXIED
        offer = await container.list_integrations().without_branding(here.caller)
        with Progress(console=Console(file=here.err)) as progress:
            task = progress.add_task("Branding", total=len(offer.catalogue.offered))
            async for done in container.warm_branding()(here.caller, with_pictures=proxied):
                progress.advance(task)
                warmed.append(
                    WarmedView(
                        key=done.key,
                        name=done.name,
                        fetched=not done.error,
                        error=msgspec.UNSET if done.error is None else str(done.error),
                        missing_pictures={k.value: str(why) for k, why in done.missing.items()},
                    )
                )
    failed = [row for row in warmed if not row.fetched]
    lacking = [row for row in warmed if row.missing_pictures]
    if as_json:
        here.document(WarmView(warmed=warmed))
    else:
        here.answer(f"Fetched the branding of {len(warmed) - len(failed)} integrations.")
    for row in failed:
        here.note(f"Not that of {row.name} ({row.key}): {row.error}")
    for row in lacking:
        for kind, why in row.missing_pictures.items():
            here.note(f"Not the picture {kind} of {row.name} ({row.key}): {why}")
    return 1 if failed or lacking else 0


async def show(key: Key, /, *, as_json: AsJson = False, here: Here) -> None:
    """
    Show the copy that is kept of one integration's branding, with its age.

    Example: tillbridge branding show gbol
    """
    async with here.running() as container:
        dated = await container.warm_branding().peek(key, here.caller)
        now = container.clock().now()
    if dated is None:
        remedy = "Fetch it with `tillbridge branding warm`."
        raise Refused(f"There is no copy of the branding of {key} yet.", remedy)
    if as_json:
        here.document(
            DatedBrandingView(
                key=key,
                branding=branding_view(dated.value),
                fetched_at=dated.fetched_at,
                age_seconds=int((now - dated.fetched_at).total_seconds()),
                last_known=dated.last_known,
            )
        )
        return
    here.answer(f"Branding of {key}, fetched {moment(dated.fetched_at, now)}:")
    for line in columns(_pictures(dated.value)):
        here.answer(line)
    if dated.last_known:
        here.note("Codat was asked again since, and gave no usable answer.")


def _pictures(branding: Branding) -> list[tuple[str, str]]:
    named = {
        "full logo": branding.logo_full,
        "square logo": branding.logo_square,
        "button": branding.button_default,
        "button, hovered": branding.button_hover,
    }
    return [(name, image.src if image else "none") for name, image in named.items()]
