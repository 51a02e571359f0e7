"""The funnel of a run, as a coordinator reads it: how many were read, who is left, and what stands in the way."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from service.eligibility.criteria import Study

console = Console(highlight=False, width=118)


def print_funnel(summary: dict[str, Any], studies: Iterable[Study], out: str) -> None:
    """Print the funnel of every study in the summary."""
    read, people = summary["input"], summary["people"]
    console.print(
        f"\nRead {read['read']} lines: {read['used']} used, {read['not_needed']} not needed, "
        f"{read['unreadable']} unreadable, {read['rejected']} rejected."
    )
    held = ", ".join(f"{count} {reason}" for reason, count in people["held_back_reasons"].items())
    console.print(
        f"People: {people['read']} read, {people['screened']} screened as of {summary['screening_date']}, "
        f"{people['held_back']} held back{f' ({held})' if held else ''}, "
        f"{people['merged_into_another']} merged into another record, "
        f"{people['without_readable_patient']} without a readable Patient."
    )
    for name, kind in summary.get("unread_files", {}).items():
        console.print(f"Not read, so that {kind} is not complete for anybody: {name}", markup=False)
    if "state" in summary:
        _print_again(summary["state"])
    for study in sorted(studies, key=lambda each: each.id):
        _print_study(study, summary["studies"][study.id])
    console.print(
        f"Written to {out.rstrip('/')}/: " + ", ".join(f"{n} {name}" for name, n in summary["written"].items()) + ".\n"
    )


def _print_again(state: dict[str, Any]) -> None:
    """How many were screened in this run, and why."""
    if state["already_in"]:
        console.print("This export was in already; nothing of it was read again.")
    why = ", ".join(f"{count} {reason}" for reason, count in state["screened_again"].items() if count)
    again = sum(state["screened_again"].values())
    told = f"Export {state['exports']} of the chain. Screened again: {again}{f' ({why})' if why else ''}"
    console.print(f"{told}; as before: {state['as_before']}.")


def _print_study(study: Study, counts: dict[str, Any]) -> None:
    console.print(f"\n[bold]{study.title}[/bold] ({study.id} {study.version})")
    table = Table(box=None, padding=(0, 2))
    left_out = counts["screened"] - counts["assessed"]
    for title in ("", "assessed" if left_out else "everybody", "with a signal for the disease"):
        table.add_column(title, justify="left" if not title else "right")
    for standing in ("candidate", "needs_review", "ineligible"):
        everybody, telling = counts["standing"][standing], counts["standing_with_signal"][standing]
        table.add_row(standing.replace("_", " "), str(everybody), str(telling))
    table.add_row(
        "in all" if left_out else "screened", str(counts["assessed"]), str(sum(counts["standing_with_signal"].values()))
    )
    console.print(table)
    if left_out:
        console.print(f"Screened: {counts['screened']}; {left_out} not assessed, as nothing points to the disease.")
    signals = ", ".join(f"{count} {name}" for name, count in counts["signal"].items())
    console.print(f"Signal: {signals}. Kept out for a limited time only, of those with one: {counts['later']}.\n")
    console.print(_criteria(study, counts["criteria"]))


def _criteria(study: Study, counts: dict[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 1))
    for title, side in (("", "left"), ("", "left"), ("met", "right"), ("not met", "right"), ("unknown", "right")):
        table.add_column(title, justify=side)  # type: ignore[arg-type]
    table.add_column("why unknown", justify="left")
    for criterion in study.criteria:
        line = counts.get(criterion.id, {"met": 0, "not_met": 0, "unknown": 0, "reasons": {}})
        why = ", ".join(f"{name} {n}" for name, n in sorted(line["reasons"].items(), key=lambda each: -each[1]))
        table.add_row(criterion.id, criterion.kind, str(line["met"]), str(line["not_met"]), str(line["unknown"]), why)
    return table
