import pytest

from mbegu.ledger.energy.value import METER, MODELLED, Energy, Idle, total_energy, two_digits


def energy(
    kwh: float = 0.021,
    low: float = 0.012,
    high: float = 0.034,
    method: str = MODELLED,
    counted: str = "processor",
    idle: Idle | None = None,
    counts_idle: bool = False,
) -> Energy:
    return Energy(kwh, low, high, method, counted, idle, counts_idle)


def test_text_names_amount_range_and_method():
    assert energy().text() == "0.021 kWh (0.012 to 0.034; modelled from processor time)"
    assert energy(0.0004, 0.0001, 0.0012).text() == "0.4 Wh (0.1 to 1.2; modelled from processor time)"


def test_nothing_prints_an_energy_without_its_method():
    for text in (str(energy()), f"{energy()}", f"{energy()!s}", "{}".format(energy()), "%s" % energy()):  # noqa: UP031, UP032
        assert "modelled" in text and "0.012 to 0.034" in text
    with pytest.raises(TypeError, match="method"):
        f"{energy():.2f}"
    with pytest.raises(TypeError):
        float(energy())  # type: ignore[arg-type]


def test_what_is_left_out_is_said_with_the_energy_and_with_all_that_comes_of_it():
    assert energy().left_out == ""
    part = energy(idle=Idle(0.01, 0.001, 0.1)).without("the graphics processor")
    assert part.text() == "0.021 kWh (0.012 to 0.034; modelled from processor time; without the graphics processor)"
    both = energy() + part.without("the other workers")
    assert both.left_out == "the graphics processor, the other workers"
    for each in (part.times(2), part.work(), part.total(), energy() + part, Energy.from_json(part.as_json())):
        assert each.left_out == "the graphics processor"


@pytest.mark.parametrize(("method", "counted"), [("", "x"), (" ", "x"), ("x", "")])
def test_cannot_exist_without_method(method, counted):
    with pytest.raises(ValueError, match="method"):
        energy(method=method, counted=counted)


@pytest.mark.parametrize("values", [(1, 2, 3), (1, 0, 0.5), (-1, -1, 0), (float("nan"), 0, 1), (1, 0, float("inf"))])
def test_cannot_exist_without_a_range_around_it(values):
    with pytest.raises(ValueError, match="range"):
        energy(*values)
    with pytest.raises(ValueError, match="range"):
        Idle(*values)


def test_sums_keep_ranges_and_all_methods():
    total = energy(1, 0.5, 2, "a", "x") + energy(2, 1, 4, "b", "x") + energy(1, 1, 1, "a", "y")
    assert (total.kwh, total.low_kwh, total.high_kwh) == (4, 2.5, 7)
    assert (total.method, total.what_is_counted) == ("a; b", "x; y")
    assert total_energy([]) is None
    assert total_energy([energy()]) == energy()


def test_a_model_of_the_work_gives_the_total_too():
    modelled = energy(1.0, 0.5, 2.0, idle=Idle(3.0, 2.0, 8.0))
    assert modelled.work() == energy(1.0, 0.5, 2.0)
    total = modelled.total()
    assert (total.kwh, total.low_kwh, total.high_kwh) == (4.0, 2.5, 10.0)
    assert total.text() == "4 kWh (2.5 to 10; modelled from processor time; idle power modelled)" and "idle" in total.what_is_counted


def test_a_meter_of_the_total_gives_the_work_too():
    metered = energy(4.0, 3.9, 4.1, METER, idle=Idle(3.0, 2.0, 8.0), counts_idle=True)
    assert metered.total() is metered
    work = metered.work()
    assert (work.kwh, work.low_kwh, work.high_kwh) == pytest.approx((1.0, 0.0, 2.1))
    assert "meter" in work.method and "idle power modelled" in work.method and not work.counts_idle


def test_what_is_not_known_of_the_idle_computer_is_not_made_up():
    assert energy().total() is None and energy().work() == energy()
    assert energy(counts_idle=True).work() is None


def test_sums_of_both_kinds_count_the_idle_computer_once_each():
    idle = Idle(3.0, 2.0, 8.0)
    total = energy(1.0, 0.5, 2.0, idle=idle) + energy(4.0, 3.9, 4.1, METER, idle=idle, counts_idle=True)
    assert total.counts_idle and (total.kwh, total.low_kwh, total.high_kwh) == pytest.approx((8.0, 6.4, 14.1))
    assert total.idle == Idle(6.0, 4.0, 16.0) and total.work().kwh == pytest.approx(2.0)
    assert (energy(idle=idle) + energy()).idle is None


def test_a_share_keeps_ranges_and_method():
    share = energy(1.0, 0.5, 2.0, idle=Idle(3.0, 2.0, 8.0)).times(0.1)
    assert (share.kwh, share.low_kwh, share.high_kwh, share.idle.high_kwh, share.method) == pytest.approx((0.1, 0.05, 0.2, 0.8, MODELLED))


@pytest.mark.parametrize("idle", [None, Idle(3.0, 2.0, 8.0)])
def test_comes_back_from_json(idle):
    assert Energy.from_json(energy(idle=idle).as_json()) == energy(idle=idle)


def test_reads_records_of_the_first_versions():
    old = {"kwh": 1.0, "low_kwh": 0.5, "high_kwh": 2.0, "method": "a", "what_is_counted": "b"}
    modelled = Energy.from_json({**old, "idle_subtracted_kwh": 3.0})
    assert not modelled.counts_idle and modelled.idle.low_kwh < 3.0 == modelled.idle.kwh < modelled.idle.high_kwh
    metered = Energy.from_json({**old, "idle_subtracted_kwh": None})
    assert metered.counts_idle and metered.idle is None


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0"), (0.0213, "0.021"), (3.44, "3.4"), (1234.0, "1,200"), (1e-7, "0.0000001"), (9.96, "10"), (5.0, "5")]
)
def test_two_digits(amount, text):
    assert two_digits(amount) == text
