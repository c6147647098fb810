import datetime as dt
import json

import msgspec

from domain.ids import MerchantIdentifier, PlatformKey, RedirectId, SyncSessionId
from domain.model.integration import (
    Availability,
    Branding,
    BrandingImage,
    Integration,
    SourceType,
)
from domain.model.sync_session import SyncSession
from entrypoints.views import branding_view, integration_view, session_detail, session_view


NINE = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


def as_json(view: object) -> object:
    return json.loads(msgspec.json.encode(view))


def a_session() -> SyncSession:
    opened = SyncSession.open(
        SyncSessionId("ss_1"),
        MerchantIdentifier("m-1"),
        PlatformKey("gbol"),
        now=NINE,
        actor="merchant",
    )
    failed = opened.begin_redirect(RedirectId("rd_1"), now=NINE, actor="merchant")
    failed = failed.redirect_failed("CodatUnavailable", now=NINE, actor="merchant")
    begun = failed.begin_redirect(RedirectId("rd_2"), now=NINE, actor="merchant")
    return begun.hand_over("a-fingerprint", now=NINE, actor="merchant")


def test_a_sync_session_is_shown_with_its_hand_offs() -> None:
    expected = {
        "id": "ss_1",
        "merchantIdentifier": "m-1",
        "platformKey": "gbol",
        "status": "redirected",
        "createdAt": "2026-11-23T09:00:00Z",
        "redirects": [{"id": "rd_2", "at": "2026-11-23T09:00:00Z", "by": "merchant"}],
    }

    assert expected == as_json(session_view(a_session()))


def test_the_detail_of_a_sync_session_adds_its_timeline() -> None:
    actual = as_json(session_detail(a_session()))

    assert isinstance(actual, dict)
    timeline = actual.pop("timeline")
    assert as_json(session_view(a_session())) == actual
    at, by = "2026-11-23T09:00:00Z", "merchant"
    code = "CodatUnavailable"
    expected = [
        {"at": at, "what": "opened", "by": by},
        {"at": at, "what": "redirectStarted", "by": by, "redirect": "rd_1"},
        {"at": at, "what": "redirectFailed", "by": by, "redirect": "rd_1", "detail": code},
        {"at": at, "what": "redirectStarted", "by": by, "redirect": "rd_2"},
        {"at": at, "what": "redirected", "by": by, "redirect": "rd_2"},
    ]
    assert expected == timeline


def test_a_merchant_is_not_told_names_of_the_platforms_people_and_keys() -> None:
    session = SyncSession.open(
        SyncSessionId("ss_1"),
        MerchantIdentifier("m-1"),
        PlatformKey("gbol"),
        now=NINE,
        actor="till-key",
    )
    actors = {
        "support:alice": "support",
        "merchant": "merchant",
        "support": "platform",
        "codat": "codat",
    }
    for number, actor in enumerate(actors):
        session = session.begin_redirect(RedirectId(f"rd_{number}"), now=NINE, actor=actor)
        session = session.hand_over(f"fingerprint {number}", now=NINE, actor=actor)

    told = session_detail(session, for_merchant=True)
    in_full = session_detail(session)

    assert list(actors.values()) == [redirect.by for redirect in told.redirects]
    assert told.redirects == session_view(session, for_merchant=True).redirects
    twice = [by for by in actors.values() for _ in range(2)]
    assert ["platform", *twice] == [entry.by for entry in told.timeline]
    assert list(actors) == [redirect.by for redirect in in_full.redirects]
    assert {"till-key", *actors} == {entry.by for entry in in_full.timeline}


def test_no_view_contains_a_fingerprint() -> None:
    assert b"a-fingerprint" not in msgspec.json.encode(session_detail(a_session()))


def test_an_integration_is_shown_in_codats_words() -> None:
    integration = Integration(
        key=PlatformKey("tgff"),
        name="Sage Accounting",
        source_type=SourceType.ACCOUNTING,
        availability=Availability.COMING_SOON,
    )
    expected = {
        "key": "tgff",
        "name": "Sage Accounting",
        "sourceType": "Accounting",
        "availability": "comingSoon",
        "branding": {"logo": {}, "button": {}},
    }

    assert expected == as_json(integration_view(integration))


def test_branding_has_codats_shape() -> None:
    branding = Branding(
        logo_full=BrandingImage(src="https://logos.example/full.png", alt="full"),
        logo_square=BrandingImage(src="https://logos.example/square.png"),
        button_default=BrandingImage(src="https://logos.example/button.png", alt="Connect"),
        button_hover=BrandingImage(src="https://logos.example/hover.png", alt="Connect"),
        source_id="a-source",
    )
    expected = {
        "logo": {
            "full": {"image": {"src": "https://logos.example/full.png", "alt": "full"}},
            "square": {"image": {"src": "https://logos.example/square.png"}},
        },
        "button": {
            "default": {"image": {"src": "https://logos.example/button.png", "alt": "Connect"}},
            "hover": {"image": {"src": "https://logos.example/hover.png", "alt": "Connect"}},
        },
        "sourceId": "a-source",
    }

    assert expected == as_json(branding_view(branding))


def test_branding_without_anything_still_has_its_two_objects() -> None:
    assert {"logo": {}, "button": {}} == as_json(branding_view(Branding()))
