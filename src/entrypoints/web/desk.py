"""What routes work with."""

import attrs

from domain.ports.clock import Clock
from domain.use_cases.confirm_connection import ConfirmConnection
from domain.use_cases.issue_connect_token import IssueConnectToken
from domain.use_cases.list_integrations import ListIntegrations
from domain.use_cases.open_sync_session import OpenSyncSession
from domain.use_cases.read_interest import ReadInterest
from domain.use_cases.read_sync_sessions import ReadSyncSessions
from domain.use_cases.redeem_connect_token import RedeemConnectToken
from domain.use_cases.register_interest import RegisterInterest
from domain.use_cases.start_redirect import StartRedirect
from entrypoints.settings import Settings
from entrypoints.web.handoff import HandoffResponses
from entrypoints.web.headers import Cookie
from entrypoints.web.pages.look import Looks
from entrypoints.web.pages.pages import Pages
from entrypoints.web.pages.picker import PickerViews
from entrypoints.web.refusals import Refusals


@attrs.frozen(kw_only=True)
class Desk:
    """
    The use cases, and what answers are written with: one dependency for a route, not several.

    The framework resolves several side by side, in a task group, which takes longer than all
    else that it does for a request.
    """

    listing: ListIntegrations
    opening: OpenSyncSession
    reading: ReadSyncSessions
    starting: StartRedirect
    confirming: ConfirmConnection
    issuing: IssueConnectToken
    redeeming: RedeemConnectToken
    registering: RegisterInterest
    interest: ReadInterest
    responses: HandoffResponses
    refusals: Refusals
    looks: Looks
    views: PickerViews
    pages: Pages
    cookie: Cookie
    clock: Clock
    settings: Settings
