"""`mailroom init`: a folder with a commented mailroom.toml, rules and a secret."""

from importlib.resources import files
from pathlib import Path

import click

from mailroom.config import load
from mailroom.errors import ConfigError
from mailroom.keys import load_or_create_secret


def starters() -> list[str]:
    """Return the names of the rule sets that come with Mailroom."""
    folder = files("rules").joinpath("starter")
    names = (Path(entry.name) for entry in folder.iterdir())
    return sorted(name.stem for name in names if name.suffix == ".toml")


@click.command
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option(
    "--rules",
    "name",
    metavar="NAME",
    default="small-team",
    show_default=True,
    help="Which rules to start from: small-team, business-hours, round-the-clock.",
)
@click.option("-c", "--config", "config_path", type=click.Path(path_type=Path))
def init_command(folder: Path, name: str, config_path: Path | None) -> None:
    """Write a commented mailroom.toml, rules/ and a secret into FOLDER.

    Nothing that is there is overwritten.
    """
    target = config_path or folder / "mailroom.toml"
    rules = target.parent / "rules"
    if name not in starters():
        raise click.BadParameter(
            f'there are no rules named "{name}"; there are {", ".join(starters())}',
            param_hint="--rules",
        )
    for path in (target, rules):
        if path.exists():
            raise ConfigError(f"{path}: is there already; nothing was changed")
    try:
        _write(target, rules, name)
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from error
    config = load(target, {})
    load_or_create_secret(config.data)
    click.echo(f"wrote {target}, {rules}/{name}.toml and {config.data}/secret")
    click.echo(f"next: look into {target}, then `mailroom run -c {target}`")


def _write(target: Path, rules: Path, name: str) -> None:
    text = files("mailroom").joinpath("cli", "starter.toml").read_text("utf-8")
    chosen = files("rules").joinpath("starter", f"{name}.toml").read_text("utf-8")
    rules.mkdir(parents=True)
    (rules / f"{name}.toml").write_text(chosen, "utf-8")
    with target.open("x", encoding="utf-8") as file:
        file.write(text)
