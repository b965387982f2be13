"""The command ``dayi``: one file a command in app/commands."""

import importlib
import os
import time
from pathlib import Path

import click

#: name of a command → its module; a name that Python keeps for itself has a mark behind it.
COMMANDS = {
    file.stem.rstrip("_"): file.stem
    for file in sorted((Path(__file__).parent / "commands").glob("[a-z]*.py"))
}


class Lazy(click.Group):
    """Imports a command's module only when it is called, so that each starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's shape
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"app.commands.{COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """大仪 Dayi: open sharing of large research instruments, run as BPMN processes."""
    os.environ["TZ"] = "Asia/Shanghai"
    time.tzset()


if __name__ == "__main__":
    main()
