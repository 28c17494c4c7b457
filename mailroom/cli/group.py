"""The table of commands, and the one place where errors become lines and exit codes.

Exit codes: 0 done, 1 a check failed, 2 usage or configuration, 130 interrupted. A
command's module is imported when it is called, so that `--help` is quick.
"""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from mailroom import __version__
from mailroom.errors import ConfigError, MailroomError, StoreTooNew
from rules.errors import RulesError

# name -> (module, its function, what it does in a few words)
COMMANDS = {
    "init": ("init", "init_command", "Write a commented mailroom.toml and rules."),
    "run": ("serve", "run_command", "Run everything: doors, worker, web."),
    "gateway": ("serve", "gateway_command", "Run the doors alone: SMTP, LMTP, IMAP."),
    "worker": ("serve", "worker_command", "Run the worker alone."),
    "web": ("serve", "web_command", "Run the pages alone."),
    "demo": ("demo", "demo_command", "Play a story by real SMTP and show it live."),
    "parse": ("parse", "parse_command", "Show what Mailroom reads in raw mails."),
    "deliver": ("deliver", "deliver_command", "Take one message from standard input."),
    "import": ("history", "import_command", "Take an archive of old mail in."),
    "export": ("export", "export_command", "Write the whole desk to a folder."),
    "report": ("report", "report_command", "Say how well the promises were kept."),
    "tickets": ("tickets", "tickets_command", "List the tickets."),
    "ticket": ("tickets", "ticket_command", "Show one ticket."),
    "messages": ("messages", "messages_command", "List all mail, in and out."),
    "message": ("messages", "message_command", "Show one mail that came in."),
    "quarantine": ("quarantine", "quarantine_group", "List and release held mail."),
    "rules": ("rules", "rules_group", "Check, test, explain and try rule files."),
    "explain": ("explain", "explain_command", "Say why a ticket has its deadlines."),
    "verify": ("verify", "verify_command", "Recompute every ticket and clock."),
    "calendar": ("calendar", "calendar_group", "Show working hours and holidays."),
    "probe": ("probe", "probe_command", "Find out whether plus addresses arrive."),
    "letter": ("letter", "letter_group", "Show a letter as a ticket would get it."),
    "token": ("token", "token_group", "Rotate the key of addresses and links."),
    "doctor": ("doctor", "doctor_command", "Check everything a desk depends on."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return it."""
        if cmd_name not in COMMANDS:
            return None
        module, function, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(
            import_module(f"mailroom.cli.{module}"), function
        )
        _take_configuration(command)
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the list of commands for `--help`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (*_, line) in COMMANDS.items()])


def _take_configuration(command: click.Command) -> None:
    """Let a command that needs no configuration be called like all the others."""
    known = {option for parameter in command.params for option in parameter.opts}
    if not isinstance(command, click.Group) and "-c" not in known:
        unused = click.Option(["-c", "--config"], expose_value=False, hidden=True)
        command.params.append(unused)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mailroom")
def mailroom() -> None:
    """A helpdesk that lives in e-mail, with its service levels kept as code."""


config_option = click.option(
    "-c",
    "--config",
    "config_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=Path("mailroom.toml"),
    show_default=True,
    help="The configuration.",
)


def run(arguments: Sequence[str]) -> int:
    """Run one command; return the exit code."""
    try:
        result = mailroom.main(
            args=list(arguments), prog_name="mailroom", standalone_mode=False
        )
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        return _complain(error.format_message() + _hint(error), 2)
    except (ConfigError, StoreTooNew, RulesError) as error:
        return _complain(str(error), 2)
    except MailroomError as error:
        return _complain(str(error), 1)
    except (KeyboardInterrupt, click.Abort):
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read us has seen enough; the interpreter must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def _complain(text: str, code: int) -> int:
    click.echo(f"mailroom: {text}", err=True)
    return code


def _hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" (see `{context.command_path} --help`)" if context else ""
