"""The sync flow UI, as a browser without JavaScript meets it."""

import httpx
import pytest

from tests.simulator.driving import MERCHANT, RETURN_URL, Driver, base


STAGES = ["commerce", "accounting", "sales", "fees", "payments", "schedule"]


def assert_page(response: httpx.Response, testid: str, status: int = 200) -> None:
    assert response.status_code == status, response.text
    assert f'data-testid="{testid}"' in response.text
    assert "nothing here is real" in response.text
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_the_code_lets_in_once(driver: Driver, browser: httpx.Client) -> None:
    url = driver.start()

    assert_page(browser.get(url), "stage-commerce")
    assert driver.minted()["consumedAt"] is not None
    assert_page(browser.get(url), "refused", 401)
    assert driver.minted()["refusals"] == 1


def test_the_code_is_good_for_thirty_seconds(driver: Driver, browser: httpx.Client) -> None:
    driver.control("POST", "clock", {"frozen": True})
    in_time, too_late = driver.start(), driver.start()
    driver.advance(29.999)
    assert_page(browser.get(in_time), "stage-commerce")
    driver.advance(0.001)

    assert_page(browser.get(too_late), "refused", 401)


def test_the_newest_url_does_not_spoil_the_one_before(
    driver: Driver, browser: httpx.Client
) -> None:
    first, second = driver.start(), driver.start()

    assert_page(browser.get(second), "stage-commerce")
    assert_page(browser.get(first), "stage-commerce")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("otp=", "otp=x"), ("otp=", "pto="), ("/gbol/", "/qhyg/"), ("/lqai/", "/aiwb/")],
)
def test_a_wrong_code_or_path_is_refused(
    driver: Driver, browser: httpx.Client, right: str, wrong: str
) -> None:
    url = driver.start()

    assert_page(browser.get(url.replace(right, wrong)), "refused", 401)
    assert_page(browser.get(url), "stage-commerce")


def test_an_unknown_id_is_refused(driver: Driver, browser: httpx.Client) -> None:
    url = f"{driver.running.sync_flow_url}/nobody/lqai/gbol/start?otp=123456"

    assert_page(browser.get(url), "refused", 401)


def test_head_tells_without_using_the_code(driver: Driver, browser: httpx.Client) -> None:
    url = driver.start()

    assert browser.head(url).status_code == 200
    assert driver.minted()["consumedAt"] is None
    assert_page(browser.get(url), "stage-commerce")
    assert browser.head(url).status_code == 401
    assert driver.minted()["refusals"] == 0


def test_head_burns_the_code_when_the_scenario_says_so(
    driver: Driver, browser: httpx.Client
) -> None:
    driver.scenario(headConsumes=True)
    url = driver.start()

    assert browser.head(url).status_code == 200
    assert_page(browser.get(url), "refused", 401)


@pytest.mark.parametrize("switch", ["rawSpaces", "slugs"])
def test_urls_of_the_odd_kinds_open_too(
    driver: Driver, browser: httpx.Client, switch: str
) -> None:
    driver.scenario(**{switch: True})
    url = driver.start("demo merchant", redirectUrl=RETURN_URL)

    assert_page(browser.get(url.replace(" ", "%20")), "stage-commerce")
    assert browser.post(f"{base(url)}/finish").headers["location"] == RETURN_URL


def test_stage_by_stage_to_the_end(driver: Driver, browser: httpx.Client) -> None:
    url = driver.start(redirectUrl=RETURN_URL)
    page = browser.get(url)
    company_id = driver.minted()["companyId"]
    answers = {
        "sales": {"sales-sales": "account-405", "sales-refund": "nonsense"},
        "schedule": {"startDate": "2030-01-02", "syncHour": "7", "timeZone": "Europe/London"},
    }
    answer = page
    for stage, following in zip(STAGES, [*STAGES[1:], None], strict=True):
        assert_page(page, f"stage-{stage}")
        assert driver.statuses(company_id) == {"lqai": "PendingAuth", "gbol": "PendingAuth"}
        answer = browser.post(f"{base(url)}/{stage}", data=answers.get(stage, {}))
        assert answer.status_code == 303
        if following is not None:
            assert answer.headers["location"].endswith(f"/{following}")
            page = browser.get(f"{base(url)}/{following}")

    assert answer.headers["location"] == RETURN_URL
    assert driver.statuses(company_id) == {"lqai": "Linked", "gbol": "Linked"}
    body = driver.ok("GET", f"/config/companies/{company_id}/sync/commerce")
    assert body["enabled"]
    assert body["configured"]
    assert body["schedule"]["syncHour"] == 7
    assert body["schedule"]["timeZone"] == "Europe/London"
    assert body["schedule"]["startDate"] == "2030-01-02"
    accounts = body["configuration"]["sales"]["accounts"]
    assert accounts["sales"]["selectedAccountId"] == "account-405"
    assert accounts["refund"]["selectedAccountId"] == "account-200"


def test_back_shows_what_was_answered(driver: Driver, browser: httpx.Client) -> None:
    url = driver.start()
    browser.get(url)
    browser.post(f"{base(url)}/fees", data={"fees-loan": "account-405"})

    assert '"account-405" selected' in browser.get(f"{base(url)}/fees").text
    assert_page(browser.get(f"{base(url)}/fees"), "previous")


def test_finish_everything_in_one_step(driver: Driver, browser: httpx.Client) -> None:
    url = driver.start(redirectUrl=RETURN_URL)
    assert_page(browser.get(url), "finish-everything")

    assert browser.post(f"{base(url)}/finish").headers["location"] == RETURN_URL
    assert driver.statuses(driver.minted()["companyId"]) == {"lqai": "Linked", "gbol": "Linked"}
    # A second press of the same button changes nothing.
    assert browser.post(f"{base(url)}/finish").headers["location"] == RETURN_URL


def test_without_a_redirect_url_the_end_is_a_page(driver: Driver, browser: httpx.Client) -> None:
    url = driver.start()
    browser.get(url)

    page = browser.post(f"{base(url)}/finish", follow_redirects=True)

    assert_page(page, "done")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("app.codat.io", "https://app.codat.io"),
        ("app.codat.io:8443/a?b#c", "https://app.codat.io:8443/a?b#c"),
        ("HTTP://a.test/x%20y", "HTTP://a.test/x%20y"),
        ("https://a.test/x y?q=ü", "https://a.test/x%20y?q=%C3%BC"),
        ("http://[::1]:1/", "http://[::1]:1/"),
    ],
)
def test_the_way_out_is_the_redirect_url(
    driver: Driver, browser: httpx.Client, given: str, sent: str
) -> None:
    url = driver.start(redirectUrl=given)
    browser.get(url)

    assert browser.post(f"{base(url)}/finish").headers["location"] == sent


def test_cancelling_links_nothing(driver: Driver, browser: httpx.Client) -> None:
    url = driver.start(redirectUrl=RETURN_URL)
    browser.get(url)
    browser.post(f"{base(url)}/commerce")

    assert browser.post(f"{base(url)}/cancel").headers["location"] == RETURN_URL
    company_id = driver.minted()["companyId"]
    assert driver.statuses(company_id) == {"lqai": "PendingAuth", "gbol": "PendingAuth"}
    # The back button shows that it is over, whatever page it leads to.
    for path in ("", "/sales", "/settings"):
        assert_page(browser.get(f"{base(url)}{path}", follow_redirects=True), "left")
    assert_page(browser.post(f"{base(url)}/sales", follow_redirects=True), "left")
    assert_page(browser.post(f"{base(url)}/settings", follow_redirects=True), "left")
    assert "resume" not in browser.get(url).text


def test_a_page_opened_twice_offers_to_go_on(driver: Driver, browser: httpx.Client) -> None:
    url = driver.start()
    browser.get(url)

    assert_page(browser.get(url), "resume", 401)
    assert_page(browser.get(base(url), follow_redirects=True), "stage-commerce")


def test_pages_need_the_cookie_of_their_visit(driver: Driver, browser: httpx.Client) -> None:
    url = driver.start()
    browser.get(url)
    with driver.browser() as stranger:
        assert_page(stranger.get(f"{base(url)}/sales"), "refused", 401)
        assert_page(stranger.post(f"{base(url)}/finish"), "refused", 401)
    driver.advance(1801)

    assert_page(browser.get(f"{base(url)}/sales"), "refused", 401)


def test_a_connection_linked_on_behalf_is_skipped(driver: Driver, browser: httpx.Client) -> None:
    company = driver.company()
    path = f"/companies/{company['id']}/connections"
    connection = driver.ok("POST", path, {"platformKey": "lqai"})
    driver.ok("PUT", f"{path}/{connection['id']}/authorization", {"account": "17"})
    url = driver.start(company["id"])

    assert_page(browser.get(url), "stage-accounting")
    skipped = browser.get(f"{base(url)}/commerce", follow_redirects=True)
    assert_page(skipped, "stage-accounting")
    assert driver.ok("GET", path)["totalResults"] == 2


def test_a_merchant_who_is_done_gets_settings(driver: Driver, browser: httpx.Client) -> None:
    company_id = driver.set_up()["id"]
    url = driver.start(redirectUrl=RETURN_URL)
    configuration = f"/config/companies/{company_id}/sync/commerce"

    assert_page(browser.get(url), "settings")
    assert_page(browser.get(base(url), follow_redirects=True), "settings")
    settings = f"{base(url)}/settings"
    assert (
        "Enable sync" in browser.post(settings, data={"sync": "off"}, follow_redirects=True).text
    )
    assert driver.ok("GET", configuration)["enable"] is False
    browser.post(settings, data={"sync": "on"})
    assert driver.ok("GET", configuration)["enable"] is True
    browser.post(settings, data={"disconnect": "accounting"})
    assert driver.statuses(company_id) == {"lqai": "Linked", "gbol": "Deauthorized"}
    browser.post(settings, data={"disconnect": "commerce"})
    assert driver.statuses(company_id) == {"lqai": "Deauthorized", "gbol": "Deauthorized"}
    assert_page(browser.get(settings), "settings")
    assert browser.post(f"{base(url)}/cancel").headers["location"] == RETURN_URL


def test_after_a_disconnect_the_merchant_can_connect_again(
    driver: Driver, browser: httpx.Client
) -> None:
    company_id = driver.set_up()["id"]
    url = driver.start()
    browser.get(url)
    browser.post(f"{base(url)}/settings", data={"disconnect": "accounting"})
    again = driver.start()

    assert_page(browser.get(again), "stage-accounting")
    browser.post(f"{base(again)}/finish")
    assert driver.statuses(company_id) == {"lqai": "Linked", "gbol": "Linked"}


def test_settings_are_for_merchants_who_were_set_up(driver: Driver, browser: httpx.Client) -> None:
    url = driver.start()
    browser.get(url)

    page = browser.get(f"{base(url)}/settings", follow_redirects=True)

    assert_page(page, "stage-commerce")


def test_another_accounting_system_takes_the_place_of_the_first(
    driver: Driver, browser: httpx.Client
) -> None:
    company_id = driver.set_up()["id"]
    url = driver.start(keys="lqai/qhyg")

    assert_page(browser.get(url), "stage-accounting")
    browser.post(f"{base(url)}/finish")
    assert driver.statuses(company_id) == {
        "lqai": "Linked",
        "gbol": "Unlinked",
        "qhyg": "Linked",
    }


def test_own_texts_and_visible_accounts_show(driver: Driver, browser: httpx.Client) -> None:
    texts = {
        "configure-content-fees-title": "<b>Costs</b>",
        "configure-content-fees-description": "What it costs",
        "configure-misc-nextButton": "Onwards",
    }
    driver.ok("PATCH", "/sync/commerce/config/ui/text", texts, locale="en-us")
    path = "/sync/commerce/config/ui/accounts/platform/lqai"
    driver.ok("POST", path, {"visibleAccounts": ["fees-accounts-loan"]})
    url = driver.start()
    browser.get(url)

    page = browser.get(f"{base(url)}/fees").text
    assert "&lt;b&gt;Costs&lt;/b&gt;" in page
    assert "What it costs" in page
    assert "Onwards" in page
    assert 'name="fees-loan"' in page
    assert 'name="fees-cashback"' not in page
    driver.ok("POST", path, {"visibleAccounts": []})
    assert "Nothing to choose here" in browser.get(f"{base(url)}/fees").text
    assert 'name="payments-card"' in browser.get(f"{base(url)}/payments").text


def test_a_company_deleted_meanwhile(driver: Driver, browser: httpx.Client) -> None:
    url, late = driver.start(), driver.start()
    browser.get(url)
    driver.api.delete(f"/companies/{driver.minted()['companyId']}")

    gone = browser.post(f"{base(url)}/finish")
    assert gone.status_code == 404
    assert "deleted in the meantime" in gone.text
    assert_page(browser.get(late), "refused", 401)


def test_the_rest_of_the_origin(driver: Driver, browser: httpx.Client) -> None:
    origin = driver.running.sync_flow_url
    company = driver.company()

    assert "Sync flow" in browser.get(f"{origin}/").text
    assert browser.get(f"{origin}/assets/flow.css").headers["content-type"].startswith("text/css")
    tile = browser.get(f"{origin}/public/platforms/gbol.png")
    assert tile.headers["content-type"] == "image/png"
    assert browser.get(f"{origin}/public/nothing.png").status_code == 404
    assert browser.get(f"{origin}/a/b/c/d/e").status_code == 404
    assert browser.post(f"{origin}/").status_code == 405
    hosted = browser.get(company["redirect"])
    assert hosted.status_code == 404
    assert "Hosted Link is not part of this simulator" in hosted.text
    assert company["redirect"].startswith(origin)
    assert company["name"] == MERCHANT
