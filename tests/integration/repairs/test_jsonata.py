"""What a real workflow writes in JSONata."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.repairs.workflows import Workflows, task

END = {"Type": "Succeed", "Output": "{% $states.input %}"}


def _evaluate(workflows: Workflows, expression: str, data: Any = None) -> Any:
    state = {"Type": "Pass", "End": True, "Output": f"{{% {expression} %}}"}
    end = workflows.run({"Evaluate": state}, data)
    return end["output"] if end["status"] == "SUCCEEDED" else end["error"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$states.input.a.b", 1),
        ("$states.input.missing ? 1 : 2", 2),
        ("$exists($states.input.missing)", False),
        ("$states.input.none", None),
        ("$states.input.missing", "States.QueryEvaluationError"),
        ("$parse('{\"a\": [1, 2]}').a[1]", 2),
        ("$hash('abc', 'SHA-256')[$length($) = 64] != ''", True),
        ("$length($uuid())", 36),
        ("$string({'a': 1})", '{"a":1}'),
        ("$merge([$states.input.a, {'c': 2}])", {"b": 1, "c": 2}),
        ("$states.input.list[price > 2].name", "y"),
        ("$states.input.list.price", [1, 3]),
        ("[$states.input.list[price > 2].name]", ["y"]),
        ("$count($states.input.list)", 2),
        ("$sum($states.input.list.price)", 4),
        ("$join($map($states.input.list, function($v){ $v.name }), '-')", "x-y"),
        ("$filter([1, 2, 3], function($v){ $v > 1 })", [2, 3]),
        ("($x := 3; $x * 2)", 6),
        ("'a' & 1 & true", "a1true"),
        ("$substringBefore('a/b', '/')", "a"),
        ("$split('a:b:c', ':')[-1]", "c"),
        ("$contains('slipway', /^slip/)", True),
        ("$replace('a-b', '-', '_')", "a_b"),
        ("$lowercase('AB') in ['ab']", True),
        ("$number('12.5')", 12.5),
        ("$round(12.346, 2)", 12.35),
        ("$floor(2.7)", 2),
        ("$toMillis('1970-01-01T00:00:01Z')", 1000),
        ("$fromMillis(0)", "1970-01-01T00:00:00.000Z"),
        ("$lookup({'a': 5}, 'a')", 5),
        ("$keys({'a': 1, 'b': 2})", ["a", "b"]),
        ("$type($states.input.list)", "array"),
        ("$states.input.a.b = 1 and $not(false)", True),
        ("$append([1], 2)", [1, 2]),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(0, 4, 2)", [0, 2, 4]),
        ("$base64encode('hi')", "aGk="),
        ("$sort([3, 1, 2])", [1, 2, 3]),
        ("$distinct([1, 1, 2])", [1, 2]),
        ("$each({'a': 1}, function($v, $k) { $k & $v })", "a1"),
        ("{'only': $states.input.none}", {"only": None}),
        ("$states.input.list^(>price).name", ["y", "x"]),
        ("$states.input.list ~> $count", 2),
    ],
)
def test_an_expression_gives_what_aws_gives(
    workflows: Workflows, expression: str, expected: Any
) -> None:
    data = {
        "a": {"b": 1},
        "none": None,
        "list": [{"name": "x", "price": 1}, {"name": "y", "price": 3}],
    }

    assert _evaluate(workflows, expression, data) == expected


def test_the_context_tells_execution_machine_and_state(workflows: Workflows) -> None:
    machine = workflows.machine(
        {"Look": {"Type": "Pass", "End": True, "Output": "{% $states.context %}"}}
    )
    execution = workflows.start(machine, {"x": 1}, name="looking")

    output = workflows.end(execution)["output"]

    assert output["Execution"]["Id"] == execution
    assert output["Execution"]["Name"] == "looking"
    assert output["Execution"]["Input"] == {"x": 1}
    assert output["Execution"]["RoleArn"] == workflows.role
    assert output["Execution"]["StartTime"].endswith("Z")
    assert output["StateMachine"]["Id"] == machine
    assert output["State"]["Name"] == "Look"
    assert output["State"]["RetryCount"] == 0


def test_assign_sees_the_values_from_before_the_state(workflows: Workflows) -> None:
    states = {
        "First": {"Type": "Pass", "Assign": {"a": 1, "b": 2}, "Next": "Swap"},
        "Swap": {"Type": "Pass", "Assign": {"a": "{% $b %}", "b": "{% $a %}"}, "Next": "End"},
        "End": {"Type": "Succeed", "Output": {"a": "{% $a %}", "b": "{% $b %}"}},
    }

    assert workflows.run(states)["output"] == {"a": 2, "b": 1}


def test_output_does_not_see_what_the_same_state_assigns(workflows: Workflows) -> None:
    states = {
        "First": {"Type": "Pass", "Assign": {"a": 1}, "Next": "Second"},
        "Second": {"Type": "Pass", "Assign": {"a": 2}, "Output": "{% $a %}", "End": True},
    }

    assert workflows.run(states)["output"] == 1


def test_a_choice_takes_the_first_rule_that_holds_with_its_output_and_assign(
    workflows: Workflows,
) -> None:
    states = {
        "Passed?": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $states.input.auc < 0.5 %}", "Next": "End"},
                {
                    "Condition": "{% $states.input.auc > 0.9 and $states.input.ok %}",
                    "Assign": {"verdict": "good"},
                    "Output": "{% $states.input.auc %}",
                    "Next": "End",
                },
            ],
            "Default": "End",
            "Assign": {"verdict": "unknown"},
            "Output": "by default",
        },
        "End": {"Type": "Succeed", "Output": ["{% $states.input %}", "{% $verdict %}"]},
    }

    assert workflows.run(states, {"auc": 0.95, "ok": True})["output"] == [0.95, "good"]
    assert workflows.run(states, {"auc": 0.7, "ok": True})["output"] == ["by default", "unknown"]


def test_a_catch_assigns_and_outputs_from_the_error(workflows: Workflows) -> None:
    catch = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"problem": "{% $states.errorOutput.Error %}"},
        "Output": {"was": "{% $states.input.id %}", "error": "{% $states.errorOutput.Error %}"},
        "Next": "Tell",
    }
    states = {
        "Call": task("lambda:invoke", {"FunctionName": "nobody"}, Catch=[catch]),
        "Tell": {"Type": "Succeed", "Output": ["{% $states.input %}", "{% $problem %}"]},
    }

    output = workflows.run(states, {"id": 3})["output"]

    name = "Lambda.ResourceNotFoundException"
    assert output == [{"was": 3, "error": name}, name]


def test_an_expression_that_fails_in_arguments_can_be_caught(workflows: Workflows) -> None:
    catch = [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "End"}]
    states = {
        "Call": task("lambda:invoke", {"FunctionName": "{% $nothing %}"}, Catch=catch),
        "End": {"Type": "Succeed", "Output": "caught"},
    }

    assert workflows.run(states)["output"] == "caught"


def test_a_map_gives_items_index_and_variables_to_its_states(workflows: Workflows) -> None:
    item = {
        "i": "{% $states.context.Map.Item.Index %}",
        "v": "{% $states.context.Map.Item.Value %}",
    }
    inner = {
        "Add": {
            "Type": "Pass",
            "Output": "{% $states.input.v + $states.input.i + $base %}",
            "Assign": {"local": 1},
            "End": True,
        }
    }
    states = {
        "Prepare": {"Type": "Pass", "Assign": {"base": 100}, "Next": "Each"},
        "Each": {
            "Type": "Map",
            "Items": "{% $states.input.numbers %}",
            "ItemSelector": item,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Add",
                "States": inner,
            },
            "Assign": {"sums": "{% $states.result %}"},
            "Output": "{% $sum($states.result) %}",
            "Next": "End",
        },
        "End": {
            "Type": "Succeed",
            "Output": ["{% $states.input %}", "{% $sums %}", "{% $exists($local) %}"],
        },
    }

    output = workflows.run(states, {"numbers": [1, 2]})["output"]

    assert output == [204, [101, 103], False]


def test_parallel_branches_take_arguments_and_keep_their_variables(workflows: Workflows) -> None:
    def branch(name: str) -> dict[str, Any]:
        states = {
            name: {
                "Type": "Pass",
                "Assign": {"mine": name},
                "Output": "{% $states.input.x %}",
                "Next": f"{name} Again",
            },
            f"{name} Again": {
                "Type": "Pass",
                "Output": "{% $mine & $states.input & $outer %}",
                "End": True,
            },
        }
        return {"StartAt": name, "States": states}

    states = {
        "Prepare": {"Type": "Pass", "Assign": {"outer": "!"}, "Next": "Both"},
        "Both": {
            "Type": "Parallel",
            "Arguments": {"x": "{% $states.input.y %}"},
            "Branches": [branch("A"), branch("B")],
            "Assign": {"count": "{% $count($states.result) %}"},
            "Output": {"results": "{% $states.result %}"},
            "Next": "End",
        },
        "End": {"Type": "Succeed", "Output": ["{% $states.input.results %}", "{% $count %}"]},
    }
    execution = workflows.start(workflows.machine(states), {"y": 5})

    assert workflows.end(execution)["output"] == [["A5!", "B5!"], 2]
    assert sorted(workflows.path(execution)) == sorted(
        ["Prepare", "Both", "A", "A Again", "B", "B Again", "End"]
    )


def test_seconds_of_a_wait_and_words_of_a_fail_may_be_expressions(workflows: Workflows) -> None:
    states = {
        "Wait": {"Type": "Wait", "Seconds": "{% $states.input.seconds %}", "Next": "Stop"},
        "Stop": {
            "Type": "Fail",
            "Error": "{% $states.input.name %}",
            "Cause": "{% 'because ' & $states.input.name %}",
        },
    }

    end = workflows.run(states, {"seconds": 0, "name": "TooOld"})

    assert (end["error"], end["cause"]) == ("TooOld", "because TooOld")


def test_no_rule_and_no_default_fails_the_execution(workflows: Workflows) -> None:
    states = {
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% false %}", "Next": "End"}],
        },
        "End": END,
    }

    assert workflows.run(states)["error"] == "States.NoChoiceMatched"
