import pytest

from mbegu.core.errors import SettingsError
from mbegu.ledger.energy.carbon import _figures, carbon_of, cost_of, find_grid
from mbegu.ledger.energy.value import Energy

ENERGY = Energy(2.0, 1.0, 4.0, "a test", "all")
NORTH = "DZ AO BJ BW BF BI CV CM CF TD KM CG CD CI DJ EG GQ ER SZ ET GA GM GH GN GW KE LS"
SOUTH = "LR LY MG MW ML MR MU MA MZ NA NE NG RW ST SN SC SL SO ZA SS SD TZ TG TN UG ZM ZW EH"
AFRICA = f"{NORTH} {SOUTH}".split()


@pytest.mark.parametrize("code", [*AFRICA, "US", "CN", "IN", "BR", "FR", "DE", "GB", "KH", "ID", "PK", "HT", "PG"])
def test_knows_every_african_country_and_the_main_others(code):
    grid = find_grid(code)
    assert grid.low_grams_per_kwh <= grid.grams_per_kwh <= grid.high_grams_per_kwh < 2500
    assert grid.name and 2000 < grid.year < 2030 and "Ember" in grid.source


def test_no_code_stands_twice():
    countries = _figures()["countries"]
    assert len({values["iso3"] for values in countries.values()}) == len(countries) > 200


def test_carbon_has_a_range_that_takes_in_energy_and_grid():
    carbon = carbon_of(ENERGY, "ng")
    assert carbon.grams == pytest.approx(2 * 523)
    assert carbon.low_grams < 1 * 523 and carbon.high_grams > 4 * 523
    assert "Nigeria 2023" in carbon.text() and carbon.energy_method == "a test"
    assert carbon_of(ENERGY, "NGA") == carbon


def test_small_grids_have_wider_ranges():
    grid = find_grid("CF")
    assert grid.high_grams_per_kwh > 40


def test_nothing_named_nothing_reckoned():
    assert carbon_of(ENERGY, "") is None


def test_own_sources_take_the_place_of_the_grid():
    assert carbon_of(ENERGY, "NG", "diesel").grid.name == "diesel generator"
    assert carbon_of(ENERGY, "", "solar").grams < carbon_of(ENERGY, "", "diesel").low_grams


@pytest.mark.parametrize(
    ("country", "source", "message"), [("XX", "", "'XX'.*two letters"), ("Nigeria", "", "'Nigeria'"), ("", "desel", "did you mean 'diesel'")]
)
def test_unknown_names_are_refused(country, source, message):
    with pytest.raises(SettingsError, match=message):
        carbon_of(ENERGY, country, source)


def test_cost():
    assert cost_of(ENERGY, 225.0, "NGN").text() == "450 NGN (230 to 900)" or cost_of(ENERGY, 225.0, "NGN").text() == "450 NGN (220 to 900)"
    assert cost_of(ENERGY, 0, "NGN") is None
