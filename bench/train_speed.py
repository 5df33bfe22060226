"""How fast we train beside Hugging Face `Trainer`, and beside what this computer's matrix products alone would allow.

    pip install transformers accelerate
    python bench/train_speed.py [--threads 2] [--shapes 256x4,320x8,512x4,512x10] [--rounds 5] [--steps 4]
    python bench/train_speed.py --no-bfloat16     ours in float32 only: what is left of the gain where bfloat16 does not pay
    python bench/train_speed.py --old-processor   everything as on a processor with AVX2 only
    python bench/train_speed.py --profile --shapes 320x8 [--dtype bfloat16]    where our loop spends its time, by operation

Claim: our loop trains so many tokens per second of processor time, so many times as many as `Trainer` on the same architecture, batch
and context, and reaches that share of the limit set by the matrix products of these shapes.

Each contender is a process of its own: ours is `mbegu.train.loop.train` with the recipe's dropout and without; Trainer has its defaults
(float32, or `bf16=True`), AdamW, nothing saved or logged; the limit is every matrix product of one step (forward and both backward
products of each linear layer and of the vocabulary, attention with its whole square, Muon's) on buffers that are already warm, and
nothing else. Rounds are interleaved, a few steps of each contender in turn, so that a machine that drifts drifts for all; the figure
is the median round. Seconds are those of the processor, over all threads. Memory is the peak of the process less what it held before
the model was made, beside what `mbegu.train.planning.training_memory_bytes` predicts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from mbegu.core.report import format_table
from mbegu.ledger.machine import describe_machine
from mbegu.ledger.memory import forget_peak, peak_memory_bytes
from mbegu.train import computer
from mbegu.train.data import PackedDocuments
from mbegu.train.loop import TrainingState, train
from mbegu.train.optim import NEWTON_SCHULZ_STEPS
from mbegu.train.planfile import ComputerPlan, ModelPlan, TrainingPlan
from mbegu.train.planning import SHAPES, shape_plan, training_memory_bytes

VOCABULARY_SIZE = 8192
SEQUENCES = 16
DROPOUT = 0.1  # of the recipe where a text is read a few times
WARM_STEPS = 2
ENDLESS_STEPS = 1_000_000
MEASURED_BEFORE = (320, 8, 832, 5, 5)  # 12.3 M parameters
OLD_PROCESSOR = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
CONTENDERS = {
    "ours, bfloat16": ("ours", "bfloat16", DROPOUT),
    "ours, bfloat16, no dropout": ("ours", "bfloat16", 0.0),
    "ours, float32": ("ours", "float32", DROPOUT),
    "ours, float32, no dropout": ("ours", "float32", 0.0),
    "Trainer, float32": ("trainer", "float32", 0.0),
    "Trainer, bfloat16": ("trainer", "bfloat16", 0.0),
    "matrix products, bfloat16": ("limit", "bfloat16", 0.0),
    "matrix products, float32": ("limit", "float32", 0.0),
}
BEFORE_JSON = "RESULT "


def model_plans() -> dict[str, ModelPlan]:
    """Return the shapes by name, such as 512x4: those of the planner and the one that was measured before."""
    shapes = sorted({*SHAPES, MEASURED_BEFORE})
    return {f"{shape[0]}x{shape[1]}": shape_plan(shape, VOCABULARY_SIZE) for shape in shapes}


def training_plan(dropout: float) -> TrainingPlan:
    """Return a training without end and without looks at held-out text."""
    return TrainingPlan(
        steps=ENDLESS_STEPS, sequences_per_step=SEQUENCES, sequences_at_once=SEQUENCES, dropout=dropout, evaluate_every_steps=ENDLESS_STEPS
    )


class Rounds:
    """The side of a worker that is told when to go on: after the warm-up, and after each round of so many steps, it waits.

    Args:
        steps: of a round.
        held_bytes: what the process held before the model was made.
    """

    def __init__(self, steps: int, held_bytes: int) -> None:
        self.steps, self.held_bytes = steps, held_bytes
        self.done = 0
        self.cpu_s = self.wall_s = 0.0

    def after_step(self) -> bool:
        """Count a step; at the end of a round report it and wait. Returns whether to stop."""
        self.done += 1
        if self.done < WARM_STEPS or (self.done - WARM_STEPS) % self.steps:
            return False
        spent = {"cpu_s": time.process_time() - self.cpu_s, "wall_s": time.perf_counter() - self.wall_s}
        print(BEFORE_JSON + json.dumps({**spent, "memory_bytes": (peak_memory_bytes() or 0) - self.held_bytes}), flush=True)
        is_over = not sys.stdin.readline()
        self.cpu_s, self.wall_s = time.process_time(), time.perf_counter()
        return is_over


def begin_rounds(steps: int) -> Rounds:
    """Return rounds whose memory counts from here on."""
    forget_peak()
    return Rounds(steps, psutil.Process().memory_info().rss)


def random_documents(vocabulary_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return tokens and offsets of 200 documents of random tokens: speed does not depend on what they say."""
    tokens = np.random.default_rng(0).integers(0, vocabulary_size, 200 * 4000).astype(np.uint16)
    return tokens, np.arange(0, len(tokens) + 1, 4000, dtype=np.int64)


def run_ours(plan: ModelPlan, dtype: str, dropout: float, threads: int, steps: int) -> None:
    """Train with the one loop of Mbegu."""
    training = training_plan(dropout)
    computer.compute_reproducibly()
    rounds = begin_rounds(steps)
    state = TrainingState(*computer.build(plan, training, ComputerPlan(dtype=dtype, threads=threads)))
    tokens, offsets = random_documents(plan.vocabulary_size)
    data = PackedDocuments(tokens, offsets, np.arange(len(offsets) - 1), plan.context, training.seed)
    train(state, data, training, watch=lambda _: 0.0, after_step=lambda _: rounds.after_step())


def run_trainer(plan: ModelPlan, dtype: str, _dropout: float, _threads: int, steps: int) -> None:
    """Train with Hugging Face ``Trainer`` as it comes."""
    import tempfile

    from transformers import Qwen3Config, Qwen3ForCausalLM, Trainer, TrainerCallback, TrainingArguments

    class RandomTokens(torch.utils.data.Dataset):  # type: ignore[type-arg]
        pool = torch.randint(0, plan.vocabulary_size, (512, plan.context), generator=torch.Generator().manual_seed(0))

        def __len__(self) -> int:
            return 32_000

        def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
            row = self.pool[index % len(self.pool)]
            return {"input_ids": row, "labels": row}

    class Reporter(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_training_stop = rounds.after_step()

    rounds = begin_rounds(steps)
    model = Qwen3ForCausalLM(Qwen3Config(**replace(computer.as_config(plan), tied_output=True).as_hugging_face()))
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=SEQUENCES,
            max_steps=ENDLESS_STEPS,
            bf16=dtype == "bfloat16",
            use_cpu=True,
            dataloader_pin_memory=False,
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
        )
        Trainer(model=model, args=arguments, train_dataset=RandomTokens(), callbacks=[Reporter()]).train()


@dataclass(frozen=True)
class Product:
    """``times`` products [batch, rows, inner] @ [batch, inner, columns] a step; the flags say which operand is stored transposed."""

    part: str
    times: int
    batch: int
    rows: int
    inner: int
    columns: int
    left_transposed: bool = False
    right_transposed: bool = False

    def flops(self) -> float:
        """Return the additions and multiplications of a step."""
        return 2.0 * self.times * self.batch * self.rows * self.inner * self.columns


def products_of_step(plan: ModelPlan) -> Iterator[Product]:
    """Yield every matrix product of one training step."""
    tokens = SEQUENCES * plan.context
    for wide_in, wide_out, times in linear_layers(plan):
        yield from linear_products("linear layers", tokens, wide_in, wide_out, times)
        rows, columns = sorted((wide_in, wide_out))
        # x @ x.T, gram @ gram and gram @ x of each Newton-Schulz step; all matrices of a shape together.
        yield Product("Muon", NEWTON_SCHULZ_STEPS, times, rows, columns, rows, right_transposed=True)
        yield Product("Muon", NEWTON_SCHULZ_STEPS, times, rows, rows, rows)
        yield Product("Muon", NEWTON_SCHULZ_STEPS, times, rows, rows, columns)
    yield from linear_products("vocabulary", tokens, plan.hidden_size, plan.vocabulary_size, 1)
    queries, batch = plan.heads // plan.kv_heads * plan.context, SEQUENCES * plan.kv_heads
    sizes = (plan.layers, batch, queries, plan.head_size, plan.context)
    yield Product("attention", *sizes, right_transposed=True)  # scores = q @ k.T
    yield Product("attention", *sizes, right_transposed=True)  # gradient of the probabilities = gradient @ v.T
    sizes = (plan.layers, batch, queries, plan.context, plan.head_size)
    yield Product("attention", *sizes)  # probabilities @ v
    yield Product("attention", *sizes)  # gradient of q = gradient of the scores @ k
    sizes = (plan.layers, batch, plan.context, queries, plan.head_size)
    yield Product("attention", *sizes, left_transposed=True)  # gradient of v = probabilities.T @ gradient
    yield Product("attention", *sizes, left_transposed=True)  # gradient of k = gradient of the scores.T @ q


def linear_layers(plan: ModelPlan) -> list[tuple[int, int, int]]:
    """Return the width in, the width out and the number of the linear layers of all blocks."""
    hidden, attention, keys = plan.hidden_size, plan.heads * plan.head_size, plan.kv_heads * plan.head_size
    inner = plan.inner_size
    layers = [(hidden, attention, 1), (hidden, keys, 2), (attention, hidden, 1), (hidden, inner, 2), (inner, hidden, 1)]
    return [(wide_in, wide_out, times * plan.layers) for wide_in, wide_out, times in layers]


def linear_products(part: str, tokens: int, wide_in: int, wide_out: int, times: int) -> Iterator[Product]:
    """Yield the forward product x @ W.T and the two backward, dy @ W and dy.T @ x."""
    yield Product(part, times, 1, tokens, wide_in, wide_out, right_transposed=True)
    yield Product(part, times, 1, tokens, wide_out, wide_in)
    yield Product(part, times, 1, wide_out, tokens, wide_in, left_transposed=True)


def buffers_of(product: Product, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return both operands, laid out in memory as in training, and a place for the result."""

    def operand(rows: int, columns: int, is_transposed: bool) -> torch.Tensor:
        shape = (product.batch, columns, rows) if is_transposed else (product.batch, rows, columns)
        made = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)
        made = made.transpose(1, 2) if is_transposed else made
        return made[0] if product.batch == 1 else made

    left = operand(product.rows, product.inner, product.left_transposed)
    right = operand(product.inner, product.columns, product.right_transposed)
    return left, right, torch.matmul(left, right)


def run_limit(plan: ModelPlan, dtype: str, _dropout: float, _threads: int, steps: int) -> None:
    """Do the matrix products of each step and nothing else, the same ones one after another on the same buffers."""
    rounds = begin_rounds(steps)
    work = [(product.times, *buffers_of(product, getattr(torch, dtype))) for product in products_of_step(plan)]
    is_over = False
    while not is_over:
        for times, left, right, out in work:
            for _ in range(times):
                torch.matmul(left, right, out=out)
        is_over = rounds.after_step()


def limit_parts(plan: ModelPlan, dtype: torch.dtype) -> list[list[Any]]:
    """Return rows of part, share of the additions and multiplications, processor seconds a step, and 10^9 of them a second."""
    seconds: dict[str, float] = {}
    flops: dict[str, float] = {}
    for product in products_of_step(plan):
        left, right, out = buffers_of(product, dtype)
        torch.matmul(left, right, out=out)
        began_s = time.process_time()
        for _ in range(product.times):
            torch.matmul(left, right, out=out)
        seconds[product.part] = seconds.get(product.part, 0.0) + time.process_time() - began_s
        flops[product.part] = flops.get(product.part, 0.0) + product.flops()
    total = sum(flops.values())
    return [[part, f"{100 * flops[part] / total:.1f} %", f"{seconds[part]:.3f}", f"{flops[part] / seconds[part] / 1e9:.0f}"] for part in seconds]


RUNNERS: dict[str, Callable[[ModelPlan, str, float, int, int], None]] = {"ours": run_ours, "trainer": run_trainer, "limit": run_limit}


def work(name: str, shape: str, threads: int, steps: int) -> None:
    """Be the worker for one contender."""
    runner, dtype, dropout = CONTENDERS[name]
    if runner != "trainer":
        computer.prepare_process()
    torch.set_num_threads(threads)
    RUNNERS[runner](model_plans()[shape], dtype, dropout, threads, steps)


class Worker:
    """The side of a worker that tells it to go on."""

    def __init__(self, name: str, shape: str, arguments: argparse.Namespace) -> None:
        environment = {**os.environ, **(OLD_PROCESSOR if arguments.old_processor else {}), "OMP_NUM_THREADS": str(arguments.threads)}
        environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line does
        command = [sys.executable, str(Path(__file__)), "--worker", name, "--shapes", shape]
        command += ["--threads", str(arguments.threads), "--steps", str(arguments.steps)]
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        self.result()

    def result(self) -> dict[str, float]:
        """Wait for the end of a round and return what it took.

        Raises:
            RuntimeError: the worker came to its end.
        """
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(BEFORE_JSON):
                found: dict[str, float] = json.loads(line.removeprefix(BEFORE_JSON))
                return found
        raise RuntimeError(f"a worker failed: {self.process.args!r}")

    def round(self) -> dict[str, float]:
        """Let it work for one round."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self.result()

    def end(self) -> None:
        """Let it end."""
        self.process.communicate()


def compare(shape: str, names: list[str], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure all contenders on one shape in turn, and return one record each."""
    workers = {name: Worker(name, shape, arguments) for name in names}
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(arguments.rounds):
        for name, worker in workers.items():
            taken[name].append(worker.round())
    for worker in workers.values():
        worker.end()
    plan = model_plans()[shape]
    tokens = arguments.steps * SEQUENCES * plan.context
    records = []
    for name, rounds in taken.items():
        runner, dtype, dropout = CONTENDERS[name]
        speeds = sorted(tokens / each["cpu_s"] for each in rounds)
        record = {"shape": shape, "contender": name, "runner": runner, "dtype": dtype, "threads": arguments.threads}
        record |= {"tokens_per_cpu_s": statistics.median(speeds), "lowest": speeds[0], "highest": speeds[-1]}
        record["wall_tokens_per_s"] = statistics.median(tokens / each["wall_s"] for each in rounds)
        record["memory_bytes"] = max(each["memory_bytes"] for each in rounds)
        record["planned_bytes"] = training_memory_bytes(plan, training_plan(dropout), dtype) if runner == "ours" else None
        records.append(record)
    return records


def table(records: list[dict[str, Any]]) -> str:
    """Return the table of one shape."""
    speed = {record["contender"]: record["tokens_per_cpu_s"] for record in records}
    rows = []
    for record in records:
        limit, peer = speed.get(f"matrix products, {record['dtype']}"), speed.get("Trainer, float32")
        of_limit = f"{100 * record['tokens_per_cpu_s'] / limit:.1f} %" if limit else "not measured"
        of_limit = of_limit if record["runner"] == "ours" else ""  # Trainer has no products of Muon: the limit is not its own
        of_peer = f"{record['tokens_per_cpu_s'] / peer:.2f}" if peer else "not measured"
        planned = f"{record['planned_bytes'] / 1e6:,.0f}" if record["planned_bytes"] else ""
        spread = f"{record['lowest']:,.0f} to {record['highest']:,.0f}"
        figures = [f"{record['tokens_per_cpu_s']:,.0f}", spread, of_limit, of_peer, f"{record['wall_tokens_per_s']:,.0f}"]
        memory = f"{record['memory_bytes'] / 1e6:,.0f}" if record["runner"] != "limit" else ""
        rows.append([record["contender"], *figures, memory, planned])
    heads = ("contender", "tokens/CPU-s", "rounds", "of the limit", "x Trainer float32", "tokens/s by the clock", "peak MB", "planned MB")
    return format_table(heads, rows)


def profile(plan: ModelPlan, dtype: str, threads: int) -> str:
    """Return torch's table of operations of two steps of our loop, the costliest first."""
    computer.prepare_process()
    computer.compute_reproducibly()
    torch.set_num_threads(threads)
    training = replace(training_plan(DROPOUT), steps=WARM_STEPS)
    state = TrainingState(*computer.build(plan, training, ComputerPlan(dtype=dtype, threads=threads)))
    tokens, offsets = random_documents(plan.vocabulary_size)
    data = PackedDocuments(tokens, offsets, np.arange(len(offsets) - 1), plan.context, training.seed)
    train(state, data, training, watch=lambda _: 0.0, after_step=lambda _: False)
    training = replace(training, steps=2 * WARM_STEPS)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], record_shapes=True) as profiler:
        train(state, data, training, watch=lambda _: 0.0, after_step=lambda s: s.progress.step >= training.steps)
    averages = profiler.key_averages()
    by_shape = profiler.key_averages(group_by_input_shape=True)
    options = {"sort_by": "self_cpu_time_total", "max_name_column_width": 40}
    return f"{averages.table(row_limit=30, **options)}\n{by_shape.table(row_limit=30, max_shapes_column_width=70, **options)}"


def read_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", default="256x4,320x8,512x4,512x10", help=f"of {', '.join(model_plans())}; all with a vocabulary of 8,192")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4, help="steps a round, of 4,096 tokens")
    parser.add_argument("--no-bfloat16", action="store_true", help="leave out all that computes in bfloat16")
    parser.add_argument("--old-processor", action="store_true", help="forbid instructions beyond AVX2")
    parser.add_argument("--only", default="", help="contenders to measure, separated by ';', by the beginning of their names")
    parser.add_argument("--parts", action="store_true", help="print what the limit is made of, then stop")
    parser.add_argument("--profile", action="store_true", help="print the costliest operations of our loop, then stop")
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), default="bfloat16", help="for --parts and --profile")
    parser.add_argument("--json", type=Path, help="append one JSON line a contender and shape to this file")
    parser.add_argument("--worker", choices=CONTENDERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = set(arguments.shapes.split(",")) - set(model_plans())
    if unknown:
        parser.error(f"no shape {', '.join(sorted(unknown))}; there are {', '.join(model_plans())}")
    return arguments


def main() -> None:
    """Measure and print one table a shape."""
    arguments = read_arguments()
    shapes = arguments.shapes.split(",")
    if arguments.worker:
        work(arguments.worker, shapes[0], arguments.threads, arguments.steps)
        return
    wanted = tuple(arguments.only.split(";"))
    names = [name for name in CONTENDERS if name.startswith(wanted) and not (arguments.no_bfloat16 and "bfloat16" in name)]
    how = "instructions up to AVX2" if arguments.old_processor else torch.backends.cpu.get_cpu_capability()
    print(f"{describe_machine().processor}, {how}, torch {torch.__version__}, {arguments.threads} thread(s)")
    for shape in shapes:
        plan = model_plans()[shape]
        print(f"\n{shape}: {computer.as_config(plan).parameters() / 1e6:.1f} M parameters, {SEQUENCES} sequences of {plan.context} tokens a step")
        if arguments.parts or arguments.profile:
            torch.set_num_threads(arguments.threads)
            if arguments.parts:
                rows = limit_parts(plan, getattr(torch, arguments.dtype))
                print(format_table(("part", "of all products", "CPU-s a step", "GFLOP per CPU-s"), rows))
            else:
                print(profile(plan, arguments.dtype, arguments.threads))
            continue
        records = compare(shape, names, arguments)
        print(table(records), flush=True)
        if arguments.json:
            with arguments.json.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(record) + "\n" for record in records)


if __name__ == "__main__":
    main()
