"""The `ler-node` command. One file a verb; a file that defines `register(app)` is found by a scan.

Errors are one line on stderr that says what was found and what would be right. Exit codes: 0 done, 1 refused or
failed, 64 wrong usage, 78 wrong configuration (sysexits.h). `verify` has verdicts for codes, and others for failures.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable, Sequence

import typer
from typer.exceptions import TyperException

from node.cli.plain import show_error
from node.errors import ConfigurationError, NodeError
from protocols.errors import ProtocolError

EXIT_FAILED = 1
EXIT_USAGE = 64
EXIT_CONFIGURATION = 78
EXIT_INTERRUPTED = 130

Register = Callable[[typer.Typer], None]


def create_cli(verb: str | None = None) -> typer.Typer:
    """The command with all its verbs; with `verb` alone where a file is named for it, which is far less to load."""
    app = typer.Typer(
        name="ler-node",
        help="A node of a federated exchange network for learning and employment records.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(lambda: None)  # without one, a command of a single verb would take the verb for an argument
    names = [found.name for found in pkgutil.iter_modules(__path__)]
    own = _registers([verb]) if verb in names else []
    for register in own or _registers(names):
        register(app)
    return app


def _registers(names: Iterable[str]) -> list[Register]:
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return [module.register for module in modules if hasattr(module, "register")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with `arguments` (the process's own where None); returns the exit code."""
    try:
        given = sys.argv[1:] if arguments is None else arguments
        code = create_cli(given[0] if given else None)(args=arguments, prog_name="ler-node", standalone_mode=False)
    except TyperException as error:
        message = error.format_message()
        print(message if "\n" in message else f"ler-node: {message}", file=sys.stderr)  # many lines: the help
        return EXIT_USAGE
    except (typer.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except ConfigurationError as error:
        show_error(error)
        return EXIT_CONFIGURATION
    except (NodeError, ProtocolError) as error:
        show_error(error)
        return EXIT_FAILED
    return code if isinstance(code, int) else 0
