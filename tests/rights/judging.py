"""What an answer says: whether somebody got in, and whether it gives away what is not theirs to know."""

from __future__ import annotations

import re
from typing import Any

from tests.rights.world import CUSTOMER, ELSEWHERE
from traceability.roles import GRANTS

KNOW_CUSTOMERS = {role for role, rights in GRANTS.items() if "traceability.view_customers" in rights}


def judge(answer: Any, may: bool, who: str, *, misses: bool = False) -> None:
    status = answer.status_code
    assert status < 500, f"{who}: {status}"
    if may:
        assert status not in (401, 403, 405, *(() if misses else (404,))), (
            f"{who} may, and is answered {status}: {_short(answer)}"
        )
        assert not is_log_in(answer) or answer.request["REQUEST_METHOD"] == "POST", (
            f"{who} may, and is sent to the log-in page"
        )
    else:
        assert status in ((403,) if misses else (403, 404)), f"{who} may not, and is answered {status}"


def is_log_in(answer: Any) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith("/login/")


def check_nothing_leaks(answer: Any, role: str, who: str) -> None:
    """No name of another site's things in it, and no customer for a role that may not know them."""
    text = answer.told
    assert ELSEWHERE not in text, f"{who} reads of another site: …{_around(text, ELSEWHERE)}…"
    if role not in KNOW_CUSTOMERS:
        assert CUSTOMER not in text, f"{who} reads of a customer: …{_around(text, CUSTOMER)}…"


def told_of_nothing(answer: Any) -> str:
    """The words of a 404, without what differs from one request to the next."""
    text = re.sub(
        r'value="[A-Za-z0-9]{64}"|X-CSRFToken": "[A-Za-z0-9]+"|"trace_id":"[0-9a-f]+"', "", answer.told
    )
    return text.replace(answer.request["PATH_INFO"], "")


def _around(text: str, word: str) -> str:
    at = text.index(word)
    return text[max(at - 120, 0) : at + 60]


def _short(answer: Any) -> str:
    return str(getattr(answer, "told", ""))[:300]
