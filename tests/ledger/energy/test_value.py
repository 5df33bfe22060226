import pytest

from mbegu.ledger.energy.value import MODELLED, Energy, total_energy, two_digits


def energy(
    kwh: float = 0.021, low: float = 0.012, high: float = 0.034, method: str = MODELLED, counted: str = "processor", idle: float | None = None
) -> Energy:
    return Energy(kwh, low, high, method, counted, idle)


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


@pytest.mark.parametrize(("method", "counted"), [("", "x"), (" ", "x"), ("x", "")])
def test_cannot_exist_without_method(method, counted):
    with pytest.raises(ValueError, match="method"):
        energy(method=method, counted=counted)


@pytest.mark.parametrize("values", [(1, 2, 3), (1, 0, 0.5), (-1, -1, 0), (float("nan"), 0, 1), (1, 0, float("inf"))])
def test_cannot_exist_without_a_range_around_it(values):
    with pytest.raises(ValueError, match="range"):
        energy(*values)


def test_sums_keep_ranges_and_all_methods():
    total = energy(1, 0.5, 2, "a", "x", 0.1) + energy(2, 1, 4, "b", "x") + energy(1, 1, 1, "a", "y", 0.2)
    assert (total.kwh, total.low_kwh, total.high_kwh) == (4, 2.5, 7)
    assert (total.method, total.what_is_counted) == ("a; b", "x; y")
    assert total.idle_subtracted_kwh == pytest.approx(0.3)
    assert total_energy([]) is None
    assert total_energy([energy()]) == energy()


def test_comes_back_from_json():
    assert Energy.from_json(energy().as_json()) == energy()


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0"), (0.0213, "0.021"), (3.44, "3.4"), (1234.0, "1,200"), (1e-7, "0.0000001"), (9.96, "10"), (5.0, "5")]
)
def test_two_digits(amount, text):
    assert two_digits(amount) == text
