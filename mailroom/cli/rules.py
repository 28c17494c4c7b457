"""`mailroom rules check`, `test` and `explain`: faults before a rule set is live."""

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mailroom.cli.group import config_option
from mailroom.cli.lines import print_lines
from mailroom.cli.output import print_json
from mailroom.clock import utcnow
from mailroom.config import Config, load
from mailroom.errors import ConfigError
from mailroom.rehearsal.explain import explain_mail
from mailroom.rehearsal.report import Results, plain, run_tests, text_lines
from rules.errors import Fault, RuleFileError
from rules.lint import lint
from rules.loader import load as load_rules
from rules.rulereading import FIRST_YEAR, LAST_YEAR
from rules.ruleset import RuleSet
from rules.schema import rule_file_schema


class _Group(click.Group):
    """Imports the one command that needs a whole desk when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "backtest"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "backtest" and cmd_name not in self.commands:
            from mailroom.cli.backtest import backtest_command

            self.add_command(backtest_command)
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Group)
def rules_group() -> None:
    """Check, test and explain rule files; try them on history."""


paths_argument = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


@rules_group.command("check")
@config_option
@paths_argument
@click.option("--strict", is_flag=True, help="Warnings are faults.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema, for editors.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_context
def check_command(
    context: click.Context,
    config_path: Path,
    paths: tuple[Path, ...],
    strict: bool,
    schema: bool,
    as_json: bool,
) -> None:
    """Find faults and warnings in rule files or folders of them.

    Without PATH: the rules that mailroom.toml names. Exit code 1 when there are faults.
    """
    if schema:
        print_json(rule_file_schema())
        return
    config = _configuration(context, config_path, needed=not paths)
    faults: list[Fault] = []
    warnings: list[Fault] = []
    for path in paths or _configured(config):
        more_faults, more_warnings = _check(path, config)
        faults += more_faults
        warnings += more_warnings
    if as_json:
        print_json(
            [_line(f, "fault") for f in faults]
            + [_line(w, "warning") for w in warnings]
        )
    else:
        _print(faults, warnings)
    raise click.exceptions.Exit(1 if faults or (strict and warnings) else 0)


@rules_group.command("test")
@config_option
@paths_argument
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option("--coverage", is_flag=True, help="Name the rules that no test reached.")
@click.pass_context
def test_command(
    context: click.Context,
    config_path: Path,
    paths: tuple[Path, ...],
    as_json: bool,
    coverage: bool,
) -> None:
    """Play the tests of rule files on a clock of their own.

    Without PATH: the rules that mailroom.toml names. Exit code 1 when one failed.
    """
    config = _configuration(context, config_path, needed=not paths)
    found = [_play(path) for path in paths or _configured(config)]
    results = Results(
        results=tuple(result for each in found for result in each.results),
        unreached=tuple(name for each in found for name in each.unreached),
    )
    if as_json:
        print_json(plain(results))
    else:
        click.echo("\n".join(text_lines(results, coverage=coverage)))
    raise click.exceptions.Exit(0 if results.passed else 1)


@rules_group.command("explain")
@config_option
@paths_argument
@click.option(
    "--mail",
    "mail",
    required=True,
    metavar="FILE.eml",
    type=click.Path(path_type=Path),
    help="The mail: its raw form, or - for standard input.",
)
@click.option(
    "--at", metavar="TIME", help="When it comes, ISO 8601; now, unless given."
)
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_context
def explain_command(
    context: click.Context,
    config_path: Path,
    paths: tuple[Path, ...],
    mail: Path,
    at: str | None,
    as_json: bool,
) -> None:
    """Show what the rules do with one mail, and why.

    Without PATH: the rules that mailroom.toml names.
    """
    if len(paths) > 1:
        raise click.UsageError("name one file or one folder of rules")
    config = _configuration(context, config_path, needed=not paths)
    path = next(iter(paths or _configured(config)))
    _require(path)
    when, raw = _instant(at), _raw(mail)
    found = explain_mail(load_rules(path, when), raw, when)
    if as_json:
        print_json(found.plain())
    else:
        print_lines(found.lines())


def _instant(text: str | None) -> datetime:
    """Read --at; a time without an offset is this machine's."""
    if text is None:
        return utcnow()
    try:
        when = datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError) as error:
        raise click.UsageError(
            f'--at "{text}": not a time; write 2026-11-27T14:30:00+01:00'
        ) from error
    if not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise click.UsageError(
            f'--at "{text}": write a year from {FIRST_YEAR} to {LAST_YEAR}'
        )
    return when


def _raw(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _play(path: Path) -> Results:
    _require(path)
    return run_tests(load_rules(path, utcnow()), _mail_beside)


def _mail_beside(rule_file: str, name: str) -> bytes:
    return (Path(rule_file).parent / name).read_bytes()


def _check(path: Path, config: Config | None) -> tuple[list[Fault], list[Fault]]:
    _require(path)
    try:
        rules = load_rules(path, utcnow())
    except RuleFileError as error:
        return list(error.faults), []
    return [], list(_warnings(rules, config))


def _warnings(rules: RuleSet, config: Config | None) -> Iterable[Fault]:
    unreached = run_tests(rules, _mail_beside).unreached
    reached = {rule.name for rule in rules.rules} - set(unreached)
    if config is None:
        return lint(rules, reached=reached)
    teams = [team.name for team in config.teams]
    agents = [address for agent in config.agents for address in agent.addresses]
    return lint(rules, teams=teams, agents=agents, reached=reached)


def _line(fault: Fault, kind: str) -> dict[str, Any]:
    place = {"file": fault.file, "line": fault.line, "column": fault.column}
    return {"kind": kind, **place, "message": fault.message}


def _print(faults: list[Fault], warnings: list[Fault]) -> None:
    for fault in faults:
        click.echo(str(fault))
    for warning in warnings:
        place = f"{warning.file}:{warning.line}:{warning.column}"
        click.echo(f"{place}: warning: {warning.message}")
    found = f"{_count(faults, 'fault')}, {_count(warnings, 'warning')}"
    click.echo(found, err=True)


def _count(found: list[Fault], name: str) -> str:
    return f"{len(found)} {name}{'' if len(found) == 1 else 's'}"


def _configuration(
    context: click.Context, path: Path, *, needed: bool
) -> Config | None:
    """Read mailroom.toml where it is asked for, needed, or simply there."""
    source = context.get_parameter_source("config_path")
    asked = source is click.core.ParameterSource.COMMANDLINE
    return load(path, os.environ) if asked or needed or path.exists() else None


def _configured(config: Config | None) -> tuple[Path, ...]:
    return (config.rules,) if config else ()


def _require(path: Path) -> None:
    if not path.exists():
        raise ConfigError(f"{path}: there are no such rules; name a file or a folder")
