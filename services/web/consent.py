"""The way to Xero and back: open the link, leave with a cookie, return with an answer, see what came of it.

Every step answers by a redirect to a clean address, so that neither ticket, state nor code stays in the browser's bar.
"""

from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from litestar import Request, Router, get
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.response import Redirect, Response

from adapters.vault.secret import Secret
from adapters.xero.consent_answer import read_consent_answer
from services.set_up import CALLBACK_PATH, CONNECT_PATH, SetUp
from services.set_up.connecting import WayToXero, mark_of
from services.set_up.consent_results import CONSENTED, Result, result_of
from services.web.faults import log_fault
from services.web.pages import result_page

Asked: TypeAlias = Request[Any, Any, Any]
RESULT_PATH: Final = "/xero/connected"
COOKIE_LIFE: Final = 600


def consent_routes(set_up: SetUp, base_url: str) -> Router:
    """The routes; `base_url` is our own address as browsers see it."""
    secure = base_url.startswith("https://")
    path = base_path(base_url)

    def cookie(mark: str, value: str, life: int) -> Cookie:
        return Cookie(
            key=cookie_name(mark, secure=secure),
            value=value,
            max_age=life,
            path=path + CALLBACK_PATH,
            secure=secure,
            httponly=True,
            samesite="lax",
        )

    @get(f"{CONNECT_PATH}/{{ticket:str}}", sync_to_thread=True)
    def leave(request: Asked) -> Redirect:
        way = set_up.open_link(Secret(request.path_params["ticket"]))
        if not isinstance(way, WayToXero):
            return _to_result(path, way)
        gone = _redirect(way.url.reveal())
        gone.set_cookie(cookie(way.mark, way.browser.reveal(), COOKIE_LIFE))
        return gone

    @get(CALLBACK_PATH, sync_to_thread=True)
    def come_back(request: Asked) -> Redirect:
        url = Secret(str(request.url))
        state = read_consent_answer(url).state
        mark = mark_of(state) if state is not None else ""
        kept = request.cookies.get(cookie_name(mark, secure=secure))
        result = set_up.come_back(url, Secret(kept) if kept else None)
        back = _to_result(path, result)
        if kept:
            back.set_cookie(cookie(mark, "", 0))
        return back

    @get(RESULT_PATH)
    async def show(request: Asked) -> Response[str]:
        found = result_of(request.query_params.get("result", ""))
        status = 200 if found in CONSENTED else 400
        return Response(result_page(found), media_type=MediaType.HTML, status_code=status)

    def failed(_: Asked, error: Exception) -> Redirect:
        # An error page would keep the address, and the code in it, in the browser's bar.
        log_fault(error)
        return _to_result(path, "failed")

    return Router("/", route_handlers=[leave, come_back, show], exception_handlers={Exception: failed})


def cookie_name(mark: str, *, secure: bool) -> str:
    """One cookie for each consent under way; its prefix has browsers refuse it from an unprotected page."""
    return f"{'__Secure-' if secure else ''}kyrios-xero-{mark}"


def base_path(base_url: str) -> str:
    """The path our address has in front of every route, if a proxy serves us below one."""
    return "/" + base_url.split("://", 1)[1].partition("/")[2] if base_url.count("/") > 2 else ""


def _to_result(path: str, result: Result) -> Redirect:
    return _redirect(f"{path}{RESULT_PATH}?{urlencode({'result': result})}")


def _redirect(to: str) -> Redirect:
    return Redirect(to, status_code=303)
