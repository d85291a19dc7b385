"""The generated table: AWS's layout, the same for the same seed."""

from pathlib import Path

from pipeline_def.datasets import telecom

AWS_HEADER = (
    "State,Account Length,Area Code,Phone,Int'l Plan,VMail Plan,VMail Message,Day Mins,Day Calls,"
    "Day Charge,Eve Mins,Eve Calls,Eve Charge,Night Mins,Night Calls,Night Charge,Intl Mins,"
    "Intl Calls,Intl Charge,CustServ Calls,Churn?"
)


def test_the_file_has_the_layout_of_aws(tmp_path: Path) -> None:
    telecom.write(tmp_path / "new" / "churn.csv", rows=300, seed=7)

    header, *lines = (tmp_path / "new" / "churn.csv").read_text().splitlines()

    assert header == AWS_HEADER
    assert len(lines) == 300
    assert {line.rsplit(",", 1)[1] for line in lines} == {"True.", "False."}
    assert len({line.split(",")[3] for line in lines}) == 300  # a phone belongs to one customer


def test_about_one_customer_in_seven_leaves() -> None:
    rows = list(telecom.customers(rows=5000, seed=7))

    assert 0.12 < sum(row[-1] == "True." for row in rows) / len(rows) < 0.16


def test_the_seed_decides_every_byte() -> None:
    assert list(telecom.customers(50, seed=1)) == list(telecom.customers(50, seed=1))
    assert list(telecom.customers(50, seed=1)) != list(telecom.customers(50, seed=2))


def test_charges_follow_minutes() -> None:
    for row in telecom.customers(100, seed=5):
        fields = dict(zip(telecom.HEADER, row, strict=True))
        assert float(fields["Day Charge"]) == round(float(fields["Day Mins"]) * 0.17, 2)
        assert float(fields["Intl Charge"]) == round(float(fields["Intl Mins"]) * 0.27, 2)
