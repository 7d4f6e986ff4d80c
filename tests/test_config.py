"""Settings: what is wrong or unknown is refused at start, by its name."""

import pytest

from itops.config import load, sources
from itops.errors import Misconfigured
from itops.models import Role
from itops.setting_texts import ROLES


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ITOPS_PORT", "0"),
        ("ITOPS_PORT", "eighty"),
        ("ITOPS_PORT", "65536"),
        ("ITOPS_THREADS", "1.5"),
        ("ITOPS_DATABASE_URL", "mysql://db/itops"),
        ("ITOPS_DATABASE_URL", "itops.db"),
        ("ITOPS_PUBLIC_URL", "itops.example"),
        ("ITOPS_PUBLIC_URL", "https://itops.example/path"),
        ("ITOPS_TIME_ZONE", "Asia/Atlantis"),
        ("ITOPS_LANGUAGE", "fr"),
        ("ITOPS_LOG_LEVEL", "loud"),
        ("ITOPS_LOG_FORMAT", "xml"),
        ("ITOPS_METRICS_FROM", "everywhere"),
        ("ITOPS_PASSWORD_LENGTH", "4"),
        ("ITOPS_KEEP_AUDIT_DAYS", "180"),
        ("ITOPS_KEEP_FIVE_MINUTES_DAYS", "183"),
        ("ITOPS_SESSION_IDLE_MINUTES", "0"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_setting(name, value):
    with pytest.raises(Misconfigured) as refused:
        load({name: value})
    told = refused.value.message
    assert (told.key, told.params["name"], told.params["value"]) == ("config.wrong", name, value)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"ITOPS_PROT": "80"}, "config.unknown"),
        ({"ITOPS_WORKERS": "2"}, "config.workers_need_postgresql"),
        ({"ITOPS_TLS_KEY": "key.pem"}, "config.tls_needs_both"),
        ({"ITOPS_SETTINGS_FILE": "nowhere.toml"}, "config.file"),
    ],
)
def test_what_is_unknown_or_does_not_fit_is_refused(given, key):
    with pytest.raises(Misconfigured) as refused:
        load(given)
    assert refused.value.message.key == key


def test_a_variable_wins_over_the_file_and_both_are_told(tmp_path):
    file = tmp_path / "itops.toml"
    file.write_text('port = 9000\nhospital = "县医院"\n', encoding="utf-8")
    environ = {"ITOPS_SETTINGS_FILE": str(file), "ITOPS_PORT": "9001"}
    settings = load(environ)
    assert (settings.port, settings.hospital) == (9001, "县医院")
    assert sources(environ) == {"port": "ITOPS_PORT", "hospital": f"hospital ({file})"}


def test_a_wrong_line_of_the_file_is_named_with_the_file(tmp_path):
    file = tmp_path / "itops.toml"
    file.write_text("port = true\n", encoding="utf-8")
    with pytest.raises(Misconfigured) as refused:
        load({"ITOPS_SETTINGS_FILE": str(file)})
    assert refused.value.message.params["name"] == f"port ({file})"


def test_roles_are_known_by_their_keys_before_the_database_is():
    assert [role.value for role in Role] == list(ROLES)


def test_roles_with_a_second_factor_are_named_or_refused():
    given = {"ITOPS_TWO_FACTOR_ROLES": "system_admin, head"}
    assert load(given).two_factor_roles == ("system_admin", "head")
    with pytest.raises(Misconfigured) as error:
        load({"ITOPS_TWO_FACTOR_ROLES": "king"})
    assert error.value.message.params["name"] == "ITOPS_TWO_FACTOR_ROLES"
