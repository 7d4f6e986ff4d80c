"""Alerts of whole places: their page lists the silent machines; what they explain names them."""

from itops.clock import utcnow
from itops.models import Role
from tests import factories
from tests.services.alerting.world import MINUTE, trouble


def test_the_alert_of_a_site_lists_its_machines_that_are_silent(sign_in):
    at, site = utcnow(), factories.site(name="龙泉镇卫生院")
    gone = {"last_seen_at": at - 9 * MINUTE, "stale_at": at - 6 * MINUTE}
    names = [factories.host(name=f"pc-{n}", site=site, state=gone).name for n in range(6)]
    factories.host(name="heard", site=site, state={"last_seen_at": at, "stale_at": at + MINUTE})
    said = gone | {"farewell_at": at - 9 * MINUTE, "farewell_reason": "shutdown"}
    factories.host(name="switched-off", site=site, state=said)
    factories.host(name="elsewhere", site=factories.site(), state=gone)
    alert = trouble(f"site:{site.id}", rule="silence", site_id=site.id, at=at)
    page = sign_in(Role.ENGINEER).get(f"/alerts/{alert.id}").text
    part = page[page.index('id="machines"') :].partition("</section>")[0]
    others = ("heard", "switched-off", "elsewhere")
    assert [name for name in [*names, *others] if f">{name}<" in part] == names
    assert f"/hosts?list=silent&amp;site={site.id}" in part
    assert "It is not known what stands on it" not in page


def test_the_name_of_a_cause_is_escaped_once(sign_in):
    at = utcnow()
    site = factories.site(name="People's Hospital")
    trouble(f"site:{site.id}", rule="silence", name=site.name, site_id=site.id, at=at)
    trouble("thing:2", site_id=site.id, asset_id=factories.asset(site=site).id, at=at)
    page = sign_in(Role.ENGINEER).get("/alerts?list=quiet").text
    assert "Told with its cause: People&#39;s Hospital" in page
