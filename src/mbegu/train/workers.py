"""Several processes that train one model, by PyTorch distributed: gloo between processors, NCCL between NVIDIA cards.

The first worker runs the project as ever: it alone reads the text, looks, saves and speaks. The others need nothing of the project;
the first sends them the plan, the state and each step's sequences. Every worker computes the gradients of its part of the
sequences. The gradient of a parameter is summed at the worker that owns it; the owner alone holds its optimiser state, steps it
and sends the new weights to all (as in ZeRO, Rajbhandari et al. 2020). So the costly orthogonalisation is shared out, too, and all
workers hold the same weights, whatever processors they have. Nothing is pickled: what is sent are tensors and the plan's text.
"""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed import FileStore, Store  # type: ignore[attr-defined]
from torch.distributed.rendezvous import rendezvous

from mbegu import __version__
from mbegu.core.errors import LostWorkerError, ResourceError, SettingsError
from mbegu.core.processors import usable_cores
from mbegu.core.report import Say
from mbegu.core.units import format_number_of
from mbegu.ledger.energy.value import BATTERY, COUNTER, METER
from mbegu.train.budget import free_memory_bytes
from mbegu.train.data import Batches
from mbegu.train.launch import Seat, own_seat, started_workers
from mbegu.train.optim import Optimiser
from mbegu.train.planfile import ComputerPlan, Plan, parse_plan
from mbegu.train.planning import memory_error, training_memory_bytes

if TYPE_CHECKING:
    from mbegu.train.loop import TrainingState

LOST_AFTER_S = 300.0  # a worker that is not heard for so long is lost; one whose process ends is missed at once
ARRIVE_S = 300.0  # within which the others must come once the first is ready to train
PATIENCE_S = 86_400.0  # how long the others wait for the first, which may have text to read before
PLAN = "plan"
GO_ON, STOP, PASS_STATE = range(3)  # what the first worker tells the others after each step


class Workers:
    """A process that trains alone: the first worker of one. Everything is its own and nothing is sent."""

    rank, count = 0, 1

    @property
    def is_first(self) -> bool:
        """Whether this worker runs the project: it alone reads, looks, saves and speaks."""
        return self.rank == 0

    def own_part(self, sequences: int) -> range:
        """Return which of a step's sequences this worker computes; the parts of all workers are all sequences."""
        return range(self.rank * sequences // self.count, (self.rank + 1) * sequences // self.count)

    def own_computer(self, planned: ComputerPlan) -> ComputerPlan:
        """Return what computes in this worker, of what was planned."""
        return planned

    def shared(self, data: Batches) -> Batches:
        """Return the batches of the first worker, for every worker."""
        return data

    def begin(self, state: TrainingState) -> None:
        """Begin with the state of the first worker."""

    def sum_gradients(self, model: nn.Module, loss: float) -> float:
        """Sum each gradient over all workers at its parameter's owner, and take it from the others; return the sum of the losses."""
        return loss

    def spread_weights(self, model: nn.Module) -> None:
        """Send every parameter from its owner to all others."""

    def share_best(self, state: TrainingState) -> None:
        """Have every worker know the best weights, which only the first looks for."""

    def gather_state(self, optimiser: Optimiser) -> None:
        """Bring the optimiser's state in the first worker up to date, which alone calls this, before a checkpoint."""

    def decide(self, wants_stop: bool) -> bool:
        """Return the wish of the first worker, which alone calls this, after all others have heard it."""
        return wants_stop


class Group(Workers):
    """One of several workers.

    Args:
        seat: which.
    """

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.rank, self.count = seat.rank, seat.count
        self.owners: dict[str, int] = {}

    def own_computer(self, planned: ComputerPlan) -> ComputerPlan:
        """Return the plan's computer with as many threads as planned, but no more than this worker's share of the cores."""
        return replace(planned, threads=min(planned.threads, max(1, usable_cores() // self.seat.local_count)))

    def shared(self, data: Batches) -> Batches:
        """Return the batches of the first worker; ``data`` of the others gives only their size."""
        return SharedBatches(self, data)

    def begin(self, state: TrainingState) -> None:
        """Take over the first worker's weights, optimiser state and step, and share the parameters out."""
        parameters = dict(state.model.named_parameters())
        self.owners = share_out(parameters, self.count)
        reached = torch.tensor([state.progress.step, len(state.teachers)])
        self.send_from_first([reached, *parameters.values(), *state.optimiser.state.values()])
        state.progress.step = int(reached[0])
        while len(state.teachers) < reached[1]:  # room for those of the first worker
            state.add_teacher(parameters)
        self.send_from_first(parameter for teacher in state.teachers for parameter in teacher.parameters())
        state.optimiser.keep_only([name for name, owner in self.owners.items() if owner == self.rank])

    def send_from_first(self, tensors: Iterable[Tensor]) -> None:
        """Make these tensors, in place, what they are in the first worker."""
        with _connected():
            _wait([dist.broadcast(tensor.detach(), 0, async_op=True) for tensor in tensors])

    def sum_gradients(self, model: nn.Module, loss: float) -> float:
        """Sum as told; in an order that only the number of workers decides."""
        total = torch.tensor([loss], dtype=torch.float64)
        with _connected():
            works = [dist.reduce(p.grad, self.owners[name], async_op=True) for name, p in model.named_parameters() if p.grad is not None]
            _wait([*works, dist.all_reduce(total, async_op=True)])
        for name, parameter in model.named_parameters():
            if self.owners[name] != self.rank:
                parameter.grad = None
        return total.item()

    def spread_weights(self, model: nn.Module) -> None:
        """Send as told."""
        with _connected():
            _wait([dist.broadcast(p.detach(), self.owners[name], async_op=True) for name, p in model.named_parameters()])

    def share_best(self, state: TrainingState) -> None:
        """Send them as told."""
        parameters = dict(state.model.named_parameters())
        if not self.is_first:
            state.best = {name: torch.empty_like(parameter) for name, parameter in parameters.items()}
        self.send_from_first(state.best[name] for name in parameters)

    def gather_state(self, optimiser: Optimiser) -> None:
        """Have the others pass their parts."""
        self._tell(PASS_STATE)
        self._pass_state(optimiser)

    def decide(self, wants_stop: bool) -> bool:
        """Tell the others."""
        self._tell(STOP if wants_stop else GO_ON)
        return wants_stop

    def follow(self, state: TrainingState) -> bool:
        """Do what the first worker says after a step, in all others; return whether to stop."""
        while (order := self._tell()) == PASS_STATE:
            self._pass_state(state.optimiser)
        return order == STOP

    def _tell(self, order: int = GO_ON) -> int:
        told = torch.tensor([order])
        self.send_from_first([told])
        return int(told.item())

    def _pass_state(self, optimiser: Optimiser) -> None:
        with _connected():
            for name, tensor in optimiser.state.items():
                owner = self.owners[name.partition(".")[2]]  # names are KIND.PARAMETER
                if owner and self.is_first:
                    dist.recv(tensor, owner)
                elif owner and owner == self.rank:
                    dist.send(tensor, 0)


class SharedBatches:
    """The batches of the first worker, sent to the others at each step; see ``mbegu.train.data.Batches``."""

    def __init__(self, workers: Group, data: Batches) -> None:
        self.workers, self.data = workers, data
        self.context = data.context

    def batch(self, step: int, sequences: int) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of one step, each [sequences, context] int64."""
        inputs, targets = self.data.batch(step, sequences)
        self.workers.send_from_first([inputs, targets])
        return inputs, targets

    def passes(self, steps: range, sequences: int) -> float:
        """Return how often the text is read in these steps."""
        return self.data.passes(steps, sequences)


class BlankBatches:
    """Room for the batches that a worker is sent."""

    def __init__(self, context: int) -> None:
        self.context = context

    def batch(self, step: int, sequences: int) -> tuple[Tensor, Tensor]:
        """Return two empty [sequences, context] int64 tensors."""
        return torch.empty(sequences, self.context, dtype=torch.int64), torch.empty(sequences, self.context, dtype=torch.int64)

    def passes(self, steps: range, sequences: int) -> float:
        """Return 0: only the first worker has the text."""
        return 0.0


def share_out(parameters: Mapping[str, Tensor], count: int) -> dict[str, int]:
    """Return the owner of each parameter: those of one shape are dealt in turn, so that each worker orthogonalises as many."""
    names = sorted(parameters, key=lambda name: (*parameters[name].shape, name) if parameters[name].ndim > 1 else (0, 0, name))
    return {name: number % count for number, name in enumerate(names)}


@contextlib.contextmanager
def company(asked: int, plan: Plan, say: Say) -> Iterator[Workers]:
    """Have the workers of a training together while the block runs: those that ``torchrun`` started, else ``asked`` on this computer.

    Raises:
        SettingsError: more workers than sequences, or a device that cannot be shared.
        ResourceError: not enough cores, cards or memory, or other versions at another worker.
        LostWorkerError: a worker did not come.
    """
    seat = own_seat()
    count = seat.count if seat else asked
    if count == 1:
        yield Workers()
        return
    require_fit(plan, count)
    with contextlib.ExitStack() as stack:
        processes: Sequence[subprocess.Popen[bytes]] = ()
        if seat is None:
            require_room_here(plan, count)
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mbegu-workers-", ignore_cleanup_errors=True))
            seat = Seat(0, count, 0, count, str(Path(folder) / "meeting"))
            processes = stack.enter_context(started_workers(count, Path(seat.meeting_file)))
        group, _ = stack.enter_context(joined(seat, plan, processes))
        each = format_number_of(group.own_computer(plan.computer).threads, "thread")
        say.note(f"{count} workers share each step's {plan.training.sequences_per_step} sequences, {each} each")
        if plan.training.sequences_per_step % count:
            say.note(f"{count} does not divide {plan.training.sequences_per_step}: some of them will wait for the others at each step")
        if not processes or sys.platform == "win32":
            say.warn("the processor time of the other workers is not counted here: energy modelled from it is the first worker's alone")
            say.leave_out("the other workers", (METER, BATTERY, COUNTER) if processes else ())
        yield group


def require_fit(plan: Plan, count: int) -> None:
    """Refuse what cannot be shared. Raises ``SettingsError``."""
    sequences = plan.training.sequences_per_step
    if count > sequences:
        fix = f"take {sequences} workers or fewer, or plan anew with larger steps"
        raise SettingsError(f"a step has {sequences} sequences, too few for {count} workers", "plan.toml", fix)
    if plan.computer.device == "mps":
        raise SettingsError("Apple's graphics processor cannot be shared by several workers", "plan.toml", "plan with device = 'cpu'")


def require_room_here(plan: Plan, count: int) -> None:
    """Refuse more workers than this computer has cores, cards or memory for. Raises ``ResourceError``."""
    on_cards = plan.computer.device == "cuda"
    there = torch.cuda.device_count() if on_cards else usable_cores()
    if count > there:
        what = "graphics processor" if on_cards else "core"
        found = format_number_of(there, what)
        raise ResourceError(f"each worker needs a {what} of its own, and {count} do not fit on {found}", fix=f"give --workers {there} or fewer")
    at_once = min(plan.training.sequences_at_once, math.ceil(plan.training.sequences_per_step / count))
    needed = count * training_memory_bytes(plan.model, replace(plan.training, sequences_at_once=at_once), plan.computer.dtype)
    if needed > free_memory_bytes() and not on_cards:
        fix = "close other programs, give fewer --workers, or lower sequences_at_once or the model's size in plan.toml"
        raise memory_error(needed, free_memory_bytes(), fix)


@contextlib.contextmanager
def joined(seat: Seat, plan: Plan | None = None, processes: Sequence[subprocess.Popen[bytes]] = ()) -> Iterator[tuple[Group, Plan]]:
    """Take a seat among the workers while the block runs.

    Args:
        seat: of this process.
        plan: what the first worker brings; the others are sent it.
        processes: of the others, where this process started them.

    Yields:
        The group and the plan.

    Raises:
        ResourceError: a worker has other versions of Mbegu or torch than the first.
        LostWorkerError: a worker did not come, or ended.
    """
    store = _meet(seat)
    if plan is None:
        plan = _receive_plan(store, seat)
    else:
        _send_plan(store, seat, plan, processes)
    if plan.computer.device == "cuda":
        torch.cuda.set_device(seat.local_rank)
    backend = "cpu:gloo,cuda:nccl" if plan.computer.device == "cuda" else "gloo"
    with _connected(), _on_loopback(seat):
        dist.init_process_group(backend, store=store, rank=seat.rank, world_size=seat.count, timeout=timedelta(seconds=LOST_AFTER_S))
    try:
        yield Group(seat), plan
    finally:
        with contextlib.suppress(RuntimeError):
            dist.destroy_process_group()


def _meet(seat: Seat) -> Store:
    """Return where the workers leave words for each other before they are connected."""
    if seat.meeting_file:
        return FileStore(seat.meeting_file, seat.count)
    with _connected():
        store: Store = next(rendezvous("env://", timeout=timedelta(seconds=PATIENCE_S)))[0]
    return store


def _versions() -> str:
    return f"Mbegu {__version__} and torch {torch.__version__.partition('+')[0]}"


def _send_plan(store: Store, seat: Seat, plan: Plan, processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait for all others, see that they compute alike, and give them the plan."""
    until_s = time.monotonic() + ARRIVE_S
    for rank in range(1, seat.count):
        while not _is_there(store, f"worker {rank}"):
            if time.monotonic() > until_s or any(process.poll() is not None for process in processes):
                raise LostWorkerError(f"worker {rank} of {seat.count} did not come", fix="start it, or run again with fewer workers")
        theirs = store.get(f"worker {rank}").decode("utf-8", "replace")
        if theirs != _versions():
            raise ResourceError(f"worker {rank} has {theirs}, the first has {_versions()}", fix="install the same versions on all computers")
    store.set(PLAN, plan.to_toml())


def _receive_plan(store: Store, seat: Seat) -> Plan:
    with _connected():
        store.set(f"worker {seat.rank}", _versions())
        store.wait([PLAN], timedelta(seconds=2 * ARRIVE_S if seat.meeting_file else PATIENCE_S))
        return parse_plan(store.get(PLAN).decode("utf-8"), "sent by the first worker")


def _is_there(store: Store, key: str) -> bool:
    try:
        store.wait([key], timedelta(seconds=1))
    except RuntimeError:
        return False
    return True


@contextlib.contextmanager
def _on_loopback(seat: Seat) -> Iterator[None]:
    """Have gloo listen on the loopback interface only, where all workers are on this computer; Windows names interfaces in another way."""
    names = [name for name, each in psutil.net_if_addrs().items() if any(address.address == "127.0.0.1" for address in each)]
    if not (seat.meeting_file and names) or sys.platform == "win32":
        yield
        return
    before = os.environ.get("GLOO_SOCKET_IFNAME")
    os.environ["GLOO_SOCKET_IFNAME"] = names[0]
    try:
        yield
    finally:
        del os.environ["GLOO_SOCKET_IFNAME"]
        if before is not None:
            os.environ["GLOO_SOCKET_IFNAME"] = before


@contextlib.contextmanager
def _connected() -> Iterator[None]:
    """Turn what torch raises when another worker is gone, which is a plain ``RuntimeError``, into one that says it."""
    try:
        yield
    except RuntimeError as error:
        raise LostWorkerError("a worker was lost", fix="run it again with any number of workers") from error


def _wait(works: Iterable[dist.Work | None]) -> None:
    for work in works:
        if work is not None:
            work.wait()
