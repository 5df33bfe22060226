"""`mbegu serve`: a model for the programs and people around this computer."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mbegu.cli.common import PATH, prepare_threads, quiet_option
from mbegu.core.errors import InputError, UsageError
from mbegu.core.report import Say
from mbegu.core.settings import require_settings
from mbegu.serve.settings import ServeSettings

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from mbegu.serve.content_log import ContentLog
    from mbegu.serve.documents.library import Documents
    from mbegu.serve.engine import Engine
    from mbegu.serve.limits import FairQueue
    from mbegu.serve.pairing import Devices

NICENESS = 5  # other programs of this computer go first
# Options made from the settings; the others are for Python.
SHOWN = ("port", "lan", "threads", "context", "slots", "waiting", "waiting_per_client", "batch", "answer_tokens", "log_content", "keep_days")


def _setting_options(command: Any) -> Any:
    """Add an option for each setting of ``SHOWN``."""
    import dataclasses

    by_name = {each.name: each for each in dataclasses.fields(ServeSettings)}
    for name in reversed(SHOWN):
        field = by_name[name]
        help = field.metadata["help"][0].upper() + field.metadata["help"][1:] + "."
        option = "--" + name.replace("_", "-")
        if isinstance(field.default, bool):
            command = click.option(option, is_flag=True, help=help)(command)
        elif isinstance(field.default, str):
            command = click.option(option, default=field.default, metavar="DIR", help=help)(command)
        else:
            command = click.option(option, type=int, default=field.default, show_default=True, help=help)(command)
    return command


@click.command()
@click.argument("model", type=PATH, required=False)
@click.option("--documents", type=PATH, default=None, metavar="DIR", help="Answer from the documents in this folder, with the place.")
@click.option("--danger", type=PATH, default=None, metavar="FILE", help="Dangers that stop the model. Default: danger.toml in the documents' folder.")
@click.option("--language", default="", metavar="CODE", help="Language of the community, for readers whose own has no words here.")
@click.option(
    "--evaluate", "questions", type=PATH, default=None, metavar="FILE", help="Judge the answers from documents on a CSV of questions and end."
)
@click.option("--adapter", "adapters", multiple=True, metavar="NAME=FILE", help="A LoRA adapter (GGUF), chosen by NAME as model. May be repeated.")
@click.option("--devices", "lists_devices", is_flag=True, help="List the paired devices and end.")
@click.option("--revoke", metavar="ID", default="", help="Take the token of a paired device back and end.")
@click.option("--install-service", is_flag=True, help="Start by itself from now on, also after a power cut.")
@click.option("--remove-service", is_flag=True, help="No longer start by itself.")
@_setting_options
@quiet_option
def serve(
    model: Path | None,
    documents: Path | None,
    danger: Path | None,
    language: str,
    questions: Path | None,
    adapters: tuple[str, ...],
    lists_devices: bool,
    revoke: str,
    install_service: bool,
    remove_service: bool,
    quiet: bool,
    **values: Any,
) -> None:
    """Serve MODEL to programs that speak OpenAI's API, on this computer, or with --lan to paired devices around it.

    MODEL is a .gguf file, or a project or folder that holds one. Without MODEL, --documents are searched and quoted. People open the address
    that is printed in a browser. Ctrl-C stops it: answers under way are finished.
    """
    settings = require_settings(ServeSettings, values, "serve")
    if lists_devices or revoke:
        _devices_command(revoke)
    elif remove_service:
        _remove_service()
    elif model is None and documents is None:
        raise UsageError("which model?", fix="name a .gguf file, a project or a folder: `mbegu serve MODEL`, or documents: --documents DIR")
    elif documents is None and (danger or questions):
        raise UsageError("--danger and --evaluate are about documents", fix="name them: --documents DIR")
    elif install_service:
        command = _service_command(model, documents, danger, language, _read_adapters(adapters), settings, quiet)
        _install_service(model, command, Say(quiet=quiet))
    else:
        opened = _open_documents(documents, danger, language, Say(quiet=quiet)) if documents else None
        if questions and opened:
            _evaluate(questions, opened)
        else:
            _serve(model, opened, _read_adapters(adapters), settings, quiet)


def _serve(model: Path | None, documents: Documents | None, adapters: dict[str, Path], settings: ServeSettings, quiet: bool) -> None:
    from mbegu.recipes.models import QUICK_FIRST, find_model
    from mbegu.serve.app import make_app
    from mbegu.serve.engine import Engine
    from mbegu.serve.limits import FairQueue
    from mbegu.serve.logs import RequestLog
    from mbegu.serve.run import hosts_of, listen, make_server

    say = Say(quiet=quiet)
    prepare_threads()
    path = find_model(model, QUICK_FIRST) if model else None
    if path and path.is_dir():
        raise InputError("this is no GGUF file, which is what is served", path, "write one with `mbegu export`")
    content = _open_content_log(settings, say)
    opened = listen(settings)
    _be_nice()  # before the engine makes its threads
    port = opened.getsockname()[1]
    engine = Engine(path, settings, adapters) if path else None
    if engine:
        asyncio.run(engine.check_layout())
    devices = _open_devices(port, say) if settings.lan else None
    queue = FairQueue(settings.slots, settings.waiting, settings.waiting_per_client)
    routes = [*_page(model, engine, documents, settings), *_document_routes(documents, engine, queue, settings, content)]
    log = RequestLog(quiet=quiet)
    app = make_app(engine, queue, settings, hosts_of(port, []), devices=devices, log=log, more_routes=routes, content=content)
    if engine:
        kind = "it converses" if engine.can_chat else "it writes on, it does not converse"
        say.note(f"{engine.name}: {kind}; context {engine.context:,} tokens, {settings.slots} at a time, {engine.threads} threads")
    click.echo(f"http://127.0.0.1:{port}/")
    sys.stdout.flush()
    make_server(app, queue, settings).run([opened])
    if content:
        content.close()
    if engine:
        engine.close()


def _open_documents(folder: Path, danger: Path | None, language: str, say: Say) -> Documents:
    """Open the documents before the model: what is wrong with them is said before anything slow begins."""
    from mbegu.serve.documents.library import open_documents

    documents = open_documents(folder, say, danger=danger, language=language)
    say.note(f"documents: {documents.indexed.passages:,} passages")
    for name, problem in documents.indexed.problems:
        say.warn(f"{name}: not read: {problem}")
    return documents


def _open_content_log(settings: ServeSettings, say: Say) -> ContentLog | None:
    """Open the log of questions and answers before the model: what is wrong with it is said before anything slow begins."""
    if not settings.log_content:
        return None
    from mbegu.serve.content_log import ContentLog

    opened = ContentLog(Path(settings.log_content), settings.keep_days, say.warn)
    say.warn(f"questions and answers are kept in {settings.log_content}, sealed, for {settings.keep_days} days; the page says so to those who ask")
    return opened


def _document_routes(
    documents: Documents | None, engine: Engine | None, queue: FairQueue, settings: ServeSettings, content: ContentLog | None
) -> list[BaseRoute]:
    if documents is None:
        return []
    from mbegu.serve.document_answers import SlotChat, question_reader
    from mbegu.serve.documents.routes import routes

    note = content.note if content else None
    return [*routes(documents, SlotChat(engine, queue) if engine else None, question_reader(settings), note)]


def _evaluate(questions: Path, documents: Documents) -> None:
    from mbegu.core.report import format_table
    from mbegu.serve.documents.evaluate import evaluate

    click.echo(format_table(("what", "seen"), evaluate(documents, questions).rows()))


def _page(model: Path | None, engine: Engine | None, documents: Documents | None, settings: ServeSettings) -> list[BaseRoute]:
    """Return the routes of the page, which knows what this model is and whether there are documents."""
    from mbegu.serve.page.files import PageConfig
    from mbegu.serve.page.routes import page_routes

    label = _label_of(model, engine.path) if model and engine else None
    config = PageConfig(
        name=engine.name if engine else documents.folder.resolve().name if documents else "",
        engine="server",
        model=engine.name if engine else "",
        can_chat=engine.can_chat if engine else False,
        documents=documents is not None,
        label=label is not None,
        most_tokens=settings.answer_tokens,
        person=documents.danger.person if documents else "",
        kept_days=settings.keep_days if settings.log_content else 0,
    )
    return page_routes(config, label)


def _label_of(model: Path, path: Path) -> Path | None:
    """Return the page of a model's label: in the release of a project, else beside the file."""
    from mbegu.core.steps import Project
    from mbegu.serve.page.routes import LABEL

    place = Project(model)
    label = (place.release if place.recipe.is_file() else path.parent) / LABEL
    return label if label.is_file() else None


def _read_adapters(given: tuple[str, ...]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for each in given:
        name, _, file = each.partition("=")
        if not name or not file or name in found:
            raise UsageError(f"--adapter {each}: give each adapter a name of its own", fix="write --adapter NAME=FILE")
        if not Path(file).is_file():
            raise InputError("no such adapter", file, "check the path")
        found[name] = Path(file)
    return found


def _devices_file() -> Path:
    return Path.home() / ".mbegu" / "devices.json"


def _open_devices(port: int, say: Say) -> Devices:
    """Open the list of paired devices and show the code. The network may come, or change, later: its address is looked up for each code."""
    from mbegu.serve.pairing import Devices, shown_code
    from mbegu.serve.run import own_addresses

    def show(code: str) -> None:
        addresses = own_addresses()
        if not addresses:
            say.warn(f"this computer is on no network yet: as soon as it is, other devices reach the server at its address there, port {port}")
        place = f"{addresses[0] if addresses else '127.0.0.1'}:{port}"
        address = f"http://{place}/pair?code={code}"
        click.echo(f"To pair a device: open http://{place}/pair and type {shown_code(code)}, or scan:", err=True)
        _print_qr(address)

    devices = Devices(_devices_file(), show)
    devices.all()  # when the list is damaged, that is said now, and not to devices only
    return devices


def _print_qr(text: str) -> None:
    """Show a QR code on the terminal, where one is looking."""
    if not sys.stderr.isatty():
        return
    import segno

    segno.make(text, error="m", micro=False).terminal(out=sys.stderr, compact=True)


def _devices_command(revoke: str) -> None:
    from mbegu.core.report import format_table
    from mbegu.serve.pairing import Devices

    devices = Devices(_devices_file())
    if revoke:
        gone = devices.revoke(revoke)
        click.echo(f"revoked: {gone.name}")
        return
    click.echo(format_table(("id", "name", "paired"), [(each.id, each.name, each.paired) for each in devices.all()]))


def _service_command(
    model: Path | None, documents: Path | None, danger: Path | None, language: str, adapters: dict[str, Path], settings: ServeSettings, quiet: bool
) -> list[str]:
    """Return the command that the system starts: what was asked for, with absolute paths, because it starts in another folder."""
    command = [sys.executable, "-m", "mbegu", "serve"]
    command += [str(model.absolute())] if model else []
    command += [f"--{name}={path.absolute()}" for name, path in (("documents", documents), ("danger", danger)) if path]
    command += [f"--language={language}"] if language else []
    command += [f"--adapter={name}={file.absolute()}" for name, file in adapters.items()]
    command += ["--quiet"] if quiet else []
    return command + _setting_arguments(settings)


def _setting_arguments(settings: ServeSettings) -> list[str]:
    """Return the options of the settings that are not the usual ones; a text is a folder, as in ``_setting_options``."""
    found = []
    for name in SHOWN:
        value, option = getattr(settings, name), "--" + name.replace("_", "-")
        if value != getattr(ServeSettings, name):
            shown = Path(value).absolute() if isinstance(value, str) else value
            found.append(option if value is True else f"{option}={shown}")
    return found


def _install_service(model: Path | None, command: list[str], say: Say) -> None:
    from mbegu.recipes.models import QUICK_FIRST, find_model
    from mbegu.serve.service import describe_service, install

    if model:
        find_model(model, QUICK_FIRST)
    service = describe_service(command, Path.home())
    for each in install(service):
        say.warn(each)
    click.echo(f"installed: {service.path}")


def _remove_service() -> None:
    from mbegu.serve.service import describe_service, remove

    service = describe_service([sys.executable], Path.home())
    remove(service)
    click.echo(f"removed: {service.path}")


def _be_nice() -> None:
    """Let other programs go first."""
    import psutil

    try:
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else NICENESS)
    except (psutil.Error, OSError):
        return
