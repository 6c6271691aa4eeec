"""`python -m bench fill`: the fill beside its peers, on clips with a truth."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import sys
from collections import defaultdict
from collections.abc import Callable, Container
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import cv2
import numpy as np
import psutil
from platformdirs import user_cache_path

from bench import clips, floors, methods, report, sheets
from bench.store import Store
from bench.worker import Job, Outcome, run_job
from cleanplate.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=clips.DEFAULT_CLIPS, metavar="DIR")
    parser.add_argument(
        "--only",
        metavar="CASE,...",
        help="cases whose name begins so, or pairs, truth, fixed (left out unless named)",
    )
    parser.add_argument("--methods", metavar="NAME,...", default=",".join(methods.METHODS))
    parser.add_argument("--quality", default="good", help="of our fill")
    parser.add_argument("--frames", type=int, default=clips.PAIR_FRAMES, help="fewer is quicker")
    parser.add_argument("--jobs", type=int, default=1, help="cases at once; timings then suffer")
    parser.add_argument("--fresh", action="store_true", help="compute again what is stored")
    parser.add_argument("--cache", type=Path, default=user_cache_path("cleanplate-bench"))
    parser.add_argument("--details", action="store_true", help="every measure of every case")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all scores; - for stdout")
    parser.add_argument("--against", type=Path, metavar="FILE", help="an earlier run's JSON")
    parser.add_argument("--save", type=Path, metavar="DIR", help="write contact sheets")
    parser.add_argument("--check", action="store_true", help="hold the scores against the floors")


def main(options: argparse.Namespace) -> int:
    names = _chosen_cases(options)
    wanted = _chosen_methods(options)
    outcomes = run(options, names, wanted)
    results = {case: {m: o.scores for m, o in by.items()} for case, by in outcomes.items()}
    quiet = options.json is not None and str(options.json) == "-"
    if not quiet:
        print(as_text(results, wanted, options.details))
    if options.json is not None:
        text = json.dumps(report.for_json(as_document(results, options)), indent=1)
        print(text) if quiet else options.json.write_text(text + "\n")
    if options.against is not None:
        earlier = json.loads(options.against.read_text())["cases"]
        comparison = report.comparison_table(results, earlier)
        print("\n" + comparison, file=sys.stderr if quiet else sys.stdout)
    if options.save is not None:
        save_sheets(options, outcomes)
    return check(results, quiet) if options.check else 0


def check(results: report.Results, quiet: bool) -> int:
    """Prints every floor and whether it is met; 0 when all of the first level are."""
    pairs = {case: by for case, by in results.items() if clips.is_pair(case)}
    truths = {case: by for case, by in results.items() if case in clips.TRUTHS}
    verdicts = floors.fill_verdicts(pairs, truths)
    if len(pairs) < 8:
        print(
            "Only a part of the eight pairs was run; the floors are meant for all.", file=sys.stderr
        )
    print("\n" + floors.verdict_table(verdicts), file=sys.stderr if quiet else sys.stdout)
    return 0 if floors.all_met(verdicts, "first") else 1


def save_sheets(options: argparse.Namespace, outcomes: dict[str, dict[str, Outcome]]) -> None:
    """Writes a contact sheet and a slice through time for every case."""
    store = Store(options.cache)
    for name, by_method in outcomes.items():
        case = clips.load_case(options.clips, name, options.frames)
        pairs = zip(case.given, case.holes, strict=True)
        rows = {"input": [sheets.outlined(f, h) for f, h in pairs]}
        for method in sorted(by_method, key=lambda m: m != "ours"):
            images = store.load_fill(by_method[method].fill, case.given, case.holes)
            rows[methods.TITLES[method]] = images
        rows["truth"] = case.truth
        sheet = sheets.contact_sheet(rows, case.holes)
        sheets.write_picture(options.save / f"{name}.png", sheet)
        sheets.write_picture(options.save / f"{name}-xt.png", sheets.time_slice(rows, case.holes))
    print(f"contact sheets in {options.save}", file=sys.stderr)


def run(
    options: argparse.Namespace, names: list[str], wanted: list[str]
) -> dict[str, dict[str, Outcome]]:
    """Runs every method on every case, each in its own process; outcomes by case and method."""
    jobs = [
        Job(options.clips, case, m, options.quality, options.frames, options.cache, options.fresh)
        for case in names
        for m in wanted
    ]
    outcomes: dict[str, dict[str, Outcome]] = defaultdict(dict)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.jobs, mp_context=spawn, max_tasks_per_child=1) as pool:
        for done, future in enumerate(as_completed([pool.submit(run_job, j) for j in jobs]), 1):
            outcome = future.result()
            outcomes[outcome.case][outcome.method] = outcome
            origin = "stored" if outcome.from_store else f"{outcome.scores['seconds']:.3f} s/frame"
            line = f"{done}/{len(jobs)} {outcome.case} {outcome.method}: "
            line += f"{outcome.scores['psnr_hole']:.2f} dB ({origin})"
            print(line, file=sys.stderr, flush=True)
    Store(options.cache).trim()
    for m in wanted:
        if len({by[m].source for by in outcomes.values()}) > 1:
            line = (
                f"The code of {methods.TITLES[m]} changed during the run: its scores are a mixture."
            )
            print(line, file=sys.stderr)
    return {case: {m: outcomes[case][m] for m in wanted} for case in names}


def as_text(results: report.Results, wanted: list[str], details: bool) -> str:
    """The tables that the command prints."""
    pairs = {case: by for case, by in results.items() if clips.is_pair(case)}
    blocks = [report.hole_table(results, wanted)]
    if len(pairs) > 1:
        blocks.append(report.measures_table(f"mean of {len(pairs)} pairs", _means(pairs, wanted)))
    for case, by in results.items():
        if details or not clips.is_pair(case) or len(results) == 1:
            blocks.append(report.measures_table(case, by))
    return "\n\n".join(blocks)


def as_document(results: report.Results, options: argparse.Namespace) -> dict:
    """Scores, their means, and what they were made with."""
    pairs = {case: by for case, by in results.items() if clips.is_pair(case)}
    wanted = list(next(iter(results.values())))
    return {
        "cases": results,
        "mean_of_pairs": _means(pairs, wanted) if pairs else {},
        "frames": options.frames,
        "quality": options.quality,
        "jobs": options.jobs,
        "machine": f"{platform.machine()}, {multiprocessing.cpu_count()} cores",
        "load": psutil.getloadavg()[0],
        "versions": {
            "python": platform.python_version(),
            "opencv": cv2.__version__,
            "numpy": np.__version__,
        },
    }


def _means(pairs: report.Results, wanted: list[str]) -> dict[str, dict[str, float]]:
    return {m: report.mean_scores(by[m] for by in pairs.values()) for m in wanted}


def _chosen_cases(options: argparse.Namespace) -> list[str]:
    names = clips.case_names(options.clips)
    if options.only is None:
        return [n for n in names if n not in clips.FIXED]
    starts = tuple(options.only.split(","))
    kinds = {"pairs": clips.is_pair, "truth": _in(clips.TRUTHS), "fixed": _in(clips.FIXED)}
    asked = [test for kind, test in kinds.items() if kind in starts]
    chosen = [n for n in names if n.startswith(starts) or any(test(n) for test in asked)]
    if not chosen:
        raise UsageError(f"No case begins with {options.only!r}. There are: {', '.join(names)}.")
    return chosen


def _in(names: Container[str]) -> Callable[[str], bool]:
    return lambda name: name in names


def _chosen_methods(options: argparse.Namespace) -> list[str]:
    wanted = []
    for name in options.methods.split(","):
        if name not in methods.METHODS:
            raise UsageError(f"No method {name!r}. There are: {', '.join(methods.METHODS)}.")
        reason = methods.unavailable(name)
        if reason:
            print(f"{methods.TITLES[name]} left out: {reason}", file=sys.stderr)
        else:
            wanted.append(name)
    if not wanted:
        raise UsageError("None of the methods can run on this machine.")
    return wanted
