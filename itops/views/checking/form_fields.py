"""The fields of a check's form, from the catalogue: names, hints, choices, what is required."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from itops.auth.permissions import Permission
from itops.auth.scopes import reach, scoped
from itops.checks import parameters
from itops.checks.kind import CheckKind
from itops.checks.parameters import Asked, Shape
from itops.checks.questions import Transport
from itops.db import db
from itops.models import SystemModule
from itops.services.assets import places as asset_places
from itops.services.checking import credentials, facts, register
from itops.views.answering.language import language, named, said, t

Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Field:
    """One field as templates/_forms.html draws it."""

    name: str
    label: str
    hint: str = ""
    kind: str = "text"
    is_required: bool = False
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Fields:
    """The whole form of one kind of check."""

    kind: CheckKind[Any, Any, Any]
    params: tuple[Field, ...]
    #: Pairs: warning and critical.
    limits: tuple[tuple[str, Field, Field], ...]
    about: tuple[Field, ...]
    rhythm: tuple[Field, ...]

    @property
    def options(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """The choices of each field that has some."""
        return {field.name: field.options for field in self._all if field.options}

    @property
    def labels(self) -> dict[str, str]:
        """The label of each field, for what was wrong."""
        return {field.name: field.label for field in self._all}

    @property
    def _all(self) -> tuple[Field, ...]:
        pairs = [field for _, low, high in self.limits for field in (low, high)]
        return (*self.params, *pairs, *self.about, *self.rhythm)


def fields_of(kind: CheckKind[Any, Any, Any]) -> Fields:
    """Return the fields of a kind's form, with what the reader may choose from."""
    return Fields(
        kind=kind,
        params=tuple(_param(one) for one in parameters.asked_by(kind.params)),
        limits=tuple(_limits(kind)),
        about=tuple(_about(kind)),
        rhythm=_rhythm(),
    )


def _param(one: Asked) -> Field:
    rule = said(parameters.rule_of(one.grammar))
    if one.grammar.example:
        rule = t("checks.rule_with_example", rule=rule, example=one.grammar.example)
    options: Choices = []
    if one.grammar.shape is Shape.CHOICE:
        options = [(choice, choice) for choice in one.grammar.choices]
    elif one.grammar.shape is Shape.YES_NO:
        options = [("yes", t("checks.yes")), ("no", t("checks.no"))]
    if options and not one.is_required and one.default in (None, ""):
        options.insert(0, ("", t("checks.not_chosen")))
    kinds = {Shape.WHOLE: "number", Shape.NUMBER: "number"}
    return Field(
        facts.PARAM + one.name,
        t(one.key),
        "" if options else rule,
        "select" if options else kinds.get(one.grammar.shape, "text"),
        one.is_required,
        tuple(options),
    )


def _limits(kind: CheckKind[Any, Any, Any]) -> list[tuple[str, Field, Field]]:
    found = []
    for field in kind.limits:
        name, unit = t(field.key), field.unit.value
        hint = t("checks.lower_is_worse" if field.is_lower_worse else "checks.higher_is_worse")
        low, high = (
            Field(
                f"{facts.LIMIT}{field.name}-{level}",
                t("checks.limit_of", name=name, state=t(f"state.{level}"), unit=unit).strip(),
                hint,
                "number",
            )
            for level in ("warning", "critical")
        )
        found.append((name, low, high))
    return found


def _about(kind: CheckKind[Any, Any, Any]) -> list[Field]:
    within = reach(Permission.MANAGE_CHECKS)
    fields = [
        Field("name", t("checks.field.name"), t("checks.hint.name")),
        Field("name_en", t("checks.field.name_en")),
        Field("asset", t("checks.field.asset_id"), t("checks.hint.asset")),
        Field("module_id", t("checks.field.module_id"), "", "select", options=tuple(_modules())),
        Field("address", t("checks.field.address"), t("checks.hint.address")),
        Field(
            "site_id",
            t("checks.field.site_id"),
            t("checks.hint.site"),
            "select",
            options=(
                ("", t("checks.not_chosen")),
                *((str(key), name) for key, name in asset_places.site_names(within, language())),
            ),
        ),
    ]
    if kind.transport is Transport.SSH:
        fields.append(Field("port", t("checks.field.port"), t("checks.hint.port"), "number"))
    if kind.transport in register.FITTING:
        fields.append(_credential(kind.transport))
    return fields


def _credential(transport: Transport) -> Field:
    fitting = register.FITTING[transport]
    found = credentials.within_reach(reach(Permission.MANAGE_CHECKS))
    options = [(str(one.id), one.name) for one in found if one.kind in fitting]
    return Field(
        "credential_id",
        t("checks.field.credential_id"),
        "" if options else t("checks.hint.no_credential"),
        "select",
        is_required=True,
        options=(("", t("checks.not_chosen")), *options),
    )


def _modules() -> Choices:
    statement = scoped(select(SystemModule), SystemModule, Permission.MANAGE_CHECKS)
    modules = db.session.scalars(statement.order_by(SystemModule.code, SystemModule.id)).all()
    return [
        ("", t("checks.not_chosen")),
        *((str(one.id), f"{one.code} {named(one)}") for one in modules),
    ]


def _rhythm() -> tuple[Field, ...]:
    intervals = tuple((str(one), t("checks.every_n", age=_age(one))) for one in facts.INTERVALS)
    retries = tuple((str(one), _age(one)) for one in facts.RETRIES)
    return (
        Field(
            "interval_seconds", t("checks.field.interval_seconds"), "", "select", options=intervals
        ),
        Field("hard_after", t("checks.field.hard_after"), t("checks.hint.hard_after"), "number"),
        Field("retry_seconds", t("checks.field.retry_seconds"), "", "select", options=retries),
    )


def _age(seconds: int) -> str:
    """Return "30 s", "5 min", "6 h" in the reader's language."""
    if seconds < 60:
        return t("checks.seconds", n=seconds)
    if seconds < 3600:
        return t("checks.minutes", n=seconds // 60)
    return t("checks.hours", n=seconds // 3600)
