"""Fault: a JSONata Parallel ignores Arguments, Output and Assign, and its branches share one scope.

ministack gives all branches the same context object: they overwrite each other's `State`, and a
variable assigned in one is seen in the others. It also runs every branch to its end after one
failed. On AWS branches read the outer variables and keep their own, and a failed branch stops
the others.
"""

import contextvars
import threading
from typing import Any

from ministack.services import stepfunctions as sfn

from localcloud.repairs import base, sfn_control


def run_branches(
    state: dict[str, Any], data: Any, execution: Any, ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    """Run the branches side by side; return (output, next state) or raise the first error."""
    jsonata = sfn._state_query_language(state, ctx) == "JSONata"
    if jsonata:
        given = sfn._apply_jsonata_arguments(state, data, ctx)
    else:
        given = sfn._apply_parameters(state, sfn._apply_input_path(state, data, ctx), ctx)
    results = _Branches(state.get("Branches", []), given, execution, ctx).run()
    if jsonata:
        output = sfn._apply_jsonata_output(state, data, ctx, result=results, default=results)
        sfn._apply_state_assign(state, data, ctx, result=results)
    else:
        selected = sfn._apply_result_selector(state, results)
        output = sfn._apply_output_path(state, sfn._apply_result_path(state, data, selected), ctx)
    return output, sfn._next_or_end(state)


class _Branches:
    """The branches of one attempt, each in a thread of its own."""

    def __init__(self, branches: list[Any], given: Any, execution: Any, ctx: dict[str, Any]):
        self._branches = branches
        self._given = given
        self._execution = execution
        self._ctx = ctx
        self._control = sfn_control.Control(parent=sfn_control.current())
        self._results: list[Any] = [None] * len(branches)
        self._errors: list[Exception] = []

    def run(self) -> list[Any]:
        threads = [
            threading.Thread(
                target=contextvars.copy_context().run, args=(self._branch, index), daemon=True
            )
            for index in range(len(self._branches))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]
        sfn_control.current().check()
        return self._results

    def _branch(self, index: int) -> None:
        entered = sfn_control.enter(self._control)
        branch = self._branches[index]
        ctx = {**self._ctx, "variables": dict(self._ctx.get("variables", {}))}
        try:
            self._results[index] = sfn._run_sub_machine(
                branch["States"], branch["StartAt"], self._given, self._execution, ctx
            )
        except sfn_control.ExecutionEndedError:
            pass
        except Exception as error:
            self._errors.append(error)
            self._control.end("BRANCH_FAILED")
        finally:
            sfn_control.leave(entered)


def install(_context: object) -> None:
    """Replace how ministack runs the branches of a Parallel state."""
    base.replace(sfn, "_run_parallel_branches", "0cfd9b4cc2f45c7d", run_branches)
