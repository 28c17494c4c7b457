"""How far long work is: a bar on a terminal, now and then a line elsewhere.

It goes to standard error, so that what a command answers can be read by scripts.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

import click

_Item = TypeVar("_Item")


def watched(
    items: Iterable[_Item], count: int | None, what: str, every: int = 1000
) -> Iterator[_Item]:
    """Yield the items; `what` they are in the plural, a plain line each `every`.

    `count` None: nobody knows how many there will be.
    """
    if sys.stderr.isatty():
        with click.progressbar(items, length=count, label=what, file=sys.stderr) as bar:
            yield from bar
        return
    for number, item in enumerate(items, 1):
        yield item
        if number % every == 0:
            of = f" of {count}" if count is not None else ""
            click.echo(f"{number}{of} {what}", err=True)
