import pytest

from mbegu.core.errors import SettingsError
from mbegu.core.steps import ProjectSettings
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


def test_every_factor_has_its_year_and_source():
    figures = _figures()
    for name, values in {**figures["countries"], **figures["sources"]}.items():
        assert 2000 < values["year"] < 2030, name
    assert "Ember" in figures["source"] and all(values["source"] for values in figures["sources"].values())
    for source in ("diesel", "solar"):
        assert f"{find_grid('', source).year}: " in carbon_of(ENERGY, "", source).text()


def project(**values):
    return ProjectSettings(language="yor", currency="NGN", **values)


def test_cost_by_the_tariff():
    cost = cost_of(ENERGY, project(tariff_per_kwh=230.0))
    assert cost.text() == "460 NGN (230 to 920; 230 a kWh)" and cost.energy_method == "a test"
    assert cost_of(ENERGY, project()) is None


def test_cost_by_the_diesel_that_a_generator_burns():
    cost = cost_of(ENERGY, project(energy_source="diesel", fuel_price_per_litre=1000.0))
    assert (cost.amount, cost.low, cost.high) == pytest.approx((2 * 400, 1 * 250, 4 * 650))
    assert cost.text() == "800 NGN (250 to 2,600; diesel at 1000 a litre, 0.4 litres a kWh, from 0.25 to 0.65)"
    assert cost_of(ENERGY, project(energy_source="diesel")) is None


def test_diesel_burnt_and_its_carbon_agree():
    diesel = _figures()["sources"]["diesel"]
    assert diesel["litres_per_kwh"] * (2.7 + 0.6) * 1000 == pytest.approx(diesel["grams_per_kwh"], rel=0.03)
    assert diesel["low_litres_per_kwh"] * 2.7 * 1000 == pytest.approx(diesel["low_grams_per_kwh"], rel=0.03)
    assert diesel["high_litres_per_kwh"] * (2.7 + 0.6) * 1000 == pytest.approx(diesel["high_grams_per_kwh"], rel=0.03)


def test_prices_that_contradict_each_other_are_refused():
    project(tariff_per_kwh=1.0, energy_source="diesel").check_price()
    with pytest.raises(SettingsError, match="not from a generator"):
        project(fuel_price_per_litre=1.0).check_price()
    with pytest.raises(SettingsError, match="a tariff and a price of fuel"):
        project(fuel_price_per_litre=1.0, tariff_per_kwh=1.0, energy_source="diesel").check_price()
