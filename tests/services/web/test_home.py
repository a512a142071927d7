"""Where the links of mails lead: a page that helps whoever opens it, and tells nobody anything of an account."""

import httpx

from services.web.home import SAYS
from services.web.pages import LARGEST
from tests.services.web.browser import Browser
from tests.world import ACCOUNT, World, example_invoices


def test_the_link_of_a_mail_leads_to_a_page_that_says_what_this_is(served: World, browser: Browser) -> None:
    answer = browser.open(served.engine.settings.public_url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert SAYS.replace(">", "&gt;") in answer.text
    assert len(answer.content) <= LARGEST
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert not answer.cookies


def test_the_page_says_the_same_to_everybody_and_of_every_account(served: World, browser: Browser) -> None:
    address = served.engine.settings.public_url
    before = browser.open(address).content
    served.connect()
    served.queue(example_invoices(1))
    for asked in ("", "/", f"/?account={ACCOUNT}", "/?<script>alert(1)</script>", "/#x"):
        answer = browser.open(address + asked)
        assert (answer.status_code, answer.content) == (200, before)
    assert ACCOUNT.encode() not in before
    assert httpx.post(address).status_code == 405
