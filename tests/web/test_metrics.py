"""`/metrics`: numbers for our own monitoring, and for nobody else."""

from datetime import timedelta
from typing import Any

import pytest

LOCAL = 'metrics = ["127.0.0.1/32"]'


def numbers(desk: Any) -> dict[str, float]:
    """Return every sample by its name and label."""
    answer = desk.client.get("/metrics")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.get_data(as_text=True).splitlines()
    samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _, value in samples}


def test_tickets_and_trays_are_counted(make_desk: Any) -> None:
    desk = make_desk(web=LOCAL)
    first = desk.write()
    desk.write("Tom <tom@customer.example>")
    desk.answer("ann@acme.example", first, "#solved")
    found = numbers(desk)
    assert found['mailroom_tickets{status="new"}'] == 1
    assert found['mailroom_tickets{status="solved"}'] == 1
    assert found['mailroom_tickets{status="closed"}'] == 0
    assert found["mailroom_inbound_total"] == 3
    assert found["mailroom_inbound_waiting"] == 0
    assert found["mailroom_inbound_oldest_waiting_seconds"] == 0
    assert found["mailroom_outbound_total"] > 3


def test_clocks_that_run_late_and_letters_that_wait_are_counted(make_desk: Any) -> None:
    desk = make_desk(web=LOCAL)
    desk.write()
    due = numbers(desk)["mailroom_next_due_timestamp_seconds"]
    assert due > desk.now().timestamp()
    desk.pass_time(timedelta(days=30))
    found = numbers(desk)
    assert found["mailroom_overdue_clocks"] >= 1
    unsent = '{state="queued"}'
    assert found[f"mailroom_outbound_unsent{unsent}"] > 0
    assert found["mailroom_outbound_oldest_unsent_seconds"] >= 86_400


def test_every_sample_has_its_type(make_desk: Any) -> None:
    desk = make_desk(web=LOCAL)
    text = desk.client.get("/metrics").get_data(as_text=True)
    typed = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    named = {name.partition("{")[0] for name in numbers(desk)}
    assert named == typed


@pytest.mark.parametrize(
    ("web", "peer", "status"),
    [
        (LOCAL, "127.0.0.1", 200),
        (LOCAL, "192.0.2.7", 404),
        ("metrics = []", "127.0.0.1", 404),
        ("", "127.0.0.1", 404),  # the pages are public: it may be a proxy that asks
        (f'{LOCAL}\nproxies = ["127.0.0.1/32"]', "127.0.0.1", 200),
    ],
)
def test_only_our_own_monitoring_is_told(
    make_desk: Any, web: str, peer: str, status: int
) -> None:
    desk = make_desk(web=web)
    asked = desk.client.get("/metrics", environ_base={"REMOTE_ADDR": peer})
    assert asked.status_code == status


def test_visitor_behind_our_proxy_is_not_this_machine(make_desk: Any) -> None:
    desk = make_desk(web=f'{LOCAL}\nproxies = ["127.0.0.1/32"]')
    fields = {"X-Forwarded-For": "192.0.2.7"}
    assert desk.client.get("/metrics", headers=fields).status_code == 404


def test_trial_on_this_machine_is_measured_from_it(make_desk: Any) -> None:
    desk = make_desk(url="http://127.0.0.1:8080")
    assert desk.client.get("/metrics").status_code == 200
